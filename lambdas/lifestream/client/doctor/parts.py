"""Report which engines make the summary and the index, or why they are switched off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lifestream.client.doctor.findings import Finding, note, ok

if TYPE_CHECKING:
    from lifestream.client.doctor.deployed import DeployedStage
    from lifestream.rendering.manifest import Manifest

NO_KEY = "switched off, OPENAI_API_KEY is not set (unless the functions carry the built-in engines)"


def parts_made(manifest: Manifest) -> Iterator[Finding]:
    """Report the parts that a finished job has."""
    engines = manifest.engines
    yield ok("transcript", f"{engines.transcription}, {engines.diarization}")
    if manifest.summary_engine:
        yield ok("summary", manifest.summary_engine)
    if manifest.indexed:
        yield ok("index", f"{manifest.indexed.index}, {manifest.indexed.embedder}")
    for part in manifest.switched_off:
        yield note(part.part, f"switched off, {part.reason}")


def parts_expected(stage: DeployedStage) -> Iterator[Finding]:
    """Report the parts that a job would have with the stage's settings and keys."""
    summary, index, keys = stage.summary, stage.index, stage.keys
    has_key = keys.openai_api_key is not None
    yield _expected(
        "summary", summary.summarization_engine, f"openai/{summary.openai_model}", has_key
    )
    if index.vector_index == "off":
        yield note("index", "switched off by its setting")
    else:
        place = "Pinecone" if keys.pinecone_api_key else "the bucket"
        vendor = f"openai/{index.embedding_model} in {place}"
        yield _expected("index", index.embedding_engine, vendor, has_key)


def _expected(part: str, engine: str, vendor: str, has_key: bool) -> Finding:  # noqa: FBT001  # two private callers
    if engine == "off":
        return note(part, "switched off by its setting")
    if engine == "openai" or (engine == "auto" and has_key):
        return ok(part, vendor)
    return note(part, NO_KEY) if engine == "auto" else ok(part, f"the built-in engine, {engine}")
