"""An erasure leaves nothing behind, wherever it is interrupted."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest

import pytest

from conftest import BUCKET
from lifestream import resources
from lifestream.domain.bucket_layout import artifacts_of_job
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.step_names import Step
from reliability.test_crashes import Point, crash
from simulation.cloud import Cloud
from simulation.engines import SAID
from simulation.erasing import KEY, ask, erase, planted, receipt_of, show_hidden_messages, traces
from simulation.faults import Fault
from simulation.uploads import Message, notification, video_bytes
from simulation.world import simulated

SEED = 3


def points_of_an_erasure(
    cloud: Cloud, job: ProcessingJob, *, is_running: bool = False
) -> list[Point]:
    """Return all crash points of an erasure, as `test_crashes.points_of_a_run` does."""
    before = len(cloud.faults.writes)
    ask(cloud, job)
    if is_running:
        erase(cloud, later=False)
    erase(cloud)
    seen: Counter[str] = Counter()
    found: list[Point] = []
    writes = [call for call in cloud.faults.writes[before:] if call.process in ("Api", "Eraser")]
    for call, following in zip_longest(writes, writes[1:]):
        pattern = str(call).replace(job.execution_name, "{execution}")
        pattern = pattern.replace(job.job_id, "{id}").replace("only", "{name}")
        found.append((pattern, seen[pattern], "kill before"))
        if following is None or following.process != call.process:
            found.append((pattern, seen[pattern], "kill after"))
        seen[pattern] += 1
    return found


def running(cloud: Cloud) -> ProcessingJob:
    """Return a job whose container works."""
    job = cloud.upload("only.mp4")
    cloud.deliver([cloud.inbox.pop()])
    cloud.scheduler.run(until=lambda: cloud.services.container_starts[job.job_id] > 0)
    return job


def ended(cloud: Cloud, *names: str) -> list[ProcessingJob]:
    jobs = [cloud.upload(f"{name}.mp4") for name in names]
    cloud.run_until_idle()
    return jobs


def has_receipt(job: ProcessingJob) -> bool:
    return resources.erasures().records.receipt(job.job_id) is not None


def check_erased(cloud: Cloud, *jobs: ProcessingJob) -> None:
    words = [word for job in jobs for word in (job.job_id, job.file_name)]
    assert traces(cloud, words) == []
    assert all(receipt_of(job).is_signed_with(KEY) for job in jobs)


@pytest.mark.fault(
    "G1", by="the eraser or the API is killed at each write", so="nothing is left but a receipt"
)
def test_a_crash_at_any_write_of_an_erasure_is_survived() -> None:
    """One job per crash."""
    with simulated(SEED) as cloud:
        points = points_of_an_erasure(cloud, planted(cloud, "only"))
        jobs = [planted(cloud, f"crash-{number}") for number in range(len(points))]
        for job, point in zip(jobs, points, strict=True):
            crash(cloud, job, point)
        planned = list(cloud.faults.plan)

        ask(cloud, *jobs)
        for job in jobs:
            erase(cloud, job)
            show_hidden_messages()
        ask(cloud, *(job for job in jobs if cloud.knows(job)))
        erase(cloud)

        check_erased(cloud, *jobs)
        assert [fault for fault in planned if fault.times] == []


@pytest.mark.fault("G3", by="the eraser is killed around StopExecution", so="the job is stopped")
def test_a_crash_while_a_running_job_is_erased_is_survived() -> None:
    with simulated(SEED) as cloud:
        points = points_of_an_erasure(cloud, running(cloud), is_running=True)
    stops = [point for point in points if "StopExecution" in point[0]]
    assert stops
    for point in stops:
        with simulated(SEED) as cloud:
            job = running(cloud)
            crash(cloud, job, point)

            ask(cloud, job)
            erase(cloud, later=False)
            erase(cloud, later=False)
            assert cloud.executions.running() == []
            erase(cloud)

            check_erased(cloud, job)
            assert traces(cloud, [SAID]) == []


def test_nothing_of_an_erased_recording_is_left(cloud: Cloud) -> None:
    jobs = ended(cloud, "budget", "release")
    cloud.uploads.clear()
    ask(cloud, *jobs)
    erase(cloud)

    check_erased(cloud, *jobs)
    assert traces(cloud, [SAID, "budget", "release"]) == []
    found = receipt_of(jobs[0]).found
    assert (found.uploads, found.results, found.index) == (1, 9, 1)
    assert found.artifacts > 0
    assert found.bytes > len(video_bytes())


def test_the_receipt_counts_what_was_found() -> None:
    with simulated(SEED) as cloud:
        job = planted(cloud, "counted")
        ask(cloud, job)
        erase(cloud)

        receipt = receipt_of(job)
        assert receipt.requested_by == "ada"
        assert receipt.found.model_dump() == {
            "uploads": 1,
            "artifacts": 1,
            "results": 1,
            "index": 1,
            "voiceprints": 3,
            "bytes": len(b"video") + 6 * len("counted"),
            "passages": 0,
            "messages": 1,
        }
        changed = receipt.model_copy(update={"requested_by": "grace"})
        assert not changed.is_signed_with(KEY)
        assert not receipt.is_signed_with(b"another key")


@pytest.mark.fault("G4", by="the eraser runs again, for all and for the job", so="nothing changes")
def test_a_second_erasure_changes_nothing(cloud: Cloud) -> None:
    [job] = ended(cloud, "talk")
    cloud.uploads.clear()
    ask(cloud, job)
    erase(cloud)
    receipt, writes = receipt_of(job), len(cloud.faults.writes)

    erase(cloud)
    again = resources.eraser().run(job.job_id)

    assert (again.erased, again.open) == ((), ())
    assert len(cloud.faults.writes) == writes
    assert receipt_of(job) == receipt


def test_other_jobs_of_the_same_video_stay(cloud: Cloud) -> None:
    first, second = (cloud.upload("talk.mp4", body) for body in (None, None))
    cloud.run_until_idle()
    cloud.uploads.remove(first)
    ask(cloud, first)
    erase(cloud)

    assert traces(cloud, [first.job_id]) == []
    assert cloud.service.job(second.job_id).status == JobStatus.SUCCEEDED
    assert len(cloud.aws.s3.list_object_versions(Bucket=BUCKET, Prefix=second.key)["Versions"]) == 1


@pytest.mark.fault(
    "G2", by="an event, a job or a DLQ message arrives later", so="nothing comes back"
)
def test_late_messages_bring_nothing_back(cloud: Cloud) -> None:
    cloud.faults.plan.append(Fault("ExtractAudio PutObject *", "refuse", times=99))
    [job] = ended(cloud, "late")
    [late] = cloud.dlq_messages()
    ask(cloud, job)
    erase(cloud)
    cloud.uploads.clear()

    cloud.inbox += [Message(late), Message(notification(job)), Message(job.model_dump_json())]
    cloud.run_until_idle()
    cloud.reconcile()
    cloud.run_until_idle()

    check_erased(cloud, job)


def test_a_job_is_erased_only_when_no_step_can_be_at_work_any_more(cloud: Cloud) -> None:
    [job] = ended(cloud, "recent")
    ask(cloud, job)

    done = resources.eraser().run()

    assert (done.erased, done.open) == ((), (job.job_id,))
    assert not has_receipt(job)
    cloud.uploads.clear()
    erase(cloud)
    check_erased(cloud, job)


def test_there_is_no_receipt_while_a_container_works_on_the_job() -> None:
    """It outlives its execution, unnoticed."""
    with simulated(SEED) as cloud:
        cloud.loses_events = True
        cloud.services.hangs = {Step.TRANSCRIBE_SPEECH}
        cloud.services.outlives_its_state = True
        job = running(cloud)
        ask(cloud, job)

        erase(cloud)
        assert not has_receipt(job)
        erase(cloud)

        check_erased(cloud, job)


def test_there_is_no_receipt_while_another_reader_holds_a_dlq_message(cloud: Cloud) -> None:
    job = planted(cloud, "held")
    ask(cloud, job)
    assert len(list(cloud.service.queues.dlq_messages())) == 1

    erase(cloud)
    assert not has_receipt(job)
    show_hidden_messages()
    erase(cloud)

    check_erased(cloud, job)


def test_there_is_no_receipt_if_something_is_written_meanwhile(cloud: Cloud) -> None:
    """A step writes after the eraser has listed what to delete."""
    job = planted(cloud, "meanwhile")
    ask(cloud, job)
    call = "Eraser DeleteObjects"
    cloud.faults.plan = [Fault(f"{call} *", "slow")]

    def write() -> None:
        calls = cloud.faults.calls
        cloud.scheduler.wait_until(lambda: any(made.startswith(call) for made in calls), None)
        cloud.aws.s3.put_object(Bucket=BUCKET, Key=f"{artifacts_of_job(job.job_id)}late", Body=b"")

    cloud.scheduler.spawn(write)
    erase(cloud)
    assert not has_receipt(job)
    erase(cloud)

    check_erased(cloud, job)


def test_the_receipt_counts_what_an_interrupted_run_has_deleted(cloud: Cloud) -> None:
    job = planted(cloud, "counted")
    ask(cloud, job)
    cloud.faults.plan = [Fault("Eraser DeleteObjects *", "kill after")]

    erase(cloud)
    erase(cloud)

    found = receipt_of(job).found
    assert (found.uploads, found.artifacts, found.results) == (1, 1, 1)
