"""Recordings without speech: no invented words, and no call to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from transcribe_speech.main import run

from builders import a_job, an_inspected_job
from cdk_app.local.model_weights import BUILT_IN
from conftest import JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.artifacts import AUDIO, SUMMARY, inspected_job
from lifestream.aws.job_table import JobTable
from lifestream.domain.summary import Drafted, Summary, SummaryOptions
from lifestream.domain.transcript import Transcript
from lifestream.resources import artifacts
from lifestream.settings import ContainerSettings
from lifestream.step_names import Step
from steps import summarize_transcript

RATE = 16_000
MINUTES = 2
NOTES = 220 * 2 ** (np.array([0, 2, 3, 5, 7, 8, 10, 12]) / 12)


def silence(minute: int) -> NDArray[np.float32]:  # noqa: ARG001
    return np.zeros(60 * RATE, dtype=np.float32)


def noise(minute: int) -> NDArray[np.float32]:
    """Return noise that becomes louder and quieter, like traffic."""
    hiss = np.random.default_rng(minute).standard_normal(60 * RATE) * 0.1
    return np.asarray(hiss * (1.2 + np.sin(np.arange(60 * RATE) / RATE)), dtype=np.float32)


def music(minute: int) -> NDArray[np.float32]:
    """Return three voices of plucked strings: two notes per second, with four overtones each."""
    dice = np.random.default_rng(minute)
    at = np.arange(RATE // 2) / RATE
    bars = []
    for _ in range(120):
        chord = dice.choice(NOTES, 3, replace=False)
        tones = sum(np.sin(2 * np.pi * f * k * at) / k for f in chord for k in (1, 2, 3, 4))
        bars.append(tones * np.exp(-3 * at) * 0.05)
    return np.concatenate(bars).astype(np.float32)


class Summarizer:
    """A fake of a paid summarizer."""

    name = "paid"

    def summarize(self, transcript: Transcript, options: SummaryOptions) -> Drafted:
        raise AssertionError(f"asked to summarize {transcript.text!r}")


@pytest.mark.parametrize("audio", [silence, noise, music])
def test_recordings_without_speech_have_no_reliable_words(
    aws: Aws,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    audio: Any,
) -> None:
    job = an_inspected_job(duration=MINUTES * 60)
    JobTable(clients.table(JOBS)).accept(a_job())
    write(tmp_path / AUDIO, audio)
    with (tmp_path / AUDIO).open("rb") as file:
        artifacts().upload(job.job_id, Step.EXTRACT_AUDIO, AUDIO, file)
    monkeypatch.setenv("MODELS_DIR", str(BUILT_IN))
    monkeypatch.setenv("WHISPER_MODEL", "tiny.en")
    monkeypatch.setattr(summarize_transcript, "load_summarizer", lambda *_: Summarizer())

    artifacts().save(job.job_id, Step.INSPECT_VIDEO, inspected_job(job.attempt), job)

    run(ContainerSettings(job_id=job.job_id, attempt=job.attempt, deadline_seconds=3_600))
    summarize_transcript.handler(job.model_dump(mode="json"), None)

    transcript = artifacts().transcript(job.job_id)
    assert transcript.engines.transcription == "faster-whisper/tiny.en"
    assert transcript.reliable.segments == ()
    assert transcript.speakers == ()
    summary = artifacts().load(job.job_id, Step.SUMMARIZE_TRANSCRIPT, SUMMARY, Summary)
    assert summary.abstract == ""


def write(path: Path, audio: Any) -> None:
    with av.open(str(path), "w", format="flac") as sink:
        stream = sink.add_stream("flac", rate=RATE, layout="mono")
        for minute in range(MINUTES):
            samples = (np.clip(audio(minute), -1, 1) * 32767).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            frame.sample_rate, frame.pts = RATE, minute * 60 * RATE
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
