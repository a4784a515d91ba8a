"""Write the runbook's sections about errors. What to do is the error's own advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lifestream import errors
from lifestream.errors import (
    AWS_ADVICE,
    ConfigurationError,
    ErasureError,
    PipelineError,
    RequestError,
    TransientError,
    UnusableVideoError,
    all_errors,
)


class Group(NamedTuple):
    """What the errors of one kind have in common."""

    look: str
    over: str


OF_A_JOB = Group(
    "`lifestream status JOB` shows step and cause. The saved query `one job` shows the log.",
    "the redriven job has succeeded: `lifestream status JOB --watch`.",
)
GROUPS: dict[type[PipelineError], Group] = {
    UnusableVideoError: Group(
        "`lifestream status JOB` shows the cause.",
        "the new upload has succeeded, and its predecessor's DLQ message is deleted: see "
        "[DlqMessages](#dlqmessages).",
    ),
    RequestError: Group(
        "the message of the command. For the API, the saved query `errors of the API`, or "
        "`request` in the answer's log line.",
        "the same command or request succeeds.",
    ),
    ConfigurationError: Group(
        "`lifestream doctor` checks settings, keys, models and hosts of the stage. "
        "`lifestream status JOB` shows the cause.",
        "`lifestream doctor` reports no problem, and the redriven job has succeeded.",
    ),
    TransientError: Group(
        "`lifestream status JOB` shows which service was busy.",
        OF_A_JOB.over,
    ),
    ErasureError: Group(
        "the saved query `failures`. `lifestream receipt JOB` shows whether the erasure is open.",
        "`lifestream receipt JOB` shows a receipt: see [EraserErrors](#erasererrors).",
    ),
    PipelineError: OF_A_JOB,
}
CONTAINER = (
    "`lifestream status JOB`, then the saved query `one job`, which includes the container's log."
)
LOOK = {
    "ContainerInterruptedError": CONTAINER,
    "CudaLibraryError": CONTAINER,
    "DeadlineError": CONTAINER,
    "GpuDriverError": CONTAINER,
    "OutOfMemoryError": CONTAINER,
    "SpeechEngineError": CONTAINER,
    "JobCostCapError": "`lifestream status JOB` shows the estimate and the cap. "
    "`lifestream upload --estimate VIDEO` shows what the estimate consists of.",
    "NoHostError": "`make preflight STAGE=prod` compares the quotas and the types of hosts.",
    "NoSlotError": "`lifestream list` shows how many jobs wait. The graph *Longest wait, in "
    "seconds* shows since when.",
    "InvalidMessageError": "the message in the dead-letter queue, in the SQS console. The saved "
    "query `failures` shows when it was received.",
    "InternalError": "the saved query `errors of the API`: `error` and `at` name the exception and "
    "its place.",
    "WebhookRefusedError": "the saved query `failures`, and the log of the receiver.",
}
"""Where to look, if that differs from the error's group."""
MEANS = {
    "PipelineError": "An error that has no name of its own.",
    "TransientError": "A service throttled, timed out or answered with 5xx, longer than the "
    "retries lasted.",
    "ContainerInterruptedError": "Spot hosts of one job were reclaimed three times.",
    "HubUnreachableError": "`lifestream models` cannot reach the model hub. Nothing was copied.",
    "NoHostError": "ECS found no host for a job for a day.",
    "NoSlotError": "Other jobs held all slots: for a day (extraction) or three days (GPU).",
    "UnusableVideoError": "The video cannot be processed, whatever is tried.",
    "VideoNotFoundError": "S3 has no such version of the video, or refuses access to it.",
    "EmptyVideoError": "The file has no bytes.",
    "UnsupportedExtensionError": "The name of the file ends in nothing that is known.",
    "NotAVideoError": "The first bytes are those of no known container format.",
    "PlaylistError": "The file lists other files, as HLS and DASH do.",
    "TruncatedVideoError": "The container format says that bytes are missing.",
    "EncryptedVideoError": "The audio track is encrypted.",
    "NoAudioError": "There is no audio track.",
    "VideoTooLongError": "The recording is longer than MAX_DURATION_HOURS.",
    "VideoTooComplexError": "The decoder was stopped at its limit of memory, time or bytes.",
    "UnreadableVideoError": "The decoder fails on the audio track.",
    "ConfigurationError": "A setting of the deployment is wrong.",
    "MissingSettingsError": "Environment variables are missing.",
    "KeyRefusedError": "A vendor refused the API key twice, a minute apart.",
    "SwitchedOffError": "The deployment makes no summaries, or no index.",
    "UnsupportedOptionError": "The engine does not support an option of the job.",
    "EnglishOnlyModelError": "The Whisper model knows English only.",
    "WebhookRefusedError": "The receiver refused an event, or its address is not public.",
    "CostCapError": "The next call of a model could exceed MAX_SUMMARY_DOLLARS.",
    "JobCostCapError": "By its estimate, the job would cost more than `-c max_job_dollars` allows.",
    "DeadlineError": "The container was still working when its time was up.",
    "ModelMissingError": "A model is neither in the image nor in the bucket.",
    "ModelAlteredError": "The checksum of a model differs from the published one.",
    "ModelGateError": "Somebody has to accept the conditions of a model first.",
    "DecoderStartError": "The decoder ended before it read a byte of the video.",
    "CudaLibraryError": "The image's CUDA libraries are missing or do not match.",
    "GpuDriverError": "The host has no GPU, or its driver is too old.",
    "RequestError": "The client or the API cannot do what it was asked.",
    "UsageError": "An argument is missing or not understood.",
    "InvalidRequestError": "A request to the API does not fit its description.",
    "UnsupportedMediaTypeError": "The body of a request is not JSON.",
    "RequestTooLargeError": "The body of a request is larger than any that fits.",
    "InvalidCursorError": "The cursor of a list is not from an earlier page.",
    "NotSignedInError": "A request to the API has no valid access token.",
    "SignInError": "Somebody could not sign in, or did not.",
    "AccessDeniedError": "The role of the caller does not allow the request.",
    "RouteNotFoundError": "The API has no such address.",
    "MethodNotAllowedError": "The address has other methods.",
    "UploadNotFoundError": "The upload was aborted or has expired.",
    "UploadIncompleteError": "Not all parts of an upload have arrived.",
    "InvalidPartError": "A part of an upload is not the one that S3 has.",
    "JobNotFoundError": "No job has this id.",
    "AmbiguousJobIdError": "Several jobs begin with these characters.",
    "UnknownSpeakerError": "No speaker of the recordings has this name.",
    "JobStatusError": "The job has the wrong status for the request, such as a cancel after the "
    "end.",
    "ConfirmationError": "An erasure was confirmed too late, or after the job had changed.",
    "JobHeldError": "The job is on hold, so it must not be erased.",
    "NoErasureError": "Nobody has erased the job, so there is no receipt.",
    "NoResultsError": "The job has published nothing, or nothing yet.",
    "InternalError": "A bug: the API could not answer.",
    "JobEndedError": "The job was cancelled, or a later attempt has started, while a step was "
    "still working.",
    "ErasureError": "The eraser could not delete something.",
    "InvalidMessageError": "A message in the ingest queue holds no usable job.",
    "ArtifactMissingError": "The output of an earlier step has expired or was deleted.",
    "SpeechEngineError": "A speech engine fails on this audio.",
    "OutOfMemoryError": "Even the smallest batch does not fit into the memory.",
    "SummaryError": "The model's answer is not a usable summary, even after a second request.",
    "AnswerError": "The model's answer to a question cannot be used.",
    "States.Timeout": "A step exceeded its time limit.",
    "States.TaskFailed": "A container ended without saying why.",
    "Lambda.TooManyRequestsException": "Lambda throttled a step for hours.",
    "Runtime.ExitError": "A function was killed, usually because its memory was full.",
    "ExecutionAborted": "An execution was stopped, and nobody had cancelled its job.",
    "ExecutionTimedOut": "An execution exceeded the time limit of the state machine.",
}


def sections() -> str:
    """Return one section per error, in the order of the error tree, then those of AWS."""
    ours = (_section(error.__name__, _group(error), error.advice) for error in _errors())
    of_aws = (_section(name, OF_A_JOB, advice) for name, advice in AWS_ADVICE.items())
    return "\n\n".join([*ours, *of_aws])


def names() -> Iterator[str]:
    yield from (error.__name__ for error in _errors())
    yield from AWS_ADVICE


def _errors() -> Iterator[type[PipelineError]]:
    """Yield the errors of the project, without those of tests."""
    yield from (e for e in all_errors() if e.__module__.startswith(errors.__name__))


def _group(error: type[PipelineError]) -> Group:
    return next(GROUPS[kind] for kind in error.__mro__ if kind in GROUPS)


def _section(name: str, group: Group, advice: str) -> str:
    look = LOOK.get(name, group.look)
    return "\n".join(
        (
            f"### {name}",
            "",
            f"- **It means:** {MEANS[name]}",
            f"- **Look:** {look[0].upper()}{look[1:]}",
            f"- **Do:** {advice}",
            f"- **It is over when** {group.over}",
        )
    )
