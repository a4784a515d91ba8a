"""faster-whisper: real loading and inference code, on a model made by the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from builders import audio_with_speech
from lifestream.domain.options import JobOptions
from lifestream.engines.transcription.faster_whisper import FasterWhisper
from lifestream.errors import (
    UnsupportedOptionError,
)
from lifestream.media.audio import Audio
from speech.asked import RATE, settings, transcribed


@pytest.fixture(scope="module")
def whisper(models: Path) -> FasterWhisper:
    return FasterWhisper(settings(models))


def test_whisper_gives_words_with_times_inside_the_audio(
    whisper: FasterWhisper, speech: Audio
) -> None:
    recognition = transcribed(whisper, speech, language="en")

    words = [word for segment in recognition.segments for word in segment.words]
    assert recognition.language == "en"
    assert words
    assert all(word.text and word.text == word.text.strip() for word in words)
    assert all(0 <= word.start_seconds <= word.end_seconds <= 13 for word in words)
    assert all(0 <= word.confidence <= 1 for word in words)
    starts = [segment.words[0].start_seconds for segment in recognition.segments]
    assert starts == sorted(starts)
    assert all(segment.average_log_probability is not None for segment in recognition.segments)


def test_whisper_transcribes_a_minute_in_clips_of_thirty_seconds_and_in_windows(
    models: Path, sample: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = transcribed(FasterWhisper(settings(models)), audio_with_speech(sample), language="en")
    monkeypatch.setattr("lifestream.engines.transcription.faster_whisper.CLIPS_AT_A_TIME", 1)

    on_progress: list[float] = []
    pieces = FasterWhisper(settings(models)).transcribe(
        audio_with_speech(sample), JobOptions(language="en"), on_progress.append
    )

    assert len(whole.segments) > 1
    assert pieces == whole
    assert on_progress == sorted(on_progress)
    assert on_progress[-1] == pytest.approx(len(sample) / RATE)


@pytest.mark.setting("language")
def test_the_language_is_taken_or_detected(whisper: FasterWhisper, speech: Audio) -> None:
    german, english = (transcribed(whisper, speech, language=name) for name in ("de", "en"))

    assert (german.language, english.language) == ("de", "en")
    assert german.segments != english.segments
    assert len(transcribed(whisper, speech).language) in (2, 3)


@pytest.mark.setting("multilingual")
def test_each_clip_of_a_multilingual_recording_has_a_language(
    whisper: FasterWhisper, sample: NDArray[np.float32]
) -> None:
    plain = transcribed(whisper, audio_with_speech(sample), language="en")
    mixed = transcribed(whisper, audio_with_speech(sample), language="en", multilingual=True)

    assert {segment.language for segment in plain.segments} == {None}
    assert all(len(segment.language or "") in (2, 3) for segment in mixed.segments)


@pytest.mark.setting("hotwords", "initial_prompt", "translate")
@pytest.mark.parametrize(
    "options",
    [{"hotwords": ("budget", "meeting")}, {"initial_prompt": "A meeting."}, {"translate": True}],
)
def test_job_options_reach_the_decoder(
    whisper: FasterWhisper, speech: Audio, options: dict[str, Any]
) -> None:
    plain = transcribed(whisper, speech, language="de")
    asked = transcribed(whisper, speech, language="de", **options)

    assert plain.segments != asked.segments
    assert asked.language == ("en" if "translate" in options else "de")


def test_a_model_that_was_not_trained_to_translate_says_so(copied: Path, speech: Audio) -> None:
    (copied / "tiny").rename(copied / "large-v3-turbo")
    engine = FasterWhisper(settings(copied, whisper_model="large-v3-turbo"))

    with pytest.raises(UnsupportedOptionError, match="-c whisper_model=large-v3"):
        transcribed(engine, speech, translate=True)


def test_whisper_finds_no_words_in_silence(whisper: FasterWhisper) -> None:
    silence = audio_with_speech(np.zeros(5 * RATE, dtype=np.float32))

    assert transcribed(whisper, silence).segments == ()
    assert transcribed(whisper, silence).language == "und"


@pytest.mark.setting("whisper_batch_size")
@pytest.mark.parametrize(("batch_size", "batches"), [(1, [1, 1, 1, 1]), (3, [3, 1]), (8, [4])])
def test_so_many_clips_are_decoded_at_once(
    models: Path,
    sample: NDArray[np.float32],
    monkeypatch: pytest.MonkeyPatch,
    batch_size: int,
    batches: list[int],
) -> None:
    engine = FasterWhisper(settings(models, whisper_batch_size=batch_size))
    forward, sizes = engine._pipeline.forward, []

    def counting(features: Any, *more: Any) -> Any:
        sizes.append(len(features))
        return forward(features, *more)

    monkeypatch.setattr(engine._pipeline, "forward", counting)
    transcribed(engine, audio_with_speech(np.tile(sample, 2)), language="en")

    assert sizes == batches


@pytest.mark.setting("compute_type")
def test_numbers_are_as_large_as_asked_for(models: Path) -> None:
    engines = {
        kind: FasterWhisper(settings(models, compute_type=kind)) for kind in ("int8", "float32")
    }

    types = {kind: engine._pipeline.model.model.compute_type for kind, engine in engines.items()}
    assert types["float32"] == "float32"
    assert types["int8"].startswith("int8")
