"""What the client or the API cannot do. No job ends with it."""

from __future__ import annotations

from lifestream.errors.base import PipelineError


class RequestError(PipelineError):
    """Raised by the client only. Nothing was sent or changed."""

    advice = "Correct what the message names, then try again."


class UsageError(RequestError):
    advice = "Correct the argument that the message names."


class InvalidRequestError(RequestError):
    advice = "Correct the fields that are named. /v1/openapi.json describes every request."


class UnsupportedMediaTypeError(InvalidRequestError):
    advice = "Send the body as JSON, with `Content-Type: application/json`."


class RequestTooLargeError(InvalidRequestError):
    advice = "Send less. The bytes of a video go to S3, at the addresses of POST /v1/uploads."


class InvalidCursorError(RequestError):
    advice = "Send the `next` of the page before, unchanged, or leave the cursor out."


class NotSignedInError(RequestError):
    advice = "Sign in again, and send the access token: `Authorization: Bearer TOKEN`."


class SignInError(RequestError):
    advice = "Try again: `lifestream login`."


class AccessDeniedError(RequestError):
    advice = "Ask an administrator for the role that the message names."


class RouteNotFoundError(RequestError):
    advice = "Check the method and the address. /v1/openapi.json lists them."


class MethodNotAllowedError(RouteNotFoundError):
    advice = "Use a method that the header `Allow` lists."


class UploadNotFoundError(RequestError):
    advice = (
        "Start a new upload: POST /v1/uploads. An upload ends when it is aborted, and two days "
        "after its start."
    )


class UploadIncompleteError(RequestError):
    advice = "Send what is missing (GET /v1/uploads/ID/parts lists what S3 has), then complete."


class InvalidPartError(RequestError):
    advice = "Compare your parts with GET /v1/uploads/ID/parts, and send those that differ again."


class JobNotFoundError(RequestError):
    advice = "See `lifestream list`."


class AmbiguousJobIdError(RequestError):
    advice = "Give more characters of the id. See `lifestream list`."


class UnknownSpeakerError(RequestError):
    advice = (
        "Use Speaker 1 or SPEAKER_00, or a name that was given with "
        "`lifestream speakers name JOB SPEAKER NAME`."
    )


class JobStatusError(RequestError):
    advice = "See `lifestream status JOB`."


class ConfirmationError(RequestError):
    advice = "Ask again without a confirmation, check what would go, and send the new confirmation."


class JobHeldError(RequestError):
    advice = "Ask whoever put it on hold. `lifestream hold JOB --release` ends the hold."


class NoErasureError(RequestError):
    advice = "Erase the job with `lifestream erase JOB`."


class NoResultsError(RequestError):
    """`advice` is that of the job's own failure, if it failed."""

    advice = "Wait until the job has ended: `lifestream status JOB --watch`."
