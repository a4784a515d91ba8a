"""AWS's contracts as data: what its documents say, written down as fixtures.

Each entry names its `source`, the sentence that it rests on (`says`) and how sure it is
(`confidence`): "document" is AWS's own, "github issue" what somebody reported there, "field report"
any other observation, such as recordings of AWS. `says` explains if AWS publishes no wording.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@cache
def document(subject: str) -> dict[str, Any]:
    entries: dict[str, Any] = json.loads((FOLDER / f"{subject}.json").read_text())
    return entries


def subjects() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def as_cause(cause: Any) -> str | None:
    """Step Functions hands a Cause on as text, JSON without spaces."""
    if cause is None or isinstance(cause, str):
        return cause
    return json.dumps(cause, separators=(",", ":"), ensure_ascii=False)
