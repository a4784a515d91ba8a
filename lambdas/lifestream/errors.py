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
│  │  └─ UnsupportedMediaTypeError  its body is no JSON
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
│  └─ NoResultsError           the job published nothing, or nothing yet
├─ InternalError               a bug: the API could not answer
├─ JobEndedError               the job was cancelled, or a later attempt took it over
├─ InvalidMessageError         a queue message without a usable job
├─ ArtifactMissingError        an earlier step's output is gone
├─ SpeechEngineError           the engine failed on this audio
│  └─ OutOfMemoryError         even the smallest batch does not fit
├─ SummaryError                the model's answer is not a usable summary
└─ AnswerError                 the model's answer to a question cannot be used

The class name is what `Retry` and `Catch` match and what the DLQ message carries;
`advice` says what happened, if the name does not, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator


class PipelineError(Exception):
    """`advice` replaces that of the class, such as for an error that another program reports."""

    advice = "Read the execution's history in the Step Functions console, then redrive the job."

    def __init__(self, message: str = "", *, advice: str | None = None) -> None:
        super().__init__(message)
        self.advice = advice or self.advice


class TransientError(PipelineError):
    advice = "A service was busy or unreachable. Redrive the job: `lifestream redrive JOB`."


class ContainerInterruptedError(TransientError):
    advice = (
        "AWS reclaimed the GPU host several times. Redrive the job, or deploy with -c spot=false."
    )


class NoHostError(TransientError):
    advice = (
        "AWS had no capacity, or the quota of the account is used up. Run `make preflight`, then "
        "redrive the job, or deploy with other -c gpu_instance_types or -c compute=cpu."
    )


class NoSlotError(TransientError):
    advice = (
        "Too many videos were in progress. Redrive the job, or deploy with a higher "
        "-c max_gpu_tasks or -c max_extractions."
    )


class HubUnreachableError(TransientError):
    advice = "Check the network and the proxy settings, then run the command again."


class UnusableVideoError(PipelineError):
    advice = "Upload another version of the video."


class VideoNotFoundError(UnusableVideoError):
    advice = (
        "The video was deleted before it was processed, or a bucket policy or a KMS key denies "
        "LifeStream access to it. Upload it again."
    )


class EmptyVideoError(UnusableVideoError):
    advice = "The file is empty. Check the export or the upload, then upload it again."


class UnsupportedExtensionError(UnusableVideoError):
    advice = (
        "Upload a file whose name ends in .mp4, .m4v, .mov, .avi, .mkv, .webm, .m4a, .mp3, .aac, "
        ".wav, .flac, .ogg or .opus."
    )


class NotAVideoError(UnusableVideoError):
    advice = (
        "The content is not MP4, MOV, AVI, MKV, WebM, MP3, AAC, WAV, FLAC or Ogg, whatever the "
        "file name says. Export it as MP4, or as MP3 if it is audio only."
    )


class PlaylistError(UnusableVideoError):
    advice = "The file is a playlist that only refers to a video. Upload the video itself."


class TruncatedVideoError(UnusableVideoError):
    advice = "The end of the file is missing. Copy or export it again, then upload the whole file."


class EncryptedVideoError(UnusableVideoError):
    advice = "The audio is encrypted (DRM). Upload a copy without protection."


class NoAudioError(UnusableVideoError):
    advice = "The video has no audio to transcribe. Upload a version with an audio track."


class VideoTooLongError(UnusableVideoError):
    advice = "Split the video, or deploy with a higher MAX_DURATION_HOURS."


class VideoTooComplexError(UnusableVideoError):
    advice = (
        "Decoding the file takes too much memory or time, or too many reads. Export it again as "
        "MP4 with AAC audio."
    )


class UnreadableVideoError(UnusableVideoError):
    advice = "The audio track cannot be decoded. Export the video again, as MP4 with AAC audio."


class ConfigurationError(PipelineError):
    advice = "Correct the deployment's settings, then redrive the job."


class MissingSettingsError(ConfigurationError):
    advice = "Set every variable that the message names, then try again."


class KeyRefusedError(ConfigurationError):
    advice = "Put a valid API key into the deployment's secret, then redrive the job."


class SwitchedOffError(ConfigurationError):
    advice = "Put the missing API key into the deployment's secret: `lifestream doctor` names it."


class UnsupportedOptionError(ConfigurationError):
    advice = "Omit the option, or use an engine that supports it."


class EnglishOnlyModelError(UnsupportedOptionError):
    advice = (
        "Use a multilingual model. For a deployment: -c whisper_model=large-v3. On a laptop: run "
        "`lifestream models small --to models`, then set MODELS_DIR=models WHISPER_MODEL=small."
    )


class WebhookRefusedError(ConfigurationError):
    advice = "Check WEBHOOK_URL: it must have a public address and answer with status 200."


class CostCapError(ConfigurationError):
    advice = "Raise MAX_SUMMARY_DOLLARS or choose a cheaper OPENAI_MODEL, then redrive the job."


class DeadlineError(ConfigurationError):
    advice = (
        "The recording is too long for this hardware. Deploy with a faster GPU, a smaller "
        "-c whisper_model or -c compute=gpu, then redrive the job."
    )


class ModelMissingError(ConfigurationError):
    advice = "Fetch the model with `lifestream models`, then redrive the job."


class ModelAlteredError(ConfigurationError):
    advice = "Fetch the model again with `lifestream models`, then redrive the job."


class ModelGateError(ConfigurationError):
    advice = (
        "Sign in at huggingface.co, accept the model's conditions on its page, "
        "and set HUGGINGFACE_TOKEN to a token that may read it."
    )


class DecoderStartError(ConfigurationError):
    advice = "The video is not the cause. Read the step's log, deploy again, then redrive the job."


class CudaLibraryError(ConfigurationError):
    advice = "Build the image from requirements-gpu.txt, which pins CUDA libraries that match."


class GpuDriverError(ConfigurationError):
    advice = "Use a GPU host whose driver supports CUDA 12, or deploy with -c compute=cpu."


class RequestError(PipelineError):
    """Raised by the client only. Nothing was sent or changed."""

    advice = "Correct what the message names, then try again."


class UsageError(RequestError):
    advice = "Correct the argument that the message names."


class InvalidRequestError(RequestError):
    advice = "Correct the fields that are named. /v1/openapi.json describes every request."


class UnsupportedMediaTypeError(InvalidRequestError):
    advice = "Send the body as JSON, with `Content-Type: application/json`."


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


class NoResultsError(RequestError):
    """`advice` is that of the job's own failure, if it failed."""

    advice = "Wait until the job has ended: `lifestream status JOB --watch`."


class InternalError(PipelineError):
    advice = "Try again. If it fails again, read the log of the API's function."


class JobEndedError(PipelineError):
    advice = "The job was cancelled, or a later attempt has started. See `lifestream status JOB`."


class InvalidMessageError(PipelineError):
    advice = "Send an S3 event notification, or a ProcessingJob as JSON."


class ArtifactMissingError(PipelineError):
    advice = "An earlier step's output has expired or was deleted. Upload the video again."


class SpeechEngineError(PipelineError):
    advice = "Read error.json and the container's log, then redrive the job."


class OutOfMemoryError(SpeechEngineError):
    advice = "Deploy with larger hosts or a smaller -c whisper_model, then redrive the job."


class SummaryError(PipelineError):
    advice = "Redrive the job. If it fails again, choose another OPENAI_MODEL."


class AnswerError(PipelineError):
    advice = "Ask again in other words. If it fails again, choose another OPENAI_MODEL."


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
