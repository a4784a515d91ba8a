"""A token that confirms what somebody has seen, for a few minutes. Nothing has to be stored."""

from __future__ import annotations

import hmac
from datetime import datetime

from lifestream.domain.erasure import signature

PURPOSE = "confirmation"


def token_for(subject: str, *, expires_at: datetime, key: bytes) -> str:
    """Return a token. `subject`: what is confirmed, by whom."""
    until = int(expires_at.timestamp())
    return f"{until}.{signature(key, PURPOSE, f'{until} {subject}')}"


def is_confirmed(token: str, subject: str, *, now: datetime, key: bytes) -> bool:
    until, _, _ = token.partition(".")
    if not until.isdecimal() or int(until) < now.timestamp():
        return False
    expected = f"{until}.{signature(key, PURPOSE, f'{until} {subject}')}"
    return hmac.compare_digest(token.encode(), expected.encode())
