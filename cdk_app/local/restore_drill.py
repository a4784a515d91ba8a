"""Lose the job table and the index of a local stack, restore them from the bucket, and compare.

`python -m cdk_app.local.restore_drill VIDEO` processes the video twice and erases one of the jobs.
An old backup then brings back what was erased. Exits with 1 if anything differs after the restore.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from cdk_app.local.run import Deployment
from cdk_app.local.session import EmbeddedAws, Options, embedded_aws
from lifestream import resources
from lifestream.aws import clients
from lifestream.aws.objects import objects_below
from lifestream.client.connection import connect
from lifestream.client.video_service import VideoService
from lifestream.domain.bucket_layout import INDEX
from lifestream.domain.job import ProcessingJob
from lifestream.recovery.restore import Restored
from lifestream.settings import ClientSettings

SETTINGS = {"EMBEDDING_ENGINE": "wordllama", "VECTOR_INDEX": "s3"}
CHANGES = {"updated_at", "submitted_at", "cost"}
"""What a restored row need not have as before. Costs are not in the bucket. The messages of the
client and of S3 about an upload name two moments, of which the row has one and the description in
the bucket perhaps the other."""


class Backup(NamedTuple):
    """Items of the job table, and the newest version of each object."""

    items: list[dict[str, Any]]
    objects: dict[str, bytes]


def main(video: Path) -> None:
    with embedded_aws(Options(settings=SETTINGS)) as aws, client_of(aws) as settings:
        kept, erased = process(aws, video)
        old = backup_of(settings)
        erase(settings, erased)
        before = backup_of(settings)
        lose(settings, old, erased)
        done = resources.restore(settings).run()
        after = backup_of(settings)
    problems = list(differences(before, after, done, kept, erased))
    for line in problems or [f"restored {kept.short_id}; {erased.short_id} stays erased"]:
        print(line)  # noqa: T201  # a command's output
    sys.exit(1 if problems else 0)


@contextmanager
def client_of(aws: EmbeddedAws) -> Iterator[ClientSettings]:
    os.environ.update(aws.environment | SETTINGS)
    resources.reset()
    yield connect()


def process(aws: EmbeddedAws, video: Path) -> tuple[ProcessingJob, ProcessingJob]:
    deployment = Deployment(
        service=VideoService(connect()),
        step_functions=clients.step_functions(),
        s3=clients.s3(),
        state_machine_arn=aws.outputs["StateMachineArn"],
    )
    with tempfile.TemporaryDirectory() as folder:
        names = [Path(folder) / f"{name}{video.suffix}" for name in ("kept", "erased")]
        copies = [Path(shutil.copy(video, name)) for name in names]
        kept, erased = deployment.process(copies, out=Path(folder))
    _until_published(deployment.service, kept.job, erased.job)
    return kept.job, erased.job


def _until_published(service: VideoService, *jobs: ProcessingJob) -> None:
    """Wait until nothing changes the rows any more."""
    while not all(service.job(job.job_id).is_event_published for job in jobs):
        time.sleep(0.2)


def erase(settings: ClientSettings, job: ProcessingJob) -> None:
    record = VideoService(settings).job(job.job_id)
    resources.erasures(settings).ask(record, by="restore drill")
    resources.eraser(grace_period=timedelta(0)).run(job.job_id)


def backup_of(settings: ClientSettings) -> Backup:
    s3, bucket = clients.s3(), settings.bucket
    keys = [entry["Key"] for entry in objects_below(s3, bucket, "")]
    objects = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    items = clients.table(settings.jobs_table).scan()["Items"]
    return Backup([dict(item) for item in items], objects)


def lose(settings: ClientSettings, old: Backup, erased: ProcessingJob) -> None:
    """Delete all rows and the index, and bring back what an old backup has of an erased job."""
    table = clients.table(settings.jobs_table)
    for item in table.scan()["Items"]:
        table.delete_item(Key={"job_id": item["job_id"]})
    versions = resources.erasures(settings).objects.versions
    versions.delete(versions.below(INDEX))
    for item in old.items:
        if item["job_id"] == erased.job_id:
            table.put_item(Item=item)
    for key, body in old.objects.items():
        if erased.job_id in key:
            clients.s3().put_object(Bucket=settings.bucket, Key=key, Body=body)


def differences(
    before: Backup, after: Backup, done: Restored, kept: ProcessingJob, erased: ProcessingJob
) -> Iterator[str]:
    if done.rows != (kept.job_id,) or done.erased_again != (erased.job_id,):
        yield f"unexpected: {done}"
    rows = [_rows(backup) for backup in (before, after)]
    for job_id in rows[0].keys() | rows[1].keys():
        one, other = (known.get(job_id, {}) for known in rows)
        for name in one.keys() | other.keys():
            if one.get(name) != other.get(name):
                yield f"{job_id}: {name} was {one.get(name)} and is {other.get(name)}"
    for key in before.objects.keys() | after.objects.keys():
        if before.objects.get(key) != after.objects.get(key):
            yield f"{key} differs"


def _rows(backup: Backup) -> dict[str, dict[str, Any]]:
    return {item["job_id"]: _comparable(item) for item in backup.items}


def _comparable(item: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in item.items() if name not in CHANGES}
    if "job" in known:
        known["job"] = {n: v for n, v in known["job"].items() if n not in CHANGES}
    return known | {"erased_at": "erased_at" in item}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
