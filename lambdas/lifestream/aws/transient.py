"""Bad moments of AWS and its hosts in, TransientError out: the one border for every step.

boto3 has retried by then; what is left is worth another attempt of the whole step later.
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
    except (NoConnectionError, HTTPClientError) as error:
        raise TransientError(f"AWS cannot be reached: {type(error).__name__}") from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise TransientError("the disk is full") from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code not in THROTTLING and status < SERVER_ERROR:
            raise
        raise TransientError(f"AWS is busy: {error.operation_name} answered {code}") from error
