"""The health check, which also says where to sign in; and who is signed in."""

from __future__ import annotations

from lifestream.domain.base import Frozen


class Health(Frozen):
    """The API runs.

    Attributes:
        stage: The stage that was deployed, such as dev.
        sign_in_url: The address of the sign-in pages and of the token endpoint.
        client_id: The OAuth client with which people sign in. It has no secret.
    """

    status: str = "ok"
    stage: str
    sign_in_url: str
    client_id: str


class Me(Frozen):
    """Who is signed in. `role` is viewer, editor or admin; null if nobody gave one."""

    id: str
    name: str | None
    role: str | None
