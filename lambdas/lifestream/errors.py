"""Every error a job can end with, named for the reaction it calls for.

PipelineError
├─ TransientError              the state machine retries: throttling, timeouts, vendor 5xx
│  ├─ ContainerInterruptedError  the host is taken back: the container starts over elsewhere
│  ├─ NoHostError              the container found no host for a day
│  └─ NoSlotError              others held every slot, for days
├─ UnusableVideoError          nobody can: the video itself has to change
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
│  ├─ KeyRefusedError          a vendor does not take the key, although it was read anew
│  ├─ SwitchedOffError         this deployment makes no summary, or no index
│  ├─ UnsupportedOptionError
│  │  └─ EnglishOnlyModelError   the Whisper model was trained with English alone
│  ├─ WebhookRefusedError      its receiver does not take the message, or must not get it
│  ├─ CostCapError             the next model call could cost more than is allowed for a job
│  ├─ DeadlineError            the container was still at work when its time was over
│  ├─ ModelMissingError
│  ├─ ModelAlteredError        a file of it is not the one that was published
│  ├─ ModelGateError           its licence has to be accepted by a person first
│  ├─ DecoderStartError        the decoder ended before it read a byte of the video
│  ├─ CudaLibraryError         the image's CUDA libraries do not fit
│  └─ GpuDriverError           the host has no GPU, or a driver that is too old
├─ JobEndedError               cancelled, or taken over by a later attempt: nobody's mistake
├─ InvalidMessageError         a queue message that is no job
├─ ArtifactMissingError        an earlier step's output is gone
├─ SpeechEngineError           the engine failed on this audio
│  └─ OutOfMemoryError         even the smallest piece at a time does not fit
├─ SummaryError                the model's answer is not a usable summary
└─ AnswerError                 the model's answer to a question cannot be used

The class name is what `Retry` and `Catch` match and what the DLQ message carries;
`advice` is what the person who reads it should do.
"""

from __future__ import annotations

from collections.abc import Iterator


class PipelineError(Exception):
    advice = "Read the execution's history in the Step Functions console, then redrive the job."


class TransientError(PipelineError):
    advice = "A service was busy or unreachable. Redrive the job: `lifestream redrive JOB`."


class ContainerInterruptedError(TransientError):
    advice = "The GPU's host was taken back again and again. Redrive, or deploy with -c spot=false."


class NoHostError(TransientError):
    advice = (
        "AWS had no capacity, or your quota is used up: look at `make preflight`. Then redrive, "
        "or deploy with other -c gpu_instance_types or -c compute=cpu."
    )


class NoSlotError(TransientError):
    advice = (
        "Too many videos at once. Redrive the job, or deploy with a higher -c max_gpu_tasks "
        "or -c max_extractions."
    )


class UnusableVideoError(PipelineError):
    advice = "Upload another version of the video."


class VideoNotFoundError(UnusableVideoError):
    advice = (
        "The video was deleted before it was processed, or a bucket policy or a KMS key keeps "
        "LifeStream from reading it. Upload it again."
    )


class EmptyVideoError(UnusableVideoError):
    advice = "The file holds zero bytes. Check the export or the upload, then upload it again."


class UnsupportedExtensionError(UnusableVideoError):
    advice = (
        "Upload a file whose name ends in .mp4, .m4v, .mov, .avi, .mkv, .webm, .m4a, .mp3, .aac, "
        ".wav, .flac, .ogg or .opus."
    )


class NotAVideoError(UnusableVideoError):
    advice = (
        "The content is none of MP4, MOV, AVI, MKV, WebM, MP3, AAC, WAV, FLAC and Ogg, whatever "
        "its name says. Export it as MP4, or as MP3 if it is audio only."
    )


class PlaylistError(UnusableVideoError):
    advice = "The file is a playlist that only points at a video. Upload the video itself."


class TruncatedVideoError(UnusableVideoError):
    advice = "The file ends too early. Copy or export it again, then upload the whole file."


class EncryptedVideoError(UnusableVideoError):
    advice = "The audio is encrypted (DRM). Upload a copy without protection."


class NoAudioError(UnusableVideoError):
    advice = "The video has no audio track, so there is nothing to transcribe."


class VideoTooLongError(UnusableVideoError):
    advice = "Split the video, or raise MAX_DURATION_HOURS and deploy again."


class VideoTooComplexError(UnusableVideoError):
    advice = (
        "The file's index is far larger than its audio. Export the video again, as MP4 with AAC "
        "audio."
    )


class UnreadableVideoError(UnusableVideoError):
    advice = "The audio track cannot be decoded. Export the video again, as MP4 with AAC audio."


class ConfigurationError(PipelineError):
    advice = "Correct the deployment's settings, then redrive the job."


class MissingSettingsError(ConfigurationError):
    advice = "Set every name in the message, then try again."


class KeyRefusedError(ConfigurationError):
    advice = "Put a valid key into the deployment's secret, then redrive the job."


class SwitchedOffError(ConfigurationError):
    advice = "Put the key into the deployment's secret: `lifestream doctor` says which is missing."


class UnsupportedOptionError(ConfigurationError):
    advice = "Leave the option out, or use an engine that supports it."


class EnglishOnlyModelError(UnsupportedOptionError):
    advice = (
        "Use a multilingual model. For a deployment: -c whisper_model=large-v3. On a laptop: "
        "`lifestream models small --to models`, then MODELS_DIR=models WHISPER_MODEL=small."
    )


class WebhookRefusedError(ConfigurationError):
    advice = "Look at what WEBHOOK_URL names: it has to answer 200 at a public address."


class CostCapError(ConfigurationError):
    advice = "Raise MAX_SUMMARY_DOLLARS or take a cheaper OPENAI_MODEL, then redrive the job."


class DeadlineError(ConfigurationError):
    advice = (
        "The recording is too long for this hardware. Deploy with a faster GPU, a smaller "
        "-c whisper_model or -c compute=gpu, then redrive the job."
    )


class ModelMissingError(ConfigurationError):
    advice = "Put the model there with `lifestream models`, then redrive the job."


class ModelAlteredError(ConfigurationError):
    advice = "Fetch the model again with `lifestream models`, then redrive the job."


class ModelGateError(ConfigurationError):
    advice = (
        "Sign in at huggingface.co, accept the model's conditions on its page, "
        "and set HUGGINGFACE_TOKEN to a token that may read it."
    )


class DecoderStartError(ConfigurationError):
    advice = "Nothing is wrong with the video: read the step's log, deploy again, then redrive."


class CudaLibraryError(ConfigurationError):
    advice = "Build the image from requirements-gpu.txt, whose CUDA libraries fit each other."


class GpuDriverError(ConfigurationError):
    advice = "Use a GPU host whose driver supports CUDA 12, or deploy with -c compute=cpu."


class JobEndedError(PipelineError):
    advice = "The job was cancelled or runs again already: look at `lifestream status JOB`."


class InvalidMessageError(PipelineError):
    advice = "Send an S3 event notification or a ProcessingJob as JSON."


class ArtifactMissingError(PipelineError):
    advice = "An earlier step's output has expired or was deleted. Upload the video again."


class SpeechEngineError(PipelineError):
    advice = "Read error.json and the container's log, then redrive the job."


class OutOfMemoryError(SpeechEngineError):
    advice = "Deploy on hosts with more memory, or with a smaller -c whisper_model, and redrive."


class SummaryError(PipelineError):
    advice = "Redrive the job; if it fails again, choose another OPENAI_MODEL."


class AnswerError(PipelineError):
    advice = "Ask again, in other words; if it fails again, choose another OPENAI_MODEL."


AWS_ADVICE = {
    "States.Timeout": "The step ran into its time limit. Redrive; raise the limit if it repeats.",
    "States.TaskFailed": "The container ended without giving a reason. Read its log and redrive.",
    "Lambda.TooManyRequestsException": TransientError.advice,
    "Runtime.ExitError": "The step's process died, most likely out of memory. Read its log.",
    "ExecutionAborted": "Somebody stopped the execution. Redrive the job if that was a mistake.",
    "ExecutionTimedOut": "The whole execution ran into its limit. Redrive the job.",
}


def advice_for(error_name: str) -> str:
    """What to do about an error, ours or AWS's, by the name the state machine caught."""
    known = {error.__name__: error.advice for error in all_errors()}
    return known.get(error_name) or AWS_ADVICE.get(error_name) or PipelineError.advice


def all_errors(root: type[PipelineError] = PipelineError) -> Iterator[type[PipelineError]]:
    yield root
    for child in root.__subclasses__():
        yield from all_errors(child)


def is_permanent(error_name: str) -> bool:
    """True where another attempt on the same input must fail the same way."""
    permanent = {
        error.__name__
        for root in (UnusableVideoError, ConfigurationError, JobEndedError)
        for error in all_errors(root)
    }
    return error_name in permanent
