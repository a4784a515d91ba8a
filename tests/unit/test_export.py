"""An export holds what the job published, and nothing of other jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import MEETING, a_job, a_transcript
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.results import Results, safe_name
from lifestream.client.s3_results import S3Results
from lifestream.domain.job import ProcessingJob
from published import publish_results


def results_of(job: ProcessingJob) -> Results:
    record = JobTable(clients.table(JOBS)).find(job.job_id)
    assert record
    return S3Results(clients.s3(), record)


def test_a_video_that_is_named_like_another_job_s_results_is_not_exported_with_them(
    aws: Aws, tmp_path: Path
) -> None:
    """`uploads/talk.<short id>/x.mp4` publishes below the results of `uploads/talk.mp4`."""
    victim = a_job(key="uploads/talk.mp4")
    folder = victim.results_prefix.removeprefix("results/")
    attacker = a_job(key=f"uploads/{folder}zzz.mp4")
    publish_results(aws, victim, MEETING)
    publish_results(aws, attacker, a_transcript(("SPEAKER_00", "TAKEN over by a stranger")))
    assert attacker.results_prefix.startswith(victim.results_prefix)

    copied = results_of(victim).copy_to(tmp_path)

    assert {path.name for path in copied.iterdir()} == set(results_of(victim).names())
    assert not [path for path in copied.iterdir() if "TAKEN" in path.read_text()]
    assert "TAKEN" in (results_of(attacker).copy_to(tmp_path) / "result.html").read_text()


def test_a_folder_inside_is_not_flattened_onto_the_results(aws: Aws, tmp_path: Path) -> None:
    job = a_job()
    publish_results(aws, job, MEETING)
    for name in ("sub/dir/result.html", "sub/", "zzz/../result.html", "/result.html"):
        aws.s3.put_object(Bucket=BUCKET, Key=f"{job.results_prefix}{name}", Body=b"TAKEN")

    copied = results_of(job).export_to(tmp_path, video_too=False)

    assert "TAKEN" not in (copied / "result.html").read_text()
    assert all("/" not in name for name in results_of(job).names())


def test_more_folders_than_a_listing_holds_hide_no_result(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folders sort before the results. S3 lists 1,000 keys per call, and moto here only 10."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    job = a_job()
    publish_results(aws, job, MEETING)
    for number in range(11):
        aws.s3.put_object(Bucket=BUCKET, Key=f"{job.results_prefix}a{number}/x", Body=b"")

    copied = results_of(job).copy_to(tmp_path)

    assert (copied / "result.html").is_file()


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("results/team/Größe 2.abc/", "Größe 2.abc"),
        ("results/a\\b:c*?.abc/", "a_b_c__.abc"),
        ("results/..hidden.abc/", "hidden.abc"),
        ("results/CON.abc/", "CON_.abc"),
        ("results/../", "results"),
        ("results/pay\u202e4pm.abc/", "pay4pm.abc"),
        ("results/a\x1b[2J\x00.abc/", "a[2J.abc"),
        (f"results/{'x' * 300}.abc/", "x" * 116 + ".abc"),
    ],
)
def test_a_folder_is_named_like_the_results_on_every_system(key: str, name: str) -> None:
    assert safe_name(key) == name
