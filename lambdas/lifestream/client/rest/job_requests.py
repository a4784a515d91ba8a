"""The requests about jobs: upload, list, follow, cancel and redrive them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path

import requests

from lifestream.client.rest.session import ApiSession, Bearer, with_retries
from lifestream.client.rest.uploads import upload
from lifestream.client.short_ids import only_one
from lifestream.client.upload_checks import check_options
from lifestream.domain.job import JobStatus
from lifestream.domain.options import JobOptions
from lifestream.domain.prices import Rates
from lifestream.rest.jobs import Job, JobChange, Jobs, RedrivePlan, StepRuns

ID_CHARACTERS = 32
PAGE = 100
LONG_POLL_SECONDS = 20
UNSUCCESSFUL = (JobStatus.FAILED, JobStatus.PARTIAL)


class JobRequests:
    """See `Api`."""

    def __init__(
        self, url: str, token: str | None = None, *, http: requests.Session | None = None
    ) -> None:
        """Use an access token that the caller has, such as that of a program.

        Args:
            url: The output `ApiUrl` of the stack.
            token: The access token. It is sent to this address only.
            http: A session that adds the token to each request, instead of `token`.

        Raises:
            ConfigurationError: The address does not begin with https://.
        """
        session = http or requests.Session()
        if token is not None:
            session.auth = Bearer(token)
        self._session = ApiSession(url, with_retries(session))

    def check_options(self, options: JobOptions) -> None:
        """Check options before the upload. The API checks them against the deployed model too.

        Raises:
            UsageError: An option is wrong.

        Examples:
            >>> api.check_options(JobOptions(language="en"))
        """
        check_options(options, None)

    def rates(self) -> Rates:
        """Return what the costs of jobs depend on, apart from list prices.

        Examples:
            >>> api.rates().openai_model
            'gpt-4o-mini'
        """
        return self._session.ask(Rates, "GET", "/v1/rates")

    def upload(
        self,
        video: Path,
        *,
        options: JobOptions | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> Job:
        """Upload a video or an audio file, which becomes a job.

        An upload that was interrupted goes on where it stopped. A file that did not change and was
        uploaded before, with the same options, keeps its job.

        Args:
            video: The file.
            options: Language, speakers, hotwords and more; everything left out is detected.
            on_bytes: Called with the number of bytes that have arrived since its last call.

        Raises:
            FileNotFoundError: There is no such file. Nothing was sent.
            UnsupportedExtensionError: No job can work on a file of this name. Nothing was sent.
            EmptyVideoError: The file holds zero bytes. Nothing was sent.

        Examples:
            >>> job = api.upload(Path("talk.mp4"), options=JobOptions(speakers=2))
            >>> job.file_name, job.options.speakers
            ('talk.mp4', 2)
        """
        return upload(self._session, video, options=options, on_bytes=on_bytes)

    def jobs(
        self, limit: int = 20, *, name: str = "", statuses: Sequence[JobStatus] = ()
    ) -> list[Job]:
        """Return the latest jobs, newest first.

        Args:
            limit: How many at most.
            name: A part of the file's name.
            statuses: Any of these; empty for all.

        Examples:
            >>> [job.file_name for job in api.jobs(name="talk")]
            ['talk.mp4']
        """
        found: list[Job] = []
        for page in self._pages(limit, name=name or None, status=",".join(statuses) or None):
            found += page
            if len(found) >= limit:
                break
        return found[:limit]

    def job(self, job_id: str) -> Job:
        """Return a job as it is now.

        Raises:
            JobNotFoundError: No job has such an id.
            AmbiguousJobIdError: Several jobs have.

        Examples:
            >>> api.job(job.short_id).file_name
            'talk.mp4'
        """
        if len(job_id) == ID_CHARACTERS:
            return self._session.ask(Job, "GET", f"/v1/jobs/{job_id}")
        pages = self._pages(PAGE, id=job_id) if job_id else iter(())
        found = [job for page in pages for job in page]
        return only_one(found, job_id)

    def wait(
        self,
        job_id: str,
        *,
        timeout_seconds: float | None = None,
        on_update: Callable[[Job], None] | None = None,
    ) -> Job:
        """Wait until a job has ended, whether it succeeded or failed.

        Args:
            job_id: The job.
            timeout_seconds: How long to wait; without it, as long as it takes.
            on_update: Called with the job at each change.

        Raises:
            TimeoutError: The job has not ended in time. It goes on.

        Examples:
            >>> api.wait(job.job_id, timeout_seconds=3600).status
            <JobStatus.SUCCEEDED: 'SUCCEEDED'>
        """
        until = time.monotonic() + timeout_seconds if timeout_seconds is not None else None
        job = self.job(job_id)
        while not job.status.is_terminal:
            if on_update:
                on_update(job)
            left = until - time.monotonic() if until is not None else LONG_POLL_SECONDS
            if left <= 0:
                raise TimeoutError(f"job {job.job_id} is still {job.status}")
            job = self.next_change(job, wait_seconds=max(1, min(LONG_POLL_SECONDS, int(left)))).job
        return job

    def next_change(self, job: Job, *, wait_seconds: int = LONG_POLL_SECONDS) -> JobChange:
        """Wait until a job has changed, for at most 20 seconds.

        Args:
            job: The job as it is known.
            wait_seconds: 0 to 20.

        Examples:
            >>> api.next_change(api.job(job.job_id), wait_seconds=0).is_changed
            False
        """
        known = {"after": job.updated_at.isoformat(), "wait": wait_seconds}
        return self._session.ask(JobChange, "GET", f"/v1/jobs/{job.job_id}/events", query=known)

    def steps(self, job_id: str) -> StepRuns:
        """Return when each step of a job's latest attempt ran.

        Examples:
            >>> [run.step for run in api.steps(job.job_id).steps if run.state == "failed"]
            []
        """
        return self._session.ask(StepRuns, "GET", f"/v1/jobs/{self._id(job_id)}/steps")

    def cancel(self, job_id: str) -> Job:
        """End a job that is waiting or running.

        Raises:
            JobStatusError: The job has ended otherwise.

        Examples:
            >>> api.cancel(job.job_id)
            Traceback (most recent call last):
            ...
            lifestream.errors.JobStatusError: job ... has ended already: SUCCEEDED
        """
        return self._session.ask(Job, "POST", f"/v1/jobs/{self._id(job_id)}/cancel")

    def redrive(self, job_id: str) -> Job:
        """Run a failed or PARTIAL job again. Finished steps are not repeated.

        Raises:
            JobStatusError: The job did not fail.

        Examples:
            >>> api.redrive(job.job_id)
            Traceback (most recent call last):
            ...
            lifestream.errors.JobStatusError: job ... is SUCCEEDED: there is nothing to redrive
        """
        return self._session.ask(Job, "POST", f"/v1/jobs/{self._id(job_id)}/redrive")

    def redrive_plan(self, job_id: str) -> RedrivePlan:
        """Return what a redrive would do.

        Raises:
            JobStatusError: The job did not fail.

        Examples:
            >>> api.redrive_plan(job.job_id)
            Traceback (most recent call last):
            ...
            lifestream.errors.JobStatusError: job ... is SUCCEEDED: there is nothing to redrive
        """
        return self._session.ask(RedrivePlan, "GET", f"/v1/jobs/{self._id(job_id)}/redrive")

    def failed_jobs(
        self, job_ids: Sequence[str] | None, *, since: datetime | None = None
    ) -> AbstractContextManager[ApiFailures]:
        """Find these jobs, or else all that are FAILED or PARTIAL, or became so since a moment.

        Examples:
            >>> with api.failed_jobs(None) as failed:
            ...     [plan.error for plan in failed.plans]
            []
        """
        if job_ids is not None:
            plans = [self.redrive_plan(one) for one in job_ids]
        else:
            pages = self._pages(PAGE, status=",".join(UNSUCCESSFUL))
            failed = (job for page in pages for job in page)
            recent = [job for job in failed if since is None or job.updated_at >= since]
            plans = [self.redrive_plan(job.job_id) for job in recent]
        return nullcontext(ApiFailures(self, plans))

    def _pages(self, limit: int, **query: str | None) -> Iterator[tuple[Job, ...]]:
        cursor: str | None = None
        while True:
            asked = {"limit": min(limit, PAGE), "cursor": cursor, **query}
            page = self._session.ask(Jobs, "GET", "/v1/jobs", query=asked)
            yield page.jobs
            cursor = page.next
            if cursor is None:
                return

    def _id(self, job_id: str) -> str:
        return job_id if len(job_id) == ID_CHARACTERS else self.job(job_id).job_id


class ApiFailures:
    """Failed jobs. See `lifestream.client.deployment.FailedJobs`."""

    def __init__(self, api: JobRequests, plans: Sequence[RedrivePlan]) -> None:
        self.plans = plans
        self._api = api

    def redrive(self, positions: Sequence[int]) -> None:
        for position in positions:
            self._api.redrive(self.plans[position].job_id)
