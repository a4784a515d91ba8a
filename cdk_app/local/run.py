"""Upload videos, follow their jobs and copy the results, as a user of a deployed stack does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lifestream.aws.executions import Executions
from lifestream.client.s3_results import S3Results
from lifestream.client.video_service import VideoService
from lifestream.domain.job import ProcessingJob
from lifestream.domain.options import JobOptions
from lifestream.domain.state_runs import StateRun

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

    from lifestream.domain.job_record import JobRecord

POLL_SECONDS = 0.25


@dataclass
class Outcome:
    """A video and its job. `record` is the job's final row, None until the execution has ended;
    `running` is the row before that."""

    video: Path
    job: ProcessingJob
    states: dict[str, StateRun] = field(default_factory=dict)
    running: JobRecord | None = None
    record: JobRecord | None = None
    results: Path | None = None

    def as_json(self) -> dict[str, Any]:
        failure = self.record.failure if self.record else None
        return {
            "video": str(self.video),
            "job_id": self.job.job_id,
            "status": self.record.status if self.record else None,
            "error": failure
            and {"name": failure.error, "message": failure.cause, "advice": failure.advice},
            "results": str(self.results) if self.results else None,
        }


@dataclass(frozen=True)
class Deployment:
    """The client and the services of a deployed stack that `process` uses."""

    service: VideoService
    step_functions: SFNClient
    s3: S3Client
    state_machine_arn: str

    def process(
        self,
        videos: Sequence[Path],
        *,
        out: Path,
        options: JobOptions | None = None,
        watch: Callable[[Sequence[Outcome]], None] | None = None,
    ) -> list[Outcome]:
        """Process all videos side by side and return when each job has ended. `watch` gets the
        outcomes every quarter of a second; without it, only one job at a time is polled."""
        outcomes = [
            Outcome(video, self.service.create_upload_job(video, options=options, key=key))
            for video, key in zip(videos, unique_keys(videos), strict=True)
        ]
        return self.follow(outcomes, out=out, watch=watch)

    def follow(
        self,
        outcomes: list[Outcome],
        *,
        out: Path,
        watch: Callable[[Sequence[Outcome]], None] | None = None,
    ) -> list[Outcome]:
        """Wait until each job has ended, and copy its results to `out`."""
        while running := [outcome for outcome in outcomes if outcome.record is None]:
            for outcome in running if watch else running[:1]:
                self._refresh(outcome, is_watched=watch is not None)
                if watch and outcome.states:
                    outcome.running = self.service.job(outcome.job.job_id)
            if watch:
                watch(outcomes)
            time.sleep(POLL_SECONDS)
        for outcome in outcomes:
            if outcome.record and outcome.record.results_prefix:
                page = S3Results(self.s3, outcome.record).copy_playing(
                    out, outcome.video.resolve().as_uri()
                )
                outcome.results = page.parent
        return outcomes

    def _refresh(self, outcome: Outcome, *, is_watched: bool) -> None:
        """Update the outcome. The job has ended when its execution has, and not when its row says
        so, because the DLQ message is sent after the row is written. The states of a running job
        are read only if somebody watches."""
        executions = Executions(self.step_functions, self.state_machine_arn)
        execution = executions.find(outcome.job.execution_name)
        if execution is None or (execution.is_running and not is_watched):
            return
        outcome.states = executions.states(execution.name)
        if not execution.is_running:
            outcome.record = self.service.job(outcome.job.job_id)


def unique_keys(videos: Sequence[Path]) -> list[str]:
    """Return a key for each file: its name, with a number in front if it is not unique."""
    names = [video.name for video in videos]
    return [
        name if names.index(name) == number else f"{number}/{name}"
        for number, name in enumerate(names)
    ]
