"""The fixtures written from AWS's documents are what AWS's own models take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

import pytest

from aws_documents import document, subjects

CONFIDENCES = ("document", "github issue", "field report")
OF_AWS = ("docs.aws.amazon.com", "repost.aws")


@pytest.mark.parametrize("subject", subjects())
def test_every_entry_names_its_source_its_sentence_and_how_sure_it_is(subject: str) -> None:
    found = list(entries(document(subject)))

    assert found
    for entry in found:
        assert urlparse(entry["source"]).scheme == "https"
        assert entry["says"]
        assert entry["confidence"] in CONFIDENCES
        if entry["confidence"] == "document":
            assert urlparse(entry["source"]).hostname in OF_AWS


def entries(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict) and "source" in found:
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from entries(value)
    elif isinstance(found, list):
        for value in found:
            yield from entries(value)
