"""A moment in a request: RFC 3339 with a time zone, and no number of seconds."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator


def _is_text_of_a_date(given: Any) -> Any:
    if isinstance(given, str) and not re.match(r"\d{4}-\d\d-\d\d[Tt ]", given):
        raise ValueError("a moment such as 2026-11-23T12:00:00Z is needed")
    if isinstance(given, int | float):
        raise ValueError("a moment is text, such as 2026-11-23T12:00:00Z")  # noqa: TRY004  # pydantic wants it
    return given


Moment = Annotated[AwareDatetime, BeforeValidator(_is_text_of_a_date)]
