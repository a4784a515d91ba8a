"""Remember who signed in to which deployment, in a file that only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from authlib.integrations.requests_client import OAuth2Session
from pydantic import ValidationError

from lifestream.domain.base import Frozen
from lifestream.errors import NotSignedInError


class SignIn(Frozen):
    """Where and as what somebody signed in.

    Attributes:
        token: What the token endpoint answered, with `expires_at` in seconds since 1970.
    """

    stage: str
    api_url: str
    sign_in_url: str
    client_id: str
    token: dict[str, Any]


class SignIns(Frozen):
    """The sign-ins of this computer's user, one per stage; the last one is the latest."""

    sign_ins: tuple[SignIn, ...] = ()

    @classmethod
    def read(cls) -> SignIns:
        """A missing file has no sign-ins, and neither has one that nobody can read any more."""
        try:
            return cls.model_validate_json(path().read_bytes())
        except (FileNotFoundError, ValidationError):
            return cls()

    def find(self, stage: str | None) -> SignIn | None:
        wanted = [one for one in self.sign_ins if stage in (None, one.stage)]
        return wanted[-1] if wanted else None

    def with_one(self, sign_in: SignIn) -> SignIns:
        return SignIns(sign_ins=(*self.without(sign_in.stage).sign_ins, sign_in))

    def without(self, stage: str) -> SignIns:
        return SignIns(sign_ins=tuple(one for one in self.sign_ins if one.stage != stage))

    def write(self) -> None:
        """Replace the file at once, so that no other command reads half of it."""
        folder = path().parent
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=folder, delete=False) as file:  # mode 0600
            file.write(self.model_dump_json(indent=1))
        os.replace(file.name, path())  # noqa: PTH105  # the name is a str


def renewing(sign_in: SignIn) -> OAuth2Session:
    """Return a session that gets a new access token when the old one ends, and remembers it."""

    def remember(token: dict[str, Any], **_: str) -> None:
        SignIns.read().with_one(sign_in.model_copy(update={"token": dict(token)})).write()

    return OAuth2Session(
        sign_in.client_id,
        token=sign_in.token,
        token_endpoint=f"{sign_in.sign_in_url}/oauth2/token",
        token_endpoint_auth_method="none",  # noqa: S106  # no secret
        update_token=remember,
    )


def path() -> Path:
    import typer

    return Path(typer.get_app_dir("lifestream")) / "sign-ins.json"


def not_signed_in(stage: str | None) -> NotSignedInError:
    where = f" to the stage {stage}" if stage else ""
    return NotSignedInError(
        f"nobody is signed in{where}", advice="Sign in with `lifestream login`."
    )
