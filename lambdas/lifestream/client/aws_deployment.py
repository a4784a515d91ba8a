"""A deployment, by AWS credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.aws import clients
from lifestream.client.upload_checks import check_options
from lifestream.client.video_service import VideoService
from lifestream.domain.options import JobOptions
from lifestream.rest.jobs import Job, RedrivePlan

if TYPE_CHECKING:
    from lifestream.client.redrive import Candidate
    from lifestream.client.results import Results
    from lifestream.domain.answers import Answer
    from lifestream.domain.prices import Rates
    from lifestream.rest.erasures import Erasure
    from lifestream.rest.library import Passage
    from lifestream.rest.speakers import Naming
    from lifestream.settings import ClientSettings


class AwsDeployment:
    """See `lifestream.client.deployment.Deployment`."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._service = VideoService(settings)

    def check_options(self, options: JobOptions) -> None:
        check_options(options, self._settings.whisper_model)

    def rates(self) -> Rates:
        return self._settings.rates

    def upload(
        self,
        video: Path,
        *,
        options: JobOptions | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> Job:
        job = self._service.create_upload_job(video, options=options, on_bytes=on_bytes)
        return self.job(job.job_id)

    def jobs(self, limit: int = 20) -> list[Job]:
        return [Job.of(record) for record in self._service.recent_jobs(limit)]

    def job(self, job_id: str) -> Job:
        return Job.of(self._service.job(job_id))

    def cancel(self, job_id: str) -> Job:
        return Job.of(self._service.cancel(job_id))

    def results(self, job_id: str) -> Results:
        return self._service.results(job_id)

    def search(
        self,
        words: str,
        *,
        limit: int = 5,
        speaker: str | None = None,
        video: str | None = None,
        since: datetime | None = None,
    ) -> list[Passage]:
        from lifestream.client.library import Library, passage_of

        hits = Library(self._settings).search(
            words, limit=limit, speaker=speaker, video=video, since=since
        )
        return [passage_of(hit) for hit in hits]

    def ask(
        self,
        question: str,
        *,
        speaker: str | None = None,
        video: str | None = None,
        since: datetime | None = None,
    ) -> Answer:
        from lifestream.client.library import Library

        library = Library(self._settings)
        return library.ask(question, speaker=speaker, video=video, since=since)

    def name_speaker(self, job_id: str, speaker: str, name: str) -> Naming:
        from lifestream.client.speakers import name_speaker

        return name_speaker(clients.s3(), self._service.job(job_id), speaker, name)

    def forget(self, name: str) -> int:
        from lifestream import resources

        return resources.voiceprints(self._settings).forget(name)

    @contextmanager
    def failed_jobs(
        self, job_ids: Sequence[str] | None, *, since: datetime | None = None
    ) -> Iterator[QueuedFailures]:
        """The DLQ messages are hidden from other readers until the block ends."""
        from lifestream.client.redrive import candidates

        failures = QueuedFailures(self._service, candidates(self._service, job_ids, since=since))
        try:
            yield failures
        finally:
            failures.give_back()

    def erasure_plan(self, job_id: str) -> Erasure:
        from lifestream.client.erasure import plan_of

        return plan_of(self._service, self._settings, job_id)

    def erase(self, plans: Sequence[Erasure]) -> list[Erasure]:
        from lifestream.client.erasure import erase

        return erase(self._service, self._settings, plans)

    def erasure(self, job_id: str) -> Erasure:
        from lifestream.client.erasure import full_id, state_of

        return state_of(self._settings, full_id(self._settings, job_id))


class QueuedFailures:
    """Failed jobs, most of them in the DLQ. See `lifestream.client.deployment.FailedJobs`."""

    def __init__(self, service: VideoService, found: Sequence[Candidate]) -> None:
        from lifestream.client.redrive import plan_of

        self.plans: Sequence[RedrivePlan | None] = [
            plan_of(clients.s3(), one.job) if one.job else None for one in found
        ]
        self._queues = service.queues
        self._left = dict(enumerate(found))

    def redrive(self, positions: Sequence[int]) -> None:
        from lifestream.client.redrive import run_again

        run_again(self._queues, [self._left.pop(position) for position in positions])

    def give_back(self) -> None:
        from lifestream.client.redrive import give_back

        give_back(self._queues, list(self._left.values()))
