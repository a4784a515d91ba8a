"""ExtractAudio: convert the audio of a video to mono 16 kHz FLAC.

Memory does not grow with the length of the video. After this step no media error is possible, so
no GPU starts for a file that cannot be decoded.
"""

from __future__ import annotations

import tempfile

from lifestream.aws import clients
from lifestream.aws.artifacts import AUDIO
from lifestream.aws.read_ahead import fetch_pool
from lifestream.aws.slots import Pool
from lifestream.aws.videos import ReadBudget, VideoObject
from lifestream.domain import fingerprints
from lifestream.domain.job import JobStatus
from lifestream.domain.step_payloads import InspectedJob
from lifestream.media.sandbox import Extraction, Video
from lifestream.resources import artifacts, job_table
from lifestream.settings import MediaSettings, load
from lifestream.step import step
from lifestream.step_names import Step


@step(Step.EXTRACT_AUDIO, takes=InspectedJob, status=JobStatus.EXTRACTING, slot=Pool.EXTRACTION)
def handler(job: InspectedJob) -> InspectedJob:
    fingerprint = fingerprints.of_audio(job.job_id)
    checkpoint = artifacts().checkpoint(job.job_id, Step.EXTRACT_AUDIO, fingerprint)
    if not checkpoint.is_done:
        checkpoint.save(extract(job), outputs=[AUDIO])
    job_table().enter(job, Step.TRANSCRIBE_SPEECH, JobStatus.WAITING_FOR_GPU)
    return job


def extract(job: InspectedJob) -> Extraction:
    # The file has no name: it is gone even if this process is killed.
    with fetch_pool() as pool, tempfile.TemporaryFile() as flac:
        video = VideoObject.open(clients.s3(), job, budget=ReadBudget.for_extraction, pool=pool)
        sandboxed = Video(
            container=job.container,
            size=video.size,
            max_seconds=load(MediaSettings).max_duration_hours * 3600,
        )
        extraction = sandboxed.extract_audio(video.read_at, flac, prefetch=video.prefetch)
        artifacts().upload(job.job_id, Step.EXTRACT_AUDIO, AUDIO, flac)
    return extraction
