"""Arithmetic on time spans, compared with counting second by second."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lifestream.domain.speech.timeline import Timeline, overlapped
from lifestream.domain.transcript import Span, SpeakerTurn

LENGTH = 40
spans = st.lists(
    st.tuples(st.integers(0, LENGTH), st.integers(1, 8)).map(
        lambda t: Span(start_seconds=t[0], end_seconds=t[0] + t[1])
    ),
    max_size=8,
)


def seconds(found: list[Span]) -> set[int]:
    return {second for s in found for second in range(int(s.start_seconds), int(s.end_seconds))}


@given(spans, spans)
def test_without_keeps_only_uncovered_spans(ours: list[Span], others: list[Span]) -> None:
    left = list(Timeline(ours).without(Timeline(others)))

    assert seconds(left) == seconds(ours) - seconds(others)
    assert sum(span.seconds for span in left) == len(seconds(left))


@given(spans, st.integers(0, LENGTH), st.integers(0, LENGTH))
def test_within_cuts_spans_at_both_ends(found: list[Span], start: int, length: int) -> None:
    within = Timeline(found).seconds_within(start, start + length)

    assert within == len(seconds(found) & set(range(start, start + length)))


@given(spans)
def test_overlapped_returns_where_two_or_more_speak(found: list[Span]) -> None:
    turns = [
        SpeakerTurn(start_seconds=s.start_seconds, end_seconds=s.end_seconds, speaker=str(number))
        for number, s in enumerate(found)
    ]
    counted = [second for s in found for second in seconds([s])]

    assert seconds(overlapped(turns).spans) == {s for s in counted if counted.count(s) > 1}


@given(spans, st.integers(0, 5))
def test_spans_join_over_a_short_gap(found: list[Span], gap: int) -> None:
    joined = Timeline(found, gap_seconds=gap).spans

    assert seconds(found) <= seconds(joined)
    assert all(after.start_seconds - before.end_seconds > gap for before, after in pairwise(joined))
