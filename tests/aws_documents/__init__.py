"""AWS's documented behaviour as test fixtures.

Each entry names its `source`, the sentence that it is based on (`says`), and the kind of evidence
(`confidence`): "document" is AWS's own, "github issue" is a report there, "field report" is any
other observation, such as a recording. If AWS publishes no wording, `says` explains the behaviour.
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
    """Return the Cause as Step Functions passes it on: as a string of JSON without spaces."""
    if cause is None or isinstance(cause, str):
        return cause
    return json.dumps(cause, separators=(",", ":"), ensure_ascii=False)
