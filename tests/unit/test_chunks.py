"""Passages cover the transcript once, at speaker turns, under derived ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from builders import MEETING, a_transcript
from lifestream.domain.chunks import MAX_CHUNK_CHARACTERS, chunk_id, chunks_of

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
def test_every_segment_is_in_exactly_one_passage(spoken: list[tuple[str, str]]) -> None:
    transcript = a_transcript(*spoken)

    chunks = chunks_of(transcript)

    assert " ".join(chunk.text for chunk in chunks) == transcript.text
    assert [chunk.id for chunk in chunks] == [
        chunk_id(transcript.job_id, number) for number in range(len(chunks))
    ]
    assert all(len(chunk.text) <= MAX_CHUNK_CHARACTERS for chunk in chunks)


def test_a_passage_names_its_speakers_and_times() -> None:
    first = chunks_of(MEETING)[0]

    assert first.speakers == ("SPEAKER_00", "SPEAKER_01")
    assert first.start_seconds == 0.0
