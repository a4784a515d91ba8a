"""InspectVideo: an upload in; what it is, or the named reason why it cannot be worked on, out."""

from __future__ import annotations

from lifestream.aws import clients
from lifestream.aws.artifacts import inspected_job
from lifestream.aws.read_ahead import fetch_pool
from lifestream.aws.videos import ReadBudget, VideoObject
from lifestream.domain import fingerprints
from lifestream.domain.file_types import EXTENSIONS, extension
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.options import JobOptions
from lifestream.domain.step_payloads import InspectedJob, Inspection
from lifestream.errors import UnsupportedExtensionError
from lifestream.media.container_format import identify
from lifestream.media.sandbox import Video
from lifestream.resources import artifacts
from lifestream.settings import MediaSettings, SpeechSettings, load
from lifestream.step import step
from lifestream.step_names import Step


@step(Step.INSPECT_VIDEO, takes=ProcessingJob, status=JobStatus.INSPECTING)
def handler(job: ProcessingJob) -> InspectedJob:
    limit = load(MediaSettings).max_duration_hours
    found = artifacts().once(
        job.job_id,
        Step.INSPECT_VIDEO,
        fingerprints.of_inspection(job.job_id, limit),
        lambda: inspect(job, max_seconds=limit * 3600),
        Inspection,
    )
    options = job.options if job.options != JobOptions() else found.options
    inspected = InspectedJob(
        **job.model_dump(exclude={"options", "size"}),
        **found.model_dump(exclude={"options"}),
        options=options,
        is_transcribed=is_transcribed(job.job_id, options),
    )
    artifacts().save(job.job_id, Step.INSPECT_VIDEO, inspected_job(job.attempt), inspected)
    return inspected


def inspect(job: ProcessingJob, *, max_seconds: float) -> Inspection:
    """The name is checked before a byte is read; then the bytes decide what the file is."""
    if extension(job.key) not in EXTENSIONS:
        raise UnsupportedExtensionError(f"{job.file_name} does not end in {', '.join(EXTENSIONS)}")
    with fetch_pool() as pool:
        video = VideoObject.open(clients.s3(), job, budget=ReadBudget.for_inspection, pool=pool)
        container = identify(video.read_range, video.size)
        found = Video(container=container, size=video.size, max_seconds=max_seconds)
        probe = found.probe(video.read_at)
    return Inspection(
        container=container,
        audio_codec=probe.audio_codec,
        duration_seconds=probe.duration_seconds,
        size=video.size,
        options=video.options,
    )


def is_transcribed(job_id: str, options: JobOptions) -> bool:
    """The container is not even started where its transcript is there already."""
    wanted = fingerprints.of_transcript(job_id, options, load(SpeechSettings).identity())
    return artifacts().has_checkpoint(job_id, Step.TRANSCRIBE_SPEECH, wanted)
