"""Subtitles keep the limits of timed text for any transcript, and independent parsers agree."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import pytest
import srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from builders import MEETING, a_segment, a_transcript, words
from lifestream.domain.speech.voiceprints import with_given
from lifestream.domain.transcript import Transcript, Word
from lifestream.rendering.subtitles import (
    MAX_LINE_CHARACTERS,
    MAX_LINES,
    Cue,
    cues_of,
    to_srt,
    to_vtt,
)


def spoken_one_after_the_other(said: list[tuple[str, tuple[Word, ...]]]) -> Transcript:
    """Generate segments without pauses between them."""
    transcript = a_transcript(*((who, " ".join(w.text for w in spoken)) for who, spoken in said))
    segments, at = [], 0.0
    for segment, (_, spoken) in zip(transcript.segments, said, strict=True):
        moved = tuple(
            replace(w, start_seconds=w.start_seconds + at, end_seconds=w.end_seconds + at)
            for w in spoken
        )
        segments.append(segment.model_copy(update={"words": moved}))
        at = moved[-1].end_seconds
    return transcript.model_copy(update={"segments": tuple(segments), "duration_seconds": at})


dlq_messages = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=15)
lines = st.lists(
    st.tuples(
        st.sampled_from(["SPEAKER_00", "SPEAKER_01"]),
        st.lists(dlq_messages, min_size=1, max_size=40).map(" ".join),
    ),
    max_size=8,
)


@given(lines, st.booleans())
def test_cues_keep_the_limits(spoken: list[tuple[str, str]], with_speakers: bool) -> None:  # noqa: FBT001  # drawn
    cues = cues_of(a_transcript(*spoken), with_speakers=with_speakers)

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


@given(lines, st.floats(0.02, 1.0))
def test_a_cue_is_shorter_or_faster_only_where_the_next_one_begins_as_it_ends(
    spoken: list[tuple[str, str]], seconds_a_word: float
) -> None:
    """This holds for any speaking rate. The end of the recording limits the last cue as well."""
    faster = [(who, words(text, seconds_each=seconds_a_word)) for who, text in spoken]
    transcript = spoken_one_after_the_other(faster)
    cues = cues_of(transcript)
    ends = [*(cue.start_seconds for cue in cues[1:]), transcript.duration_seconds]

    for cue, next_start in zip(cues, ends, strict=False):
        seconds = cue.end_seconds - cue.start_seconds
        characters = sum(map(len, cue.lines))
        has_time = seconds >= 1 - 1e-9 and characters <= 20 * seconds + 1e-6
        assert has_time or cue.end_seconds >= next_start


@pytest.mark.setting("subtitle_speakers")
def test_on_request_each_turn_begins_with_its_speaker() -> None:
    names = {"SPEAKER_00": "Ada <Lovelace>", "SPEAKER_01": "x" * 80}
    transcript = with_given(MEETING, names)

    shown = [" ".join(cue.lines) for cue in cues_of(transcript, with_speakers=True)]

    assert shown[0].startswith("Ada <Lovelace>: Good morning.")
    assert sum("Ada <Lovelace>:" in text for text in shown) == 2
    assert sum(f"{'x' * 23}…:" in text for text in shown) == 2
    assert "Ada" not in str(cues_of(transcript))
    assert "Ada ‹Lovelace›:" in to_srt(cues_of(transcript, with_speakers=True))  # noqa: RUF001


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


def test_an_endless_word_is_cut_to_two_lines() -> None:
    segment = a_segment(0, "x" * 200)
    transcript = Transcript.model_validate(MEETING.model_dump() | {"segments": (segment,)})

    [cue] = cues_of(transcript)

    assert len(cue.lines) == MAX_LINES
