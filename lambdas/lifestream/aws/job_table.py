"""Keep one row per job in DynamoDB.

Every write is conditional: within an attempt a terminal status is final, and a late writer of an
earlier attempt changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

from lifestream.aws.job_attributes import ERASED_AT
from lifestream.aws.job_rows import ALL_JOBS, plain, row_of, stored, timestamp, timestamp_now
from lifestream.domain.job import TERMINAL_STATUSES, Failure, JobStatus, ProcessingJob
from lifestream.domain.job_cost import JobCost
from lifestream.domain.job_list import JobFilter, JobPage, ListedJob, Order, Position
from lifestream.domain.job_record import EVENT_PUBLISHED, HOLD, JobRecord
from lifestream.domain.options import JobOptions
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.progress import Progress
from lifestream.step_names import Step

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RECENT_INDEX = "recent"
TERMINAL = sorted(TERMINAL_STATUSES)
ANY_JOB = JobFilter()
EXAMINED = 1_000
"""How many jobs one page of a filtered list reads: about a megabyte."""
Row = TypeVar("Row", JobRecord, ListedJob)
REDRIVABLE = sorted(TERMINAL_STATUSES - {JobStatus.SUCCEEDED})


class Before(NamedTuple):
    """The status that a row had before, and for how many seconds. None stands for a missing row."""

    status: str | None
    seconds: float


class JobTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def accept(self, job: ProcessingJob) -> bool:
        """Write the row of a new attempt. Return True if the attempt should be started.

        An attempt should be started if the job is new, if it is a redrive of a job that ended
        without success, or if it was accepted before and may not have been started.
        """
        is_new = Attr("job_id").not_exists()
        is_redrive = Attr("attempt").lt(job.attempt) & Attr("status").is_in(REDRIVABLE)
        hold = self._item(job.job_id).get(HOLD) if job.attempt > 1 else None
        is_same_hold = Attr(HOLD).eq(hold) if hold else Attr(HOLD).not_exists()
        row = row_of(job) | ({HOLD: hold} if hold else {})
        if self._put(row, is_new | (is_redrive & is_same_hold)):
            return True
        record = self.find(job.job_id)
        return bool(record and record.attempt == job.attempt and not record.status.is_terminal)

    def postpone(self, job: ProcessingJob, why: str) -> None:
        """Record why the job does not start yet."""
        self._update(job, {"wait_reason": why})

    def note_admitted(self, job: ProcessingJob) -> None:
        """Record that the job may start today."""
        self._update(job, {"admitted_at": timestamp_now(), "wait_reason": None})

    def enter(self, job: ProcessingJob, step: Step, status: JobStatus) -> Before | None:
        """Record that a step begins, and the duration once it is known.

        Return None if the step must not work: the job has ended meanwhile (cancelled, aborted) or
        was erased, or a later attempt runs. A deleted row stops no step.
        """
        now = timestamp_now()
        changes: dict[str, Any] = {"status": status, "current_step": step, "progress": None}
        if (duration := getattr(job, "duration_seconds", None)) is not None:
            changes["duration_seconds"] = duration
        before = self._update(job, changes, now)
        if before is None:
            return None
        changed = datetime.fromisoformat(before.get("updated_at", now))
        seconds = (datetime.fromisoformat(now) - changed).total_seconds()
        return Before(before.get("status"), max(seconds, 0.0))

    def show_progress(self, job: ProcessingJob, progress: Progress) -> None:
        """Record the progress of the step that runs. The next step clears it."""
        self._update(job, {"progress": progress})

    def note_options(self, job: ProcessingJob, options: JobOptions) -> None:
        """Record the options that came with the upload, for people who look at the job."""
        self._update(job, {"upload_options": options.model_dump(exclude_defaults=True)})

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

    def erase(self, job_id: str, *, attempt: int | None = None) -> bool:
        """Replace the row by one that holds the id only, and that no attempt can replace.

        Return False if the job is on hold, or if the row has another attempt than the given one.
        """
        row: dict[str, Any] = {"job_id": job_id, ERASED_AT: timestamp_now()}
        is_free = Attr(HOLD).not_exists()
        return self._put(row, is_free & Attr("attempt").eq(attempt) if attempt else is_free)

    def is_erased(self, job_id: str) -> bool:
        return ERASED_AT in self._item(job_id)

    def note_event_published(self, record: JobRecord, cost: JobCost) -> bool:
        """Note that the event was published, and what the job has cost by then.

        Return False if that is noted already. A redrive writes the row again, without both.
        """
        changes = {EVENT_PUBLISHED: True, "cost": cost}
        return self.change(record, changes, Attr(EVENT_PUBLISHED).not_exists())

    def change(
        self, record: JobRecord, changes: dict[str, Any], condition: ConditionBase | None = None
    ) -> bool:
        """Set attributes of this attempt; None removes one.

        Return False if the condition fails or another attempt runs.
        """
        is_attempt = Attr("attempt").eq(record.attempt)
        is_allowed = condition & is_attempt if condition else is_attempt
        return self._set(record.job_id, changes, is_allowed) is not None

    def find(self, job_id: str) -> JobRecord | None:
        """Return the job, or None if there is no such job or it was erased."""
        item = self._item(job_id)
        is_known = bool(item) and ERASED_AT not in item
        return JobRecord.model_validate(plain(item)) if is_known else None

    def recent(self, limit: int) -> list[JobRecord]:
        """Return at most `limit` jobs, newest first."""
        return list(islice(self._submitted(limit), limit))

    def page(
        self,
        limit: int,
        wanted: JobFilter = ANY_JOB,
        *,
        after: Position | None = None,
        order: Order = Order.NEWEST,
    ) -> JobPage:
        """Return at most `limit` jobs that are wanted, in the order in which they were submitted.

        With a filter, at most `EXAMINED` jobs are read, so a page may have fewer jobs, or none,
        although there is a following one.
        """
        if wanted == ANY_JOB:
            records = tuple(islice(self._submitted(limit + 1, after, order), limit + 1))
            is_last = len(records) <= limit
            following = None if is_last else Position.of(records[limit - 1])
            return JobPage(records=records[:limit], following=following)
        found: list[str] = []
        last = after
        for examined, job in enumerate(self._listed(after, order)):
            if len(found) == limit or examined == EXAMINED:
                return JobPage(records=self._rows(found), following=last)
            last = Position.of(job)
            if wanted.matches(job):
                found.append(job.job_id)
        return JobPage(records=self._rows(found), following=None)

    def _rows(self, job_ids: Sequence[str]) -> tuple[JobRecord, ...]:
        return tuple(filter(None, map(self.find, job_ids)))

    def _submitted(
        self, page_size: int, after: Position | None = None, order: Order = Order.NEWEST
    ) -> Iterator[JobRecord]:
        yield from _items(self._table.query, JobRecord, **_query(page_size, after, order))

    def _listed(self, after: Position | None, order: Order) -> Iterator[ListedJob]:
        """Yield what a filter needs: a tenth of the rows."""
        names = {f"#{name}": name for name in ListedJob.model_fields}
        yield from _items(
            self._table.query,
            ListedJob,
            **_query(EXAMINED, after, order),
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
        )

    def since(self, moment: datetime) -> Iterator[JobRecord]:
        """Yield every job submitted at or after `moment`, newest first."""
        condition = Key("kind").eq(ALL_JOBS) & Key("submitted_at").gte(timestamp(moment))
        yield from _items(
            self._table.query,
            JobRecord,
            IndexName=RECENT_INDEX,
            KeyConditionExpression=condition,
            ScanIndexForward=False,
        )

    def starting_with(self, prefix: str) -> list[JobRecord]:
        """Return the jobs whose id starts with the characters that a person typed."""
        condition = Attr("job_id").begins_with(prefix) & Attr(ERASED_AT).not_exists()
        return list(_items(self._table.scan, JobRecord, FilterExpression=condition))

    def _item(self, job_id: str) -> dict[str, Any]:
        answer = self._table.get_item(Key={"job_id": job_id}, ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _put(self, row: dict[str, Any], condition: ConditionBase) -> bool:
        try:
            self._table.put_item(Item=row, ConditionExpression=condition)
        except ClientError as error:
            if not _is_refused(error):
                raise
            return False
        return True

    def _update(
        self, job: ProcessingJob, changes: dict[str, Any], now: str | None = None
    ) -> dict[str, Any] | None:
        is_current = Attr("attempt").eq(job.attempt) & ~Attr("status").is_in(TERMINAL)
        return self._set(job.job_id, changes | {"updated_at": now or timestamp_now()}, is_current)

    def _set(
        self, job_id: str, changes: dict[str, Any], condition: ConditionBase
    ) -> dict[str, Any] | None:
        """Set attributes; None removes one.

        Return what they were before, or None if the row exists and the condition fails.
        """
        sets = {name: value for name, value in changes.items() if value is not None}
        removes = [name for name, value in changes.items() if value is None]
        expression = ", ".join(f"#{name} = :{name}" for name in sets)
        expression = f"SET {expression}" if sets else ""
        expression += f" REMOVE {', '.join(f'#{name}' for name in removes)}" if removes else ""
        values = {"ExpressionAttributeValues": {f":{n}": stored(v) for n, v in sets.items()}}
        try:
            answer = self._table.update_item(
                Key={"job_id": job_id},
                UpdateExpression=expression.strip(),
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in changes},
                ReturnValues="UPDATED_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **(values if sets else {}),  # type: ignore[arg-type]  # the stubs require every key
            )
        except ClientError as error:
            if not _is_refused(error):
                raise
            return None if "Item" in error.response else {}
        return answer.get("Attributes", {})


def _query(page_size: int, after: Position | None, order: Order) -> dict[str, Any]:
    """Return the query of all jobs."""
    request: dict[str, Any] = {
        "IndexName": RECENT_INDEX,
        "KeyConditionExpression": Key("kind").eq(ALL_JOBS),
        "ScanIndexForward": order is Order.OLDEST,
        "Limit": page_size,
    }
    if after:
        place = {"submitted_at": timestamp(after.submitted_at), "job_id": after.job_id}
        request["ExclusiveStartKey"] = {"kind": ALL_JOBS, **place}
    return request


def _items(read: Callable[..., Any], kind: type[Row], **request: Any) -> Iterator[Row]:
    """Yield the items of every page; the resource has no paginator."""
    while True:
        answer = read(**request)
        yield from (kind.model_validate(plain(item)) for item in answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _is_refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
