"""A transcript in, the passages that are embedded and searched out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lifestream.domain.job import Frozen
from lifestream.domain.speakers import turns_of
from lifestream.domain.transcript import Segment, Transcript, text_of

MAX_CHUNK_CHARACTERS = 800
MIN_CHUNK_CHARACTERS = 120
CHUNKING = f"turns-v1-{MIN_CHUNK_CHARACTERS}-{MAX_CHUNK_CHARACTERS}"


class Chunk(Frozen):
    """A passage of the recording. `id` derives from the job and the position, so that a second
    run overwrites the first and leaves no duplicates."""

    id: str
    number: int
    start_seconds: float
    end_seconds: float
    speakers: tuple[str, ...]
    text: str


def chunk_id(job_id: str, number: int) -> str:
    return f"{job_id}#{number:05}"


def chunks_of(transcript: Transcript) -> list[Chunk]:
    """Passages in time order, cut at speaker turns; every segment is in exactly one."""
    return [
        _chunk(transcript.job_id, number, segments)
        for number, segments in enumerate(_passages(transcript.segments))
    ]


def _passages(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """A passage ends with a speaker's turn once it is long enough, or inside a very long turn."""
    passage: list[Segment] = []
    for turn in turns_of(segments):
        if _length(passage) >= MIN_CHUNK_CHARACTERS:
            yield passage
            passage = []
        for segment in turn:
            if passage and _length([*passage, segment]) > MAX_CHUNK_CHARACTERS:
                yield passage
                passage = []
            passage.append(segment)
    if passage:
        yield passage


def _length(segments: Sequence[Segment]) -> int:
    return sum(len(segment.text) + 1 for segment in segments)


def _chunk(job_id: str, number: int, segments: Sequence[Segment]) -> Chunk:
    return Chunk(
        id=chunk_id(job_id, number),
        number=number,
        start_seconds=segments[0].start_seconds,
        end_seconds=max(segment.end_seconds for segment in segments),
        speakers=tuple(sorted({segment.speaker for segment in segments if segment.speaker})),
        text=text_of(segments),
    )
