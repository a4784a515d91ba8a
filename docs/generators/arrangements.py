"""Write transcripts with the rows that the result page makes of them.

The dashboard arranges transcripts in the browser, by the same rules. Its tests compare.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from builders import a_segment, a_transcript, evidence_of
from lifestream.domain.speech.quality import QualityReport, assess
from lifestream.domain.transcript import Flag, Segment, Span, Speaker, Transcript
from lifestream.rendering.gaps import gaps_of
from lifestream.rendering.page import VOICES
from lifestream.rendering.page.drawings import voices_of
from lifestream.rendering.page.turns import Sentence, Turn, turns_and_gaps

CASES = 30
SEGMENTS = 14
CHANGES, FLAGGED, SHOWN = 0.6, 0.2, 0.25
"""How often somebody else may speak next, text is flagged, and a job shows flagged text."""
SPEAKERS = ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
LONG = " ".join(["So this sentence goes on, until a few of them fill a paragraph."] * 3)
SENTENCES = ("Yes.", "Right.", "We decide today.", "It is late.", LONG)


def cases() -> str:
    """Return the cases as JSON, one per line."""
    made = (_case(random.Random(number)) for number in range(CASES))  # noqa: S311  # no secret
    return "[\n" + ",\n".join(map(json.dumps, made)) + "\n]\n"


def _case(draw: random.Random) -> dict[str, Any]:
    transcript = _transcript(draw)
    missing, loud = list(_spans(draw, transcript)), list(_spans(draw, transcript))
    is_flagged_shown = draw.random() < SHOWN
    quality = assess(transcript, evidence_of(transcript)).model_copy(
        update={"missing_text": tuple(missing), "loud_without_text": tuple(loud)}
    )
    return {
        "duration_seconds": transcript.duration_seconds,
        "speakers": [{"id": speaker.id} for speaker in transcript.speakers],
        "segments": [_segment(segment) for segment in transcript.segments],
        "missing_text": [span.model_dump() for span in missing],
        "loud_without_text": [span.model_dump() for span in loud],
        "show_flagged": is_flagged_shown,
        **_arranged(transcript, quality, is_flagged_shown=is_flagged_shown),
    }


def _transcript(draw: random.Random) -> Transcript:
    segments, at, speaker = [], 0.0, None
    for number in range(draw.randint(1, SEGMENTS)):
        at = round(at + draw.choice((0.0, 0.2, 3.0)), 3)
        speaker = draw.choice((*SPEAKERS, None)) if draw.random() < CHANGES else speaker
        segment = a_segment(number, draw.choice(SENTENCES), speaker=speaker, start=at)
        if draw.random() < FLAGGED:
            segment = segment.model_copy(update={"flags": (Flag.LOOP,)})
        segments.append(segment)
        at = segment.end_seconds
    speakers = tuple(Speaker(id=one) for one in SPEAKERS)
    given = {"segments": tuple(segments), "speakers": speakers, "duration_seconds": at + 1}
    return a_transcript().model_copy(update=given)


def _spans(draw: random.Random, transcript: Transcript) -> Iterator[Span]:
    start = 0.0
    for _ in range(draw.randint(0, 3)):
        start = round(start + draw.random() * transcript.duration_seconds / 3, 1)
        yield Span(start_seconds=start, end_seconds=round(start + draw.choice((0.5, 2.0)), 1))


def _segment(segment: Segment) -> dict[str, Any]:
    """Return the segment without the words' times, which do not matter here."""
    return segment.model_dump(mode="json", exclude={"words", "language"})


def _arranged(
    transcript: Transcript, quality: QualityReport, *, is_flagged_shown: bool
) -> dict[str, Any]:
    readable = transcript if is_flagged_shown else transcript.reliable
    gaps = gaps_of(quality, is_flagged_shown=is_flagged_shown)
    blocks = turns_and_gaps(readable, gaps)
    return {
        "rows": [
            [block.speaker, *map(_paragraph, block.paragraphs)]
            if isinstance(block, Turn)
            else [block.start_seconds, block.end_seconds]
            for block in blocks
        ],
        "voices": [
            [voice.id, voice.number, round(voice.share, 6), voice.lane]
            for voice in voices_of(readable, VOICES)
        ],
    }


def _paragraph(sentences: list[Sentence]) -> str:
    """Return the ids of the segments, those of interjections in parentheses."""
    ids = ((sentence.segment.id, sentence.interjector) for sentence in sentences)
    return " ".join(f"({number})" if other else str(number) for number, other in ids)
