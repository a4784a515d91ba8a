"""A moment in a request: RFC 3339 with a time zone, and no number of seconds."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError


def _is_text_of_a_date(given: Any) -> Any:
    if given is None or re.match(r"\d{4}-\d\d-\d\d[Tt ]", str(given)):
        return given
    raise PydanticCustomError("moment", "Input should be a moment such as 2026-11-23T12:00:00Z")


Moment = Annotated[AwareDatetime, BeforeValidator(_is_text_of_a_date)]
