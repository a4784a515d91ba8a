"""Write a model as text that clients return unchanged: the place in a list, the id of an upload.

The text is not signed. What it says is checked like any other request.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def encoded(model: BaseModel) -> str:
    return urlsafe_b64encode(model.model_dump_json().encode()).decode().rstrip("=")


def decoded(kind: type[Model], text: str) -> Model:
    """Raises ValueError for a text that `encoded` never returned."""
    padded = text + "=" * (-len(text) % 4)
    return kind.model_validate_json(urlsafe_b64decode(padded.encode("ascii")))
