"""Upload videos, follow their jobs and read their results."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lifestream.client.connection import connect
from lifestream.client.results import Results
from lifestream.client.s3_results import S3Results
from lifestream.client.short_ids import id_of, only_one
from lifestream.client.upload_checks import check_video
from lifestream.client.upload_form import (
    EXPIRES_SECONDS,
    MAX_POST_BYTES,
    PresignedUpload,
    metadata_of,
    upload_form,
    uploads_key,
)
from lifestream.domain.file_types import content_type
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.job_record import JobRecord
from lifestream.domain.options import JobOptions
from lifestream.errors import JobStatusError, MissingSettingsError
from lifestream.settings import ClientSettings

POLL_SECONDS = 2.0


class VideoService:
    """Uploads and their jobs, in one deployment.

    Attributes:
        settings: Which deployment this is.
        queues: The ingest queue and the dead-letter queue.

    Examples:
        >>> service = VideoService()
        >>> job = service.create_upload_job("talk.mp4")
        >>> service.wait(job).status
        <JobStatus.SUCCEEDED: 'SUCCEEDED'>
        >>> service.results(job).transcript().language
        'en'
    """

    def __init__(self, settings: ClientSettings | None = None) -> None:
        """Connect to a deployment.

        Args:
            settings: From `connect`, to choose a stage. Without them, the environment names the
                deployment; if it names none, it is the stage `dev`.

        Raises:
            ConfigurationError: The stage is not deployed, or AWS cannot be reached.
        """
        from lifestream import resources  # boto3 takes longer to import than all the rest
        from lifestream.aws import clients

        self.settings = settings or connect()
        self.queues = resources.queues(self.settings)
        self._s3 = clients.s3()
        self._jobs = resources.job_table(self.settings)

    def create_upload_job(
        self,
        video: str | Path,
        *,
        options: JobOptions | None = None,
        key: str | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> ProcessingJob:
        """Upload a video or an audio file, and enqueue its job.

        S3's own notification of the upload leads to the same job: whichever comes second
        changes nothing. Large files are uploaded in parts.

        Args:
            video: The file. Its name ends in one of the extensions that the error would list.
            options: Language, speakers, hotwords and more; everything left out is detected.
            key: The key of the object, under `uploads/`. By default, the name of the file. A
                second upload with the same key is another job.
            on_bytes: Called with the number of bytes sent since its last call.

        Returns:
            The job, which is QUEUED. `wait` returns when it has ended.

        Raises:
            FileNotFoundError: There is no such file. Nothing was sent.
            UnsupportedExtensionError: No job can work on a file of this name. Nothing was sent.
            EmptyVideoError: The file holds zero bytes. Nothing was sent.

        Examples:
            >>> job = service.create_upload_job("talk.mp4", options=JobOptions(speakers=2))
            >>> job.key, job.status
            ('uploads/talk.mp4', <JobStatus.QUEUED: 'QUEUED'>)
            >>> service.create_upload_job("notes.txt")
            Traceback (most recent call last):
            ...
            lifestream.errors.UnsupportedExtensionError: notes.txt is not a video or audio file
        """
        check_video(video, key)
        path = Path(video)
        key = uploads_key(key or path.name)
        self._s3.upload_file(
            str(path),
            self.settings.bucket,
            key,
            ExtraArgs={"ContentType": content_type(key), "Metadata": metadata_of(options)},
            Callback=on_bytes,
        )
        return self.enqueue_upload(key)

    def enqueue_upload(self, key: str, *, version_id: str | None = None) -> ProcessingJob:
        """Enqueue the job of a video that is in the bucket already.

        S3's own notification of the upload leads to the same job: whichever comes second
        changes nothing. The same is true of a second call.

        Args:
            key: The key of the object, under `uploads/`.
            version_id: Which version of the object. By default, the newest.

        Raises:
            VideoNotFoundError: There is no such object, or no such version.

        Examples:
            >>> job = service.create_upload_job("talk.mp4")
            >>> service.enqueue_upload("uploads/talk.mp4") == job
            True
        """
        from lifestream.aws.videos import uploaded_job

        job = uploaded_job(self._s3, self.settings.bucket, key, version_id)
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
        """Make a form that uploads this one file without AWS credentials.

        S3 refuses another key, another content type, zero bytes or more than `max_bytes`. The
        uploaded file becomes a job. For files over 5 GiB, use `create_upload_job`.

        Args:
            file_name: The name of the file, which decides its key and its content type.
            options: As for `create_upload_job`.
            max_bytes: The largest file that S3 accepts: 1 to 5 GiB, in bytes.
            expires_seconds: How long the form can be used.

        Raises:
            UnsupportedExtensionError: No job can work on a file of this name.
            ConfigurationError: `max_bytes` is out of range.

        Examples:
            >>> form = service.generate_presigned_upload_url("talk.mp4", max_bytes=2 << 30)
            >>> form.key, form.fields["Content-Type"]
            ('uploads/talk.mp4', 'video/mp4')
        """
        return upload_form(
            self._s3,
            self.settings.bucket,
            file_name,
            options=options,
            max_bytes=max_bytes,
            expires_seconds=expires_seconds,
        )

    def job(self, job_id: str) -> JobRecord:
        """Return a job as it is now.

        Args:
            job_id: The job's id, or the first characters of it.

        Raises:
            JobNotFoundError: No job has such an id.
            AmbiguousJobIdError: Several jobs have.

        Examples:
            >>> job = service.create_upload_job("talk.mp4")
            >>> service.job(job.short_id).key
            'uploads/talk.mp4'
        """
        if job_id and (record := self._jobs.find(job_id)):
            return record
        found = self._jobs.starting_with(job_id) if job_id else []
        return only_one(found, job_id)

    def wait(
        self,
        job: ProcessingJob | str,
        *,
        timeout_seconds: float | None = None,
        on_update: Callable[[JobRecord], None] | None = None,
    ) -> JobRecord:
        """Wait until a job has ended, whether it succeeded or failed.

        Args:
            job: The job, its id, or the first characters of its id.
            timeout_seconds: How long to wait; without it, as long as it takes.
            on_update: Called with the job each time it was looked at, every two seconds.

        Returns:
            The job with its final status: SUCCEEDED, PARTIAL, FAILED or CANCELLED. `failure` says
            what went wrong and what to do.

        Raises:
            TimeoutError: The job has not ended in time. It goes on.
            JobNotFoundError: No job has such an id.
            AmbiguousJobIdError: Several jobs have.

        Examples:
            >>> job = service.create_upload_job("talk.mp4")
            >>> record = service.wait(job, timeout_seconds=3600)
            >>> record.status, record.failure
            (<JobStatus.SUCCEEDED: 'SUCCEEDED'>, None)
        """
        until = time.monotonic() + timeout_seconds if timeout_seconds is not None else None
        while not (record := self.job(id_of(job))).status.is_terminal:
            if on_update:
                on_update(record)
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"job {record.job_id} is still {record.status}")
            time.sleep(POLL_SECONDS)
        return record

    def results(self, job: ProcessingJob | str) -> Results:
        """Return what a job published.

        Args:
            job: The job, its id, or the first characters of its id.

        Raises:
            NoResultsError: The job has published nothing, or nothing yet: see `wait`. Its `advice`
                is that of the job's failure.
            JobNotFoundError: No job has such an id.
            AmbiguousJobIdError: Several jobs have.

        Examples:
            >>> job = service.create_upload_job("talk.mp4")
            >>> results = service.results(service.wait(job).job_id)
            >>> results.transcript().segments[0].text
            'We ship it on Friday.'
        """
        return S3Results(self._s3, self.job(id_of(job)))

    def cancel(self, job_id: str) -> JobRecord:
        """End a job as CANCELLED and stop its container. No DLQ message is sent.

        Cancelling a cancelled job again stops its execution and container if they still run.

        Args:
            job_id: The job's id, or the first characters of it.

        Raises:
            JobStatusError: The job has ended otherwise.
            JobNotFoundError: No job has such an id.
            AmbiguousJobIdError: Several jobs have.
            MissingSettingsError: The settings do not name the state machine.

        Examples:
            >>> job = service.create_upload_job("talk.mp4")
            >>> _ = service.wait(job)
            >>> service.cancel(job.job_id)
            Traceback (most recent call last):
            ...
            lifestream.errors.JobStatusError: job ... has ended already: SUCCEEDED
        """
        self._jobs.cancel((record := self.job(job_id)).job)
        record = self.job(record.job_id)
        if record.status != JobStatus.CANCELLED:
            raise JobStatusError(f"job {record.job_id} has ended already: {record.status}")
        if self.settings.state_machine_arn is None:
            raise MissingSettingsError("not set: STATE_MACHINE_ARN")
        from lifestream import resources

        executions = resources.executions(self.settings.state_machine_arn)
        executions.stop(record.job.execution_name, why="the job was cancelled")
        return record

    def recent_jobs(self, limit: int = 20) -> list[JobRecord]:
        """Return the latest jobs, newest first.

        Args:
            limit: How many at most.

        Examples:
            >>> job = service.create_upload_job("talk.mp4")
            >>> [record.key for record in service.recent_jobs(limit=1)]
            ['uploads/talk.mp4']
        """
        return self._jobs.recent(limit)
