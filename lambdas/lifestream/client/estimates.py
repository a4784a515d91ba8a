"""Estimate what an upload would cost, before it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from lifestream.domain.base import Frozen
from lifestream.domain.estimates import LATEST_JOBS, estimate, samples, start_dollars
from lifestream.domain.job_cost import JobCost
from lifestream.domain.prices import S3_GB_MONTH, Rates
from lifestream.errors import ConfigurationError

if TYPE_CHECKING:
    from lifestream.client.deployment import Deployment

JOBS_READ = 5 * LATEST_JOBS
"""Not every job shows what another one will cost, see `samples`."""
MAX_HOURS = 48
GB = 1e9


class EstimatedRecording(Frozen):
    """What one recording would cost on a host that is running already."""

    video: str
    duration_seconds: float
    cost: JobCost


class UploadEstimate(Frozen):
    """What an upload would cost, in US dollars at list prices.

    Attributes:
        total: All recordings, on a host that is running already.
        host_start: The start of a host and its idle time, once; 0 if AWS bills no host.
        storage_month: Storing the uploaded files for a month.
        jobs: How many of the latest jobs the estimate is based on; 0 if it rests on assumptions.
        rates: What the deployment's costs depend on.
    """

    recordings: tuple[EstimatedRecording, ...]
    total: float
    host_start: float
    storage_month: float
    jobs: int
    rates: Rates


def estimate_upload(there: Deployment, videos: Sequence[Path]) -> UploadEstimate:
    """Return what these recordings would cost in a deployment. Nothing is uploaded.

    Raises UnusableVideoError for a file that no job could use.
    """
    rates = there.rates()
    past = samples(there.jobs(JOBS_READ), rates.whisper_model)
    if past:  # they show what an hour of the host really costs
        rates = rates.model_copy(update={"host_hour": past[0].cost.host_hour})
    durations = [duration_of(video) for video in videos]
    recordings = tuple(
        EstimatedRecording(video=str(video), duration_seconds=one, cost=estimate(one, rates, past))
        for video, one in zip(videos, durations, strict=True)
    )
    return UploadEstimate(
        recordings=recordings,
        total=round(sum(one.cost.total for one in recordings), 6),
        host_start=round(start_dollars(rates), 6),
        storage_month=round(sum(v.stat().st_size for v in videos) / GB * S3_GB_MONTH, 6),
        jobs=len(past),
        rates=rates,
    )


def duration_of(video: Path) -> float:
    """Return the duration in seconds, read from the file as InspectVideo reads it."""
    from lifestream.media.container_format import identify
    from lifestream.media.sandbox import Video

    if find_spec("av") is None:
        raise ConfigurationError("an estimate needs PyAV: pip install 'lifestream[steps]'")
    with video.open("rb") as file:

        def read_at(offset: int, size: int) -> bytes:
            return _read(file, offset, size)

        size = video.stat().st_size
        container = identify(read_at, size)
        found = Video(container=container, size=size, max_seconds=MAX_HOURS * 3600)
        return found.probe(read_at).duration_seconds


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)
