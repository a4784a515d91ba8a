"""`python -m lifestream.client.commands`"""

from __future__ import annotations

from lifestream.client.commands import app

app(prog_name="lifestream")
