"""`python -m cdk_app.local VIDEO…`"""

from __future__ import annotations

from cdk_app.local.cli import app

if __name__ == "__main__":
    app(prog_name="lifestream local")
