"""Both speech adapters: real loading and inference code, on models made by the tests."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from builders import a_sound, nobody_listens
from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import Recognition
from lifestream.engines.diarization import load_diarizer
from lifestream.engines.diarization.pyannote import Pyannote
from lifestream.engines.model_folder import write_sums
from lifestream.engines.transcription import load_transcriber
from lifestream.engines.transcription.faster_whisper import FasterWhisper
from lifestream.errors import (
    CudaLibraryError,
    ModelAlteredError,
    ModelMissingError,
    OutOfMemoryError,
    SpeechEngineError,
    UnsupportedOptionError,
)
from lifestream.media.sound import Sound
from lifestream.media.voice_activity import SpeechSpan
from lifestream.settings import SpeechSettings

RATE = 16_000
SAMPLE = Path(__file__).parent.parent.parent / "samples" / "team-meeting.mp4"


@pytest.fixture(scope="module")
def sample() -> NDArray[np.float32]:
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(SAMPLE)) as video:
        parts = [part for frame in video.decode(audio=0) for part in resampler.resample(frame)]
    samples = np.concatenate([part.to_ndarray()[0] for part in parts])
    return samples.astype(np.float32) / np.float32(32768)


@pytest.fixture(scope="module")
def speech(sample: NDArray[np.float32]) -> Sound:
    """Twelve seconds: there is speech in it, whatever the models make of it."""
    return a_sound(sample[: 12 * RATE])


def settings(models: Path, **more: Any) -> SpeechSettings:
    chosen = {"whisper_model": "tiny", "pyannote_model": "tiny-diarization", "device": "cpu"}
    return SpeechSettings(models_dir=models, **chosen | more)


@pytest.fixture(scope="module")
def whisper(models: Path) -> FasterWhisper:
    return FasterWhisper(settings(models))


@pytest.fixture(scope="module")
def pyannote(models: Path) -> Pyannote:
    return Pyannote(settings(models))


def transcribed(engine: FasterWhisper, sound: Sound, **options: Any) -> Recognition:
    return engine.transcribe(sound, JobOptions(**options), nobody_listens)


def test_whisper_gives_words_with_times_inside_the_sound(
    whisper: FasterWhisper, speech: Sound
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


def test_whisper_hears_a_minute_in_clips_of_thirty_seconds_and_in_windows(
    models: Path, sample: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = transcribed(FasterWhisper(settings(models)), a_sound(sample), language="en")
    monkeypatch.setattr("lifestream.engines.transcription.faster_whisper.CLIPS_AT_A_TIME", 1)

    heard: list[float] = []
    pieces = FasterWhisper(settings(models)).transcribe(
        a_sound(sample), JobOptions(language="en"), heard.append
    )

    assert len(whole.segments) > 1
    assert pieces == whole
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(len(sample) / RATE)


@pytest.mark.setting("language")
def test_the_language_is_taken_or_detected(whisper: FasterWhisper, speech: Sound) -> None:
    german, english = (transcribed(whisper, speech, language=name) for name in ("de", "en"))

    assert (german.language, english.language) == ("de", "en")
    assert german.segments != english.segments
    assert len(transcribed(whisper, speech).language) in (2, 3)


@pytest.mark.setting("multilingual")
def test_each_clip_of_a_multilingual_recording_has_a_language(
    whisper: FasterWhisper, sample: NDArray[np.float32]
) -> None:
    plain = transcribed(whisper, a_sound(sample), language="en")
    mixed = transcribed(whisper, a_sound(sample), language="en", multilingual=True)

    assert {segment.language for segment in plain.segments} == {None}
    assert all(len(segment.language or "") in (2, 3) for segment in mixed.segments)


@pytest.mark.setting("hotwords", "initial_prompt", "translate")
@pytest.mark.parametrize(
    "options",
    [{"hotwords": ("budget", "meeting")}, {"initial_prompt": "A meeting."}, {"translate": True}],
)
def test_what_is_asked_for_reaches_the_decoder(
    whisper: FasterWhisper, speech: Sound, options: dict[str, Any]
) -> None:
    plain = transcribed(whisper, speech, language="de")
    asked = transcribed(whisper, speech, language="de", **options)

    assert plain.segments != asked.segments
    assert asked.language == ("en" if "translate" in options else "de")


def test_a_model_that_was_not_trained_to_translate_says_so(copied: Path, speech: Sound) -> None:
    (copied / "tiny").rename(copied / "large-v3-turbo")
    engine = FasterWhisper(settings(copied, whisper_model="large-v3-turbo"))

    with pytest.raises(UnsupportedOptionError, match="-c whisper_model=large-v3"):
        transcribed(engine, speech, translate=True)


def test_whisper_hears_nothing_in_silence(whisper: FasterWhisper) -> None:
    silence = a_sound(np.zeros(5 * RATE, dtype=np.float32))

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
    transcribed(engine, a_sound(np.tile(sample, 2)), language="en")

    assert sizes == batches


@pytest.mark.setting("compute_type")
def test_numbers_are_as_large_as_asked_for(models: Path) -> None:
    engines = {
        kind: FasterWhisper(settings(models, compute_type=kind)) for kind in ("int8", "float32")
    }

    types = {kind: engine._pipeline.model.model.compute_type for kind, engine in engines.items()}
    assert types["float32"] == "float32"
    assert types["int8"].startswith("int8")


@pytest.mark.setting("device")
@pytest.mark.fault("D8", by="a torch without CUDA in the GPU's image", so="CudaLibraryError")
def test_libraries_without_cuda_are_named(models: Path) -> None:
    """Those of this environment have none, and say so in their own words."""
    for engine in (FasterWhisper, Pyannote):
        with pytest.raises(CudaLibraryError, match="not compiled with CUDA") as raised:
            engine(settings(models, device="cuda"))
        assert "requirements-gpu.txt" in raised.value.advice


def test_pyannote_gives_exclusive_turns_in_order(pyannote: Pyannote, speech: Sound) -> None:
    heard: list[float] = []

    found = pyannote.diarize(speech, JobOptions(), heard.append)

    assert all(0 <= turn.start_seconds < turn.end_seconds <= 12.1 for turn in found.turns)
    assert all(a.end_seconds <= b.start_seconds for a, b in pairwise(found.exclusive_turns))
    assert {turn.speaker for turn in found.exclusive_turns} <= {t.speaker for t in found.turns}
    assert {voice.speaker for voice in found.voices} <= {turn.speaker for turn in found.turns}
    assert all(len(voice.vector) > 100 for voice in found.voices)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(12)
    if found.turns:
        assert found.turns[0].speaker == "SPEAKER_00"


@pytest.mark.setting("pyannote_batch_size")
def test_pyannote_takes_as_much_at_once_as_it_is_told(models: Path, speech: Sound) -> None:
    engine = Pyannote(settings(models, pyannote_batch_size=3))

    engine.diarize(speech, JobOptions(), nobody_listens)

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
def test_pyannote_is_told_the_number_of_speakers(
    models: Path,
    speech: Sound,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, int],
    counts: dict[str, int],
) -> None:
    """Random weights find whom they like; what counts is what the real pipeline was told."""
    engine = Pyannote(settings(models))
    told: dict[str, Any] = {}
    apply = type(engine._pipeline).apply

    def telling(self: Any, file: Any, **given: Any) -> Any:
        told.update(given)
        return apply(self, file, **given)

    monkeypatch.setattr(type(engine._pipeline), "apply", telling)
    found = engine.diarize(speech, JobOptions(**options), nobody_listens)

    assert {name: value for name, value in told.items() if "speakers" in name} == counts
    if most := options.get("speakers", options.get("max_speakers")):
        assert len({turn.speaker for turn in found.turns}) <= most


@pytest.mark.setting("transcription_engine", "diarization_engine", "whisper_model")
@pytest.mark.setting("pyannote_model", "models_dir")
def test_auto_takes_the_neural_engines_where_their_models_are(models: Path) -> None:
    assert load_transcriber(settings(models)).name == "faster-whisper/tiny"
    assert load_diarizer(settings(models)).name == "pyannote.audio/tiny-diarization"


@pytest.fixture
def copied(models: Path, tmp_path: Path) -> Path:
    for name in ("tiny", "tiny-diarization"):
        shutil.copytree(models / name, tmp_path / name)
    return tmp_path


@pytest.mark.fault("D9", by="a model's folder is empty", so="ModelMissingError before any work")
@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_a_missing_model_is_named(copied: Path, name: str) -> None:
    (copied / "tiny" / name).unlink()
    (copied / "tiny-diarization" / "config.yaml").unlink()

    with pytest.raises(ModelMissingError, match=name):
        FasterWhisper(settings(copied))
    with pytest.raises(ModelMissingError, match=r"config\.yaml is missing"):
        Pyannote(settings(copied))


@pytest.mark.fault("D9", by="a model's file is cut or damaged", so="ModelAlteredError")
@pytest.mark.parametrize("content", [b"damaged", b""])
def test_a_damaged_model_is_named(copied: Path, content: bytes) -> None:
    (copied / "tiny" / "model.bin").write_bytes(content)
    (copied / "tiny-diarization" / "embedding" / "pytorch_model.bin").write_bytes(content)

    with pytest.raises(ModelAlteredError):
        FasterWhisper(settings(copied))
    with pytest.raises(ModelAlteredError):
        Pyannote(settings(copied))


@pytest.mark.fault("D9", by="one byte of a model is another", so="ModelAlteredError by its digest")
def test_a_model_that_still_loads_but_is_another_is_named(copied: Path) -> None:
    weights = copied / "tiny" / "model.bin"
    write_sums(copied / "tiny")
    FasterWhisper(settings(copied))
    data = bytearray(weights.read_bytes())
    data[-100] ^= 1
    weights.write_bytes(data)

    with pytest.raises(ModelAlteredError, match=r"model\.bin is not the file"):
        FasterWhisper(settings(copied))


def out_of_memory(*_: Any, **__: Any) -> Any:
    raise RuntimeError("CUDA failed with error out of memory")


@pytest.mark.fault("D5", by="the GPU's memory is too small for 8 at once", so="half as many")
def test_a_batch_that_does_not_fit_is_halved(
    models: Path, speech: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FasterWhisper(settings(models, whisper_batch_size=8))
    transcribe, tried = engine._pipeline.transcribe, []

    def small(samples: Any, *, batch_size: int, **more: Any) -> Any:
        tried.append(batch_size)
        if batch_size > 2:
            out_of_memory()
        return transcribe(samples, batch_size=batch_size, **more)

    monkeypatch.setattr(engine._pipeline, "transcribe", small)

    assert transcribed(engine, speech, language="en").segments
    assert tried == [8, 4, 2]


@pytest.mark.fault("D5", by="not even one at a time fits in float32", so="int8 is loaded instead")
def test_where_one_at_a_time_does_not_fit_numbers_get_smaller(
    models: Path, speech: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FasterWhisper(settings(models, whisper_batch_size=1, compute_type="float32"))
    monkeypatch.setattr(engine._pipeline, "transcribe", out_of_memory)

    assert transcribed(engine, speech, language="en").segments
    assert engine._pipeline.model.model.compute_type.startswith("int8")


@pytest.mark.fault("D5", by="nothing smaller is left", so="OutOfMemoryError with advice")
def test_what_never_fits_is_an_error_of_its_own(
    models: Path, speech: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = FasterWhisper(settings(models, whisper_batch_size=2, compute_type="int8"))
    voices = Pyannote(settings(models, pyannote_batch_size=2))
    monkeypatch.setattr(words._pipeline, "transcribe", out_of_memory)
    monkeypatch.setattr(type(voices._pipeline), "apply", out_of_memory)

    with pytest.raises(OutOfMemoryError, match="out of memory"):
        transcribed(words, speech)
    with pytest.raises(OutOfMemoryError, match="out of memory"):
        voices.diarize(speech, JobOptions(), nobody_listens)


def test_any_other_failure_of_an_engine_is_a_speech_engine_error(
    whisper: FasterWhisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the tensor has an odd shape")

    monkeypatch.setattr(whisper._pipeline, "transcribe", broken)
    sound = Sound(np.zeros(RATE, dtype=np.float32), (SpeechSpan(0, RATE),))

    with pytest.raises(SpeechEngineError, match="odd shape"):
        transcribed(whisper, sound)
