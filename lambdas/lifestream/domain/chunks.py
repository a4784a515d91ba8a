"""Cut a transcript into the passages that are embedded and searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lifestream.domain.base import Frozen
from lifestream.domain.speech.speakers import turns_of
from lifestream.domain.summary import Usage
from lifestream.domain.transcript import Segment, Transcript, text_of

MAX_CHUNK_CHARACTERS = 800
MIN_CHUNK_CHARACTERS = 120
MAX_OVERLAP_CHARACTERS = 200
"""A passage begins with the last sentence of the one before, unless that is longer: a question is
found with its answer."""
CHUNKING = f"turns-v2-{MIN_CHUNK_CHARACTERS}-{MAX_CHUNK_CHARACTERS}-{MAX_OVERLAP_CHARACTERS}"


class Chunk(Frozen):
    """A passage of the recording. Its id derives from the job and the position, so that a second
    run overwrites the first and leaves no duplicates."""

    id: str
    number: int
    start_seconds: float
    end_seconds: float
    speakers: tuple[str, ...]
    text: str


class Indexed(Frozen):
    """What made a recording searchable, and what it cost."""

    embedder: str
    index: str
    chunks: int
    usage: Usage = Usage()


def chunk_id(job_id: str, number: int) -> str:
    return f"{job_id}#{number:05}"


def chunks_of(transcript: Transcript) -> list[Chunk]:
    """Return the passages in time order, cut at speaker turns.

    Each begins with the last sentence of the one before, so a segment is in one passage or in two
    neighbouring ones.
    """
    passages = list(_passages(transcript.segments))
    before = [[], *(passage[-1:] for passage in passages)]
    return [
        _chunk(transcript.job_id, number, [*_overlap(before[number]), *passage])
        for number, passage in enumerate(passages)
    ]


def _overlap(last: Sequence[Segment]) -> Sequence[Segment]:
    return last if _length(last) <= MAX_OVERLAP_CHARACTERS else ()


def _passages(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield passages. One ends with a turn once it is long enough, or inside a very long turn."""
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
