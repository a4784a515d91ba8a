"""Write a place in a list as text, which a client returns to get the next page."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error

from pydantic import ValidationError

from lifestream.domain.job_list import Position
from lifestream.errors import InvalidCursorError


def encoded(position: Position) -> str:
    return urlsafe_b64encode(position.model_dump_json().encode()).decode().rstrip("=")


def decoded(cursor: str) -> Position:
    """Raises InvalidCursorError. A cursor that somebody changed is just another place."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return Position.model_validate_json(urlsafe_b64decode(padded.encode("ascii")))
    except (ValidationError, NotBase64Error, UnicodeError) as error:
        raise InvalidCursorError("the cursor is not from an earlier page") from error
