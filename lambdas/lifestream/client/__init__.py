"""What people import: `from lifestream.client import VideoService`.

video_service  uploads and jobs
results        what a job published: read, copied, exported
library        search and questions over everything that was indexed
redrive        jobs that ended without success, once more
connection     settings from the environment or from a deployed stack
cli            the `lifestream` command
"""

from __future__ import annotations

from lifestream.aws.queues import QueueService
from lifestream.client.connection import connect
from lifestream.client.library import ask, search
from lifestream.client.video_service import PresignedUpload, VideoService
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.options import JobOptions
from lifestream.settings import ClientSettings

__all__ = [
    "ClientSettings",
    "JobOptions",
    "JobStatus",
    "PresignedUpload",
    "ProcessingJob",
    "QueueService",
    "VideoService",
    "ask",
    "connect",
    "search",
]
