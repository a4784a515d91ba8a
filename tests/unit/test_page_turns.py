"""The page's turns, gaps, shapes and names, before they become HTML."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import MEETING, a_draft, a_transcript, evidence_of
from lifestream.domain.citations import verified
from lifestream.domain.languages import language_name
from lifestream.domain.speech.quality import FlaggedSpan, assess
from lifestream.domain.speech.voiceprints import with_given
from lifestream.domain.summary import Drafted
from lifestream.domain.transcript import Flag, Segment, Span, Transcript
from lifestream.rendering.gaps import Gap, gaps_of
from lifestream.rendering.page.drawings import BARS, bars_of, lane_of, voices_of
from lifestream.rendering.page.turns import Turn, turns_and_gaps
from lifestream.rendering.presentation import Recording

A, B, C = "SPEAKER_00", "SPEAKER_01", "SPEAKER_02"


def shown(transcript: Transcript, *gaps: Gap) -> list[str]:
    """Return "name: sentence [interjector: sentence]" per turn, and "-" per gap."""
    return [
        f"{block.name}: "
        + " ".join(
            f"[{said.interjector}: {said.segment.text}]" if said.interjector else said.segment.text
            for said in block.sentences
        )
        if isinstance(block, Turn)
        else "-"
        for block in turns_and_gaps(transcript, gaps)
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [(A, "We decide today."), (B, "Right."), (A, "On the budget.")],
            ["Speaker 1: We decide today. [Speaker 2: Right.] On the budget."],
        ),
        (
            [(A, "Is it late?"), (B, "Yes."), (C, "It is late.")],
            ["Speaker 1: Is it late? [Speaker 2: Yes.]", "Speaker 3: It is late."],
        ),
        (
            [(A, "Well."), (B, "We begin now.")],
            ["Speaker 2: [Speaker 1: Well.] We begin now."],
        ),
        ([(A, "Hello.")], ["Speaker 1: Hello."]),
        (
            [(A, "Yes."), (B, "No.")],
            ["Speaker 1: Yes.", "Speaker 2: No."],
        ),
    ],
)
def test_no_turn_is_a_single_word(lines: list[tuple[str, str]], expected: list[str]) -> None:
    transcript = a_transcript(*lines)

    assert shown(transcript) == expected
    assert [one.text for one in transcript.segments] == [text for _, text in lines]


def test_every_sentence_is_shown_once_and_in_order() -> None:
    lines = [(speaker, "word " * count) for count in (1, 3, 1, 1, 2) for speaker in (A, B, C)]
    transcript = a_transcript(*lines)
    gaps = [Gap(start_seconds=at, end_seconds=at + 1, reason="x") for at in (0.0, 2.0, 7.0, 99.0)]

    blocks = list(turns_and_gaps(transcript, gaps))

    turns = [block for block in blocks if isinstance(block, Turn)]
    segments = [said.segment for turn in turns for said in turn.sentences]
    again = [s.segment for turn in turns for paragraph in turn.paragraphs for s in paragraph]
    assert segments == again == list(transcript.segments)
    assert [block for block in blocks if isinstance(block, Gap)] == gaps


def test_a_gap_ends_a_turn() -> None:
    transcript = a_transcript((A, "We begin now."), (A, "We go on."))
    gap = Gap(start_seconds=1.3, end_seconds=1.6, reason="x")

    assert shown(transcript, gap) == ["Speaker 1: We begin now.", "-", "Speaker 1: We go on."]


def test_a_long_turn_has_paragraphs() -> None:
    transcript = a_transcript(*[(A, "This is one of many sentences.")] * 40)

    [turn] = turns_and_gaps(transcript, ())

    assert isinstance(turn, Turn)
    assert 2 <= len(turn.paragraphs) <= 4


def with_confidence(segment: Segment, *confidences: float) -> Segment:
    words = (
        replace(word, confidence=confidence)
        for word, confidence in zip(segment.words, confidences, strict=True)
    )
    return segment.model_copy(update={"words": tuple(words)})


def test_unsure_words_are_pieces_of_their_own() -> None:
    transcript = a_transcript((A, "We met in Kuala Lumpur today."))
    segment = with_confidence(transcript.segments[0], 0.9, 0.9, 0.9, 0.2, 0.3, 0.5)
    changed = transcript.model_copy(update={"segments": (segment,)})

    [turn] = turns_and_gaps(changed, ())

    assert isinstance(turn, Turn)
    pieces = turn.sentences[0].pieces
    assert [(piece.text, piece.is_unsure) for piece in pieces] == [
        ("We met in", False),
        ("Kuala Lumpur", True),
        ("today.", False),
    ]


def test_omitted_text_is_a_gap_with_its_reason() -> None:
    quality = assess(MEETING, evidence_of(MEETING)).model_copy(
        update={
            "flagged": (flagged(3, 5), flagged(5.5, 6), flagged(20, 20.4)),
            "missing_text": (Span(start_seconds=1, end_seconds=2.5),),
        }
    )

    gaps = gaps_of(quality, is_flagged_shown=False)
    with_flagged = gaps_of(quality, is_flagged_shown=True)

    assert [(gap.start_seconds, gap.end_seconds) for gap in gaps] == [(1, 2.5), (3, 6)]
    assert "hallucination" in gaps[1].reason
    assert with_flagged == gaps[:1]


def flagged(start: float, end: float) -> FlaggedSpan:
    return FlaggedSpan(start_seconds=start, end_seconds=end, segment_id=0, flags=(Flag.LOOP,))


def test_shares_are_those_of_all_talk_and_lanes_lie_within_the_recording() -> None:
    voices = voices_of(with_given(MEETING, {B: "Ada"}), colours=8)

    assert [voice.name for voice in voices] == ["Speaker 1", "Ada"]
    assert sum(voice.share for voice in voices) == pytest.approx(1)
    assert voices[0].lane.startswith("M0 0H")
    assert lane_of([Span(start_seconds=5, end_seconds=99)], 10) == "M500 0H1000V1H500z"
    assert lane_of([Span(start_seconds=5, end_seconds=5)], 10) == "M500 0H501V1H500z"


def test_the_number_of_shapes_does_not_grow_with_the_recording() -> None:
    spans = [Span(start_seconds=i, end_seconds=i + 0.6) for i in range(43_200)]

    assert lane_of(spans, 43_200).count("M") <= 1_000


def test_there_are_as_many_bars_for_silence_as_for_talk() -> None:
    silence = MEETING.model_copy(update={"segments": ()})

    for transcript in (MEETING, silence):
        bars = bars_of(transcript, voices_of(transcript, colours=8))
        assert sum(path.count("M") for _, path in bars) == BARS
    assert [colour for colour, _ in bars] == [-1]


def test_model_output_shows_display_names() -> None:
    transcript = with_given(MEETING, {A: "Ada"})
    point = {
        "text": "SPEAKER_00 greets SPEAKER_07.",
        "segment_ids": [0],
        "quote": "Good morning. Today we talk",
    }
    draft = a_draft(
        title="SPEAKER_01 and the budget", abstract="SPEAKER_00 opens.", key_points=[point]
    )
    recording = Recording(
        "a.mp4", transcript, "", verified(Drafted(draft=draft), transcript, engine="openai/x")
    )

    [section] = recording.sections
    assert recording.title == "Speaker 2 and the budget"
    assert recording.abstract == "Ada opens."
    assert section.entries[0].text == "Ada greets SPEAKER_07."


@pytest.mark.parametrize(
    ("code", "name"),
    [("en", "English"), ("pt-BR", "Portuguese"), ("yue", "Cantonese"), ("xx", "xx")],
)
def test_languages_have_names(code: str, name: str) -> None:
    assert language_name(code) == name
