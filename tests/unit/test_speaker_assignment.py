"""Words are assigned to speaker turns and split into segments of one speaker each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from builders import words
from lifestream.domain.speech.speaker_assignment import (
    FUNCTION_WORDS,
    assign_speakers,
    segments_by_speaker,
    smoothed,
)
from lifestream.domain.speech.speakers import turns_of
from lifestream.domain.transcript import RecognizedSegment, SpeakerTurn, Word, joined, text_of


def turn(speaker: str, start: float, end: float) -> SpeakerTurn:
    return SpeakerTurn(speaker=speaker, start_seconds=start, end_seconds=end)


def word(start: float, end: float, text: str = "word") -> Word:
    return Word(text=text, start_seconds=start, end_seconds=end, confidence=1.0)


times = st.integers(min_value=0, max_value=6_000).map(lambda hundredths: hundredths / 100)
spans = st.tuples(times, times).map(sorted)
some_turns = st.lists(
    st.tuples(st.sampled_from("ABC"), spans).map(lambda t: turn(t[0], t[1][0], t[1][1]))
)
some_words = st.lists(spans.map(lambda span: word(span[0], span[1])))


def naive(spoken: Word, turns: list[SpeakerTurn]) -> str | None:
    """Apply the rule of `assign_speakers` naively: compare every word with every turn."""
    start, end = round(spoken.start_seconds * 1000), round(spoken.end_seconds * 1000)
    overlap: dict[str, int] = {}
    for t in sorted(turns, key=lambda t: (t.start_seconds, t.end_seconds)):
        begin, finish = round(t.start_seconds * 1000), round(t.end_seconds * 1000)
        if shared := max(0, min(end, finish) - max(start, begin)):
            overlap[t.speaker] = overlap.get(t.speaker, 0) + shared
    return max(overlap, key=lambda speaker: overlap[speaker]) if overlap else nearest(spoken, turns)


def nearest(spoken: Word, turns: list[SpeakerTurn]) -> str | None:
    start, end = round(spoken.start_seconds * 1000), round(spoken.end_seconds * 1000)
    found, closest = None, 501
    for t in sorted(turns, key=lambda t: (t.start_seconds, t.end_seconds)):
        begin, finish = round(t.start_seconds * 1000), round(t.end_seconds * 1000)
        gap = max(0, begin - end, start - finish)
        if gap < closest:
            found, closest = t.speaker, gap
    return found


@given(some_words, some_turns)
@example([word(5, 6)], [turn("A", 0, 5), turn("B", 6, 7)])  # in a gap
@example([word(1, 2)], [turn("B", 0, 9), turn("A", 0.5, 9)])  # both all the time
@example([word(6, 7)], [turn("A", 0, 1), turn("B", 4, 9), turn("A", 5, 9)])  # B began first
@example([word(4, 4.2)], [turn("A", 0, 9), turn("B", 4, 4.2)])  # a backchannel
@example([word(0, 2)], [turn("A", 0, 1), turn("B", 0.5, 2), turn("A", 1.2, 1.8)])
@example([word(3, 3)], [turn("A", 0, 9)])  # no time at all
@example([word(5, 6)], [turn("A", 0, 4.5), turn("B", 6.5, 7)])  # both just near enough
@example([word(5, 6)], [turn("A", 0, 4.4), turn("B", 6.51, 7)])  # both too far
def test_assignment_equals_the_naive_algorithm(
    spoken: list[Word], turns: list[SpeakerTurn]
) -> None:
    assert assign_speakers(spoken, turns) == [naive(one, turns) for one in spoken]


@pytest.mark.fault("E10", by="random words and turns", so="each word once, in its place")
@given(some_words, some_turns, st.integers(min_value=1, max_value=5))
def test_no_word_is_lost_added_or_moved(
    spoken: list[Word], turns: list[SpeakerTurn], size: int
) -> None:
    recognized = [
        RecognizedSegment(words=tuple(spoken[i : i + size])) for i in range(0, len(spoken), size)
    ]

    segments = segments_by_speaker(recognized, turns)

    assert [w for segment in segments for w in segment.words] == spoken
    assert text_of(segments) == joined(spoken)
    assert [segment.id for segment in segments] == list(range(len(segments)))


def test_a_backchannel_inside_a_long_turn_is_its_own_segment() -> None:
    spoken = words("so the plan yes is ready")
    turns = [turn("A", 0.0, 1.2), turn("B", 1.2, 1.6), turn("A", 1.6, 2.4)]

    segments = segments_by_speaker([RecognizedSegment(words=spoken)], turns)

    assert [(s.speaker, s.text) for s in segments] == [
        ("A", "so the plan"),
        ("B", "yes"),
        ("A", "is ready"),
    ]


def test_segments_end_where_sentences_end() -> None:
    spoken = words("It is late. Let us go.")

    segments = segments_by_speaker([RecognizedSegment(words=spoken)], [turn("A", 0, 10)])

    assert [s.text for s in segments] == ["It is late.", "Let us go."]


def test_a_word_between_turns_goes_to_the_nearer_one() -> None:
    turns = [turn("A", 0, 4.6), turn("B", 6.3, 7)]

    assert assign_speakers([word(5, 6)], turns) == ["B"]


def test_a_word_further_than_half_a_second_from_every_turn_keeps_no_speaker() -> None:
    assert assign_speakers([word(5, 6)], [turn("A", 0, 4.4), turn("B", 6.6, 7)]) == [None]


def test_words_far_from_every_turn_get_the_speaker_of_their_sentence() -> None:
    spoken = words("I need to design it. Right away then.")
    turns = [turn("A", 0, 0.4), turn("B", 9, 10)]

    segments = segments_by_speaker([RecognizedSegment(words=spoken)], turns)

    assert [(s.speaker, s.text) for s in segments] == [
        ("A", "I need to design it."),
        (None, "Right away then."),
    ]


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ([turn("A", 0, 1.6), turn("B", 1.6, 2.0)], ["A"]),  # at the end
        ([turn("B", 0, 0.4), turn("A", 0.4, 2.0)], ["A"]),  # at the start
        ([turn("A", 0, 0.8), turn("B", 0.8, 1.2), turn("A", 1.2, 2.0)], ["A"]),  # in the middle
        ([turn("A", 0, 0.8), turn("B", 0.8, 1.2), turn("C", 1.2, 2.0)], ["A", "C"]),
    ],
)
def test_a_function_word_is_no_segment_of_its_own(
    turns: list[SpeakerTurn], expected: list[str]
) -> None:
    segments = segments_by_speaker(
        [RecognizedSegment(words=words("the plan of building it"))], turns
    )

    assert [s.speaker for s in segments] == expected


some_sentence = st.lists(
    st.tuples(st.sampled_from(["the", "to", "plan", "Yes,"]), st.sampled_from(["A", "B", None])),
    min_size=1,
)


@given(some_sentence)
def test_a_sentence_has_no_gaps_and_no_lone_function_words(
    said: list[tuple[str, str | None]],
) -> None:
    sentence = [word(i, i + 1, text) for i, (text, _) in enumerate(said)]
    before = [speaker for _, speaker in said]

    after = smoothed(sentence, before)

    assert {speaker for speaker in after if speaker} <= {speaker for speaker in before if speaker}
    assert (None in after) == (set(before) == {None})
    for i, (text, _) in enumerate(said):
        beside = after[max(0, i - 1) : i] + after[i + 1 : i + 2]
        assert text not in FUNCTION_WORDS or not beside or after[i] in beside


def test_chinese_and_japanese_are_written_without_spaces() -> None:
    spoken = [
        replace(word(0, 1, "你好。"), is_glued=True),
        replace(word(1, 2, "今天"), is_glued=True),
        replace(word(2, 3, "很好。"), is_glued=True),
    ]

    segments = segments_by_speaker([RecognizedSegment(words=tuple(spoken))], [turn("A", 0, 9)])

    assert [s.text for s in segments] == ["你好。", "今天很好。"]
    assert text_of(segments) == "你好。今天很好。"


def test_turns_are_consecutive_segments_of_one_speaker() -> None:
    spoken = words("One. Two. Three.")
    turns = [turn("A", 0, 0.8), turn("B", 0.8, 2)]

    grouped = list(turns_of(segments_by_speaker([RecognizedSegment(words=spoken)], turns)))

    assert [[s.text for s in group] for group in grouped] == [["One.", "Two."], ["Three."]]
