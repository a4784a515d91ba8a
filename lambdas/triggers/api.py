"""API: answer the requests of the REST API."""

from __future__ import annotations

from typing import Any

from lifestream.api.app import answer


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return answer(event, context)
