"""Videos in, jobs out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lifestream.aws import clients
from lifestream.aws.executions import Executions
from lifestream.aws.job_table import JobTable
from lifestream.aws.queues import QueueService
from lifestream.aws.videos import OPTIONS_METADATA
from lifestream.client.connection import connect
from lifestream.client.upload_checks import check_video
from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.file_types import content_type
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.job_record import JobRecord
from lifestream.domain.options import JobOptions
from lifestream.errors import (
    AmbiguousJobIdError,
    ConfigurationError,
    JobNotFoundError,
    JobStatusError,
    MissingSettingsError,
)
from lifestream.settings import ClientSettings

MAX_POST_BYTES = 5 << 30  # S3's own limit for one request
EXPIRES_SECONDS = 3_600


class PresignedUpload(Frozen):
    """POST the `fields` as a form to `url`, and the file as its last field, `file`."""

    url: str
    fields: dict[str, str]
    key: str


class VideoService:
    """Uploads and their jobs. Without settings, see `connect`."""

    def __init__(self, settings: ClientSettings | None = None) -> None:
        self.settings = settings or connect()
        self._s3 = clients.s3()
        self._jobs = JobTable(clients.table(self.settings.jobs_table))
        self.queues = QueueService(
            clients.sqs(), queue_url=self.settings.queue_url, dlq_url=self.settings.dlq_url
        )

    def create_upload_job(
        self,
        video: str | Path,
        *,
        options: JobOptions | None = None,
        key: str | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> ProcessingJob:
        """Uploads (in parts where it is large) and enqueues the job.

        S3's own notification of the upload leads to the same job: whichever comes second
        changes nothing. `on_bytes` gets the number of bytes sent since its last call.

        Raises FileNotFoundError, UnsupportedExtensionError, EmptyVideoError before anything is
        sent.
        """
        path = Path(video)
        check_video(path)
        key = uploads_key(key or path.name)
        self._s3.upload_file(
            str(path),
            self.settings.bucket,
            key,
            ExtraArgs={"ContentType": content_type(key), "Metadata": _metadata(options)},
            Callback=on_bytes,
        )
        head = self._s3.head_object(Bucket=self.settings.bucket, Key=key)
        job = ProcessingJob.for_upload(
            bucket=self.settings.bucket,
            key=key,
            version_id=head.get("VersionId"),
            etag=head["ETag"].strip('"'),
            size=head["ContentLength"],
            options=options,
            submitted_at=head["LastModified"],
        )
        self._jobs.accept(job)  # so that its status can be asked for at once
        self.queues.send_processing_job(job)
        return job

    def generate_presigned_upload_url(
        self,
        file_name: str,
        *,
        options: JobOptions | None = None,
        max_bytes: int = MAX_POST_BYTES,
        expires_seconds: int = EXPIRES_SECONDS,
    ) -> PresignedUpload:
        """A form that lets somebody without AWS credentials upload this one file.

        S3 itself refuses another key, another content type, zero bytes or more than
        `max_bytes`. For files beyond 5 GB use `create_upload_job`, which uploads in parts.
        """
        if not 0 < max_bytes <= MAX_POST_BYTES:
            raise ConfigurationError(f"max_bytes must be between 1 and {MAX_POST_BYTES}")
        key = uploads_key(file_name)
        metadata = {f"x-amz-meta-{name}": value for name, value in _metadata(options).items()}
        fields = {"Content-Type": content_type(key), **metadata}
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", 1, max_bytes])
        form = self._s3.generate_presigned_post(
            self.settings.bucket,
            key,
            Fields=fields,
            Conditions=conditions,
            ExpiresIn=expires_seconds,
        )
        return PresignedUpload(url=form["url"], fields=form["fields"], key=key)

    def job(self, job_id: str) -> JobRecord:
        """By its id or the id's first characters. Raises JobNotFoundError, AmbiguousJobIdError."""
        if job_id and (record := self._jobs.find(job_id)):
            return record
        found = self._jobs.starting_with(job_id) if job_id else []
        if not found:
            raise JobNotFoundError(f"no job starts with {job_id!r}")
        if len(found) > 1:
            raise AmbiguousJobIdError(f"{len(found)} jobs start with {job_id!r}")
        return found[0]

    def cancel(self, job_id: str) -> JobRecord:
        """The job ends CANCELLED, its container is stopped, and no DLQ message is sent.

        Once more for a cancelled job stops what may still run of it. Raises JobStatusError for a
        job that has ended otherwise.
        """
        record = self.job(job_id)
        self._jobs.cancel(record.job)
        record = self.job(record.job_id)
        if record.status != JobStatus.CANCELLED:
            raise JobStatusError(f"job {record.job_id} has ended already: {record.status}")
        if self.settings.state_machine_arn is None:
            raise MissingSettingsError("not set: STATE_MACHINE_ARN")
        executions = Executions(clients.step_functions(), self.settings.state_machine_arn)
        executions.stop(record.job.execution_name, why="the job was cancelled")
        return record

    def recent_jobs(self, limit: int = 20) -> list[JobRecord]:
        """Newest first."""
        return self._jobs.recent(limit)


def uploads_key(name: str) -> str:
    return name if name.startswith(UPLOADS) else f"{UPLOADS}{name}"


def _metadata(options: JobOptions | None) -> dict[str, str]:
    """The options travel with the object, so that both ways to a job know them."""
    if options is None or options == JobOptions():
        return {}
    return {OPTIONS_METADATA: json.dumps(options.model_dump(exclude_defaults=True))}
