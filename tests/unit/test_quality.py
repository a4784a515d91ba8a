"""How far a transcript can be trusted, in numbers and in one sentence."""

from __future__ import annotations

from builders import MEETING, a_transcript
from lifestream.domain.quality import assess
from lifestream.domain.transcript import Transcript


def with_confidence(confidence: float) -> Transcript:
    data = MEETING.model_dump()
    for segment in data["segments"]:
        for word in segment["words"]:
            word["confidence"] = confidence
    return Transcript.model_validate(data)


def test_uncertain_segments_are_listed_with_their_times() -> None:
    report = assess(with_confidence(0.3))

    assert [span.segment_id for span in report.low_confidence_spans] == [0, 1, 2, 3]
    assert report.mean_word_confidence == 0.3
    assert "check it against the recording" in report.verdict


def test_certain_words_are_not_listed() -> None:
    report = assess(with_confidence(0.9))

    assert report.low_confidence_spans == ()
    assert report.words == len(MEETING.text.split())


def test_silence_is_said_to_be_silence() -> None:
    report = assess(a_transcript(duration=60))

    assert report.words == 0
    assert report.mean_word_confidence is None
    assert report.verdict == "No speech was recognized."
