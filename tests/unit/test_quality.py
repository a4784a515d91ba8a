"""The quality report rates a transcript in numbers and in one sentence."""

from __future__ import annotations

import pytest

from builders import MEETING, a_transcript, evidence_of
from lifestream.domain.speech.quality import QualityReport, assess
from lifestream.domain.text import clock
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


def report_of(transcript: Transcript, **diagnostics: object) -> QualityReport:
    return assess(transcript, evidence_of(transcript, **diagnostics))


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


def test_words_that_are_neither_certain_nor_uncertain_are_usable() -> None:
    report = report_of(with_confidence(0.6))

    assert report.low_confidence == ()
    assert report.verdict.startswith("Most of the text is usable")


def test_silence_is_reported_as_silence() -> None:
    report = report_of(a_transcript(duration=60))

    assert report.words == 0
    assert report.mean_word_confidence is None
    assert report.speaker_certainty is None
    assert report.verdict == "No speech was recognized."


def test_speech_without_words_is_missing_text() -> None:
    speech = [{"start_seconds": 0, "end_seconds": MEETING.duration_seconds + 40}]

    report = report_of(MEETING, speech=speech)

    assert report.speech_seconds == pytest.approx(MEETING.duration_seconds + 40)
    [missing] = report.missing_text
    assert missing.end_seconds == MEETING.duration_seconds + 40
    begin, end = clock(missing.start_seconds), clock(missing.end_seconds)
    assert f"seconds of speech have no text ({begin} to {end})" in report.verdict


def test_half_a_second_of_speech_without_words_is_listed_and_a_second_is_in_the_verdict() -> None:
    end = MEETING.segments[-1].end_seconds
    spans = [(0, end), (end + 1.2, end + 1.8), (end + 2.0, end + 2.5)]
    speech = [{"start_seconds": start, "end_seconds": stop} for start, stop in spans]

    both, one = report_of(MEETING, speech=speech), report_of(MEETING, speech=speech[:2])

    assert [round(span.seconds, 3) for span in both.missing_text] == [1.3]
    assert "1 of" in both.verdict
    assert [round(span.seconds, 3) for span in one.missing_text] == [0.6]
    assert "no text" not in one.verdict


def test_loud_audio_without_speech_is_listed_as_such() -> None:
    loud = [{"start_seconds": 100, "end_seconds": 280}, {"start_seconds": 0, "end_seconds": 5}]

    report = report_of(MEETING.model_copy(update={"duration_seconds": 300.0}), loud=loud)

    assert [span.start_seconds for span in report.loud_without_text] == [100]
    assert report.missing_text == ()
    assert "180 seconds are loud" in report.verdict
    assert "(1:40 to 4:40)" in report.verdict


def test_only_the_longest_of_many_stretches_are_shown() -> None:
    begins = range(100, 200, 10)
    speech = [{"start_seconds": at, "end_seconds": at + 1 + at / 100} for at in begins]

    report = report_of(MEETING, speech=speech)

    assert "(2:50 to 2:52, 3:00 to 3:02, 3:10 to 3:12 and 7 more)" in report.verdict


def test_flagged_words_are_listed_with_the_reason_and_count_in_nothing_else() -> None:
    transcript = with_segment(1, flags=["loop", "improbable"])

    report = report_of(transcript)

    assert [(s.segment_id, s.flags) for s in report.flagged] == [(1, (Flag.LOOP, Flag.IMPROBABLE))]
    assert report.words == len(transcript.reliable.text.split()) < len(MEETING.text.split())
    assert "seconds of text were left out" in report.verdict


def test_flagged_words_do_not_count_as_speech() -> None:
    segments = [s.model_copy(update={"flags": (Flag.LOOP,)}) for s in MEETING.segments]

    report = report_of(MEETING.model_copy(update={"segments": tuple(segments)}))

    assert report.verdict == (
        "No speech was recognized; 18 seconds of text were left out as probable hallucinations."
    )


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
