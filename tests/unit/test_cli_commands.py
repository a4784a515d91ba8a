"""The commands of `lifestream`, with an in-memory AWS."""

from __future__ import annotations

import json
import re
import webbrowser
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from builders import MEETING, a_failure, a_job
from built_in_models import word_vectors
from cdk_app.local.model_weights import BUILT_IN
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.commands import app
from lifestream.domain.chunks import chunks_of
from lifestream.domain.execution_usage import ContainerRun, ExecutionUsage
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.metering import cost_of
from lifestream.domain.options import JobOptions
from lifestream.domain.progress import Progress
from lifestream.engines.vector_index.s3 import S3Index
from lifestream.settings import ClientSettings, load
from lifestream.step_names import Step
from media_files import SAMPLE
from published import publish_results
from unit.test_injection import elements

DURATION = 56.85
"""Of the sample, in seconds."""


@pytest.fixture(autouse=True)
def deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    return aws


def typed(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def published(aws: Aws) -> ProcessingJob:
    return publish(aws, a_job())


def publish(aws: Aws, job: ProcessingJob) -> ProcessingJob:
    transcript = MEETING.model_copy(update={"job_id": job.job_id})
    publish_results(aws, job, transcript)
    return job


def test_a_speaker_gets_a_name_everywhere(published: ProcessingJob) -> None:
    said = typed("speakers", "name", published.short_id, "SPEAKER_01", "Ada")

    assert "Speaker 2  Ada" in said
    assert "The name applies to this recording only; no voiceprint is kept." in said
    assert "**Ada** (0:05)" in typed("results", published.short_id)


def test_spoken_text_and_file_names_cannot_control_the_terminal(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escape sequences could clear the screen, set the title, or write to the clipboard."""
    monkeypatch.setenv("EMBEDDING_ENGINE", "wordllama")
    monkeypatch.setenv("MODELS_DIR", str(BUILT_IN))
    evil = "\x1b]0;owned\x07\x1b[2J\x9b2J\u202ebudget"
    job, embedder = a_job(key=f"uploads/{evil}.mp4"), word_vectors()
    publish(aws, job)
    chunk = chunks_of(MEETING)[0].model_copy(update={"text": evil, "speakers": (evil,)})
    index = S3Index(aws.s3, BUCKET, embedder=embedder.name)
    index.replace(job, [chunk], embedder.embed([evil]).vectors)
    jobs = JobTable(clients.table(JOBS))
    failed = a_job(key=f"uploads/{evil}.mov")
    failure = a_failure().model_copy(update={"cause": evil, "error": evil})
    jobs.accept(failed)
    jobs.fail(failed, JobStatus.FAILED, failure, None)

    shown = [typed("list"), typed("status", failed.short_id), typed("search", "budget")]
    shown.append(CliRunner().invoke(app, ["results", failed.short_id]).output)
    shown += [typed("list", "--json"), typed("search", "budget", "--json")]

    assert all("budget" in text for text in shown)
    for mark in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\u202e"):
        assert not any(mark in text for text in shown)


def test_search_and_ask_print_json_for_scripts(
    published: ProcessingJob, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDING_ENGINE", "wordllama")
    monkeypatch.setenv("MODELS_DIR", str(BUILT_IN))
    chunks, embedder = chunks_of(MEETING), word_vectors()
    vectors = embedder.embed([chunk.text for chunk in chunks]).vectors
    S3Index(aws.s3, BUCKET, embedder=embedder.name).replace(published, chunks, vectors)

    found = [json.loads(line) for line in typed("search", "budget", "--json").splitlines()]
    answer = json.loads(typed("ask", "what is the budget?", "--json"))

    assert found
    assert {hit["job_id"] for hit in found} == {published.job_id}
    assert {"key", "start_seconds", "speakers", "text"} <= found[0].keys()
    assert "budget" in answer["sentences"][0]["quote"].lower()


def test_forget_reports_what_was_deleted() -> None:
    assert "0 voiceprints deleted" in typed("speakers", "forget", "Ada")


def test_a_running_job_shows_how_far_it_is() -> None:
    job, jobs = a_job(), JobTable(clients.table(JOBS))
    jobs.accept(job)
    jobs.enter(job, Step.TRANSCRIBE_SPEECH, JobStatus.TRANSCRIBING)
    jobs.show_progress(job, Progress(fraction=0.42, speed=31.04, seconds_left=70))

    said = typed("status", job.short_id)

    assert "Transcribing (3 of 7)" in said
    assert re.search(r"42%  31\.0x real time  about 1:(09|10) left", said)


def test_every_job_option_has_a_command_line_option(tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"video")

    flags = "--language de --min-speakers 2 --max-speakers 4 --hotword Ada --prompt Hallo."
    switches = "--multilingual --translate --show-flagged --summary-language German"
    summary = ("--summary-instructions", "Look for prices.")
    short_id = typed("upload", str(video), *flags.split(), *switches.split(), *summary).split()[0]

    [record] = JobTable(clients.table(JOBS)).starting_with(short_id)
    assert record.job.options == JobOptions(
        language="de",
        min_speakers=2,
        max_speakers=4,
        hotwords=("Ada",),
        initial_prompt="Hallo.",
        multilingual=True,
        translate=True,
        show_flagged=True,
        summary_language="German",
        summary_instructions="Look for prices.",
    )


def test_options_that_exceed_the_object_metadata_are_refused(tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"video")

    result = CliRunner().invoke(app, ["upload", str(video), "--prompt", "ü" * 300])

    assert result.exit_code == 2
    assert "exceed 1200 characters" in result.output


def test_the_page_is_opened_with_the_upload_for_a_while(
    published: ProcessingJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)

    typed("results", published.short_id, "--open", "--to", str(tmp_path))

    [page] = tmp_path.glob("*/result.html")
    assert opened == [page.as_uri()]
    playing = elements(page.read_text())
    [video] = [dict(attributes) for tag, attributes in playing if tag == "video"]
    address = urlsplit(str(video["data-video"]))
    assert address.path.endswith(published.key)
    assert {"X-Amz-Signature", "X-Amz-Expires", "versionId"} <= set(parse_qs(address.query))


def test_the_page_plays_the_reader_s_own_file(
    published: ProcessingJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _address: None)
    mine = tmp_path / 'my "talk" & <more>.mp4'
    mine.write_bytes(b"video")

    typed("results", published.short_id, "--open", "--to", str(tmp_path), "--video", str(mine))

    [page] = tmp_path.glob("*/result.html")
    assert ("data-video", mine.as_uri()) in dict(elements(page.read_text()))["video"]


def test_an_export_holds_everything_and_needs_no_aws(aws: Aws, tmp_path: Path) -> None:
    body = SAMPLE.read_bytes()
    version = aws.s3.put_object(Bucket=BUCKET, Key="uploads/Talk.MP4", Body=body)["VersionId"]
    aws.s3.put_object(Bucket=BUCKET, Key="uploads/Talk.MP4", Body=b"a newer one")
    job = publish(aws, a_job(key="uploads/Talk.MP4", version=version))

    said = typed("export", job.short_id, "--to", str(tmp_path))

    [folder] = tmp_path.iterdir()
    assert f"exported to {folder}" in said
    assert (folder / "video.mp4").read_bytes() == body
    assert ProcessingJob.model_validate_json((folder / "job.json").read_text()) == job
    manifest = json.loads((folder / "manifest.json").read_text())
    names = {"manifest.json", "job.json", "video.mp4", *manifest["files"]}
    assert {path.name for path in folder.iterdir()} == names
    page = elements((folder / "result.html").read_text())
    assert ("data-video", "video.mp4") in dict(page)["video"]


def test_an_export_without_the_video_reports_it(published: ProcessingJob, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", published.short_id, "--to", str(tmp_path)])

    assert result.exit_code == 1
    assert "VideoNotFoundError: talk.mp4 no longer exists" in result.output
    typed("export", published.short_id, "--to", str(tmp_path), "--no-video")


def test_an_estimate_shows_the_costs_and_uploads_nothing(aws: Aws) -> None:
    said = typed("upload", "--estimate", str(SAMPLE))

    assert "team-meeting.mp4  " in said
    assert "Total: $" in said
    assert "Assumed" in said
    assert "Nothing was uploaded." in said
    assert "Contents" not in aws.s3.list_objects_v2(Bucket=BUCKET)
    assert typed("list").startswith("Nothing found")


def test_an_estimate_learns_from_the_jobs_of_the_deployment(published: ProcessingJob) -> None:
    jobs = JobTable(clients.table(JOBS))
    finished(jobs, published, seconds=30)
    found = json.loads(typed("upload", "--estimate", "--json", str(SAMPLE)))

    [one] = found["recordings"]
    assert one["duration_seconds"] == DURATION
    assert one["cost"]["container_seconds"] == pytest.approx(30, rel=0.01)
    assert "From the latest 1 job of this deployment" in typed("upload", "--estimate", str(SAMPLE))


def test_an_ended_job_shows_what_it_has_cost(published: ProcessingJob) -> None:
    finished(JobTable(clients.table(JOBS)), published, seconds=3600)

    said = typed("status", published.short_id)
    [listed] = [json.loads(line) for line in typed("list", "--json").splitlines()]

    assert "Cost: $0.1898  (container $0.1898)" in said
    assert listed["cost"]["total"] == pytest.approx(0.1898, abs=1e-4)


def test_a_file_that_no_job_can_use_has_no_estimate(tmp_path: Path) -> None:
    (tmp_path / "talk.mp4").write_bytes(b"no video")

    said = CliRunner().invoke(app, ["upload", "--estimate", str(tmp_path / "talk.mp4")])

    assert said.exit_code == 1
    assert "NotAVideoError" in said.output


def finished(jobs: JobTable, job: ProcessingJob, *, seconds: float) -> None:
    """Make the job one that took its container this long, of a recording like the sample."""
    record = jobs.find(job.job_id)
    assert record
    rates = load(ClientSettings).rates
    usage = ExecutionUsage(containers=[ContainerRun(0, seconds)])
    jobs.change(record, {"duration_seconds": Decimal(str(DURATION)), "status": "SUCCEEDED"})
    jobs.note_event_published(record, cost_of([usage], rates))
