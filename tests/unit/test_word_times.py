"""Word times are aligned with detected speech."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifestream.domain.speech.word_times import REACH_SECONDS, timed_by_speech
from lifestream.domain.transcript import RecognizedSegment, Span, Word

Times = list[tuple[float, float]]


def timed(words: Times, speech: Times) -> Times:
    said = tuple(Word(str(number), *times, confidence=1.0) for number, times in enumerate(words))
    spans = [Span(start_seconds=start, end_seconds=end) for start, end in speech]
    [segment] = timed_by_speech([RecognizedSegment(words=said)], spans)
    assert [word.text for word in segment.words] == [word.text for word in said]
    return [(word.start_seconds, word.end_seconds) for word in segment.words]


@pytest.mark.parametrize(
    ("words", "speech", "expected"),
    [
        ([(1.0, 1.4)], [(0.9, 1.6)], [(0.9, 1.6)]),  # the speech begins and ends close by
        ([(1.0, 1.4)], [(0.0, 9.0)], [(0.75, 1.65)]),  # it goes on
        ([(1.0, 1.0)], [(0.9, 1.2)], [(0.9, 1.2)]),  # the word took no time
        ([(1.0, 2.0)], [(0.5, 1.1), (1.6, 2.1)], [(1.6, 2.1)]),  # most of it is after a pause
        ([(1.0, 1.4)], [(2.0, 3.0)], [(1.0, 1.4)]),  # no speech
        ([(1.0, 1.4), (1.5, 1.8)], [(1.0, 1.9)], [(1.0, 1.5), (1.5, 1.9)]),  # neighbours
        ([(1.0, 1.4)], [(1.5, 3.0)], [(1.0, 1.4)]),  # speech that it does not touch
    ],
)
def test_a_word_is_aligned_with_the_speech_around_it(
    words: Times, speech: Times, expected: Times
) -> None:
    assert timed(words, speech) == expected


MOMENTS = st.lists(st.integers(0, 300), min_size=2, max_size=24, unique=True).map(
    lambda moments: [moment / 10 for moment in sorted(moments)[: len(moments) // 2 * 2]]
)


@given(MOMENTS, MOMENTS)
def test_words_keep_their_order_and_move_no_further_than_they_may(
    words: list[float], speech: list[float]
) -> None:
    before = list(zip(words[::2], words[1::2], strict=True))

    after = timed(before, list(zip(speech[::2], speech[1::2], strict=True)))

    assert all(start <= end for start, end in after)
    assert all(one[1] <= two[0] for one, two in pairwise(after))
    for (start, end), (new_start, new_end) in zip(before, after, strict=True):
        assert new_start >= start - REACH_SECONDS - 0.001
        assert new_end <= end + REACH_SECONDS + 0.001
