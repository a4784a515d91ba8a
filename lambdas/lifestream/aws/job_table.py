"""One row a job. Every write is conditional: within an attempt a terminal status is final,
and a late writer of an earlier attempt changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict

from lifestream.domain.job import (
    TERMINAL_STATUSES,
    Failure,
    JobStatus,
    ProcessingJob,
)
from lifestream.step_names import Step

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RECENT_INDEX = "recent"
ALL_JOBS = "job"
TERMINAL = sorted(TERMINAL_STATUSES)
REDRIVABLE = sorted(TERMINAL_STATUSES - {JobStatus.SUCCEEDED})


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
    job: ProcessingJob


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

    def enter(self, job: ProcessingJob, step: Step, status: JobStatus) -> None:
        """A step begins. A job that ended meanwhile (cancelled, timed out) keeps its status."""
        self._update(job, {"status": status, "current_step": step})

    def finish(self, job: ProcessingJob, status: JobStatus, *, results_prefix: str) -> None:
        self._update(job, {"status": status, "results_prefix": results_prefix})

    def fail(
        self, job: ProcessingJob, status: JobStatus, failure: Failure, results_prefix: str | None
    ) -> None:
        changes: dict[str, Any] = {"status": status, "failure": failure.model_dump(mode="json")}
        self._update(job, changes | ({"results_prefix": results_prefix} if results_prefix else {}))

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

    def starting_with(self, prefix: str) -> list[JobRecord]:
        """For people who type the first characters of a job id."""
        found: list[JobRecord] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._table.scan(FilterExpression=Attr("job_id").begins_with(prefix), **page)
            found += [JobRecord.model_validate(_plain(item)) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            page = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _put(self, job: ProcessingJob, condition: ConditionBase) -> bool:
        item: dict[str, Any] = {
            "kind": ALL_JOBS,
            "job_id": job.job_id,
            "bucket": job.bucket,
            "key": job.key,
            "status": JobStatus.QUEUED,
            "attempt": job.attempt,
            "submitted_at": job.submitted_at.astimezone(UTC).isoformat(),
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

    def _update(self, job: ProcessingJob, changes: dict[str, Any]) -> None:
        changes = changes | {"updated_at": _now()}
        names = {f"#{i}": name for i, name in enumerate(changes)}
        values = {f":{i}": value for i, value in enumerate(changes.values())}
        assignments = ", ".join(f"#{i} = :{i}" for i in range(len(changes)))
        is_current = Attr("attempt").eq(job.attempt) & ~Attr("status").is_in(TERMINAL)
        try:
            self._table.update_item(
                Key={"job_id": job.job_id},
                UpdateExpression=f"SET {assignments}",
                ConditionExpression=is_current,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if not _is_refused(error):
                raise


def _is_refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _plain(value: Any) -> Any:  # DynamoDB's numbers are Decimals, at any depth
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if hasattr(value, "as_integer_ratio") and value == int(value) else value
