"""Fields of log lines do not use the names that the logging module rejects at run time."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TAKEN = {*vars(logging.makeLogRecord({})), "message", "asctime"}


def test_no_field_is_called_like_an_attribute_of_a_log_record() -> None:
    fields = [
        (path.relative_to(ROOT).as_posix(), field)
        for folder in ("lambdas", "containers")
        for path in (ROOT / folder).rglob("*.py")
        for field in _fields(ast.parse(path.read_text()))
    ]

    assert ("lambdas/lifestream/step.py", "seconds") in fields  # it does find some
    assert [(path, field) for path, field in fields if field in TAKEN] == []


def _fields(tree: ast.AST) -> Iterator[str]:
    """Yield the fields in `extra={…}`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.keyword)
            and node.arg == "extra"
            and isinstance(node.value, ast.Dict)
        ):
            names = (key.value for key in node.value.keys if isinstance(key, ast.Constant))
            yield from (str(name) for name in names)
