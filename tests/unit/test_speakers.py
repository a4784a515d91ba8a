"""Display names of speakers are converted to stored ids and back."""

from __future__ import annotations

import pytest

from builders import MEETING
from lifestream.domain.speech.speakers import display_name, parse_speaker_id, speakers_called
from lifestream.domain.speech.voiceprints import with_given

NAMED = with_given(MEETING, {"SPEAKER_01": "Ada Lovelace"}).speakers


@pytest.mark.parametrize(
    ("speaker_id", "shown"),
    [
        ("SPEAKER_00", "Speaker 1"),
        ("SPEAKER_09", "Speaker 10"),
        ("SPEAKER_123", "Speaker 124"),
        ("host", "host"),
    ],
)
def test_speakers_are_counted_from_one(speaker_id: str, shown: str) -> None:
    assert display_name(speaker_id) == shown
    assert parse_speaker_id(shown) == (speaker_id if speaker_id != "host" else None)


@pytest.mark.parametrize(
    ("typed", "speaker_id"),
    [
        ("SPEAKER_00", "SPEAKER_00"),
        ("speaker_1", "SPEAKER_01"),
        (" speaker 1 ", "SPEAKER_00"),
        ("Speaker 12", "SPEAKER_11"),
        ("Speaker 0", None),
        ("Ada", None),
        ("Speaker 1 of 2", None),
        ("Speaker \u0661", None),
        ("", None),
    ],
)
def test_both_forms_of_an_id_are_understood(typed: str, speaker_id: str | None) -> None:
    assert parse_speaker_id(typed) == speaker_id


@pytest.mark.parametrize(
    "typed", ["SPEAKER_01", "speaker 2", "Ada Lovelace", "  ada  LOVELACE", "\uff21da Lovelace"]
)
def test_a_speaker_is_found_by_either_form_and_by_name(typed: str) -> None:
    assert speakers_called(typed, NAMED) == ("SPEAKER_01",)


@pytest.mark.parametrize("typed", ["Ada", "SPEAKER_07", "Speaker 8", "", "Lovelace Ada"])
def test_other_texts_match_no_speaker(typed: str) -> None:
    assert speakers_called(typed, NAMED) == ()
