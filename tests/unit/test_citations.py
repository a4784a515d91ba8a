"""Only statements with a quote from the transcript remain, with the time of the quote."""

from __future__ import annotations

from typing import Any

import pytest

from builders import MEETING, a_draft, a_transcript
from lifestream.domain.citations import verified
from lifestream.domain.summary import Drafted, Summary
from lifestream.domain.transcript import Transcript

LONG = "one two three four five six seven eight nine ten"


def check(_transcript: Transcript = MEETING, /, **lists: Any) -> Summary:
    draft = a_draft(abstract="What it was about.", **lists)
    return verified(Drafted(draft=draft), _transcript, engine="test")


def claim(quote: str, *segments: int, **more: Any) -> dict[str, Any]:
    return {"text": "a claim", "segment_ids": segments, "quote": quote, **more}


@pytest.mark.parametrize(
    ("said", "is_verified"),
    [
        (claim("forty thousand dollars", 1), True),
        (claim("FORTY  thousand, dollars!", 1), True),
        (claim("forty thousand dollars", 0), False),
        (claim("fifty thousand dollars", 1), False),
        (claim("thousand", 1), False),  # too short to support anything
        (claim("thou sand dollars", 1), False),
        (claim("", 1), False),
        (claim("forty thousand dollars"), False),
        (claim("the new project. The budget is", 0, 1), True),
        (claim("forty thousand dollars", 99), False),
    ],
)
def test_a_quote_counts_when_it_was_said_where_it_is_said_to_be(
    said: dict[str, Any], *, is_verified: bool
) -> None:
    for kind in ("key_points", "decisions", "questions", "chapters"):
        summary = check(**{kind: [said]})

        assert len(getattr(summary, kind)) == is_verified
        assert (summary.statements, summary.verified_statements) == (1, int(is_verified))


def test_a_quote_may_cross_from_one_segment_into_the_next() -> None:
    transcript = a_transcript(("SPEAKER_00", "We meet on"), ("SPEAKER_00", "Monday at nine."))

    [point] = check(transcript, key_points=[claim("meet on monday", 0, 1)]).key_points

    assert point.segment_ids == (0, 1)


@pytest.mark.parametrize(
    ("quote", "is_verified"),
    [
        (LONG, True),
        (LONG.replace("five", "5"), True),  # one word in ten
        (LONG.replace("five six", "5 6"), False),
        (LONG.replace("five ", ""), False),
        ("one two three four 5 six seven eight nine", False),  # fewer than ten: exactly
    ],
)
def test_how_much_a_quote_may_differ_is_bounded(quote: str, *, is_verified: bool) -> None:
    transcript = a_transcript(("SPEAKER_00", f"Zero {LONG} eleven."))

    assert bool(check(transcript, key_points=[claim(quote, 0)]).key_points) is is_verified


def test_times_are_those_of_the_quoted_words() -> None:
    [point] = check(key_points=[claim("forty thousand dollars", 0, 1)]).key_points

    words = MEETING.segments[1].words
    first = next(n for n, word in enumerate(words) if word.text == "forty")
    assert point.start_seconds == words[first].start_seconds
    assert point.end_seconds == words[first + 2].end_seconds
    assert point.segment_ids == (1,)


def test_a_short_segment_is_quoted_as_a_whole() -> None:
    transcript = a_transcript(("SPEAKER_00", "Shall we?"), ("SPEAKER_01", "Yes."))

    assert check(transcript, decisions=[claim("Yes", 1)]).decisions


def test_a_contribution_is_verified_by_the_speaker_s_own_words() -> None:
    theirs = claim("forty thousand dollars", 1, speaker="SPEAKER_01")
    another_s = theirs | {"speaker": "SPEAKER_00"}

    summary = check(contributions=[theirs, another_s])

    assert [one.speaker for one in summary.contributions] == ["SPEAKER_01"]


def test_chapters_are_in_order_and_last_until_the_next_one() -> None:
    late = claim("forty thousand dollars", 1) | {"text": "Money"}
    early = claim("talk about the budget", 0) | {"text": "Opening"}

    chapters = check(chapters=[late, early, early]).chapters

    assert [chapter.text for chapter in chapters] == ["Opening", "Money"]
    assert chapters[0].end_seconds == chapters[1].start_seconds
    assert chapters[1].end_seconds == MEETING.duration_seconds


def test_a_draft_without_verified_statements_loses_its_title_and_abstract() -> None:
    summary = check(key_points=[claim("invented from first to last", 1)], topics=["money"])

    assert (summary.title, summary.abstract, summary.topics) == ("", "", ())


def test_a_draft_without_statements_keeps_its_abstract() -> None:
    assert check().abstract == "What it was about."
