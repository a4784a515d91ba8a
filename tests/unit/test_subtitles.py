"""Subtitles keep the limits of timed text, for any transcript, and other people's parsers agree."""

from __future__ import annotations

import io
from itertools import pairwise

import srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from builders import MEETING, a_segment, a_transcript
from lifestream.domain.subtitles import (
    MAX_LINE_CHARACTERS,
    MAX_LINES,
    Cue,
    cues_of,
    to_srt,
    to_vtt,
)
from lifestream.domain.transcript import Transcript

letters = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=15)
lines = st.lists(
    st.tuples(
        st.sampled_from(["SPEAKER_00", "SPEAKER_01"]),
        st.lists(letters, min_size=1, max_size=40).map(" ".join),
    ),
    max_size=8,
)


@given(lines)
def test_cues_keep_the_limits(spoken: list[tuple[str, str]]) -> None:
    cues = cues_of(a_transcript(*spoken))

    for cue in cues:
        assert 1 <= len(cue.lines) <= MAX_LINES
        assert all(len(line) <= MAX_LINE_CHARACTERS for line in cue.lines)
        assert cue.start_seconds < cue.end_seconds
    for before, after in pairwise(cues):
        assert before.end_seconds <= after.start_seconds


@given(lines)
def test_cues_hold_every_word_once_and_in_order(spoken: list[tuple[str, str]]) -> None:
    transcript = a_transcript(*spoken)

    shown = " ".join(" ".join(cue.lines) for cue in cues_of(transcript))

    assert shown.split() == transcript.text.split()


def test_a_short_word_stays_for_a_second_where_there_is_room() -> None:
    transcript = a_transcript(("SPEAKER_00", "Yes"), duration=10)

    [cue] = cues_of(transcript)

    assert cue.end_seconds - cue.start_seconds == 1.0


def test_srt_is_read_by_an_independent_parser() -> None:
    cues = cues_of(MEETING)

    parsed = list(srt.parse(to_srt(cues)))

    assert [p.content for p in parsed] == ["\n".join(cue.lines) for cue in cues]
    assert [round(p.start.total_seconds(), 3) for p in parsed] == [c.start_seconds for c in cues]


def test_vtt_is_read_by_an_independent_parser() -> None:
    cues = cues_of(MEETING)

    parsed = webvtt.from_buffer(io.StringIO(to_vtt(cues)))

    assert [caption.text for caption in parsed.captions] == ["\n".join(cue.lines) for cue in cues]


def test_markup_in_speech_stays_text() -> None:
    hostile = [Cue(0, 1, ("<b>bold</b> --> {\\an8} & more",))]

    assert "<b>" not in to_srt(hostile)
    assert "{\\an8}" not in to_srt(hostile)
    assert to_srt(hostile).count("-->") == 1
    assert "&lt;b&gt;bold&lt;/b&gt; --&gt;" in to_vtt(hostile)


def test_hours_are_written_in_full() -> None:
    cue = Cue(3 * 3600 + 62.0345, 3 * 3600 + 63, ("late",))

    assert "03:01:02,034 --> 03:01:03,000" in to_srt([cue])


def test_silence_has_no_cues() -> None:
    silence = Transcript.model_validate(MEETING.model_dump() | {"segments": (), "speakers": ()})

    assert to_srt(cues_of(silence)) == ""
    assert to_vtt(cues_of(silence)) == "WEBVTT\n"


def test_a_single_endless_word_is_cut_to_the_lines_there_are() -> None:
    segment = a_segment(0, "x" * 200)
    transcript = Transcript.model_validate(MEETING.model_dump() | {"segments": (segment,)})

    [cue] = cues_of(transcript)

    assert len(cue.lines) == MAX_LINES
