"""Error names are an interface: each has advice and is in the tree of `errors`' docstring."""

from __future__ import annotations

import pytest

from lifestream import errors
from lifestream.errors import (
    PipelineError,
    TransientError,
    UnusableVideoError,
    advice_for,
    all_errors,
    is_permanent,
)


@pytest.mark.parametrize("error", list(all_errors()), ids=lambda error: error.__name__)
def test_every_error_is_drawn_in_the_tree_and_has_advice(error: type[PipelineError]) -> None:
    assert error.__name__ in (errors.__doc__ or "")
    assert advice_for(error.__name__) == error.advice
    assert error.advice.endswith((".", "`."))


def test_every_unusable_video_has_its_own_advice() -> None:
    advice = [error.advice for error in all_errors(UnusableVideoError)]

    assert len(set(advice)) == len(advice)


def test_unknown_names_get_general_advice() -> None:
    assert advice_for("KeyError") == PipelineError.advice
    assert "time limit" in advice_for("States.Timeout")


def test_only_errors_that_a_retry_cannot_fix_are_permanent() -> None:
    assert is_permanent("NoAudioError")
    assert is_permanent("MissingSettingsError")
    assert not is_permanent(TransientError.__name__)
    assert not is_permanent("SpeechEngineError")
