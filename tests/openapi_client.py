"""A client that knows the description of the API and a token, and nothing else of the project."""

from __future__ import annotations

import re
from typing import Any

import requests

from openapi_description import Operation, operations

SECONDS = 60


class OpenApiClient:
    """Calls operations by their ids. What does not fit the description is an AssertionError."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._operations = {one.described["operationId"]: one for one in operations()}
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {token}"

    def call(
        self,
        operation_id: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **in_path: str,
    ) -> Any:
        """Send a request, and return the answer's JSON."""
        operation = self._operations[operation_id]
        assert (query or {}).keys() <= operation.query_names()
        assert operation.problems_of_body(body) == []
        answer = self._http.request(
            operation.method,
            self._url + _filled(operation, in_path),
            params=query,
            json=body,
            headers=headers,
            timeout=SECONDS,
        )
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        assert operation.problems_of_answer(answer.status_code, media_type, answer.text) == []
        assert answer.ok, answer.text
        return answer.json() if answer.content else None


def _filled(operation: Operation, in_path: dict[str, str]) -> str:
    names = re.findall(r"\{(\w+)\}", operation.path)
    assert set(names) == in_path.keys()
    return operation.path.format(**in_path)
