"""Tell who calls from the claims of a verified access token, and which role a request needs.

API Gateway has verified the token's signature, issuer, audience and times before.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any

from lifestream.domain.base import Frozen
from lifestream.errors import AccessDeniedError, NotSignedInError


class Role(IntEnum):
    """What somebody may do; a higher role may do everything that a lower one may."""

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3


SCOPES = {
    "lifestream/read": Role.VIEWER,
    "lifestream/write": Role.EDITOR,
    "lifestream/admin": Role.ADMIN,
}
"""The scopes of a machine's token."""
GROUPS = {role.name.lower(): role for role in Role}
"""The groups of a person."""
HEALTH = "/v1/health"
DOCUMENTATION = "/docs"
SIGNED_IN = f"{DOCUMENTATION}/signed-in"
"""Where the sign-in pages send people back to the documentation."""
READING = ("GET", "HEAD")
FOR_ALL_SIGNED_IN = ("/v1/me",)
"""Who has no role yet, learns that here."""
FOR_VIEWERS = ("/v1/ask",)
"""A question changes nothing, but is too long for an address."""
FOR_ADMINS = ("DELETE /v1/speakers", "DELETE /v1/jobs/", "GET /v1/erasures/")
"""Beginnings of method and path."""


def needs_token(path: str) -> bool:
    """Return whether a path is for those who are signed in: all but the health check and the
    documentation, which show nothing of anybody."""
    return path not in (HEALTH, DOCUMENTATION) and not path.startswith(f"{DOCUMENTATION}/")


class Caller(Frozen):
    """Who sent a request.

    Attributes:
        id: The user's id, or the id of the machine's client.
        name: The user name of a person.
        role: None for a person in no group, or a machine without a scope.
    """

    id: str
    name: str | None
    role: Role | None

    @property
    def label(self) -> str:
        """Return who it was, for a record of what they did."""
        return f"{self.name} ({self.id})" if self.name else self.id


def caller_of(event: dict[str, Any]) -> Caller:
    """Raises NotSignedInError unless the event has the claims of an access token."""
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    claims: dict[str, Any] = authorizer.get("jwt", {}).get("claims") or {}
    if claims.get("token_use") != "access":
        raise NotSignedInError("the request has no access token")
    name = claims.get("username")
    known = GROUPS if name else SCOPES
    given = _words(claims.get("cognito:groups" if name else "scope", ""))
    roles = [known[word] for word in given if word in known]
    return Caller(
        id=claims.get("sub") or claims.get("client_id") or "",
        name=name,
        role=max(roles, default=None),
    )


def require_access(caller: Caller, method: str, path: str) -> None:
    """Raises AccessDeniedError if the request needs another role."""
    if path in FOR_ALL_SIGNED_IN and method in READING:
        return
    needed = role_for(method, path)
    if caller.role is None or caller.role < needed:
        raise AccessDeniedError(f"{method} {path} needs the role {needed.name.lower()}")


def role_for(method: str, path: str) -> Role:
    if f"{method} {path}".startswith(FOR_ADMINS):
        return Role.ADMIN
    return Role.VIEWER if method in READING or path in FOR_VIEWERS else Role.EDITOR


def _words(claim: Any) -> list[str]:
    """Split a claim: API Gateway passes a list on as the text `[editor viewer]`."""
    return re.findall(r"[^\s,\[\]]+", claim) if isinstance(claim, str) else list(map(str, claim))
