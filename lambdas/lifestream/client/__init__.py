"""The Python API of a LifeStream deployment.

    from lifestream.client import Library, VideoService

    service = VideoService()
    job = service.create_upload_job("talk.mp4")
    record = service.wait(job)
    print(service.results(job).transcript().segments[0].text)
    print(Library().search("when do we ship?")[0].text)

Every error that it raises itself is in `lifestream.errors` and has `advice`. Errors of AWS are
those of botocore.

video_service  upload videos, follow their jobs
upload_checks  refuse what cannot work before it is uploaded
upload_form    name an upload, store its options, make a form for a browser
short_ids      find a job by the first characters of its id
results        read, copy and export what a job published
s3_results     the same, from the bucket
library        search the recordings and ask questions
erasure        erase jobs
redrive        run failed jobs again
connection     find the deployment: environment, or the outputs of a stage's stack
deployment     what the commands do, whoever does it
aws_deployment the same, by AWS credentials
rest/          the client of the REST API
commands/      the `lifestream` command
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lifestream.aws.queues import QueueService, ReceivedMessage
from lifestream.client.connection import connect
from lifestream.client.results import Results
from lifestream.client.upload_form import PresignedUpload
from lifestream.client.video_service import VideoService
from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from lifestream.domain.job_record import JobRecord
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.summary import Summary
from lifestream.domain.transcript import Segment, Speaker, Transcript, Word
from lifestream.settings import ClientSettings

if TYPE_CHECKING:
    from lifestream.client.library import Library
    from lifestream.client.rest.api import Api
    from lifestream.domain.answers import Answer, CitedSentence
    from lifestream.engines.vector_index import Hit

__all__ = [
    "Answer",
    "Api",
    "CitedSentence",
    "ClientSettings",
    "Failure",
    "Hit",
    "JobOptions",
    "JobRecord",
    "JobStatus",
    "Library",
    "PresignedUpload",
    "ProcessingJob",
    "QualityReport",
    "QueueService",
    "ReceivedMessage",
    "Results",
    "Segment",
    "Speaker",
    "Summary",
    "Transcript",
    "VideoService",
    "Word",
    "connect",
]

_OF_THE_LIBRARY = {
    "Answer": "lifestream.domain.answers",
    "Api": "lifestream.client.rest.api",
    "CitedSentence": "lifestream.domain.answers",
    "Hit": "lifestream.engines.vector_index",
    "Library": "lifestream.client.library",
}
"""Imported when they are first asked for: most programs only upload (ADR 50)."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _OF_THE_LIBRARY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_OF_THE_LIBRARY[name]), name)
