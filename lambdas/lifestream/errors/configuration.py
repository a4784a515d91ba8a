"""What an operator must fix: settings, keys, models, hosts."""

from __future__ import annotations

from lifestream.errors.base import PipelineError


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


class JobCostCapError(ConfigurationError):
    advice = (
        "Split the recording, or deploy with a higher -c max_job_dollars. If the estimate is too "
        "high, correct -c assumed_speed or -c host_hour_dollars. Then redrive the job."
    )


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
