"""What the commands do with a deployment, whether by AWS credentials or through its API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lifestream.client.results import Results
    from lifestream.domain.answers import Answer
    from lifestream.domain.options import JobOptions
    from lifestream.domain.prices import Rates
    from lifestream.rest.erasures import Erasure
    from lifestream.rest.jobs import Job, RedrivePlan
    from lifestream.rest.library import Passage
    from lifestream.rest.speakers import Naming


class FailedJobs(Protocol):
    """Jobs that ended without success.

    `plans` says what another attempt of each would do; None stands for an upload event that never
    became a job.
    """

    @property
    def plans(self) -> Sequence[RedrivePlan | None]: ...

    def redrive(self, positions: Sequence[int]) -> None:
        """Run the jobs at these positions again."""


class Deployment(Protocol):
    """A deployment and its jobs. A job is named by its id, or the first characters of it."""

    def check_options(self, options: JobOptions) -> None:
        """Raises UsageError or UnsupportedOptionError."""

    def rates(self) -> Rates:
        """Return what the costs of jobs depend on, apart from list prices."""

    def upload(
        self,
        video: Path,
        *,
        options: JobOptions | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> Job: ...

    def jobs(self, limit: int = 20) -> list[Job]: ...

    def job(self, job_id: str) -> Job: ...

    def cancel(self, job_id: str) -> Job: ...

    def results(self, job_id: str) -> Results: ...

    def search(
        self,
        words: str,
        *,
        limit: int = 5,
        speaker: str | None = None,
        video: str | None = None,
        since: datetime | None = None,
    ) -> list[Passage]: ...

    def ask(
        self,
        question: str,
        *,
        speaker: str | None = None,
        video: str | None = None,
        since: datetime | None = None,
    ) -> Answer: ...

    def name_speaker(self, job_id: str, speaker: str, name: str) -> Naming: ...

    def forget(self, name: str) -> int:
        """Delete the voiceprints of a person, and return how many there were."""

    def failed_jobs(
        self, job_ids: Sequence[str] | None, *, since: datetime | None = None
    ) -> AbstractContextManager[FailedJobs]:
        """Find the jobs, or else all that failed, or all that failed since a moment."""

    def erasure_plan(self, job_id: str) -> Erasure:
        """Return what an erasure would find. Of an erased job, return its erasure."""

    def erase(self, plans: Sequence[Erasure]) -> list[Erasure]:
        """Erase the jobs of these plans."""

    def erasure(self, job_id: str) -> Erasure:
        """Return the erasure of a job. Raises NoErasureError."""


def deployment(stage: str | None) -> Deployment:
    """Find the deployment of a command.

    It is that of AWS_S3_BUCKET_NAME and others, if they are set; or else the API of
    LIFESTREAM_API_URL; or else the API to which somebody signed in with `lifestream login`; or
    else the stack of the stage. With a stage, only the last two are considered.

    Raises ConfigurationError.
    """
    from lifestream.client.aws_deployment import AwsDeployment
    from lifestream.client.connection import connect, names_deployment
    from lifestream.client.rest.connection import connected_api

    is_named = stage is None and names_deployment()
    api = None if is_named else connected_api(stage)
    return api or AwsDeployment(connect(stage))
