"""Read the body of a request: JSON of a limited size."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Any

from lifestream.errors import (
    InvalidRequestError,
    RequestTooLargeError,
    UnsupportedMediaTypeError,
)
from lifestream.rest.uploads import MAX_PARTS

JSON = "application/json"
MAX_BYTES = 64 * 1024
"""Twice as much as the longest question with its filters, if each character is an escape."""
MAX_COMPLETION_BYTES = MAX_PARTS * 100
"""For every part of an upload with its number and ETag."""
COMPLETION = re.compile(r"/v1/uploads/[^/]+/complete")


def with_json(event: dict[str, Any]) -> dict[str, Any]:
    """Decode a body that API Gateway passed on as base64.

    Raises RequestTooLargeError, UnsupportedMediaTypeError, or InvalidRequestError if the body is no
    text.
    """
    _require_size(event)
    media_type = event["headers"].get("content-type", JSON).partition(";")[0].strip().lower()
    if event.get("body") and media_type != JSON:
        raise UnsupportedMediaTypeError("the body is not application/json")
    if not event.get("isBase64Encoded"):
        return event
    try:
        text = b64decode(event["body"]).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequestError("the body is not UTF-8") from error
    return event | {"body": text, "isBase64Encoded": False}


def parse(text: str) -> Any:
    """Parse JSON. Raises JSONDecodeError, also for what Python's parser gives up on: deep nesting,
    and integers of more than 4,300 digits."""
    try:
        return json.loads(text, parse_float=_number)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:
        raise json.JSONDecodeError("nested too deeply, or a number is too long", "", 0) from error


def _number(text: str) -> float:
    """Read a number with a fraction or an exponent. In JSON, 2.0 and 2 are the same integer."""
    read = float(text)
    return int(read) if read.is_integer() else read


def _require_size(event: dict[str, Any]) -> None:
    body = event.get("body") or ""
    size = len(body) * 3 // 4 if event.get("isBase64Encoded") else len(body.encode())
    most = MAX_COMPLETION_BYTES if COMPLETION.fullmatch(event["rawPath"]) else MAX_BYTES
    if size > most:
        raise RequestTooLargeError(f"the body has {size:,} bytes; at most {most:,} fit")
