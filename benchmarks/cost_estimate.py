"""Compare the estimate of `lifestream upload --estimate` with what the jobs then cost.

It runs on this machine, with the local stack and the built-in engines, and with an own price for an
hour of the host. It processes recordings of several durations, each of them several times, and then
estimates each duration from what the jobs of all other durations have shown. The times vary with
whatever else the machine does, so the estimate is compared with the mean of the jobs.

    PYTHONPATH=. python benchmarks/cost_estimate.py
"""

from __future__ import annotations

import os
import tempfile
import time
import wave
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from extraction import extract
from rich.console import Console
from rich.table import Table

from cdk_app.local.run import Deployment
from cdk_app.local.session import Options, embedded_aws
from lifestream.aws import clients
from lifestream.client.commands.cost_lines import dollars as dollars_text
from lifestream.client.connection import connect
from lifestream.client.video_service import VideoService
from lifestream.domain.estimates import estimate, samples
from lifestream.domain.job_record import JobRecord
from lifestream.domain.prices import Rates
from lifestream.media import SAMPLE_RATE
from lifestream.media.audio import load_samples

SAMPLE = Path(__file__).parent.parent / "samples" / "team-meeting.mp4"
OWN_HOUR_DOLLARS = "0.5"
DURATIONS = (60, 300, 120, 240, 90, 180)
"""Of the recordings, in seconds, in the order in which they are processed."""
ROUNDS = 3
POLL_SECONDS = 0.5


def main() -> None:
    os.environ["HOST_HOUR_DOLLARS"] = OWN_HOUR_DOLLARS
    with tempfile.TemporaryDirectory() as folder, embedded_aws(Options()) as aws:
        os.environ.update(aws.environment)
        videos = [recording(Path(folder), seconds) for seconds in DURATIONS]
        jobs = [run(video, Path(folder)) for _ in range(ROUNDS) for video in videos]
        rates = connect().rates
    title = f"dollars, at ${OWN_HOUR_DOLLARS}/h, means of {ROUNDS} jobs"
    table = Table("Recording", "Estimate", "Actual", "Ratio", "Single jobs", title=title)
    estimates, actual = [], []
    for number, seconds in enumerate(DURATIONS):
        same = jobs[number :: len(DURATIONS)]
        estimates.append(estimate_from_others(same[0], jobs, rates))
        paid = [job.cost.total if job.cost else 0.0 for job in same]
        actual.append(fmean(paid))
        single = " ".join(f"{estimates[-1] / one:.2f}" for one in paid)
        table.add_row(f"{seconds} s", *figures(estimates[-1], actual[-1]), single)
    table.add_row("all", *figures(sum(estimates), sum(actual)), "")
    Console().print(table)


def estimate_from_others(job: JobRecord, jobs: Sequence[JobRecord], rates: Rates) -> float:
    """Return the estimate for a job from all jobs of other durations."""
    duration = job.duration_seconds or 0.0
    others = [one for one in jobs if abs((one.duration_seconds or 0.0) - duration) > 1]
    return estimate(duration, rates, samples(others, rates.whisper_model)).total


def figures(estimated: float, paid: float) -> tuple[str, str, str]:
    return dollars_text(estimated), dollars_text(paid), f"{estimated / paid:.2f}"


def recording(folder: Path, seconds: int) -> Path:
    """Write the sample's audio, repeated until it is this long."""
    flac, path = folder / "sample.flac", folder / f"{seconds}.wav"
    extract(SAMPLE, flac)
    samples = np.resize(load_samples(flac), seconds * SAMPLE_RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32_767).astype(np.int16).tobytes())
    return path


def run(video: Path, folder: Path) -> JobRecord:
    """Process a recording, and return its job when its cost is known."""
    service = VideoService(connect())
    arn = os.environ["STATE_MACHINE_ARN"]
    there = Deployment(service, clients.step_functions(), clients.s3(), arn)
    [outcome] = there.process([video], out=folder)
    while (job := service.job(outcome.job.job_id)).cost is None:  # it follows the status
        time.sleep(POLL_SECONDS)
    return job


if __name__ == "__main__":
    main()
