"""Passages cover the transcript once, are cut at speaker turns, and have derived ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from builders import MEETING, a_transcript
from lifestream.domain.chunks import (
    MAX_CHUNK_CHARACTERS,
    MAX_OVERLAP_CHARACTERS,
    chunk_id,
    chunks_of,
)

lines = st.lists(
    st.tuples(
        st.sampled_from(["SPEAKER_00", "SPEAKER_01"]),
        st.lists(st.sampled_from(["budget", "a", "release"]), min_size=1, max_size=60).map(
            " ".join
        ),
    ),
    max_size=20,
)


@given(lines)
def test_every_segment_is_in_one_passage_or_in_two_that_follow_each_other(
    spoken: list[tuple[str, str]],
) -> None:
    transcript = a_transcript(*((who, f"s{n} {text}") for n, (who, text) in enumerate(spoken)))

    chunks = chunks_of(transcript)

    for segment in transcript.segments:
        holding = [chunk.number for chunk in chunks if f"{segment.text} " in f"{chunk.text} "]
        assert holding in ([holding[0]], [holding[0], holding[0] + 1])
    assert [chunk.id for chunk in chunks] == [
        chunk_id(transcript.job_id, number) for number in range(len(chunks))
    ]
    longest = MAX_CHUNK_CHARACTERS + MAX_OVERLAP_CHARACTERS
    assert all(len(chunk.text) <= longest for chunk in chunks)


def test_a_question_is_found_with_its_answer() -> None:
    """This holds even if the previous turn is long enough to be its own passage."""
    asked = "When will the release be ready? " + "We have talked about it for a long time. " * 3
    answered = "In November, if the testing team gets the two weeks that it needs."

    first, second = chunks_of(a_transcript(("SPEAKER_00", asked.strip()), ("SPEAKER_01", answered)))

    assert first.text == asked.strip()
    assert second.text == f"{asked.strip()} {answered}"
    assert (second.start_seconds, second.speakers) == (0.0, ("SPEAKER_00", "SPEAKER_01"))


def test_a_very_long_turn_is_cut_between_segments() -> None:
    sentence = "We have talked about the budget of the next release for a long time. " * 5
    turn = [("SPEAKER_00", sentence.strip())] * 4

    chunks = chunks_of(a_transcript(*turn))

    assert len(chunks) == 2
    assert all(chunk.speakers == ("SPEAKER_00",) for chunk in chunks)


def test_a_passage_names_its_speakers_and_times() -> None:
    first = chunks_of(MEETING)[0]

    assert first.speakers == ("SPEAKER_00", "SPEAKER_01")
    assert first.start_seconds == 0.0
