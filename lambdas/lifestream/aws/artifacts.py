"""What the steps leave in the bucket: `jobs/<job id>/<step>/<name>`, written whole.

S3 shows an object either entirely or not at all. A step writes its checkpoint last, so a
checkpoint with the right fingerprint means that everything before it is there.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from lifestream.aws.objects import is_missing
from lifestream.domain.base import Frozen
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


class Checkpoint(Frozen):
    """`facts` is what the step found out: small, and enough to go on without running it again.
    `artifacts`: name → ETag of what the step left, so that a checkpoint never stands for content
    that is gone or is not what was written."""

    schema_version: Literal["1"] = "1"
    fingerprint: str
    facts: dict[str, Any]
    artifacts: dict[str, str] = Field(default_factory=dict)


class ErrorReport(Frozen):
    """Why the container ended; the state machine itself only sees that it did."""

    schema_version: Literal["1"] = "1"
    attempt: int
    error: str
    message: str


class Artifacts:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def once(  # what it is, what it was made from, how, and what it leaves
        self,
        job_id: str,
        step: Step,
        made_from: str,
        work: Callable[[], Model],
        kind: type[Model],
        *,
        leaves: Sequence[str] = (),
    ) -> Model:
        """The facts of the step: from its checkpoint where the fingerprint `made_from` fits and
        what it `leaves` is there, else from `work`, after which it must be there."""
        if facts := self.facts(job_id, step, made_from, kind):
            return facts
        made = work()
        left = {name: self._etag(job_id, step, name) or "" for name in leaves}
        done = Checkpoint(fingerprint=made_from, facts=made.model_dump(mode="json"), artifacts=left)
        self.save(job_id, step, CHECKPOINT, done)
        return made

    def facts(self, job_id: str, step: Step, made_from: str, kind: type[Model]) -> Model | None:
        checkpoint = self._checkpoint(job_id, step, made_from)
        return kind.model_validate(checkpoint.facts) if checkpoint else None

    def has_checkpoint(self, job_id: str, step: Step, made_from: str) -> bool:
        return self._checkpoint(job_id, step, made_from) is not None

    def _checkpoint(self, job_id: str, step: Step, made_from: str) -> Checkpoint | None:
        checkpoint = self.find(job_id, step, CHECKPOINT, Checkpoint)
        if checkpoint is None or checkpoint.fingerprint != made_from:
            return None
        left = checkpoint.artifacts.items()
        is_whole = all(self._etag(job_id, step, name) == etag for name, etag in left)
        return checkpoint if is_whole else None

    def _etag(self, job_id: str, step: Step, name: str) -> str | None:
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
        """Of what a finished step left, for the steps that work on it: the same inputs need not
        lead to the same words on every GPU. Raises ArtifactMissingError."""
        checkpoint = self.load(job_id, step, CHECKPOINT, Checkpoint)
        return fingerprint(checkpoint.fingerprint, checkpoint.artifacts)

    def save(self, job_id: str, step: Step, name: str, model: BaseModel) -> None:
        self.put(
            artifact_key(job_id, step, name), model.model_dump_json().encode(), "application/json"
        )

    def transcript(self, job_id: str) -> Transcript:
        """Raises ArtifactMissingError."""
        return self.load(job_id, Step.TRANSCRIBE_SPEECH, TRANSCRIPT, Transcript)

    def diagnostics(self, job_id: str) -> Diagnostics:
        """Raises ArtifactMissingError."""
        return self.load(job_id, Step.TRANSCRIBE_SPEECH, DIAGNOSTICS, Diagnostics)

    def load(self, job_id: str, step: Step, name: str, kind: type[Model]) -> Model:
        """Raises ArtifactMissingError."""
        model = self.find(job_id, step, name, kind)
        if model is None:
            raise ArtifactMissingError(f"{step} left no readable {name}")
        return model

    def find(self, job_id: str, step: Step, name: str, kind: type[Model]) -> Model | None:
        """None where it does not exist, or was written by a version we cannot read."""
        from botocore.exceptions import ClientError

        key = artifact_key(job_id, step, name)
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if not is_missing(self._s3, self._bucket, key, error):
                raise
            return None
        try:
            with collecting_no_garbage():
                return kind.model_validate_json(answer["Body"].read())
        except ValidationError:
            return None

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def upload(self, job_id: str, step: Step, name: str, file: BinaryIO) -> None:
        """The whole file, which may have no name. It is closed afterwards."""
        file.seek(0)
        self._s3.upload_fileobj(file, self._bucket, artifact_key(job_id, step, name))

    def download(self, job_id: str, step: Step, name: str, path: Path) -> None:
        """Raises ArtifactMissingError."""
        from botocore.exceptions import ClientError

        key = artifact_key(job_id, step, name)
        try:
            self._s3.download_file(self._bucket, key, str(path))
        except ClientError as error:
            if not is_missing(self._s3, self._bucket, key, error):
                raise
            raise ArtifactMissingError(f"{step} left no {name}") from error


@contextmanager
def collecting_no_garbage() -> Iterator[None]:
    """Parsing makes only objects that stay: looking for garbage among those of a long
    transcript takes twice as long as parsing it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def inspected_job(attempt: int) -> str:
    """The name of what InspectVideo leaves for the container: one per attempt, so that a late
    writer of an earlier one changes nothing."""
    return f"job-{attempt}.json"


def artifact_key(job_id: str, step: Step, name: str) -> str:
    return f"jobs/{job_id}/{step}/{name}"
