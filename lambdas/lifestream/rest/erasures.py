"""The erasure of a job."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.erasure import Found, Receipt


class Confirmation(Frozen):
    """Send `token` as `confirm` before it expires, to erase the job."""

    token: str
    expires_at: datetime


class Erasure(Frozen):
    """The erasure of a job.

    Attributes:
        state: `planned` if nothing was erased yet, `open` while something may be left, `erased`
            when the receipt is there.
        found: What the bucket holds, or the most that the erasure found.
        hold: Why the job must not be erased; null if it may be.
        confirmation: How to go on; null unless `state` is `planned` and there is no hold.
        receipt: The signed receipt; null unless `state` is `erased`.
        is_signature_valid: Whether this deployment signed the receipt; null without one.
    """

    job_id: str
    state: Literal["planned", "open", "erased"]
    found: Found
    hold: str | None = None
    confirmation: Confirmation | None = None
    receipt: Receipt | None = None
    is_signature_valid: bool | None = None
