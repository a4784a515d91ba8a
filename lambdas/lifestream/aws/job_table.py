"""One row a job. Every write is conditional: within an attempt a terminal status is final,
and a late writer of an earlier attempt changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict

from lifestream.domain.job import TERMINAL_STATUSES, Failure, JobStatus, ProcessingJob
from lifestream.domain.progress import Progress
from lifestream.domain.step_payloads import SwitchedOff
from lifestream.step_names import Step

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RECENT_INDEX = "recent"
ALL_JOBS = "job"
TERMINAL = sorted(TERMINAL_STATUSES)
REDRIVABLE = sorted(TERMINAL_STATUSES - {JobStatus.SUCCEEDED})
UNSUCCESSFUL = (JobStatus.FAILED, JobStatus.PARTIAL)


class Letter(BaseModel):
    """What is known about an attempt's dead letter, where not the state machine sent it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    attempt: int
    state: Literal["sending", "sent"]
    at: datetime


class JobRecord(BaseModel):
    """A job as its row shows it. Unknown attributes of newer versions are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    bucket: str
    key: str
    status: JobStatus
    current_step: str | None = None
    attempt: int
    submitted_at: datetime
    updated_at: datetime
    failure: Failure | None = None
    results_prefix: str | None = None
    switched_off: tuple[SwitchedOff, ...] = ()
    letter: Letter | None = None
    is_announced: bool = False
    progress: Progress | None = None
    job: ProcessingJob

    @property
    def needs_letter(self) -> bool:
        """Its attempt ended without all results, and nobody has noted yet that the letter is
        in the queue."""
        is_noted = self.letter and (self.letter.attempt, self.letter.state) == (
            self.attempt,
            "sent",
        )
        return self.status in UNSUCCESSFUL and not is_noted

    @property
    def needs_announcement(self) -> bool:
        return self.status.is_terminal and not self.is_announced


ROW_ATTRIBUTES = frozenset(JobRecord.model_fields) | {"kind"}
WRITTEN_BY_A_STEP = frozenset(
    # The key and the condition of each write, then what it sets:
    {"job_id", "attempt", "status", "updated_at", "current_step", "progress"}
)
WRITTEN_BY_SUCCESS = WRITTEN_BY_A_STEP | {"results_prefix", "switched_off"}
WRITTEN_BY_FAILURE = WRITTEN_BY_A_STEP | {"results_prefix", "failure"}


class JobTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def accept(self, job: ProcessingJob) -> bool:
        """True where the job's attempt is to be started: it is new, it is a redrive of a job
        that ended without success, or it was accepted before and may not have been started."""
        is_new = Attr("job_id").not_exists()
        is_redrive = Attr("attempt").lt(job.attempt) & Attr("status").is_in(REDRIVABLE)
        if self._put(job, is_new | is_redrive):
            return True
        record = self.find(job.job_id)
        return bool(record and record.attempt == job.attempt and not record.status.is_terminal)

    def enter(self, job: ProcessingJob, step: Step, status: JobStatus) -> bool:
        """A step begins. False where the job has ended meanwhile (cancelled, aborted) or a later
        attempt runs: then the step must not work. A row that is gone stops nobody."""
        changes = {"status": status, "current_step": step, "progress": None}
        return self._update(job, changes)

    def show_progress(self, job: ProcessingJob, progress: Progress) -> None:
        """Of the step that runs; the next one begins without."""
        numbers = json.loads(progress.model_dump_json(), parse_float=Decimal)
        self._update(job, {"progress": numbers})

    def finish(
        self,
        job: ProcessingJob,
        status: JobStatus,
        *,
        results_prefix: str,
        switched_off: Sequence[SwitchedOff] = (),
    ) -> None:
        off = [part.model_dump() for part in switched_off]
        changes = {"status": status, "results_prefix": results_prefix, "switched_off": off or None}
        self._update(job, changes)

    def fail(
        self, job: ProcessingJob, status: JobStatus, failure: Failure, results_prefix: str | None
    ) -> None:
        changes: dict[str, Any] = {"status": status, "failure": failure.model_dump(mode="json")}
        self._update(job, changes | ({"results_prefix": results_prefix} if results_prefix else {}))

    def cancel(self, job: ProcessingJob) -> None:
        self._update(job, {"status": JobStatus.CANCELLED})

    @contextmanager
    def sending_letter(self, record: JobRecord, *, patience: timedelta) -> Iterator[bool]:
        """True for one of all that want to send this attempt's dead letter.

        An exception gives the claim back; a crash leaves it, and after `patience` it is void.
        """
        if not self._claim_letter(record, patience):
            yield False
            return
        try:
            yield True
        except Exception:
            self._note_letter(record, None)
            raise
        self._note_letter(record, "sent")

    def note_letter_sent(self, record: JobRecord) -> None:
        self._note_letter(record, "sent")

    def note_announced(self, record: JobRecord) -> None:
        """A redrive makes the row anew, without the note."""
        self._set(record.job_id, {"is_announced": True}, _is_attempt(record))

    def find(self, job_id: str) -> JobRecord | None:
        item = self._table.get_item(Key={"job_id": job_id}, ConsistentRead=True).get("Item")
        return JobRecord.model_validate(_plain(item)) if item else None

    def recent(self, limit: int) -> list[JobRecord]:
        """Newest first."""
        answer = self._table.query(
            IndexName=RECENT_INDEX,
            KeyConditionExpression=Key("kind").eq(ALL_JOBS),
            ScanIndexForward=False,
            Limit=limit,
        )
        return [JobRecord.model_validate(_plain(item)) for item in answer["Items"]]

    def since(self, moment: datetime) -> Iterator[JobRecord]:
        """Every job submitted at or after `moment`, newest first."""
        condition = Key("kind").eq(ALL_JOBS) & Key("submitted_at").gte(_text(moment))
        yield from _records(
            self._table.query,
            IndexName=RECENT_INDEX,
            KeyConditionExpression=condition,
            ScanIndexForward=False,
        )

    def starting_with(self, prefix: str) -> list[JobRecord]:
        """For people who type the first characters of a job id."""
        return list(_records(self._table.scan, FilterExpression=Attr("job_id").begins_with(prefix)))

    def _put(self, job: ProcessingJob, condition: ConditionBase) -> bool:
        item: dict[str, Any] = {
            "kind": ALL_JOBS,
            "job_id": job.job_id,
            "bucket": job.bucket,
            "key": job.key,
            "status": JobStatus.QUEUED,
            "attempt": job.attempt,
            "submitted_at": _text(job.submitted_at),
            "updated_at": _now(),
            "job": job.model_dump(mode="json"),
        }
        try:
            self._table.put_item(Item=item, ConditionExpression=condition)
        except ClientError as error:
            if not _is_refused(error):
                raise
            return False
        return True

    def _update(self, job: ProcessingJob, changes: dict[str, Any]) -> bool:
        is_current = Attr("attempt").eq(job.attempt) & ~Attr("status").is_in(TERMINAL)
        return self._set(job.job_id, changes | {"updated_at": _now()}, is_current)

    def _claim_letter(self, record: JobRecord, patience: timedelta) -> bool:
        now = datetime.now(UTC)
        claim = {"attempt": record.attempt, "state": "sending", "at": _text(now)}
        is_void = Attr("letter.state").eq("sending") & Attr("letter.at").lte(_text(now - patience))
        is_open = Attr("letter").not_exists() | Attr("letter.attempt").lt(record.attempt) | is_void
        return self._set(record.job_id, {"letter": claim}, is_open & _is_attempt(record))

    def _note_letter(self, record: JobRecord, state: Literal["sent"] | None) -> None:
        letter = {"attempt": record.attempt, "state": state, "at": _now()} if state else None
        self._set(record.job_id, {"letter": letter}, _is_attempt(record))

    def _set(self, job_id: str, changes: dict[str, Any], condition: ConditionBase) -> bool:
        """None removes an attribute. False where there is a row and the condition refuses."""
        sets = {name: value for name, value in changes.items() if value is not None}
        removes = [name for name, value in changes.items() if value is None]
        expression = ", ".join(f"#{name} = :{name}" for name in sets)
        expression = f"SET {expression}" if sets else ""
        expression += f" REMOVE {', '.join(f'#{name}' for name in removes)}" if removes else ""
        values = {"ExpressionAttributeValues": {f":{n}": v for n, v in sets.items()}}
        try:
            self._table.update_item(
                Key={"job_id": job_id},
                UpdateExpression=expression.strip(),
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in changes},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **(values if sets else {}),  # type: ignore[arg-type]  # the stubs want every key
            )
        except ClientError as error:
            if not _is_refused(error):
                raise
            return "Item" not in error.response
        return True


def _records(read: Callable[..., Any], **request: Any) -> Iterator[JobRecord]:
    """Of every page; the resource has no paginator."""
    answer = read(**request)
    while True:
        yield from (JobRecord.model_validate(_plain(item)) for item in answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        answer = read(**request, ExclusiveStartKey=answer["LastEvaluatedKey"])


def _is_attempt(record: JobRecord) -> ConditionBase:
    return Attr("attempt").eq(record.attempt)


def _is_refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    """Sorts like the moments themselves."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:  # DynamoDB's numbers are Decimals, at any depth
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if hasattr(value, "as_integer_ratio") and value == int(value) else value
