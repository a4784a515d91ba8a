"""How far a transcript can be trusted, in numbers and in one sentence."""

from __future__ import annotations

import pytest

from builders import MEETING, a_transcript, evidence_of
from lifestream.domain.quality import QualityReport, assess
from lifestream.domain.transcript import Flag, Transcript


def with_confidence(confidence: float) -> Transcript:
    data = MEETING.model_dump()
    for segment in data["segments"]:
        for word in segment["words"]:
            word["confidence"] = confidence
    return Transcript.model_validate(data)


def with_segment(number: int, **changes: object) -> Transcript:
    data = MEETING.model_dump()
    segments = list(data["segments"])
    segments[number] = segments[number] | changes
    return Transcript.model_validate(data | {"segments": segments})


def report_of(transcript: Transcript, **evidence: object) -> QualityReport:
    return assess(transcript, evidence_of(transcript, **evidence))


def test_uncertain_segments_are_listed_with_their_times() -> None:
    report = report_of(with_confidence(0.3))

    assert [span.segment_id for span in report.low_confidence] == [0, 1, 2, 3]
    assert report.mean_word_confidence == 0.3
    assert "check it against the recording" in report.verdict


def test_certain_words_are_not_listed() -> None:
    report = report_of(with_confidence(0.9))

    assert report.low_confidence == ()
    assert report.words == len(MEETING.text.split())
    assert report.verdict == "The engine was confident about most words."


def test_silence_is_said_to_be_silence() -> None:
    report = report_of(a_transcript(duration=60))

    assert report.words == 0
    assert report.mean_word_confidence is None
    assert report.speaker_certainty is None
    assert report.verdict == "No speech was recognized."


def test_speech_without_words_is_missing_text() -> None:
    speech = [{"start_seconds": 0, "end_seconds": MEETING.duration_seconds + 40}]

    report = report_of(MEETING, speech=speech)

    assert report.speech_seconds == pytest.approx(MEETING.duration_seconds + 40)
    assert len(report.missing_text) == 1
    assert report.missing_text[0].end_seconds == MEETING.duration_seconds + 40
    assert "seconds of speech have no text" in report.verdict


def test_flagged_words_are_listed_with_the_reason_and_count_in_nothing_else() -> None:
    transcript = with_segment(1, flags=["loop", "improbable"])

    report = report_of(transcript)

    assert [(s.segment_id, s.flags) for s in report.flagged] == [(1, (Flag.LOOP, Flag.IMPROBABLE))]
    assert report.words == len(transcript.believed.text.split()) < len(MEETING.text.split())
    assert "seconds of text were left out" in report.verdict


def test_words_that_nobody_is_believed_to_have_said_are_no_speech() -> None:
    segments = [s.model_copy(update={"flags": (Flag.LOOP,)}) for s in MEETING.segments]

    report = report_of(MEETING.model_copy(update={"segments": tuple(segments)}))

    assert report.verdict == "No speech was recognized. What the engine wrote is not believed."


def test_two_voices_at_once_make_speakers_uncertain() -> None:
    end = MEETING.segments[0].end_seconds
    turns = [
        {"start_seconds": 0, "end_seconds": MEETING.duration_seconds, "speaker": "SPEAKER_00"},
        {"start_seconds": 0, "end_seconds": end, "speaker": "SPEAKER_01"},
    ]

    report = report_of(MEETING, turns=turns)

    first = len(MEETING.segments[0].words)
    assert report.overlap_share == pytest.approx(end / MEETING.duration_seconds, abs=0.001)
    assert report.speaker_certainty == pytest.approx(1 - first / report.words, abs=0.001)
    assert "talk at the same time" in report.verdict


def test_a_language_lasts_until_the_next_one() -> None:
    report = report_of(with_segment(2, language="de"))

    assert [span.language for span in report.languages] == ["en", "de", "en"]
    assert report.languages[1].start_seconds == MEETING.segments[2].start_seconds
