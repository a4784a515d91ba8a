"""The metrics of a deployment: names, units, and what one value means.

Each fact is measured in one place. A step that runs again, because it was retried or because its
job was redriven, measures again. `JobsEnded`, `JobsAborted` and the dollars measure each attempt of
a job once.
"""

from __future__ import annotations

from enum import StrEnum

NAMESPACE = "LifeStream"
STAGE = "stage"
"""The dimension of every metric."""


class Metric(StrEnum):
    """The metrics, with the dimensions that they have besides `stage`.

    JOBS_ENDED: 1 per attempt that has ended; `status`
    JOBS_ABORTED: 1 per attempt whose execution was stopped, although nobody cancelled the job
    QUEUE_SECONDS: from the upload until its execution was started
    SLOT_WAIT_SECONDS: until a step got its slot; `pool`. For extraction, this includes the
        inspection; for the GPU, the start of a host.
    STEP_SECONDS: of each run of a step that succeeded; `step`
    VIDEO_SECONDS: the length of a recording that was transcribed
    REAL_TIME_FACTOR: the seconds of a transcription per second of audio
    CONTAINER_SECONDS: how long a container worked, also in vain. A container that is killed
        measures nothing.
    SPEECH_SECONDS: the speech that was detected in a recording
    MISSING_TEXT_SECONDS: the part of it that has no text
    FLAGGED_SECONDS: text that was left out as a probable hallucination
    JOB_DOLLARS: what an attempt of a job has cost when it ends, at list prices. Its parts:
    HOST_DOLLARS: the container, and the start of its host
    FUNCTION_DOLLARS: Lambda and Step Functions
    MODEL_DOLLARS: the calls of models
    API_SECONDS: of each answer of the API, except those that wait for a job or a model
    REPAIRS: what the reconciler repaired in one run, if anything
    LONGEST_WAIT_SECONDS: of the jobs that wait for a slot or a host while the reconciler runs
    OVERDUE_CONTAINERS: containers that have exceeded their time limit, if any
    IDLE_HOSTS: hosts that had no job for an hour, if any. A host without a container does not count
        if a job changed within that hour.
    """

    JOBS_ENDED = "JobsEnded"
    JOBS_ABORTED = "JobsAborted"
    QUEUE_SECONDS = "QueueSeconds"
    SLOT_WAIT_SECONDS = "SlotWaitSeconds"
    STEP_SECONDS = "StepSeconds"
    VIDEO_SECONDS = "VideoSeconds"
    REAL_TIME_FACTOR = "RealTimeFactor"
    CONTAINER_SECONDS = "ContainerSeconds"
    SPEECH_SECONDS = "SpeechSeconds"
    MISSING_TEXT_SECONDS = "MissingTextSeconds"
    FLAGGED_SECONDS = "FlaggedSeconds"
    JOB_DOLLARS = "JobDollars"
    HOST_DOLLARS = "HostDollars"
    FUNCTION_DOLLARS = "FunctionDollars"
    MODEL_DOLLARS = "ModelDollars"
    API_SECONDS = "ApiSeconds"
    REPAIRS = "Repairs"
    LONGEST_WAIT_SECONDS = "LongestWaitSeconds"
    OVERDUE_CONTAINERS = "OverdueContainers"
    IDLE_HOSTS = "IdleHosts"

    @property
    def unit(self) -> str:
        """CloudWatch's unit."""
        if self is Metric.REAL_TIME_FACTOR or self.endswith("Dollars"):
            return "None"
        return "Seconds" if self.endswith("Seconds") else "Count"
