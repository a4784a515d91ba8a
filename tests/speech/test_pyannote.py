"""pyannote.audio: real loading and inference code, on a pipeline made by the tests."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from builders import no_progress
from lifestream.domain.options import JobOptions
from lifestream.engines.diarization import load_diarizer
from lifestream.engines.diarization.pyannote import Pyannote
from lifestream.engines.transcription import load_transcriber
from lifestream.media.audio import Audio
from speech.asked import settings


@pytest.fixture(scope="module")
def pyannote(models: Path) -> Pyannote:
    return Pyannote(settings(models))


def test_pyannote_gives_exclusive_turns_in_order(pyannote: Pyannote, speech: Audio) -> None:
    on_progress: list[float] = []

    found = pyannote.diarize(speech, JobOptions(), on_progress.append)

    assert all(0 <= turn.start_seconds < turn.end_seconds <= 12.1 for turn in found.turns)
    assert all(a.end_seconds <= b.start_seconds for a, b in pairwise(found.exclusive_turns))
    assert {turn.speaker for turn in found.exclusive_turns} <= {t.speaker for t in found.turns}
    assert {voice.speaker for voice in found.voices} <= {turn.speaker for turn in found.turns}
    assert all(len(voice.vector) > 100 for voice in found.voices)
    assert on_progress == sorted(on_progress)
    assert on_progress[-1] == pytest.approx(12)
    if found.turns:
        assert found.turns[0].speaker == "SPEAKER_00"


@pytest.mark.setting("pyannote_batch_size")
def test_pyannote_uses_the_batch_size_of_the_settings(models: Path, speech: Audio) -> None:
    engine = Pyannote(settings(models, pyannote_batch_size=3))

    engine.diarize(speech, JobOptions(), no_progress)

    assert engine._pipeline.segmentation_batch_size == 3
    assert engine._pipeline.embedding_batch_size == 3


@pytest.mark.setting("speakers", "min_speakers", "max_speakers")
@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({"speakers": 1}, {"num_speakers": 1}),
        ({"min_speakers": 2, "max_speakers": 3}, {"min_speakers": 2, "max_speakers": 3}),
        ({}, {}),
    ],
)
def test_pyannote_gets_the_number_of_speakers(
    models: Path,
    speech: Audio,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, int],
    counts: dict[str, int],
) -> None:
    """Random weights find random speakers; what counts is what the real pipeline was given."""
    engine = Pyannote(settings(models))
    received: dict[str, Any] = {}
    apply = type(engine._pipeline).apply

    def recording(self: Any, file: Any, **given: Any) -> Any:
        received.update(given)
        return apply(self, file, **given)

    monkeypatch.setattr(type(engine._pipeline), "apply", recording)
    found = engine.diarize(speech, JobOptions(**options), no_progress)

    assert {name: value for name, value in received.items() if "speakers" in name} == counts
    if most := options.get("speakers", options.get("max_speakers")):
        assert len({turn.speaker for turn in found.turns}) <= most


@pytest.mark.setting("diarization_engine", "whisper_model")
@pytest.mark.setting("pyannote_model", "models_dir")
def test_auto_chooses_the_neural_engines_if_their_models_are_present(models: Path) -> None:
    assert load_transcriber(settings(models)).name == "faster-whisper/tiny"
    assert load_diarizer(settings(models)).name == "pyannote.audio/tiny-diarization"
