"""Job table and index are rebuilt from the bucket alone, and nothing erased comes back."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_app.local.model_weights import BUILT_IN
from conftest import BUCKET, JOBS
from lifestream import resources
from lifestream.aws import clients
from lifestream.aws.job_rows import row_of
from lifestream.domain.bucket_layout import INDEX
from lifestream.domain.job import JobStatus, ProcessingJob, derive_job_id
from lifestream.recovery.restore import Restored
from lifestream.settings import ClientSettings, load
from simulation.cloud import Cloud
from simulation.erasing import ask, erase, traces

SAME = {
    "job_id", "key", "status", "current_step", "attempt", "submitted_at", "results_prefix", "job",
    "duration_seconds",
}  # fmt: skip
"""What a restored row has as before. It was updated later, and its event is not published again."""


def rows(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """Return the rows, without the size of the video, which InspectVideo knows and an event may
    not."""
    found = {}
    for record in cloud.service.recent_jobs(100):
        found[record.job_id] = record.model_dump(include=SAME)
        del found[record.job_id]["job"]["size"]
        found[record.job_id]["error"] = record.failure.error if record.failure else None
    return found


def contents(cloud: Cloud, prefix: str = "") -> dict[str, bytes]:
    objects = cloud.state.objects
    return {key: objects.read(key) for key in objects.below(prefix)}


def lose_table_and_index(cloud: Cloud) -> None:
    cloud.forget_rows()
    versions = resources.erasures().objects.versions
    versions.delete(versions.below(INDEX))


def put_back(cloud: Cloud, backup: dict[str, bytes], job: ProcessingJob) -> str:
    """Bring an erased job back, as old backups of bucket and table would. Return the id of the job
    that the copy of the video would have."""
    clients.table(JOBS).put_item(Item=row_of(job))
    for key, body in backup.items():
        if job.job_id in key:
            cloud.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    put = cloud.aws.s3.put_object(Bucket=BUCKET, Key=job.key, Body=backup[job.key])
    return derive_job_id(BUCKET, job.key, put["VersionId"])


def restore() -> Restored:
    return resources.restore(load(ClientSettings)).run()


@pytest.fixture
def damaged(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    monkeypatch.setenv("EMBEDDING_ENGINE", "wordllama")
    monkeypatch.setenv("MODELS_DIR", str(BUILT_IN))
    for name in ("kept", "gone"):
        cloud.upload(f"{name}.mp4")
    cloud.run_until_idle()
    cloud.summarizer.is_down = True
    cloud.upload("partial.mp4")
    cloud.run_until_idle()
    return cloud


def test_a_lost_table_and_index_are_rebuilt_without_what_was_erased(damaged: Cloud) -> None:
    cloud, [kept, gone, partial] = damaged, [*damaged.uploads]
    cloud.uploads.remove(gone)
    backup = contents(cloud)
    ask(cloud, gone)
    erase(cloud)
    before, index = rows(cloud), contents(cloud, INDEX)
    assert {before[one.job_id]["status"] for one in (kept, partial)} == {
        JobStatus.SUCCEEDED,
        JobStatus.PARTIAL,
    }

    lose_table_and_index(cloud)
    suspect = put_back(cloud, backup, gone)
    done = restore()

    assert rows(cloud) == before
    assert contents(cloud, INDEX) == index
    assert traces(cloud, [gone.job_id]) == []
    assert done == Restored(
        erased_again=(gone.job_id,),
        suspects=(suspect,),
        rows=tuple(
            sorted((kept.job_id, partial.job_id), key=lambda i: before[i]["results_prefix"])
        ),
        indexed=done.rows,
    )
    assert restore() == Restored(suspects=(suspect,))


def test_a_row_is_rebuilt_without_its_artifacts(damaged: Cloud) -> None:
    """They expire after some weeks."""
    cloud, before = damaged, rows(damaged)
    versions = resources.erasures().objects.versions
    versions.delete(versions.below("jobs/"))

    lose_table_and_index(cloud)
    restore()

    # The time of the upload takes the place of the message's, the audio's length that of the video.
    unknown = {"job", "submitted_at", "duration_seconds"}
    for job_id, row in rows(cloud).items():
        assert {k: v for k, v in row.items() if k not in unknown} == {
            k: v for k, v in before[job_id].items() if k not in unknown
        }
        assert row["job"]["options"] == before[job_id]["job"]["options"]
        assert row["submitted_at"] <= before[job_id]["submitted_at"]
        assert row["duration_seconds"] == pytest.approx(before[job_id]["duration_seconds"], abs=0.1)
