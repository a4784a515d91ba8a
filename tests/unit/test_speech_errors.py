"""The benchmark's error rates are the standard ones."""

from __future__ import annotations

import pytest
from speech_errors import diarization_error, flagged_seconds, lost, without_text, word_error

from builders import a_transcript
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.speech.quality import QualityReport, assess
from lifestream.domain.transcript import Flag, Span, SpeakerTurn, Transcript


def turn(start: float, end: float, speaker: str) -> SpeakerTurn:
    return SpeakerTurn(start_seconds=start, end_seconds=end, speaker=speaker)


TWO = [turn(0, 6, "ada"), turn(6, 10, "ben")]


def report(transcript: Transcript, *speech: Span) -> QualityReport:
    diagnostics = Diagnostics(
        job_id=transcript.job_id, diarization_engine="test", speech=speech, turns=()
    )
    return assess(transcript, diagnostics)


@pytest.mark.parametrize(
    ("said", "recognized", "error"),
    [
        ("And Mister Dashwood, too.", "and mr. dashwood too", 0),
        ("one two three four", "one two four", 0.25),
        ("one two", "", 1),
    ],
)
def test_words_are_compared_without_case_and_punctuation(
    said: str, recognized: str, error: float
) -> None:
    assert word_error(said, recognized) == error


def test_names_of_speakers_do_not_count() -> None:
    found = [turn(0, 6, "SPEAKER_01"), turn(6, 10, "SPEAKER_00")]

    assert diarization_error(TWO, found).rate == 0


def test_two_speakers_taken_for_one_are_confused() -> None:
    error = diarization_error(TWO, [turn(0, 10, "SPEAKER_00")])

    assert error.confused == pytest.approx(0.4, abs=0.01)
    assert error.missed == error.false == 0


def test_speech_without_a_turn_is_missed_and_a_turn_without_speech_is_false() -> None:
    error = diarization_error(TWO, [turn(0, 6, "SPEAKER_00"), turn(8, 11, "SPEAKER_01")])

    assert error.missed == pytest.approx(0.2, abs=0.01)
    assert error.false == pytest.approx(0.1, abs=0.01)


def test_a_pause_of_one_speaker_belongs_to_the_turn() -> None:
    paused = [turn(0, 3, "a"), turn(3.9, 6, "a"), turn(6, 10, "b")]

    assert diarization_error(TWO, paused).rate == 0


def test_without_any_turns_everything_is_missed() -> None:
    assert diarization_error(TWO, []).missed == 1


def test_speech_without_words_is_lost_unless_the_report_names_it() -> None:
    transcript = a_transcript(("SPEAKER_00", "We begin."), duration=10)
    silent = without_text([turn(0, 0.8, "ada"), turn(4, 6, "ben")], transcript)
    unnamed = report(transcript)
    named = report(transcript, Span(start_seconds=4, end_seconds=6))

    assert silent == [Span(start_seconds=4, end_seconds=6)]
    assert lost(silent, unnamed) == silent
    assert lost(silent, named) == []


def test_only_speech_counts_as_flagged() -> None:
    transcript = a_transcript(("SPEAKER_00", "We begin again."), duration=10)
    doubted = transcript.segments[0].model_copy(update={"flags": (Flag.LOOP,)})
    quality = report(transcript.model_copy(update={"segments": (doubted,)}))

    assert flagged_seconds([turn(1, 9, "ada")], quality) == pytest.approx(0.2)
