"""Pinecone on loopback. A fake: for tests only."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np

from fakes import Answer, LocalEndpoint, api_error


class PineconeServer:
    """Pinecone's wire protocol over a dictionary. A fake: for tests only."""

    def __init__(self, *, dimension: int) -> None:
        self.dimension = dimension
        self.vectors: dict[tuple[str, str], dict[str, Any]] = {}  # by namespace and id
        self.indexes: dict[str, dict[str, Any]] = {}
        self.fails: Answer | None = None
        self.accepts = 10_000  # vectors
        self.is_late = False
        self.endpoint = LocalEndpoint(self.answer)

    def answer(self, path: str, request: dict[str, Any]) -> Answer:
        route = path.partition("?")[0]
        if self.fails:
            return self.fails
        if route.startswith("/indexes"):
            return self._control(route, request)
        return self._data(route, path, request)

    def _control(self, route: str, request: dict[str, Any]) -> Answer:
        name = route.removeprefix("/indexes").strip("/")
        if request:
            self.indexes[request["name"]] = self._described(request["name"])
            return 201, self.indexes[request["name"]]
        if not name:
            return 200, {"indexes": list(self.indexes.values())}
        if name not in self.indexes:
            return 404, {"error": {"code": "NOT_FOUND", "message": "no index"}, "status": 404}
        return 200, self.indexes[name]

    def _described(self, name: str) -> dict[str, Any]:
        dense = {"type": "dense_vector", "dimension": self.dimension, "metric": "cosine"}
        return {
            "name": name,
            "dimension": self.dimension,
            "metric": "cosine",
            "vector_type": "dense",
            "host": self.endpoint.url,
            "deletion_protection": "disabled",
            "spec": {"serverless": {"cloud": "aws", "region": "us-east-1"}},
            "deployment": {"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"},
            "schema": {"fields": {"values": dense}},
            "status": {"ready": True, "state": "Ready"},
        }

    def _data(self, route: str, path: str, request: dict[str, Any]) -> Answer:
        if route == "/vectors/upsert":
            if len(self.vectors) + len(request["vectors"]) > self.accepts:
                return api_error(400)
            space = request.get("namespace", "")
            self.vectors |= {(space, vector["id"]): vector for vector in request["vectors"]}
            return 200, {"upsertedCount": len(request["vectors"])}
        if route == "/vectors/delete":
            for vector_id in request["ids"]:
                self.vectors.pop((request.get("namespace", ""), vector_id), None)
            return 200, {}
        if route == "/vectors/list":
            asked = dict(parse_qsl(urlsplit(path).query))
            space, prefix = asked.get("namespace", ""), asked.get("prefix", "")
            found = [
                {"id": i} for s, i in sorted(self.vectors) if s == space and i.startswith(prefix)
            ]
            found = [] if self.is_late else found
            return 200, {"vectors": found, "namespace": "", "usage": {"readUnits": 1}}
        return 200, {"matches": self._nearest(request), "namespace": "", "usage": {"readUnits": 1}}

    def _nearest(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        question = np.array(request["vector"])
        scored = [
            {
                "id": i,
                "score": float(np.array(v["values"]) @ question),
                "metadata": v["metadata"],
            }
            for (space, i), v in self.vectors.items()
            if space == request.get("namespace", "")
            and _fits(v["metadata"], request.get("filter") or {})
        ]
        return sorted(scored, key=lambda match: -match["score"])[: request["topK"]]


def _fits(metadata: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(_holds(metadata, name, condition) for name, condition in wanted.items())


def _holds(metadata: dict[str, Any], name: str, condition: Any) -> bool:
    """Return whether the metadata matches. `$in` on a list field needs one common element."""
    if name in ("$and", "$or"):
        parts = [_fits(metadata, part) for part in condition]
        return all(parts) if name == "$and" else any(parts)
    value, [(operator, operand)] = metadata[name], condition.items()
    match operator:
        case "$eq":
            return bool(value == operand)
        case "$gte":
            return bool(value >= operand)
        case _:
            return not set(value if isinstance(value, list) else [value]).isdisjoint(operand)
