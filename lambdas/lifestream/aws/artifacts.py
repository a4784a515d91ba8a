"""What the steps leave in the bucket: `jobs/<job id>/<step>/<name>`, written whole.

S3 shows an object either entirely or not at all. A step writes its checkpoint last, so a
checkpoint with the right fingerprint means that everything before it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from lifestream.domain.job import Frozen
from lifestream.domain.transcript import Transcript
from lifestream.errors import ArtifactMissingError
from lifestream.step_names import Step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AUDIO = "audio.flac"
TRANSCRIPT = "transcript.json"
SUMMARY = "summary.json"
CHECKPOINT = "checkpoint.json"
ERROR_REPORT = "error.json"
Model = TypeVar("Model", bound=BaseModel)


class Checkpoint(Frozen):
    """`facts` is what the step found out: small, and enough to go on without running it again."""

    schema_version: Literal["1"] = "1"
    fingerprint: str
    facts: dict[str, Any]


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

    def once(
        self,
        job_id: str,
        step: Step,
        fingerprint: str,
        work: Callable[[], Model],
        kind: type[Model],
    ) -> Model:
        """The facts of the step: from its checkpoint where the fingerprint fits, else from
        `work`, whose artifacts must be in place when it returns."""
        if facts := self.facts(job_id, step, fingerprint, kind):
            return facts
        made = work()
        done = Checkpoint(fingerprint=fingerprint, facts=made.model_dump(mode="json"))
        self.save(job_id, step, CHECKPOINT, done)
        return made

    def facts(self, job_id: str, step: Step, fingerprint: str, kind: type[Model]) -> Model | None:
        checkpoint = self._checkpoint(job_id, step, fingerprint)
        return kind.model_validate(checkpoint.facts) if checkpoint else None

    def has_checkpoint(self, job_id: str, step: Step, fingerprint: str) -> bool:
        return self._checkpoint(job_id, step, fingerprint) is not None

    def _checkpoint(self, job_id: str, step: Step, fingerprint: str) -> Checkpoint | None:
        checkpoint = self.find(job_id, step, CHECKPOINT, Checkpoint)
        return checkpoint if checkpoint and checkpoint.fingerprint == fingerprint else None

    def fingerprint(self, job_id: str, step: Step) -> str:
        """Of a step that has finished. Raises ArtifactMissingError."""
        return self.load(job_id, step, CHECKPOINT, Checkpoint).fingerprint

    def save(self, job_id: str, step: Step, name: str, model: BaseModel) -> None:
        self.put(
            artifact_key(job_id, step, name), model.model_dump_json().encode(), "application/json"
        )

    def transcript(self, job_id: str) -> Transcript:
        """Raises ArtifactMissingError."""
        return self.load(job_id, Step.TRANSCRIBE_SPEECH, TRANSCRIPT, Transcript)

    def load(self, job_id: str, step: Step, name: str, kind: type[Model]) -> Model:
        """Raises ArtifactMissingError."""
        model = self.find(job_id, step, name, kind)
        if model is None:
            raise ArtifactMissingError(f"{step} left no readable {name}")
        return model

    def find(self, job_id: str, step: Step, name: str, kind: type[Model]) -> Model | None:
        """None where it does not exist, or was written by a version we cannot read."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=artifact_key(job_id, step, name))
        except self._s3.exceptions.NoSuchKey:
            return None
        try:
            return kind.model_validate_json(answer["Body"].read())
        except ValidationError:
            return None

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def upload(self, job_id: str, step: Step, name: str, path: Path) -> None:
        self._s3.upload_file(str(path), self._bucket, artifact_key(job_id, step, name))

    def download(self, job_id: str, step: Step, name: str, path: Path) -> None:
        """Raises ArtifactMissingError."""
        from botocore.exceptions import ClientError

        key = artifact_key(job_id, step, name)
        try:
            self._s3.download_file(self._bucket, key, str(path))
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
                raise
            raise ArtifactMissingError(f"{step} left no {name}") from error


def artifact_key(job_id: str, step: Step, name: str) -> str:
    return f"jobs/{job_id}/{step}/{name}"
