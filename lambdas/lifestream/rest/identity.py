"""Who is signed in."""

from __future__ import annotations

from lifestream.domain.base import Frozen


class Me(Frozen):
    """Who is signed in. `role` is viewer, editor or admin; null if nobody gave one."""

    id: str
    name: str | None
    role: str | None
