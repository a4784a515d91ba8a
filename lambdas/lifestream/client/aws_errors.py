"""Explain an error of AWS's SDK to the user of a command, and advise what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

from lifestream.aws.transient import why_transient

# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
UNKNOWN = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedAccess", "UnauthorizedOperation"}
)
WITHOUT_ACCOUNT = "Without an AWS account, sign in to the API: `lifestream login URL`."
SIGN_IN = (
    "Sign in with `aws sso login` or `aws configure`, or name a profile in AWS_PROFILE. "
    + WITHOUT_ACCOUNT
)
SIGN_IN_AGAIN = "Sign in again with `aws sso login`, or renew the keys that are set."
SET_REGION = f"Set AWS_REGION to the region of the deployment, such as us-east-1. {WITHOUT_ACCOUNT}"


class Explanation(NamedTuple):
    problem: str
    advice: str


def explained(error: ClientError | BotoCoreError) -> Explanation:
    if isinstance(error, ClientError):
        return _refused(error)
    match error:
        case NoCredentialsError() | PartialCredentialsError() | ProfileNotFound():
            return Explanation(f"there are no AWS credentials ({error})", SIGN_IN)
        case NoRegionError() | InvalidRegionError():
            return Explanation(f"no usable AWS region is set ({error})", SET_REGION)
        case SSOError() | TokenRetrievalError() | CredentialRetrievalError():
            return Explanation(f"the sign-in to AWS has expired ({error})", SIGN_IN_AGAIN)
        case NoConnectionError() | HTTPClientError():
            problem = f"AWS cannot be reached ({type(error).__name__})"
            return Explanation(problem, "Check the network, and the region's name in AWS_REGION.")
    return Explanation(f"{type(error).__name__}: {error}", "Correct what the message names.")


def _refused(error: ClientError) -> Explanation:
    code, operation = error.response["Error"]["Code"], error.operation_name
    if code in EXPIRED:
        return Explanation(f"the AWS credentials have expired ({code})", SIGN_IN_AGAIN)
    if code in UNKNOWN:
        problem = f"AWS rejects these credentials ({code})"
        return Explanation(problem, f"{SIGN_IN} Is the region enabled in this account?")
    if code in DENIED:
        problem = f"these credentials may not call {operation} ({code})"
        return Explanation(problem, f"Allow {operation}, or name another profile in AWS_PROFILE.")
    if why_transient(error):
        return Explanation(f"AWS is busy ({operation}: {code})", "Try again in a minute.")
    message = error.response["Error"].get("Message", "no message")
    return Explanation(f"{operation}: {code}: {message}", "Correct what the message names.")
