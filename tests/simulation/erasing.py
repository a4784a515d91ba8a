"""Erase jobs of a simulated cloud, and look for what is left in each of its stores."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import timedelta

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from builders import a_failure
from cdk_app.alarms import Source
from conftest import BUCKET, JOBS, SLOTS
from lifestream import resources
from lifestream.aws import clients
from lifestream.domain.bucket_layout import (
    INDEX,
    NAMED_VOICEPRINTS,
    PUBLISHED_NAMES,
    RECEIPTS,
    SPEAKER_NAMES,
    UPLOADS,
    artifacts_of_job,
)
from lifestream.domain.erasure import Receipt
from lifestream.domain.job import JobStatus, ProcessingJob
from simulation.cloud import Cloud
from simulation.faults import ProcessKilledError

KEY = b"signs receipts"
LOG = "the log"


def planted(cloud: Cloud, name: str) -> ProcessingJob:
    """Return a job that failed and left something in each store, without running any step."""
    key, s3 = f"{UPLOADS}{name}.mp4", cloud.aws.s3
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=b"video")
    job = ProcessingJob.for_upload(
        bucket=BUCKET, key=key, version_id=put["VersionId"], etag=put["ETag"]
    )
    for left in (
        f"{artifacts_of_job(job.job_id)}TranscribeSpeech/transcript.json",
        f"{job.results_prefix}result.md",
        f"{INDEX}words/{job.job_id}.json",
        f"{NAMED_VOICEPRINTS}0a/{job.job_id}-SPEAKER_00.json",
        f"{SPEAKER_NAMES}{job.job_id}.json",
        f"{PUBLISHED_NAMES}0a/{job.job_id}-SPEAKER_00",
    ):
        s3.put_object(Bucket=BUCKET, Key=left, Body=name.encode())
    jobs = resources.job_table()
    jobs.accept(job)
    jobs.fail(job, JobStatus.FAILED, a_failure(), job.results_prefix)
    cloud.service.queues.send_to_dlq(job.model_copy(update={"failure": a_failure()}))
    return job


def ask(cloud: Cloud, *jobs: ProcessingJob) -> None:
    """Ask for erasures, each in a process of its own that a fault may kill."""
    for job in jobs:
        record = cloud.service.job(job.job_id)
        _in_process(cloud, "Api", lambda found=record: resources.erasures().ask(found, by="ada"))


def erase(cloud: Cloud, *jobs: ProcessingJob, later: bool = True) -> None:
    """Run the eraser for each job or, without jobs, for all, as it runs every hour.

    later: whether the grace period is over
    """
    grace_period = timedelta(0) if later else resources.GRACE_PERIOD
    ids: list[str | None] = [job.job_id for job in jobs]
    for job_id in ids or [None]:
        eraser = resources.eraser(grace_period=grace_period)
        _in_process(cloud, "Eraser", lambda one=job_id, eraser=eraser: eraser.run(one))
    cloud.run_until_idle()


def show_hidden_messages() -> None:
    """Let the visibility timeouts of a reader that was killed pass."""
    queue = get_backend("sqs")[DEFAULT_ACCOUNT_ID]["us-east-1"].queues["dead"]
    for message in queue._messages:
        message.visible_at = 0.0


def _in_process(cloud: Cloud, name: str, call: object) -> None:
    def run() -> None:
        try:
            cloud.services.in_process(name, call)  # type: ignore[arg-type]
        except ProcessKilledError as error:
            if name == "Eraser":
                cloud.note_error(error, Source.ERASER)

    cloud.scheduler.spawn(run)
    cloud.scheduler.run()


def receipt_of(job: ProcessingJob) -> Receipt:
    receipt = resources.erasures().records.receipt(job.job_id)
    assert receipt is not None, f"{job.key} has no receipt"
    return receipt


def traces(cloud: Cloud, words: Collection[str]) -> list[str]:
    """Return where one of the words is, in the names and contents of all stores.

    The id of an erased job may be in its receipt, in its row and in the log, and nowhere else. The
    names of executions are left out: AWS keeps them for 90 days.
    """
    return [
        f"{word!r} in {place}"
        for place, text in _everything(cloud)
        for word in words
        if word in text and not _may_hold(place, word)
    ]


def _may_hold(place: str, word: str) -> bool:
    is_id = re.fullmatch("[0-9a-f]{32}", word)
    return bool(is_id) and place in (LOG, f"{RECEIPTS}{word}.json", f"{JOBS}/{word}")


def _everything(cloud: Cloud) -> Iterator[tuple[str, str]]:
    keys = get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys
    for key in list(keys):
        for version in keys.getlist(key):
            content: bytes = getattr(version, "value", b"")  # a delete marker has none
            yield key, key + content.decode(errors="replace")
    for table in (JOBS, SLOTS):
        for item in clients.table(table).scan()["Items"]:
            yield f"{table}/{item.get('job_id')!s}", str(item)
    for body in cloud.dlq_messages():
        yield "the dead-letter queue", body
    for message in cloud.inbox:
        yield "the ingest queue", message.body
    names = re.compile("|".join(map(re.escape, cloud.executions.records)) or "$^")
    for line in cloud.log:
        yield LOG, names.sub("", line)
