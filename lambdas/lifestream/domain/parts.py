"""Say which parts of the results a job does not have: they failed, or are switched off."""

from __future__ import annotations

from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.causes import Cause


class MissingPart(Frozen):
    """A part of the results that failed although the transcript succeeded."""

    step: str
    error: str
    cause: Cause


class SwitchedOff(Frozen):
    """A part of the results that this deployment does not make, and why. It is not a failure."""

    part: Literal["summary", "index"]
    reason: str
