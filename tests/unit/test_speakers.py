"""Words and turns become segments of one speaker each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import words
from lifestream.domain.speakers import assign_speakers, segments_by_speaker, turns_of
from lifestream.domain.transcript import RecognizedSegment, SpeakerTurn, Word


def turn(speaker: str, start: float, end: float) -> SpeakerTurn:
    return SpeakerTurn(speaker=speaker, start_seconds=start, end_seconds=end)


def word(start: float, end: float, text: str = "word") -> Word:
    return Word(text=text, start_seconds=start, end_seconds=end, confidence=1.0)


times = st.floats(min_value=0, max_value=60).map(lambda value: round(value, 2))
spans = st.tuples(times, times).map(sorted)
some_turns = st.lists(
    st.tuples(st.sampled_from("ABC"), spans).map(lambda t: turn(t[0], t[1][0], t[1][1]))
)
some_words = st.lists(spans.map(lambda span: word(span[0], span[1]))).map(
    lambda found: sorted(found, key=lambda w: w.start_seconds)
)


def naive(spoken: Word, turns: list[SpeakerTurn]) -> dict[str, float]:
    """Seconds of overlap by speaker, looking at every turn."""
    overlap: dict[str, float] = {}
    for t in turns:
        shared = min(spoken.end_seconds, t.end_seconds) - max(spoken.start_seconds, t.start_seconds)
        if shared > 0:
            overlap[t.speaker] = overlap.get(t.speaker, 0) + shared
    return overlap


@given(some_words, some_turns)
def test_each_word_goes_to_a_speaker_with_the_largest_overlap(
    spoken: list[Word], turns: list[SpeakerTurn]
) -> None:
    assigned = assign_speakers(spoken, turns)

    for one, speaker in zip(spoken, assigned, strict=True):
        overlap = naive(one, turns)
        if speaker is None:
            assert overlap == {}
        else:
            assert abs(overlap[speaker] - max(overlap.values())) < 1e-9


@pytest.mark.fault("E10", by="drawn words and turns", so="every word once, in its place")
@given(some_words, some_turns, st.integers(min_value=1, max_value=5))
def test_no_word_is_lost_added_or_moved(
    spoken: list[Word], turns: list[SpeakerTurn], size: int
) -> None:
    recognized = [
        RecognizedSegment(words=tuple(spoken[i : i + size])) for i in range(0, len(spoken), size)
    ]

    segments = segments_by_speaker(recognized, turns)

    assert [w for segment in segments for w in segment.words] == spoken
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


def test_words_outside_every_turn_keep_no_speaker() -> None:
    assert assign_speakers([word(5, 6)], [turn("A", 0, 5), turn("B", 6, 7)]) == [None]


def test_turns_are_consecutive_segments_of_one_speaker() -> None:
    spoken = words("One. Two. Three.")
    turns = [turn("A", 0, 0.8), turn("B", 0.8, 2)]

    grouped = list(turns_of(segments_by_speaker([RecognizedSegment(words=spoken)], turns)))

    assert [[s.text for s in group] for group in grouped] == [["One.", "Two."], ["Three."]]
