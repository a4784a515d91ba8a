"""docs/openapi.json, to compare requests and answers with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

FILE = Path(__file__).parent.parent / "docs" / "openapi.json"


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    described: dict[str, Any]

    def matches(self, method: str, path: str) -> bool:
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None

    def query_names(self) -> set[str]:
        parameters = self.described.get("parameters", ())
        return {one["name"] for one in parameters if one["in"] == "query"}

    def problems_of_body(self, body: Any) -> list[str]:
        if body is None:
            required = self.described.get("requestBody", {}).get("required", False)
            return ["a body is missing"] if required else []
        return _problems(self.described["requestBody"]["content"]["application/json"], body)

    def problems_of_answer(self, status: int, media_type: str, text: str) -> list[str]:
        responses = self.described["responses"]
        content = responses.get(str(status), responses["default"]).get("content") or {}
        if media_type not in content:
            return [] if not content and not text else [f"{media_type} is not described"]
        return _problems(content[media_type], json.loads(text))


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation. The methods have capital letters."""
    return tuple(
        Operation(method.upper(), path, described)
        for path, methods in _document()["paths"].items()
        for method, described in methods.items()
    )


def operation_of(method: str, path: str) -> Operation:
    [found] = [one for one in operations() if one.matches(method, path)]
    return found


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FILE.read_text())
    return document


def _problems(content: dict[str, Any], value: Any) -> list[str]:
    schema = {**content["schema"], "components": _document()["components"]}
    return [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(value)]
