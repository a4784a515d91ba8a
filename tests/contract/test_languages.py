"""Our list of languages equals the engine's list."""

from __future__ import annotations

import pytest

from lifestream.domain.speech.whisper import LANGUAGES


def test_whisper_s_languages_are_those_of_faster_whisper() -> None:
    tokenizer = pytest.importorskip("faster_whisper.tokenizer")

    assert set(tokenizer._LANGUAGE_CODES) == LANGUAGES
