"""Wait for the next change of a job: a long poll.

The function reads the job's row every second. DynamoDB could report a change to another function,
but not to the one that holds the request. Server-sent events would need a connection that stays
open, and an HTTP API closes it after 30 seconds.
"""

from __future__ import annotations

import time
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream.api.jobs import JobId, found
from lifestream.rest.jobs import Job, JobChange
from lifestream.rest.moments import Moment

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
LONGEST_WAIT_SECONDS = 20
POLL_SECONDS = 1.0


@router.get("/v1/jobs/<job_id>/events", description="Wait until a job has changed, or has ended.")
def wait_for_change(
    job_id: JobId,
    after: Annotated[
        Moment | None, Query(description="The `updated_at` that the client knows.")
    ] = None,
    wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT_SECONDS, description="Seconds.")] = 10,
) -> JobChange:
    until = time.monotonic() + wait
    while True:
        record = found(job_id)
        is_changed = record.updated_at != after
        if is_changed or record.status.is_terminal or time.monotonic() >= until:
            return JobChange(job=Job.of(record), is_changed=is_changed)
        time.sleep(POLL_SECONDS)
