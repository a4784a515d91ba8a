"""Write jobs into the table and the bucket, as finished executions leave them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from builders import SUBMITTED, a_failure, a_job, evidence_of
from built_in_models import word_vectors
from cdk_app.local.session import EmbeddedAws
from lifestream.aws.job_rows import row_of, stored
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.chunks import chunks_of
from lifestream.domain.file_types import result_type
from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from lifestream.domain.job_cost import JobCost
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.quality import assess
from lifestream.domain.summary import Summary
from lifestream.domain.transcript import Source, Transcript
from lifestream.engines.embedding.wordllama import WordLlama
from lifestream.engines.vector_index.s3 import S3Index
from lifestream.rendering.result_files import result_files
from lifestream.step_names import Step
from media_files import SAMPLE
from page_reader import the_sample

SUFFIX = ".Mp4"
"""S3 notifies the queue of `.mp4` and `.MP4` only, so no execution starts for these uploads."""

COST = JobCost(
    total=0.2006,
    container=0.0451,
    host_start=0.1502,
    functions=0.0012,
    transitions=0.0006,
    models=0.0035,
    container_seconds=180.0,
    host_hour=0.9014,
    whisper_model="tiny.en",
)


class Library:
    """`written`: the ids of the jobs, which `clear` deletes."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._s3 = aws.session().client("s3")
        self._bucket = aws.outputs["AwsS3BucketName"]
        self._table = aws.session().resource("dynamodb").Table(aws.outputs["JobsTableName"])
        self._index = S3Index(self._s3, self._bucket, embedder=WordLlama.name)
        self.written: list[str] = []
        self._indexed: list[str] = []

    def stops_notifications(self) -> None:
        """Let no upload start an execution, whatever its name. It cannot be taken back."""
        self._s3.put_bucket_notification_configuration(
            Bucket=self._bucket, NotificationConfiguration={}
        )

    def finished(
        self,
        name: str = f"weekly-meeting{SUFFIX}",
        *,
        transcript: Transcript | None = None,
        summary: Summary | None = None,
        video: bytes | None = None,
    ) -> ProcessingJob:
        """Write a job with results: by default those of the sample, whose video plays."""
        sample = the_sample()
        job = self._uploaded(name, SAMPLE.read_bytes() if video is None else video)
        said = (transcript or sample.transcript).model_copy(
            update={"job_id": job.job_id, "source": source_of(job)}
        )
        files = result_files(
            file_name=job.file_name,
            options=JobOptions(),
            transcript=said,
            quality=assess(said, evidence_of(said)),
            summary=summary or sample.summary,
            missing=(),
        )
        for file, text in files.items():
            self._s3.put_object(
                Bucket=job.bucket,
                Key=f"{job.results_prefix}{file}",
                Body=text.encode(),
                ContentType=result_type(file),
            )
        done = {"current_step": Step.RECORD_SUCCESS, "results_prefix": job.results_prefix}
        return self._row(job, JobStatus.SUCCEEDED, cost=stored(COST), **done)

    def failed(self, name: str, failure: Failure | None = None) -> ProcessingJob:
        why = failure or a_failure().model_copy(update={"step": Step.TRANSCRIBE_SPEECH})
        job = self._uploaded(name, b"no video")
        step = {"current_step": why.step, "failure": why.model_dump(mode="json")}
        return self._row(job, JobStatus.FAILED, **step)

    def running(self, name: str) -> ProcessingJob:
        """Write a job that has no execution, so it never ends."""
        step = {"current_step": Step.EXTRACT_AUDIO}
        return self._row(self._uploaded(name, b"no video"), JobStatus.EXTRACTING, **step)

    def many(self, count: int, *, name: str) -> None:
        """Write that many finished jobs, rows only. The last one is the newest."""
        jobs = [
            a_job(key=f"{UPLOADS}{name}-{number:05}.mp4").model_copy(
                update={"submitted_at": SUBMITTED + timedelta(seconds=number)}
            )
            for number in range(count)
        ]
        with self._table.batch_writer() as batch:
            for job in jobs:
                batch.put_item(Item=row_of(job) | {"status": JobStatus.SUCCEEDED})
        self.written += [job.job_id for job in jobs]

    def index(self, job: ProcessingJob, transcript: Transcript) -> None:
        """Make a job searchable, as IndexTranscript does."""
        chunks, embedder = chunks_of(transcript), word_vectors()
        vectors = embedder.embed([chunk.text for chunk in chunks]).vectors
        self._index.replace(job, chunks, vectors)
        self._indexed.append(job.job_id)

    def erase(self, job: ProcessingJob) -> None:
        self._table.delete_item(Key={"job_id": job.job_id})

    def clear(self) -> None:
        with self._table.batch_writer() as batch:
            for job_id in self.written:
                batch.delete_item(Key={"job_id": job_id})
        for job_id in self._indexed:
            self._index.remove(job_id)

    def _uploaded(self, name: str, content: bytes) -> ProcessingJob:
        key = f"{UPLOADS}{secrets.token_hex(8)}/{name}"
        put = self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)
        return ProcessingJob.for_upload(
            bucket=self._bucket,
            key=key,
            version_id=put["VersionId"],
            submitted_at=datetime.now(UTC),
        )

    def _row(self, job: ProcessingJob, status: JobStatus, **attributes: Any) -> ProcessingJob:
        self._table.put_item(Item=row_of(job) | {"status": status} | attributes)
        self.written.append(job.job_id)
        return job


def source_of(job: ProcessingJob) -> Source:
    return Source(
        bucket=job.bucket, key=job.key, version_id=job.version_id or "", etag=job.etag or ""
    )
