"""A job's row is accepted once per attempt, and never leaves a terminal status."""

from __future__ import annotations

import pytest

from builders import SUBMITTED, a_failure, a_job
from conftest import JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.job_record import JobRecord
from lifestream.step_names import Step

FAILURE = a_failure()


@pytest.fixture
def jobs(aws: Aws) -> JobTable:  # noqa: ARG001  # the table lives in it
    return JobTable(clients.table(JOBS))


def row(jobs: JobTable, job: ProcessingJob) -> JobRecord:
    record = jobs.find(job.job_id)
    assert record is not None
    return record


def second_attempt(job: ProcessingJob) -> ProcessingJob:
    return job.model_copy(update={"failure": FAILURE}).for_redrive()


def test_a_new_job_is_accepted_and_can_be_read_back(jobs: JobTable) -> None:
    job = a_job()

    assert jobs.accept(job)

    assert row(jobs, job).job == job
    assert row(jobs, job).status == JobStatus.QUEUED


def test_a_redelivered_message_is_accepted_while_the_job_runs(jobs: JobTable) -> None:
    """The first delivery may have crashed before it started the execution."""
    jobs.accept(a_job())
    jobs.enter(a_job(), Step.EXTRACT_AUDIO, JobStatus.EXTRACTING)

    assert jobs.accept(a_job())
    assert row(jobs, a_job()).status == JobStatus.EXTRACTING


@pytest.mark.parametrize("status", [JobStatus.SUCCEEDED, JobStatus.PARTIAL])
def test_a_message_for_an_ended_job_changes_nothing(jobs: JobTable, status: JobStatus) -> None:
    jobs.accept(a_job())
    jobs.finish(a_job(), status, results_prefix="results/x/")

    assert not jobs.accept(a_job())
    assert row(jobs, a_job()).status == status


def test_a_failed_job_can_be_redriven_but_not_a_successful_one(jobs: JobTable) -> None:
    failed, succeeded = a_job(version="v1"), a_job(version="v2")
    for job in (failed, succeeded):
        jobs.accept(job)
    jobs.fail(failed, JobStatus.FAILED, FAILURE, None)
    jobs.finish(succeeded, JobStatus.SUCCEEDED, results_prefix="results/x/")

    assert jobs.accept(second_attempt(failed))
    assert not jobs.accept(second_attempt(succeeded))
    assert (row(jobs, failed).attempt, row(jobs, failed).status) == (2, JobStatus.QUEUED)
    assert row(jobs, failed).failure is None


def test_a_redrive_works_when_the_row_is_gone(jobs: JobTable) -> None:
    assert jobs.accept(second_attempt(a_job()))


@pytest.mark.fault(
    "C14", by="every write after every terminal status", so="the terminal status is kept"
)
@pytest.mark.parametrize("status", [s for s in JobStatus if s.is_terminal])
def test_a_terminal_status_is_never_overwritten(jobs: JobTable, status: JobStatus) -> None:
    jobs.accept(a_job())
    jobs.finish(a_job(), status, results_prefix="results/x/")

    jobs.enter(a_job(), Step.PUBLISH_RESULTS, JobStatus.PUBLISHING)
    jobs.fail(a_job(), JobStatus.FAILED, FAILURE, None)
    jobs.finish(a_job(), JobStatus.SUCCEEDED, results_prefix="results/y/")

    record = row(jobs, a_job())
    assert (record.status, record.results_prefix, record.failure) == (status, "results/x/", None)


def test_a_late_writer_of_an_earlier_attempt_changes_nothing(jobs: JobTable) -> None:
    jobs.accept(a_job())
    jobs.fail(a_job(), JobStatus.FAILED, FAILURE, None)
    jobs.accept(second_attempt(a_job()))

    jobs.finish(a_job(), JobStatus.SUCCEEDED, results_prefix="results/late/")

    assert row(jobs, a_job()).status == JobStatus.QUEUED


def test_recent_jobs_come_newest_first(jobs: JobTable) -> None:
    for day, version in enumerate(("old", "middle", "new"), start=1):
        job = a_job(version=version)
        jobs.accept(job.model_copy(update={"submitted_at": SUBMITTED.replace(day=day)}))

    found = [record.submitted_at.day for record in jobs.recent(2)]

    assert found == [3, 2]


def test_recent_jobs_come_from_several_pages(
    jobs: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of DynamoDB ends at a megabyte; this one ends sooner."""
    monkeypatch.setattr("moto.dynamodb.models.table.RESULT_SIZE_LIMIT", 2_000)
    for version in ("a", "b", "c", "d"):
        jobs.accept(a_job(version=version))

    assert len(jobs.recent(3)) == 3
    assert len(jobs.recent(100)) == 4


def test_a_failure_is_read_back_as_it_was_written(jobs: JobTable) -> None:
    jobs.accept(a_job())

    jobs.fail(a_job(), JobStatus.PARTIAL, FAILURE, "results/x/")

    record = row(jobs, a_job())
    assert record.failure == FAILURE
    assert record.results_prefix == "results/x/"
    assert jobs.starting_with(a_job().job_id[:5]) == [record]
