"""InspectVideo: find out what an upload is, or refuse it with a named error."""

from __future__ import annotations

from lifestream.aws import clients
from lifestream.aws.artifacts import inspected_job
from lifestream.aws.read_ahead import fetch_pool
from lifestream.aws.videos import ReadBudget, VideoObject
from lifestream.domain import fingerprints
from lifestream.domain.estimates import estimate
from lifestream.domain.file_types import EXTENSIONS, extension
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.options import JobOptions
from lifestream.domain.step_payloads import InspectedJob, Inspection
from lifestream.errors import JobCostCapError, UnsupportedExtensionError
from lifestream.media.container_format import identify
from lifestream.media.sandbox import Video
from lifestream.resources import artifacts, job_table
from lifestream.settings import JobCapSettings, MediaSettings, SpeechSettings, load
from lifestream.step import step
from lifestream.step_names import Step


@step(Step.INSPECT_VIDEO, takes=ProcessingJob, status=JobStatus.INSPECTING)
def handler(job: ProcessingJob) -> InspectedJob:
    inspected = describe(job, inspection_of(job))
    if inspected.options != job.options:
        job_table().note_options(job, inspected.options)
    if not inspected.is_transcribed:
        check_cost(inspected.duration_seconds)
    artifacts().save(job.job_id, Step.INSPECT_VIDEO, inspected_job(job.attempt), inspected)
    return inspected


def inspection_of(job: ProcessingJob) -> Inspection:
    limit = load(MediaSettings).max_duration_hours
    fingerprint = fingerprints.of_inspection(job.job_id, limit)
    checkpoint = artifacts().checkpoint(job.job_id, Step.INSPECT_VIDEO, fingerprint)
    if inspection := checkpoint.result(Inspection):
        return inspection
    return checkpoint.save(inspect(job, max_seconds=limit * 3600))


def inspect(job: ProcessingJob, *, max_seconds: float) -> Inspection:
    """Check the name before reading a byte; after that, the content decides what the file is."""
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


def check_cost(duration_seconds: float) -> None:
    """Raise JobCostCapError if the job would exceed the cap. No GPU has started by then.

    The estimate is the same for each attempt, because it does not depend on other jobs.
    """
    settings = load(JobCapSettings)
    if settings.max_job_dollars is None:
        return
    dollars = estimate(duration_seconds, settings.rates).total
    if dollars > settings.max_job_dollars:
        raise JobCostCapError(
            f"{duration_seconds / 3600:.2f} hours would cost about ${dollars:.2f}; the cap per job "
            f"is ${settings.max_job_dollars:g}"
        )


def describe(job: ProcessingJob, inspection: Inspection) -> InspectedJob:
    """Return the job for the next steps. Its own options win over those of the video."""
    options = job.options.or_else(inspection.options)
    return InspectedJob(
        **job.model_dump(exclude={"options", "size"}),
        **inspection.model_dump(exclude={"options"}),
        options=options,
        is_transcribed=is_transcribed(job.job_id, options),
    )


def is_transcribed(job_id: str, options: JobOptions) -> bool:
    """Return whether the transcript exists; then the container does not even start."""
    fingerprint = fingerprints.of_transcript(job_id, options, load(SpeechSettings).identity())
    return artifacts().checkpoint(job_id, Step.TRANSCRIBE_SPEECH, fingerprint).is_done
