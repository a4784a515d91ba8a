"""Hallucinated text is flagged; real speech is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builders import MEETING, words
from lifestream.domain.speech.hallucinations import flagged
from lifestream.domain.speech.speaker_assignment import segments_by_speaker
from lifestream.domain.transcript import Flag, RecognizedSegment, Segment, Span, Word

EVERYWHERE = (Span(start_seconds=0, end_seconds=10_000),)


def recognized_text(text: str, start: float = 0.0, **engine: float) -> RecognizedSegment:
    return RecognizedSegment(words=words(text, start=start), **engine)


def flags_of(
    *recognized: RecognizedSegment, speech: tuple[Span, ...] = EVERYWHERE
) -> list[set[Flag]]:
    return [set(s.flags) for s in _flagged(recognized, speech)]


def _flagged(
    recognized: tuple[RecognizedSegment, ...], speech: tuple[Span, ...]
) -> tuple[Segment, ...]:
    return flagged(segments_by_speaker(recognized, []), recognized, speech)


def test_real_speech_is_reliable() -> None:
    recognized = tuple(
        RecognizedSegment(words=s.words, average_log_probability=-0.3, no_speech_probability=0.1)
        for s in MEETING.segments
    )

    assert all(flags == set() for flags in flags_of(*recognized))


@pytest.mark.parametrize(
    "text", ["no no no no", "bye bye", "very very very good", "yes it is yes it is"]
)
def test_a_few_repetitions_are_reliable(text: str) -> None:
    assert flags_of(recognized_text(text)) == [set()]


@pytest.mark.parametrize("times", [6, 30])
def test_a_loop_is_flagged_except_for_its_first_repetition(times: int) -> None:
    sentences = " ".join(["Let us see what happens."] * times)

    found = flags_of(recognized_text(sentences))

    assert found[0] == set()
    assert all(Flag.LOOP in flags for flags in found[1:])


def test_one_word_again_and_again_is_a_loop() -> None:
    assert Flag.LOOP in flags_of(recognized_text("the " * 40))[0]


def test_text_that_repeats_itself_in_no_order_is_compressible() -> None:
    dice = np.random.default_rng(0)
    text = " ".join(dice.choice(["okay", "so", "and"], size=120))

    assert Flag.COMPRESSIBLE in flags_of(recognized_text(text))[0]


def test_words_with_a_low_probability_are_flagged() -> None:
    assert flags_of(recognized_text("half of the fun", average_log_probability=-2.0)) == [
        {Flag.IMPROBABLE}
    ]
    assert flags_of(recognized_text("half of the fun", average_log_probability=-0.9)) == [set()]


def test_an_engine_without_such_numbers_is_judged_by_its_words() -> None:
    unsure = tuple(replace(w, confidence=0.1) for w in words("half of the fun"))

    assert flags_of(RecognizedSegment(words=unsure)) == [{Flag.IMPROBABLE}]


def test_no_speech_needs_both_numbers() -> None:
    both = recognized_text("well then", average_log_probability=-1.2, no_speech_probability=0.9)
    one = recognized_text("well then", average_log_probability=-0.2, no_speech_probability=0.9)

    assert flags_of(both) == [{Flag.NO_SPEECH}]
    assert flags_of(one) == [set()]


def test_text_without_detected_speech_is_over_silence() -> None:
    speech = (Span(start_seconds=0, end_seconds=2),)

    found = flags_of(
        recognized_text("we begin"), recognized_text("and go on", start=60), speech=speech
    )

    assert found == [set(), {Flag.OVER_SILENCE}]


@pytest.mark.parametrize(
    "text", ["Thank you.", "Thanks for watching!", "ご視聴ありがとうございました"]
)
def test_stock_phrases_are_flagged_only_where_they_are_doubtful(text: str) -> None:
    doubtful = recognized_text(text, average_log_probability=-0.8, no_speech_probability=0.3)
    sure = recognized_text(text, average_log_probability=-0.1, no_speech_probability=0.01)

    assert flags_of(doubtful) == [{Flag.STOCK_PHRASE}]
    assert flags_of(sure) == [set()]


def test_subtitle_credits_are_always_flagged() -> None:
    text = "Subtitles by the Amara.org community"

    assert flags_of(recognized_text(text, average_log_probability=-0.1)) == [{Flag.STOCK_PHRASE}]


def test_flagged_words_stay_in_the_transcript_and_leave_everything_else() -> None:
    recognized = (
        recognized_text("we begin"),
        recognized_text("nonsense", start=3, average_log_probability=-3.0),
    )

    found = _flagged(recognized, EVERYWHERE)
    transcript = MEETING.model_copy(update={"segments": found})

    assert [s.text for s in transcript.segments] == ["we begin", "nonsense"]
    assert [s.text for s in transcript.reliable.segments] == ["we begin"]


def test_each_segment_is_judged_by_the_engine_s_own_segment() -> None:
    word = Word(text="a", start_seconds=0, end_seconds=1, confidence=1)
    recognized = (
        RecognizedSegment(words=(word, word), average_log_probability=-3.0),
        RecognizedSegment(words=()),
        RecognizedSegment(words=(word,), average_log_probability=-0.1),
    )

    assert flags_of(*recognized) == [{Flag.IMPROBABLE}, set()]
