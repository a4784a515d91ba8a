"""Why a step, a message or a request failed, apart from the video and the settings."""

from __future__ import annotations

from lifestream.errors.base import PipelineError


class InternalError(PipelineError):
    advice = "Try again. If it fails again, read the log of the API's function."


class JobEndedError(PipelineError):
    advice = "The job was cancelled, or a later attempt has started. See `lifestream status JOB`."


class ErasureError(PipelineError):
    advice = (
        "Correct what the message names. The erasure goes on within the hour: `lifestream receipt "
        "JOB` shows when it has ended."
    )


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
