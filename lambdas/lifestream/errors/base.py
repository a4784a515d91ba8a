"""The root of all errors, and what a later attempt may fix."""

from __future__ import annotations


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
