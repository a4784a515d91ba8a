"""Every error, named for the reaction it calls for.

PipelineError
├─ TransientError              the state machine retries: throttling, timeouts, vendor 5xx
│  ├─ ContainerInterruptedError  the host was reclaimed: the container starts again elsewhere
│  ├─ HubUnreachableError      the model hub: nothing was fetched
│  ├─ NoHostError              the container found no host for a day
│  └─ NoSlotError              every slot was taken, for days
├─ UnusableVideoError          no retry helps: the video itself has to change
│  ├─ VideoNotFoundError
│  ├─ EmptyVideoError
│  ├─ UnsupportedExtensionError
│  ├─ NotAVideoError
│  ├─ PlaylistError
│  ├─ TruncatedVideoError
│  ├─ EncryptedVideoError
│  ├─ NoAudioError
│  ├─ VideoTooLongError
│  ├─ VideoTooComplexError    the decoder had to be stopped: memory, time or bytes read
│  └─ UnreadableVideoError
├─ ConfigurationError          we must fix it: missing secret, unknown engine
│  ├─ MissingSettingsError
│  ├─ KeyRefusedError          a vendor refused the key, even after it was read again
│  ├─ SwitchedOffError         this deployment makes no summaries, or no index
│  ├─ UnsupportedOptionError
│  │  └─ EnglishOnlyModelError   the Whisper model knows English only
│  ├─ WebhookRefusedError      the receiver refused the message, or is not public
│  ├─ CostCapError             the next model call could exceed the limit per job
│  ├─ JobCostCapError          the recording would cost more than a job may
│  ├─ DeadlineError            the container was still working when its time was up
│  ├─ ModelMissingError
│  ├─ ModelAlteredError        a model file differs from the published one
│  ├─ ModelGateError           a person has to accept the model's licence first
│  ├─ DecoderStartError        the decoder ended before it read a byte of the video
│  ├─ CudaLibraryError         the image's CUDA libraries are missing or do not match
│  └─ GpuDriverError           the host has no GPU, or a driver that is too old
├─ RequestError                the client cannot do what it was asked; no job ends with it
│  ├─ UsageError               an argument is missing or not understood
│  ├─ InvalidRequestError      a request to the API does not fit its description
│  │  ├─ UnsupportedMediaTypeError  its body is no JSON
│  │  └─ RequestTooLargeError  its body is larger than any that fits
│  ├─ InvalidCursorError       the cursor is from no earlier page
│  ├─ NotSignedInError         a request to the API without an access token
│  ├─ SignInError              somebody could not sign in, or did not
│  ├─ AccessDeniedError        the caller's role does not allow the request
│  ├─ RouteNotFoundError       the API has no such address
│  │  └─ MethodNotAllowedError  the address has other methods
│  ├─ UploadNotFoundError      it was aborted, or has expired
│  ├─ UploadIncompleteError    not everything has arrived yet
│  ├─ InvalidPartError         a part too many, or another one than S3 has
│  ├─ JobNotFoundError
│  ├─ AmbiguousJobIdError
│  ├─ UnknownSpeakerError      no speaker in the recordings has that name
│  ├─ JobStatusError           cancel of an ended job, redrive of one that did not fail
│  ├─ ConfirmationError        an erasure was confirmed too late, or after the job changed
│  ├─ JobHeldError             it must not be erased
│  ├─ NoErasureError           nobody erased the job
│  └─ NoResultsError           the job published nothing, or nothing yet
├─ InternalError               a bug: the API could not answer
├─ JobEndedError               the job was cancelled, or a later attempt took it over
├─ ErasureError                something could not be deleted
├─ InvalidMessageError         a queue message without a usable job
├─ ArtifactMissingError        an earlier step's output is gone
├─ SpeechEngineError           the engine failed on this audio
│  └─ OutOfMemoryError         even the smallest batch does not fit
├─ SummaryError                the model's answer is not a usable summary
└─ AnswerError                 the model's answer to a question cannot be used

The class name is what `Retry` and `Catch` match and what the DLQ message carries;
`advice` says what happened, if the name does not, and what to do.

base           the root, and transient errors
videos         unusable videos
configuration  what an operator must fix
requests       what the client or the API cannot do
steps          the rest
"""

from __future__ import annotations

from collections.abc import Iterator

from lifestream.errors.base import (
    ContainerInterruptedError,
    HubUnreachableError,
    NoHostError,
    NoSlotError,
    PipelineError,
    TransientError,
)
from lifestream.errors.configuration import (
    ConfigurationError,
    CostCapError,
    CudaLibraryError,
    DeadlineError,
    DecoderStartError,
    EnglishOnlyModelError,
    GpuDriverError,
    JobCostCapError,
    KeyRefusedError,
    MissingSettingsError,
    ModelAlteredError,
    ModelGateError,
    ModelMissingError,
    SwitchedOffError,
    UnsupportedOptionError,
    WebhookRefusedError,
)
from lifestream.errors.requests import (
    AccessDeniedError,
    AmbiguousJobIdError,
    ConfirmationError,
    InvalidCursorError,
    InvalidPartError,
    InvalidRequestError,
    JobHeldError,
    JobNotFoundError,
    JobStatusError,
    MethodNotAllowedError,
    NoErasureError,
    NoResultsError,
    NotSignedInError,
    RequestError,
    RequestTooLargeError,
    RouteNotFoundError,
    SignInError,
    UnknownSpeakerError,
    UnsupportedMediaTypeError,
    UploadIncompleteError,
    UploadNotFoundError,
    UsageError,
)
from lifestream.errors.steps import (
    AnswerError,
    ArtifactMissingError,
    ErasureError,
    InternalError,
    InvalidMessageError,
    JobEndedError,
    OutOfMemoryError,
    SpeechEngineError,
    SummaryError,
)
from lifestream.errors.videos import (
    EmptyVideoError,
    EncryptedVideoError,
    NoAudioError,
    NotAVideoError,
    PlaylistError,
    TruncatedVideoError,
    UnreadableVideoError,
    UnsupportedExtensionError,
    UnusableVideoError,
    VideoNotFoundError,
    VideoTooComplexError,
    VideoTooLongError,
)

__all__ = [
    "AccessDeniedError",
    "AmbiguousJobIdError",
    "AnswerError",
    "ArtifactMissingError",
    "ConfigurationError",
    "ConfirmationError",
    "ContainerInterruptedError",
    "CostCapError",
    "CudaLibraryError",
    "DeadlineError",
    "DecoderStartError",
    "EmptyVideoError",
    "EncryptedVideoError",
    "EnglishOnlyModelError",
    "ErasureError",
    "GpuDriverError",
    "HubUnreachableError",
    "InternalError",
    "InvalidCursorError",
    "InvalidMessageError",
    "InvalidPartError",
    "InvalidRequestError",
    "JobCostCapError",
    "JobEndedError",
    "JobHeldError",
    "JobNotFoundError",
    "JobStatusError",
    "KeyRefusedError",
    "MethodNotAllowedError",
    "MissingSettingsError",
    "ModelAlteredError",
    "ModelGateError",
    "ModelMissingError",
    "NoAudioError",
    "NoErasureError",
    "NoHostError",
    "NoResultsError",
    "NoSlotError",
    "NotAVideoError",
    "NotSignedInError",
    "OutOfMemoryError",
    "PipelineError",
    "PlaylistError",
    "RequestError",
    "RequestTooLargeError",
    "RouteNotFoundError",
    "SignInError",
    "SpeechEngineError",
    "SummaryError",
    "SwitchedOffError",
    "TransientError",
    "TruncatedVideoError",
    "UnknownSpeakerError",
    "UnreadableVideoError",
    "UnsupportedExtensionError",
    "UnsupportedMediaTypeError",
    "UnsupportedOptionError",
    "UnusableVideoError",
    "UploadIncompleteError",
    "UploadNotFoundError",
    "UsageError",
    "VideoNotFoundError",
    "VideoTooComplexError",
    "VideoTooLongError",
    "WebhookRefusedError",
    "advice_for",
    "all_errors",
    "is_permanent",
    "is_unusable_video",
]

AWS_ADVICE = {
    "States.Timeout": "The step exceeded its time limit. Redrive the job, or raise the limit.",
    "States.TaskFailed": "The container gave no reason. Read its log, then redrive the job.",
    "Lambda.TooManyRequestsException": TransientError.advice,
    "Runtime.ExitError": "The step ran out of memory or crashed. Read its log, then redrive.",
    "ExecutionAborted": "The execution was stopped by hand. Redrive the job if that was a mistake.",
    "ExecutionTimedOut": "The execution exceeded its time limit. Redrive the job.",
}


def advice_for(error_name: str) -> str:
    """Return what to do about an error, by the name that the state machine caught."""
    known = {error.__name__: error.advice for error in all_errors()}
    return known.get(error_name) or AWS_ADVICE.get(error_name) or PipelineError.advice


def all_errors(root: type[PipelineError] = PipelineError) -> Iterator[type[PipelineError]]:
    yield root
    for child in root.__subclasses__():
        yield from all_errors(child)


def is_permanent(error_name: str) -> bool:
    """True if another attempt on the same input must fail the same way."""
    return _is_among(error_name, UnusableVideoError, ConfigurationError, JobEndedError)


def is_unusable_video(error_name: str) -> bool:
    """True if only another version of the video can help."""
    return _is_among(error_name, UnusableVideoError)


def _is_among(error_name: str, *roots: type[PipelineError]) -> bool:
    return error_name in {error.__name__ for root in roots for error in all_errors(root)}
