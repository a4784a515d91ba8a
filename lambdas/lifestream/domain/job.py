"""A job is one version of one uploaded video: its identity, status and failure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field, field_validator, model_validator

from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import RESULTS, UPLOADS
from lifestream.domain.causes import MAX_CAUSE_CHARACTERS
from lifestream.domain.options import JobOptions

MAX_METADATA_CHARACTERS = 2_000
SHORT_ID_CHARACTERS = 8
MAX_NAME_BYTES = 960
MAX_KEY_BYTES = 1_024
MAX_OBJECT_BYTES = 50 * 1024**4
"""The limits of S3. https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html"""
MAX_ATTEMPTS = 9_999_999
"""The name of an execution has room for seven digits."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""The date in AWS's own examples."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MAX_SLUG_CHARACTERS = 38
HOW_TO_REDRIVE = (
    "Move this message to the ingest queue (SQS console: Start DLQ redrive, with the ingest queue "
    "as custom destination), or run: lifestream redrive {job_id}"
)


class JobStatus(StrEnum):
    QUEUED = "QUEUED"
    INSPECTING = "INSPECTING"
    EXTRACTING = "EXTRACTING"
    WAITING_FOR_GPU = "WAITING_FOR_GPU"
    TRANSCRIBING = "TRANSCRIBING"
    SUMMARIZING = "SUMMARIZING"
    INDEXING = "INDEXING"
    PUBLISHING = "PUBLISHING"
    SUCCEEDED = "SUCCEEDED"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_STATUSES


TERMINAL_STATUSES = frozenset(
    {JobStatus.SUCCEEDED, JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED}
)


class Failure(Frozen):
    """Why a job is in the dead-letter queue, and how to redrive it."""

    step: str
    error: str
    cause: str = Field(max_length=MAX_CAUSE_CHARACTERS)
    advice: str
    attempt: int
    execution_arn: str
    failed_at: datetime
    how_to_redrive: str

    @classmethod
    def of_attempt(cls, job: ProcessingJob, **why: Any) -> Self:
        """Return the failure of the job's attempt, with the instructions to redrive it."""
        how = HOW_TO_REDRIVE.format(job_id=job.job_id)
        return cls(attempt=job.attempt, how_to_redrive=how, **why)


class ProcessingJob(Frozen):
    """The message of both queues and the input of the state machine. Its JSON round trip is exact.

    `job_id` derives from bucket, key and version. So the same upload seen ten times is one job, and
    no message can combine the id of one upload with the key of another. `sequencer` replaces the
    version of an object that has none.
    """

    schema_version: Literal["1"] = "1"
    job_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    bucket: str = Field(min_length=3, max_length=63)
    key: str
    version_id: str | None = Field(default=None, max_length=1_024)
    etag: str | None = Field(default=None, max_length=200)
    sequencer: str | None = Field(default=None, max_length=200)
    size: int | None = Field(default=None, ge=0, le=MAX_OBJECT_BYTES)
    options: JobOptions = Field(default_factory=JobOptions, json_schema_extra={"default": {}})
    metadata: dict[str, str] = Field(default_factory=dict)
    submitted_at: AwareDatetime = Field(ge=EARLIEST, lt=LATEST)
    attempt: int = Field(default=1, ge=1, le=MAX_ATTEMPTS)
    status: JobStatus = JobStatus.QUEUED
    failure: Failure | None = None

    @field_validator("key")
    @classmethod
    def _key_is_an_upload(cls, key: str) -> str:
        if not key.startswith(UPLOADS) or len(key.encode()) > MAX_KEY_BYTES:
            raise ValueError(
                f"a video's key must begin with {UPLOADS} and have at most {MAX_KEY_BYTES} bytes"
            )
        return key

    @model_validator(mode="after")
    def _job_id_fits_the_object(self) -> Self:
        version = self.version_id or f"{self.etag}:{self.sequencer}"
        if self.job_id != derive_job_id(self.bucket, self.key, version):
            raise ValueError("job_id is not the id of this bucket, key and version")
        return self

    @model_validator(mode="after")
    def _metadata_is_small(self) -> Self:
        if sum(len(name) + len(value) for name, value in self.metadata.items()) > (
            MAX_METADATA_CHARACTERS
        ):
            raise ValueError(f"the metadata exceeds {MAX_METADATA_CHARACTERS} characters")
        return self

    @classmethod
    def for_upload(  # noqa: PLR0913  # one argument per fact that S3 reports about an object
        cls,
        *,
        bucket: str,
        key: str,
        version_id: str | None,
        etag: str | None = None,
        sequencer: str | None = None,
        size: int | None = None,
        options: JobOptions | None = None,
        submitted_at: datetime | None = None,
    ) -> Self:
        version = version_id if version_id not in (None, "", "null") else None
        return cls(
            job_id=derive_job_id(bucket, key, version or f"{etag}:{sequencer}"),
            bucket=bucket,
            key=key,
            version_id=version,
            etag=etag,
            sequencer=None if version else sequencer,
            size=size,
            options=options or JobOptions(),
            submitted_at=submitted_at or datetime.now(UTC),
        )

    @property
    def short_id(self) -> str:
        return self.job_id[:SHORT_ID_CHARACTERS]

    @property
    def execution_name(self) -> str:
        """The execution's name in the Step Functions console, such as `team-meeting-975860ac…`.

        It is derived from the job, so that a second start is refused, and holds the whole id, so
        that no two jobs share a name.
        """
        attempt = "" if self.attempt == 1 else f"-{self.attempt}"
        return f"{_slug(PurePosixPath(self.key).stem)}-{self.job_id}{attempt}"

    @property
    def results_prefix(self) -> str:
        """Where the results go: `results/team/talk.<job id>/` for `uploads/team/talk.mp4`.

        It holds the whole id, so that no upload can overwrite the results of another. A very long
        name is cut, because a key has 1,024 bytes at most.
        """
        path = PurePosixPath(self.key.removeprefix(UPLOADS))
        name = str(path.with_suffix("") if path.suffix else path)
        fitting = name.encode()[:MAX_NAME_BYTES].decode(errors="ignore")
        return f"{RESULTS}{fitting}.{self.job_id}/"

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.key).name

    def for_redrive(self) -> Self:
        """Return the next attempt of a job that came back from the dead-letter queue.

        Raises ValueError if no attempt number is left.
        """
        again = {"attempt": self.attempt + 1, "failure": None, "status": JobStatus.QUEUED}
        return self.model_validate({**dict(self), **again})


def job_id_in(name: str) -> str | None:
    """Return the job id in the name of an execution; a job id is its own."""
    found = re.search(r"(?:^|-)([0-9a-f]{32})(?:-\d+)?$", name)
    return found[1] if found else None


def _slug(name: str) -> str:
    """Return the name in ASCII letters and digits, which CloudWatch requires in execution names.

    Of at most 80 characters, the job id takes 32 and the attempt 8.
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
    return words[:MAX_SLUG_CHARACTERS].rstrip("-") or "video"


def derive_job_id(bucket: str, key: str, version: str) -> str:
    return hashlib.sha256(f"{bucket}\n{key}\n{version}".encode()).hexdigest()[:32]
