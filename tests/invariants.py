"""The eight guarantees (docs/reliability.md), read from public state alone: bucket, rows, queues,
index, executions, logs.

I1  every accepted upload ends SUCCEEDED or PARTIAL with readable, valid results, or FAILED
I2  FAILED or PARTIAL means exactly one DLQ message, which is enough to run the job again
I3  SUCCEEDED means none
I4  the index holds exactly the passages that it should
I5  no finished step is paid for again
I6  one execution per upload and attempt
I7  no log contains a secret or spoken words
I8  a job's objects and row are about the job's own video, even if a message claimed otherwise
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from jsonschema_rs import Draft202012Validator
from pydantic import ValidationError

from lifestream.aws.job_table import JobTable
from lifestream.domain.chunks import chunks_of
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.job_record import JobRecord
from lifestream.domain.messages import parse_message
from lifestream.domain.transcript import Transcript
from lifestream.engines.vector_index import VectorIndex
from lifestream.errors import InvalidMessageError
from lifestream.step_names import Step

SCHEMAS = Path(__file__).parent.parent / "docs" / "schemas"
WITH_RESULTS = (JobStatus.SUCCEEDED, JobStatus.PARTIAL)
_VALID: set[tuple[str, str]] = set()
"""(schema name, digest) of each content that was validated already."""
UNSUCCESSFUL = (JobStatus.FAILED, JobStatus.PARTIAL)


class Objects(Protocol):
    def read(self, key: str) -> bytes:
        """Return the newest version. Raises KeyError."""

    def below(self, prefix: str) -> list[str]:
        """Return the keys with the prefix."""


@dataclass(frozen=True)
class PublicState:
    """What a user with read access can see. `dlq_messages`: bodies; `executions`: names."""

    objects: Objects
    bucket: str
    jobs: JobTable
    index: VectorIndex
    dlq_messages: Collection[str]
    executions: Collection[str]
    log: Iterable[str] = ()


def check(
    state: PublicState,
    uploads: Iterable[ProcessingJob],
    *,
    superseded: Collection[str] = (),
    secrets: Collection[str] = (),
) -> None:
    """`uploads`: of a key, the newest last. `superseded`: ids of jobs whose video was overwritten
    since; their passages are there until the newest version is."""
    uploads = list(uploads)
    newest = {upload.key: upload.job_id for upload in uploads}
    dlq_messages = dlq_messages_by_job(state.dlq_messages)
    events = dead_events_by_job(state.dlq_messages, state.bucket)
    for upload in uploads:
        record = state.jobs.find(upload.job_id)
        if record is None or record.status == JobStatus.QUEUED:
            # Never started: then the event itself is dead, as it came, and is the one message.
            is_known = upload.job_id in superseded or events.get(upload.job_id, 0)
            assert is_known, f"I1: {upload.key} is lost"
            continue
        assert record.status.is_terminal, f"I1: {record.key} is still {record.status}"
        check_dlq_messages(record, dlq_messages.get(upload.job_id, []))
        check_executions(record, state.executions)
        if record.status in WITH_RESULTS:
            check_results(state, record)
        if upload.job_id not in superseded:
            check_index(state, record)
        elif _has_succeeded(state, newest[upload.key]):
            assert not state.index.ids(upload.job_id), f"I4: an old {upload.key} is found"
    check_owners(state)
    for line in state.log:
        for secret in secrets:
            assert secret.lower() not in line.lower(), f"I7: the log says {secret!r}: {line}"


def check_dlq_messages(record: JobRecord, dlq_messages: list[ProcessingJob]) -> None:
    expected = 1 if record.status in UNSUCCESSFUL else 0
    assert len(dlq_messages) == expected, (
        f"I2/I3: {record.key} is {record.status} and has {len(dlq_messages)} DLQ messages"
    )
    for dlq_message in dlq_messages:
        failure = dlq_message.failure
        assert failure is not None, f"I2: the DLQ message of {record.key} says nothing"
        assert all((failure.step, failure.error, failure.advice, failure.execution_arn)), failure
        assert record.job_id in failure.how_to_redrive, failure
        assert dlq_message.attempt == failure.attempt == record.attempt, (
            f"I2: attempt of {record.key}"
        )
        [again] = parse_message(dlq_message.model_dump_json(), bucket=dlq_message.bucket).jobs
        same = ("job_id", "bucket", "key", "version_id", "options")
        assert all(getattr(again, name) == getattr(record.job, name) for name in same), "I2"


def check_executions(record: JobRecord, executions: Collection[str]) -> None:
    """Attempt 1 may never have run where the row was lost, so only the names are fixed."""
    ours = [name for name in executions if record.job_id in name]
    attempts = [record.job.model_copy(update={"attempt": n + 1}) for n in range(record.attempt)]
    allowed = {job.execution_name for job in attempts}
    assert set(ours) <= allowed, f"I6: {record.key} has executions {ours}"
    assert len(ours) == len(set(ours)) <= record.attempt, f"I6: {record.key} has {ours}"


def check_results(state: PublicState, record: JobRecord) -> None:
    assert record.results_prefix, f"I1: {record.key} has no results"
    manifest = json.loads(state.objects.read(f"{record.results_prefix}manifest.json"))
    assert manifest["status"] == record.status, f"I1: manifest of {record.key}"
    for name in (*manifest["files"], "manifest.json"):
        body = state.objects.read(f"{record.results_prefix}{name}")
        if name.endswith(".json"):
            _check_schema(name.removesuffix(".json"), body)


def check_index(state: PublicState, record: JobRecord) -> None:
    found, expected = state.index.ids(record.job_id), _expected_ids(state, record)
    is_complete = record.status == JobStatus.SUCCEEDED
    assert found == expected if is_complete else found <= expected, (
        f"I4: {record.key} ({record.status}) has {sorted(found)}, not {sorted(expected)}"
    )


def check_owners(state: PublicState) -> None:
    """Every id is derived again from what is stored about the video.

    S3 names no version if a bucket keeps none. Then an id rests on the sequencer of the upload,
    which only the row has.
    """
    sequencers: dict[str, str | None] = {}
    for record in state.jobs.since(datetime.min.replace(tzinfo=UTC)):
        stored = record.job
        sequencers[stored.results_prefix] = stored.sequencer
        assert (record.job_id, record.bucket, record.key) == (
            (stored.job_id, stored.bucket, stored.key)
        ), f"I8: the row of {record.job_id} is about {stored.key}"
    for key in state.objects.below("jobs/"):
        if re.fullmatch(r"job-\d+\.json", PurePosixPath(key).name):
            found = ProcessingJob.model_validate(_described(state, key))
            assert found.job_id == key.split("/")[1], f"I8: {key} is about {found.key}"
    for key in state.objects.below("results/"):
        if key.endswith("/manifest.json"):
            video = _described(state, key, "source")
            sequencer = sequencers.get(key.removesuffix("manifest.json"))
            about = ProcessingJob.for_upload(**video, sequencer=sequencer)
            assert key == f"{about.results_prefix}manifest.json", f"I8: {key} is about {video}"


def check_paid_once(paid: Mapping[str, int], *, repeats: int = 0) -> None:
    """`repeats`: how often a process crashed between a paid call and its checkpoint."""
    extra = sum(count - 1 for count in paid.values())
    assert extra <= repeats, f"I5: {extra} calls were paid twice, {repeats} may have been"


def dlq_messages_by_job(bodies: Iterable[str]) -> dict[str, list[ProcessingJob]]:
    dlq_messages: dict[str, list[ProcessingJob]] = {}
    for job in filter(None, map(_dlq_message_in, bodies)):
        dlq_messages.setdefault(job.job_id, []).append(job)
    return dlq_messages


def dead_events_by_job(bodies: Iterable[str], bucket: str) -> Counter[str]:
    """Events that the dispatcher failed on three times. Their uploads may have been started anyway:
    then the event is in the DLQ and the job runs."""
    return Counter(
        job.job_id
        for body in bodies
        if not _dlq_message_in(body)
        for job in _published(body, bucket)
    )


def amplification(executions: Iterable[str], uploads: Collection[ProcessingJob]) -> float:
    """Return the number of executions per upload, counting only first attempts."""
    ids = tuple(upload.job_id for upload in uploads)
    return sum(name.endswith(ids) for name in executions) / len(uploads)


def _dlq_message_in(body: str) -> ProcessingJob | None:
    try:
        job = ProcessingJob.model_validate_json(body)
    except ValidationError:
        return None
    return job if job.failure else None


def _published(body: str, bucket: str) -> list[ProcessingJob]:
    try:
        return parse_message(body, bucket=bucket).jobs
    except InvalidMessageError:
        return []


def _has_succeeded(state: PublicState, job_id: str) -> bool:
    record = state.jobs.find(job_id)
    return record is not None and record.status == JobStatus.SUCCEEDED


def _expected_ids(state: PublicState, record: JobRecord) -> set[str]:
    """Return the passage ids of the published transcript or, without one, of the last artifact."""
    if "index" in {part.part for part in record.switched_off}:
        return set()
    key = f"jobs/{record.job_id}/{Step.TRANSCRIBE_SPEECH}/transcript.json"
    if record.results_prefix:
        key = f"{record.results_prefix}transcript.json"
    try:
        transcript = Transcript.model_validate_json(state.objects.read(key))
    except KeyError:
        return set()
    return {chunk.id for chunk in chunks_of(transcript)}


def _described(state: PublicState, key: str, *path: str) -> dict[str, Any]:
    """Return what the JSON object says about a video, reduced to the fields of a job."""
    found = json.loads(state.objects.read(key))
    for name in path:
        found = found[name]
    return {name: value for name, value in found.items() if name in ProcessingJob.model_fields}


def _check_schema(name: str, body: bytes) -> None:
    """Check each content once: many jobs leave the same files."""
    content = name, sha256(body).hexdigest()
    if content not in _VALID:
        _schema(name).validate(json.loads(body))
        _VALID.add(content)


@cache
def _schema(name: str) -> Any:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text()))
