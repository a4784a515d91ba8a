"""Both speech adapters: real loading and inference code, on models made by the tests."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lifestream.domain.job import JobOptions
from lifestream.engines.diarization import load_diarizer
from lifestream.engines.diarization.pyannote import Pyannote
from lifestream.engines.transcription import load_transcriber
from lifestream.engines.transcription.faster_whisper import FasterWhisper
from lifestream.errors import ConfigurationError, SpeechEngineError
from lifestream.settings import SpeechSettings

RATE = 16_000
SAMPLE = Path(__file__).parent.parent.parent / "samples" / "team-meeting.mp4"


@pytest.fixture(scope="module")
def speech() -> NDArray[np.float32]:
    """Twelve seconds of the sample: VAD finds speech in it, whatever the model makes of it."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(SAMPLE)) as video:
        parts = [part for frame in video.decode(audio=0) for part in resampler.resample(frame)]
    samples = np.concatenate([part.to_ndarray()[0] for part in parts])[: 12 * RATE]
    return samples.astype(np.float32) / np.float32(32768)


@pytest.fixture(scope="module")
def whisper(models: Path) -> FasterWhisper:
    return FasterWhisper(models / "tiny", device="cpu", batch_size=4)


@pytest.fixture(scope="module")
def pyannote(models: Path) -> Pyannote:
    return Pyannote(models / "tiny-diarization", device="cpu")


def settings(models: Path) -> SpeechSettings:
    return SpeechSettings(
        models_dir=models, whisper_model="tiny", pyannote_model="tiny-diarization", device="cpu"
    )


def test_whisper_gives_words_with_times_inside_the_sound(
    whisper: FasterWhisper, speech: NDArray[np.float32]
) -> None:
    recognition = whisper.transcribe(speech, JobOptions(language="en"))

    words = [word for segment in recognition.segments for word in segment.words]
    assert recognition.language == "en"
    assert words
    assert all(word.text and word.text == word.text.strip() for word in words)
    assert all(0 <= word.start_seconds <= word.end_seconds <= 13 for word in words)
    assert all(0 <= word.confidence <= 1 for word in words)
    starts = [segment.words[0].start_seconds for segment in recognition.segments]
    assert starts == sorted(starts)


def test_whisper_detects_a_language_where_none_is_given(
    whisper: FasterWhisper, speech: NDArray[np.float32]
) -> None:
    recognition = whisper.transcribe(speech, JobOptions())

    assert len(recognition.language) in (2, 3)


def test_hotwords_reach_the_decoder(whisper: FasterWhisper, speech: NDArray[np.float32]) -> None:
    plain = whisper.transcribe(speech, JobOptions(language="en"))
    hinted = whisper.transcribe(speech, JobOptions(language="en", hotwords=("budget", "meeting")))

    assert plain != hinted


def test_whisper_hears_nothing_in_silence(whisper: FasterWhisper) -> None:
    silence = np.zeros(5 * RATE, dtype=np.float32)

    assert whisper.transcribe(silence, JobOptions(language="en")).segments == ()


def test_pyannote_gives_exclusive_turns_in_order(
    pyannote: Pyannote, speech: NDArray[np.float32]
) -> None:
    turns = pyannote.diarize(speech, JobOptions())

    assert all(0 <= turn.start_seconds < turn.end_seconds <= 12.1 for turn in turns)
    assert all(one.end_seconds <= two.start_seconds for one, two in pairwise(turns))
    if turns:
        assert turns[0].speaker == "SPEAKER_00"


def test_pyannote_takes_the_number_of_speakers(
    pyannote: Pyannote, speech: NDArray[np.float32]
) -> None:
    one = pyannote.diarize(speech, JobOptions(speakers=1))

    assert len({turn.speaker for turn in one}) <= 1


def test_auto_takes_the_neural_engines_where_their_models_are(models: Path) -> None:
    assert load_transcriber(settings(models)).name == "faster-whisper/tiny"
    assert load_diarizer(settings(models)).name == "pyannote.audio/tiny-diarization"


@pytest.mark.fault("D9", by="a model's folder is empty", so="ConfigurationError before any work")
def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"model\.bin is missing"):
        FasterWhisper(tmp_path / "none", device="cpu", batch_size=1)
    with pytest.raises(ConfigurationError, match=r"config\.yaml is missing"):
        Pyannote(tmp_path / "none", device="cpu")


@pytest.mark.fault("D9", by="a model's file is damaged", so="a named error before any work")
def test_a_damaged_model_is_a_named_error(models: Path, tmp_path: Path) -> None:
    import shutil

    whisper, pyannote = tmp_path / "tiny", tmp_path / "tiny-diarization"
    shutil.copytree(models / "tiny", whisper)
    shutil.copytree(models / "tiny-diarization", pyannote)
    (whisper / "model.bin").write_bytes(b"damaged")
    (pyannote / "embedding" / "pytorch_model.bin").write_bytes(b"damaged")

    with pytest.raises(SpeechEngineError):
        FasterWhisper(whisper, device="cpu", batch_size=1)
    with pytest.raises(SpeechEngineError):
        Pyannote(pyannote, device="cpu")


def test_the_container_transcribes_with_both(models: Path, speech: NDArray[np.float32]) -> None:
    from transcribe_speech.main import listen

    from lifestream.domain.job import InspectedJob, ProcessingJob

    job = ProcessingJob.for_upload(bucket="b", key="uploads/a.mp4", version_id="v")
    inspected = InspectedJob(
        **job.model_dump(),
        container="mov",
        audio_codec="aac",
        duration_seconds=12,
        is_transcribed=False,
    )

    transcript = listen(inspected, speech, settings(models))

    assert transcript.engines.transcription == "faster-whisper/tiny"
    assert transcript.engines.diarization == "pyannote.audio/tiny-diarization"
    assert transcript.segments


@pytest.mark.fault("D5", by="the GPU's memory is too small for 8 at once", so="half as many")
def test_a_batch_that_does_not_fit_is_halved(
    models: Path, speech: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper = FasterWhisper(models / "tiny", device="cpu", batch_size=8)
    transcribe, tried = whisper._pipeline.transcribe, []

    def small(samples: Any, *, batch_size: int, **more: Any) -> Any:
        tried.append(batch_size)
        if batch_size > 2:
            raise RuntimeError("CUDA failed with error out of memory")
        return transcribe(samples, batch_size=batch_size, **more)

    monkeypatch.setattr(whisper._pipeline, "transcribe", small)

    assert whisper.transcribe(speech, JobOptions(language="en")).segments
    assert tried == [8, 4, 2]


def test_one_at_a_time_that_does_not_fit_is_an_error(
    models: Path, speech: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper = FasterWhisper(models / "tiny", device="cpu", batch_size=2)

    def full(*_: Any, **__: Any) -> Any:
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(whisper._pipeline, "transcribe", full)

    with pytest.raises(SpeechEngineError, match="out of memory"):
        whisper.transcribe(speech, JobOptions())
