"""Translate temporary errors of AWS and its hosts into TransientError, for every step.

boto3 has retried by then; the whole step may still succeed in a later attempt.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from lifestream.errors import TransientError

SERVER_ERROR = 500
THROTTLING = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


@contextmanager
def transient_aws_errors() -> Iterator[None]:
    try:
        yield
    except (NoConnectionError, HTTPClientError, ClientError, OSError) as error:
        reason = why_transient(error)
        if reason is None:
            raise
        raise TransientError(reason) from error


def why_transient(error: BaseException | None) -> str | None:
    """Return why another attempt may succeed, or None if it cannot."""
    match error:
        case NoConnectionError() | HTTPClientError():
            return f"AWS cannot be reached: {type(error).__name__}"
        case ClientError(response=response, operation_name=operation):
            code, status = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
            is_busy = code in THROTTLING or status >= SERVER_ERROR
            return f"AWS is busy: {operation} answered {code}" if is_busy else None
        case OSError(errno=errno.ENOSPC):
            return "the disk is full"
    return None
