"""Store and load what the steps write to the bucket, as `jobs/<job id>/<step>/<name>`.

S3 shows an object either whole or not at all. A step writes its checkpoint last, so a checkpoint
with the right fingerprint means that all other artifacts of the step exist.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from lifestream.aws.objects import is_missing
from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import artifact_key
from lifestream.domain.fingerprints import fingerprint
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.transcript import Transcript
from lifestream.errors import ArtifactMissingError
from lifestream.step_names import Step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AUDIO = "audio.flac"
TRANSCRIPT = "transcript.json"
DIAGNOSTICS = "evidence.json"
SUMMARY = "summary.json"
CHECKPOINT = "checkpoint.json"
ERROR_REPORT = "error.json"
Model = TypeVar("Model", bound=BaseModel)


class CheckpointRecord(Frozen):
    """The stored form of a checkpoint.

    facts: the result of the step, small, and enough to go on without running the step again
    artifacts: name → ETag of every output, so that a checkpoint does not count if an output was
        deleted or changed
    """

    schema_version: Literal["1"] = "1"
    fingerprint: str
    facts: dict[str, Any]
    artifacts: dict[str, str] = Field(default_factory=dict)


class ErrorReport(Frozen):
    """Why the container failed. The state machine itself only sees that it did."""

    schema_version: Literal["1"] = "1"
    attempt: int
    error: str
    message: str


class Artifacts:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def checkpoint(self, job_id: str, step: Step, fingerprint: str) -> Checkpoint:
        """Return the checkpoint of a step for the inputs that `fingerprint` identifies."""
        return Checkpoint(self, job_id, step, fingerprint)

    def etag(self, job_id: str, step: Step, name: str) -> str | None:
        """Return the ETag of an artifact, or None if it does not exist."""
        from botocore.exceptions import ClientError

        key = artifact_key(job_id, step, name)
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if not is_missing(self._s3, self._bucket, key, error):
                raise
            return None
        return head["ETag"]

    def fingerprint(self, job_id: str, step: Step) -> str:
        """Return the fingerprint of what a finished step wrote, for the steps that build on it.

        It covers the outputs, because the same inputs can lead to different words on another GPU.
        Raises ArtifactMissingError.
        """
        record = self.load(job_id, step, CHECKPOINT, CheckpointRecord)
        return fingerprint(record.fingerprint, record.artifacts)

    def save(self, job_id: str, step: Step, name: str, model: BaseModel) -> None:
        self.put(
            artifact_key(job_id, step, name), model.model_dump_json().encode(), "application/json"
        )

    def transcript(self, job_id: str) -> Transcript:
        """Load the job's transcript. Raises ArtifactMissingError."""
        return self.load(job_id, Step.TRANSCRIBE_SPEECH, TRANSCRIPT, Transcript)

    def diagnostics(self, job_id: str) -> Diagnostics:
        """Load the job's diagnostics. Raises ArtifactMissingError."""
        return self.load(job_id, Step.TRANSCRIBE_SPEECH, DIAGNOSTICS, Diagnostics)

    def load(self, job_id: str, step: Step, name: str, kind: type[Model]) -> Model:
        """Load an artifact. Raises ArtifactMissingError if `find` returns None."""
        model = self.find(job_id, step, name, kind)
        if model is None:
            raise ArtifactMissingError(f"{step} left no readable {name}")
        return model

    def find(self, job_id: str, step: Step, name: str, kind: type[Model]) -> Model | None:
        """Return an artifact, or None if it does not exist or an incompatible version wrote it."""
        from botocore.exceptions import ClientError

        key = artifact_key(job_id, step, name)
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if not is_missing(self._s3, self._bucket, key, error):
                raise
            return None
        try:
            with garbage_collection_paused():
                return kind.model_validate_json(answer["Body"].read())
        except ValidationError:
            return None

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def upload(self, job_id: str, step: Step, name: str, file: BinaryIO) -> None:
        """Upload the whole file, which may have no name, and close it."""
        file.seek(0)
        self._s3.upload_fileobj(file, self._bucket, artifact_key(job_id, step, name))

    def download(self, job_id: str, step: Step, name: str, path: Path) -> None:
        """Download an artifact to `path`. Raises ArtifactMissingError."""
        from botocore.exceptions import ClientError

        key = artifact_key(job_id, step, name)
        try:
            self._s3.download_file(self._bucket, key, str(path))
        except ClientError as error:
            if not is_missing(self._s3, self._bucket, key, error):
                raise
            raise ArtifactMissingError(f"{step} left no {name}") from error


class Checkpoint:
    """Whether a step has finished its work on certain inputs, and with what result."""

    def __init__(self, artifacts: Artifacts, job_id: str, step: Step, fingerprint: str) -> None:
        self._artifacts = artifacts
        self._job_id = job_id
        self._step = step
        self._fingerprint = fingerprint

    @property
    def is_done(self) -> bool:
        return self._record() is not None

    def result(self, kind: type[Model]) -> Model | None:
        """Return what the step returned when it finished this work, or None if it has to do it.

        It has to do it again if the inputs differ, or if an output is missing or was changed.
        """
        record = self._record()
        return kind.model_validate(record.facts) if record else None

    def save(self, result: Model, *, outputs: Sequence[str] = ()) -> Model:
        """Record that the work is finished, and return its result.

        `outputs`: the names of the artifacts that the step wrote before.
        """
        etags = {
            name: self._artifacts.etag(self._job_id, self._step, name) or "" for name in outputs
        }
        facts = result.model_dump(mode="json")
        record = CheckpointRecord(fingerprint=self._fingerprint, facts=facts, artifacts=etags)
        self._artifacts.save(self._job_id, self._step, CHECKPOINT, record)
        return result

    def _record(self) -> CheckpointRecord | None:
        record = self._artifacts.find(self._job_id, self._step, CHECKPOINT, CheckpointRecord)
        if record is None or record.fingerprint != self._fingerprint:
            return None
        etags = record.artifacts.items()
        is_whole = all(
            self._artifacts.etag(self._job_id, self._step, name) == etag for name, etag in etags
        )
        return record if is_whole else None


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Pause the garbage collector while a long transcript is parsed.

    All parsed objects are kept, and searching them for garbage takes twice as long as parsing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def inspected_job(attempt: int) -> str:
    """Return the name of the job description that InspectVideo writes for the container.

    It contains the attempt, so that a late writer of an earlier attempt changes nothing.
    """
    return f"job-{attempt}.json"
