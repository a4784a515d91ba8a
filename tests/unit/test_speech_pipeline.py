"""The container's pipeline decodes a FLAC once, runs both engines and checks the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from transcribe_speech import heartbeat, pipeline

from builders import a_job, an_inspected_job, words
from conftest import BUCKET, JOBS, Aws, our_session
from lifestream.aws import clients
from lifestream.aws.artifacts import AUDIO
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import JobRecord
from lifestream.domain.options import JobOptions
from lifestream.domain.progress import Progress
from lifestream.domain.speech.diagnostics import Diarization, Voiceprint
from lifestream.domain.step_payloads import InspectedJob
from lifestream.domain.transcript import Flag, Recognition, RecognizedSegment, SpeakerTurn
from lifestream.engines.transcription import ProgressCallback
from lifestream.media.audio import Audio, load_samples
from lifestream.media.voice_activity import SpeechSpan
from lifestream.resources import artifacts
from lifestream.settings import SpeechSettings
from lifestream.step_names import Step

RATE = 16_000
SETTINGS = SpeechSettings(device="cpu")


def settings_with(**changes: Any) -> SpeechSettings:
    return SETTINGS.model_copy(update=changes)


def tone(seconds: float) -> NDArray[np.float32]:
    return np.sin(np.arange(int(seconds * RATE)) / 20).astype(np.float32)


def write_flac(path: Path, samples: NDArray[np.float32]) -> Path:
    with av.open(str(path), "w", format="flac") as sink:
        stream = sink.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate = RATE
        sink.mux([*stream.encode(frame), *stream.encode(None)])
    return path


@dataclass
class Engine:
    """A fake of both engines, whose results the test sets."""

    name: str = "scripted"
    arrays: list[Audio] = field(default_factory=list)
    meeting: Barrier | None = None
    met: list[bool] = field(default_factory=list)

    def transcribe(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Recognition:
        self._record(audio, on_progress)
        said = words("hello world", start=0.5)
        lost = words("over silence", start=8)
        segments = (RecognizedSegment(words=said), RecognizedSegment(words=lost))
        return Recognition(language=options.language or "en", segments=segments)

    def diarize(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Diarization:
        self._record(audio, on_progress)
        turns = tuple(
            SpeakerTurn(start_seconds=s, end_seconds=s + 2, speaker=f"SPEAKER_0{i}")
            for i, s in enumerate((0.0, 8.0))
        )
        voices = tuple(Voiceprint(speaker=turn.speaker, vector=(1.0, 0.0)) for turn in turns)
        return Diarization(turns=turns, exclusive_turns=turns, voices=voices)

    def _record(self, audio: Audio, on_progress: ProgressCallback) -> None:
        self.arrays.append(audio)
        on_progress(audio.seconds)
        if self.meeting:
            try:
                self.meeting.wait()
                self.met.append(True)
            except BrokenBarrierError:
                self.met.append(False)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return the fake engines. Speech is detected in the first three seconds."""
    scripted = Engine()
    monkeypatch.setattr(pipeline, "load_transcriber", lambda _: scripted)
    monkeypatch.setattr(pipeline, "load_diarizer", lambda _: scripted)
    return scripted


@pytest.fixture
def job(aws: Aws, tmp_path: Path) -> InspectedJob:  # noqa: ARG001
    job = an_inspected_job(duration=10)
    JobTable(clients.table(JOBS)).accept(a_job())
    flac = write_flac(tmp_path / AUDIO, tone(10))
    with flac.open("rb") as audio:
        artifacts().upload(job.job_id, Step.EXTRACT_AUDIO, AUDIO, audio)
    return job


def speech_at(monkeypatch: pytest.MonkeyPatch, *seconds: tuple[float, float]) -> None:
    spans = tuple(SpeechSpan(int(a * RATE), int(b * RATE)) for a, b in seconds)
    monkeypatch.setattr(pipeline, "speech_spans", lambda *_, **__: spans)
    monkeypatch.setattr(pipeline, "second_look", lambda *_: ())


def test_samples_are_decoded_exactly_in_four_bytes_each(tmp_path: Path) -> None:
    samples = tone(3)

    loaded = load_samples(write_flac(tmp_path / "a.flac", samples))

    assert loaded.nbytes == 4 * len(samples)
    assert np.allclose(loaded, samples, atol=1e-4)


def test_both_engines_get_the_same_array(engine: Engine, job: InspectedJob) -> None:
    pipeline.run_pipeline(job, SETTINGS)

    first, second = engine.arrays
    assert first.samples is second.samples
    assert len(first.samples) == 10 * RATE


def test_words_over_silence_are_kept_and_flagged_and_make_no_speaker(
    engine: Engine, job: InspectedJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    speech_at(monkeypatch, (0.0, 3.0))

    transcript, diagnostics = pipeline.run_pipeline(job, SETTINGS)

    assert engine.arrays
    assert [(s.text, s.flags) for s in transcript.segments] == [
        ("hello world", ()),
        ("over silence", (Flag.OVER_SILENCE,)),
    ]
    assert [speaker.id for speaker in transcript.speakers] == ["SPEAKER_00"]
    assert [(s.start_seconds, s.end_seconds) for s in diagnostics.speech] == [(0.0, 3.0)]


@pytest.mark.setting("both_at_once")
@pytest.mark.parametrize(("asked", "together"), [("yes", True), ("no", False)])
def test_engines_work_at_once_or_one_after_the_other(
    engine: Engine, job: InspectedJob, *, asked: Any, together: bool
) -> None:
    engine.meeting = Barrier(2, timeout=60 if together else 0.5)

    pipeline.run_pipeline(job, settings_with(both_at_once=asked))

    assert engine.met == [together, together]


@pytest.mark.setting("remember_voices")
@pytest.mark.parametrize("remember", [True, False])
def test_voiceprints_are_kept_only_if_enabled(
    engine: Engine, job: InspectedJob, *, remember: bool
) -> None:
    _, diagnostics = pipeline.run_pipeline(job, settings_with(remember_voices=remember))

    assert engine.arrays
    assert bool(diagnostics.voices) is remember


@pytest.mark.setting("vad_threshold", "vad_min_silence_ms", "vad_pad_ms")
@pytest.mark.parametrize(
    "changes", [{"vad_threshold": 0.99}, {"vad_min_silence_ms": 2_000}, {"vad_pad_ms": 500}]
)
def test_settings_change_the_detected_speech(
    job: InspectedJob, sample_flac: Path, changes: dict[str, Any]
) -> None:
    with sample_flac.open("rb") as audio:
        artifacts().upload(job.job_id, Step.EXTRACT_AUDIO, AUDIO, audio)

    default = pipeline.load_audio(job, SETTINGS)
    changed = pipeline.load_audio(job, settings_with(**changes))

    assert default.speech != changed.speech


@pytest.mark.setting("models_prefix")
def test_models_come_from_the_stack_s_own_prefix(engine: Engine, aws: Aws, tmp_path: Path) -> None:
    aws.s3.put_object(Bucket=BUCKET, Key="models/tiny/model.bin", Body=b"weights")

    pipeline.load_engines(settings_with(models_dir=tmp_path, models_prefix="models"))

    assert engine.name
    assert (tmp_path / "tiny" / "model.bin").read_bytes() == b"weights"


def row(job: InspectedJob) -> JobRecord:
    record = JobTable(clients.table(JOBS)).find(job.job_id)
    assert record is not None
    return record


def test_the_row_shows_how_far_both_engines_are(job: InspectedJob) -> None:
    moments = iter((100.0, 101.0, 105.0, 110.0))
    beat = heartbeat.Heartbeat(job, 600, clock=lambda: next(moments))

    beat.recognized(60)  # too early to tell
    assert row(job).progress is None
    beat.recognized(300)
    progress = row(job).progress
    assert progress is not None
    assert (progress.fraction, progress.speed, progress.seconds_left) == (0.25, 30.0, 15)
    beat.diarized(600)
    progress = row(job).progress
    assert progress is not None
    assert progress.fraction == 0.75


def test_a_failed_progress_write_does_not_stop_the_work(
    job: InspectedJob,
    aws: Aws,  # noqa: ARG001
) -> None:
    our_session().client("dynamodb").delete_table(TableName=JOBS)
    moments = iter((100.0, 105.0))
    beat = heartbeat.Heartbeat(job, 600, clock=lambda: next(moments))

    beat.recognized(300)


def test_progress_ends_with_the_step(job: InspectedJob) -> None:
    jobs = JobTable(clients.table(JOBS))
    jobs.show_progress(job, Progress(fraction=0.5, speed=12.5, seconds_left=3))

    jobs.enter(job, Step.SUMMARIZE_TRANSCRIPT, JobStatus.SUMMARIZING)

    assert row(job).progress is None
