"""A list of jobs is read page by page, newest first, and reads no more than it needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from builders import SUBMITTED, a_job
from conftest import JOBS, Aws
from lifestream.aws import clients, job_table
from lifestream.aws.job_table import ANY_JOB, JobTable
from lifestream.domain.job import JobStatus
from lifestream.domain.job_list import JobFilter, Position
from lifestream.domain.job_record import JobRecord
from lifestream.step_names import Step

NAMES = ("Übung.mp4", "garden.mp4", "Garden party.mov", "talk.mp4", "old garden.mkv")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def jobs(aws: Aws) -> JobTable:  # noqa: ARG001  # the table is there
    """Five jobs, the newest first in `NAMES`. Two of them were submitted in the same moment."""
    table = JobTable(clients.table(JOBS))
    for age, name in enumerate(NAMES):
        job = a_job(key=f"uploads/2026/{name}")
        submitted = SUBMITTED - MINUTE * min(age, 3)
        table.accept(job.model_copy(update={"submitted_at": submitted}))
    return table


def pages(jobs: JobTable, limit: int, wanted: JobFilter = ANY_JOB) -> Iterator[list[str]]:
    after: Position | None = None
    while True:
        page = jobs.page(limit, wanted, after=after)
        yield [names_of(record) for record in page.records]
        after = page.following
        if after is None:
            return


def names_of(record: JobRecord) -> str:
    return record.job.file_name


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
def test_the_pages_together_are_the_whole_list(jobs: JobTable, limit: int) -> None:
    found = list(pages(jobs, limit))

    assert all(len(page) == limit for page in found[:-1])
    flat = [name for page in found for name in page]
    assert flat[:3] == list(NAMES[:3])
    assert sorted(flat) == sorted(NAMES)


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("GARDEN", {"garden.mp4", "Garden party.mov", "old garden.mkv"}),
        ("u\u0308bung", {"Übung.mp4"}),
        (".mp4", {"Übung.mp4", "garden.mp4", "talk.mp4"}),
        ("2026", set()),
        ("nothing", set()),
    ],
)
def test_a_name_is_found_by_any_part_in_any_spelling(
    jobs: JobTable, part: str, found: set[str]
) -> None:
    [page] = pages(jobs, 10, JobFilter(name=part))

    assert set(page) == found


def test_a_status_is_found(jobs: JobTable) -> None:
    job = a_job(key="uploads/2026/talk.mp4")
    jobs.enter(job, Step.EXTRACT_AUDIO, JobStatus.EXTRACTING)

    wanted = JobFilter(statuses=frozenset({JobStatus.EXTRACTING, JobStatus.FAILED}))
    assert list(pages(jobs, 10, wanted)) == [["talk.mp4"]]


def test_a_rare_name_is_found_although_a_page_reads_few_jobs(
    jobs: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_table, "EXAMINED", 2)

    found = list(pages(jobs, 2, JobFilter(name="garden")))

    assert len(found) == 3
    assert {name for page in found for name in page} == {
        "garden.mp4",
        "Garden party.mov",
        "old garden.mkv",
    }


def test_a_job_that_arrives_meanwhile_does_not_shift_the_pages(jobs: JobTable) -> None:
    first = jobs.page(2)
    newer = a_job(key="uploads/new.mp4").model_copy(update={"submitted_at": SUBMITTED + MINUTE})
    jobs.accept(newer)

    second = jobs.page(3, after=first.following)

    assert sorted(map(names_of, (*first.records, *second.records))) == sorted(NAMES)
