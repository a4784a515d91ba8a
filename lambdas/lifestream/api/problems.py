"""Describe an error as problem details. https://www.rfc-editor.org/rfc/rfc9457

`title` and `type` name a class of `lifestream.errors`, `advice` says what to do.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from lifestream.errors import (
    AccessDeniedError,
    AmbiguousJobIdError,
    AnswerError,
    ArtifactMissingError,
    ConfigurationError,
    ConfirmationError,
    InvalidPartError,
    InvalidRequestError,
    JobHeldError,
    JobNotFoundError,
    JobStatusError,
    KeyRefusedError,
    MethodNotAllowedError,
    NoErasureError,
    NoResultsError,
    NotSignedInError,
    PipelineError,
    RequestError,
    RequestTooLargeError,
    RouteNotFoundError,
    SwitchedOffError,
    TransientError,
    UnknownSpeakerError,
    UnsupportedMediaTypeError,
    UnsupportedOptionError,
    UnusableVideoError,
    UploadIncompleteError,
    UploadNotFoundError,
    VideoNotFoundError,
)
from lifestream.rest.problems import InvalidField, Problem

MEDIA_TYPE = "application/problem+json"
STATUSES: dict[type[PipelineError], HTTPStatus] = {
    PipelineError: HTTPStatus.INTERNAL_SERVER_ERROR,
    TransientError: HTTPStatus.SERVICE_UNAVAILABLE,
    ConfigurationError: HTTPStatus.INTERNAL_SERVER_ERROR,
    UnsupportedOptionError: HTTPStatus.BAD_REQUEST,
    KeyRefusedError: HTTPStatus.BAD_GATEWAY,
    SwitchedOffError: HTTPStatus.CONFLICT,
    AnswerError: HTTPStatus.BAD_GATEWAY,
    ArtifactMissingError: HTTPStatus.GONE,
    UnusableVideoError: HTTPStatus.BAD_REQUEST,
    VideoNotFoundError: HTTPStatus.GONE,
    RequestError: HTTPStatus.BAD_REQUEST,
    InvalidRequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnsupportedMediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RequestTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotSignedInError: HTTPStatus.UNAUTHORIZED,
    AccessDeniedError: HTTPStatus.FORBIDDEN,
    RouteNotFoundError: HTTPStatus.NOT_FOUND,
    MethodNotAllowedError: HTTPStatus.METHOD_NOT_ALLOWED,
    UploadNotFoundError: HTTPStatus.NOT_FOUND,
    UploadIncompleteError: HTTPStatus.CONFLICT,
    InvalidPartError: HTTPStatus.BAD_REQUEST,
    JobNotFoundError: HTTPStatus.NOT_FOUND,
    AmbiguousJobIdError: HTTPStatus.BAD_REQUEST,
    UnknownSpeakerError: HTTPStatus.NOT_FOUND,
    JobStatusError: HTTPStatus.CONFLICT,
    ConfirmationError: HTTPStatus.CONFLICT,
    JobHeldError: HTTPStatus.CONFLICT,
    NoErasureError: HTTPStatus.NOT_FOUND,
    NoResultsError: HTTPStatus.CONFLICT,
}
RETRY_AFTER_SECONDS = 5


def problem_of(error: PipelineError, fields: tuple[InvalidField, ...] = ()) -> Problem:
    name = type(error).__name__
    return Problem(
        type=f"urn:lifestream:error:{name}",
        title=_title(name),
        status=status_of(type(error)),
        detail=str(error),
        error=name,
        advice=error.advice,
        fields=fields,
    )


def status_of(kind: type[PipelineError]) -> HTTPStatus:
    """Return the status of the nearest class that has one."""
    return next(STATUSES[base] for base in kind.__mro__ if base in STATUSES)


def _title(name: str) -> str:
    """`JobNotFoundError` → `Job not found`."""
    return re.sub(r"(?<!^)(?=[A-Z][a-z])", " ", name.removesuffix("Error")).capitalize()
