"""A crash before or after any durable write neither loses nor duplicates work."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import zip_longest

import pytest

from lifestream.domain.job import JobStatus, ProcessingJob
from simulation.cloud import Cloud
from simulation.faults import Fault, Kind
from simulation.world import simulated

SEED = 1
JOBS_A_CLOUD = 18  # moto's listings get slower with everything in the bucket
Point = tuple[str, int, Kind]
"""A pattern for writes, the number of matches to skip, and the side of the write to crash on."""


def points_of_a_run(*, after: Sequence[Fault] = ()) -> list[Point]:
    """Return all crash points of a job: before each durable write, and after each process's last.

    They are found by running a job.
    """
    with simulated(SEED) as cloud:
        job = cloud.upload("{name}.mp4")
        cloud.faults.plan = list(after)
        cloud.run_until_idle()
        seen: Counter[str] = Counter()
        found: list[Point] = []
        for call, following in zip_longest(cloud.faults.writes, cloud.faults.writes[1:]):
            pattern = str(call).replace(job.execution_name, "{execution}")
            pattern = pattern.replace(job.job_id, "{id}").replace(job.short_id, "{short}")
            found.append((pattern, seen[pattern], "kill before"))
            if following is None or following.process != call.process:
                found.append((pattern, seen[pattern], "kill after"))
            seen[pattern] += 1
        return found


@cache
def on_the_way_to_success() -> list[Point]:
    return points_of_a_run()


@cache
def on_the_way_to_failure() -> list[Point]:
    """Return the crash points of a job that fails permanently."""
    ways = points_of_a_run(after=[Fault("PublishResults PutObject*", "refuse", times=99)])
    return [point for point in ways if point not in on_the_way_to_success()]


def crash(cloud: Cloud, job: ProcessingJob, point: Point) -> None:
    pattern, skip, kind = point
    name = job.file_name.removesuffix(".mp4")
    ids = {"execution": job.execution_name, "id": job.job_id, "short": job.short_id}
    exact = pattern.format(**ids, name=name)
    cloud.faults.plan.append(Fault(exact, kind, skip=skip))


def survive(cloud: Cloud, jobs: list[ProcessingJob]) -> None:
    """Check that each job succeeds, or fails with one DLQ message whose redrive succeeds."""
    cloud.run_until_idle()
    cloud.reconcile()
    cloud.run_until_idle()
    cloud.check(*jobs)

    cloud.faults.plan = []
    cloud.redrive_all()
    cloud.run_until_idle()

    cloud.check(*jobs)
    assert {cloud.service.job(job.job_id).status for job in jobs} == {JobStatus.SUCCEEDED}
    assert cloud.dlq_messages() == []


@pytest.mark.fault(
    "C1", by="the process is killed at each durable write", so="all eight guarantees hold"
)
def test_a_crash_at_any_durable_write_is_survived() -> None:
    """One upload per crash; they run concurrently."""
    for points in batched(on_the_way_to_success()):
        with simulated(SEED) as cloud:
            cloud.batch = 1  # so that the dispatcher's crash is one job's
            jobs = []
            for number, point in enumerate(points):
                jobs.append(cloud.upload(f"{number}.mp4"))
                crash(cloud, jobs[-1], point)
            planned = list(cloud.faults.plan)

            survive(cloud, jobs)

            assert [fault for fault in planned if fault.times] == []


def test_a_crash_while_a_failure_is_recorded_is_survived() -> None:
    for points in batched(on_the_way_to_failure()):
        with simulated(SEED) as cloud:
            cloud.batch = 1
            jobs = []
            for number, point in enumerate(points):
                jobs.append(cloud.upload(f"{number}.mp4"))
                target = f"PublishResults PutObject *{jobs[-1].short_id}*"
                cloud.faults.plan.append(Fault(target, "refuse", times=99))
                crash(cloud, jobs[-1], point)
            survive(cloud, jobs)


def batched(points: list[Point]) -> Iterator[list[Point]]:
    """Group the crash points per cloud. Writes to shared resources get a cloud of their own.

    Such a crash can hit any job, and a job that crashes too often fails before its own crash point.
    """
    assert points
    shared = [point for point in points if "{" not in point[0]]
    for group in ([point for point in points if point not in shared], shared):
        for start in range(0, len(group), JOBS_A_CLOUD):
            yield group[start : start + JOBS_A_CLOUD]


@pytest.mark.fault(
    "C2", by="two kills in one job, at sampled writes", so="all eight guarantees hold"
)
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, 25))]
)
def test_two_crashes_in_one_job_are_survived(seed: int) -> None:
    rng, points = random.Random(seed), on_the_way_to_success()
    with simulated(seed) as cloud:
        cloud.batch = 1
        jobs = []
        for number in range(12):
            jobs.append(cloud.upload(f"{number}.mp4"))
            for point in rng.sample(points, 2):
                crash(cloud, jobs[-1], point)

        survive(cloud, jobs)
