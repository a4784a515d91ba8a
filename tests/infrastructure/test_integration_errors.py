"""The errors of DynamoDB and SQS in Step Functions, as AWS documents them."""

from __future__ import annotations

from typing import Any

import pytest

from aws_documents import document
from infrastructure.failing import ends, error_of, retries, states_that_call
from lifestream.domain.job import JobStatus

ERRORS: list[dict[str, Any]] = document("integration_errors")["errors"]
IN_DYNAMODB = [example for example in ERRORS if example["service"] == "dynamodb"]
IN_SQS = [example for example in ERRORS if example["service"] == "sqs"]


@pytest.mark.parametrize("error", [e["error"] for e in IN_DYNAMODB if e["reaction"] == "retry"])
def test_a_transient_error_of_dynamodb_is_retried(error: str) -> None:
    tried = {name: retries(state, error) for name, state in states_that_call("dynamodb").items()}

    assert tried
    assert min(tried.values()) >= 4


@pytest.mark.parametrize("example", IN_SQS, ids=lambda example: example["error"])
def test_only_an_error_returned_by_sqs_is_retried(example: dict[str, Any]) -> None:
    """If only the response was lost, a retry would send a second DLQ message."""
    [state] = states_that_call("sqs").values()

    assert (retries(state, example["error"]) > 0) == (example["reaction"] == "retry")


def test_a_job_that_finds_no_free_slot_waits_for_one() -> None:
    [taken] = [example for example in IN_DYNAMODB if example["reaction"] == "no slot"]

    [end] = ends("dynamodb:updateItem", errors=[error_of(taken)], times=20)

    assert (end.status, end.messages) == (JobStatus.SUCCEEDED, [])
