"""Each error of a command has a message, advice and an exit code."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError
from rich.console import Console
from typer.testing import CliRunner

from builders import a_failure, a_job
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client.commands import app, jobs
from lifestream.domain.job import JobStatus
from lifestream.domain.progress import Progress
from lifestream.errors import ConfigurationError, PipelineError
from lifestream.step_names import Step

WRONG_USAGE, FAILED = 2, 1


@pytest.fixture(autouse=True)
def deployment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    monkeypatch.setenv("AWS_SQS_QUEUE_URL", aws.queue_url)
    monkeypatch.setenv("AWS_SQS_DLQ_URL", aws.dlq_url)
    return aws


def typed(*words: str) -> tuple[int, str, str]:
    """Run the command and return its exit code, standard output and standard error."""
    result = CliRunner().invoke(app, list(words))
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


def ended(status: JobStatus) -> str:
    """Write the row of an ended job and return its id."""
    job, table = a_job(), JobTable(clients.table(JOBS))
    table.accept(job)
    if status == JobStatus.CANCELLED:
        table.cancel(job)
    elif status in (JobStatus.FAILED, JobStatus.PARTIAL):
        table.fail(job, status, a_failure(), None)
    else:
        table.finish(job, status, results_prefix=job.results_prefix)
    return job.short_id


@pytest.mark.parametrize("command", ["status", "cancel", "results", "redrive"])
def test_a_wrong_id_is_one_line_that_says_where_the_ids_are(command: str) -> None:
    assert typed(command, "abc") == (
        FAILED,
        "",
        "Error: No job starts with 'abc'.\nSee `lifestream list`.\n",
    )


def test_an_id_that_fits_several_jobs_is_ambiguous() -> None:
    table = JobTable(clients.table(JOBS))
    jobs_by_prefix: dict[str, int] = {}
    for number in range(17):
        job = a_job(version=str(number))
        table.accept(job)
        jobs_by_prefix[job.job_id[0]] = jobs_by_prefix.get(job.job_id[0], 0) + 1
    prefix = max(jobs_by_prefix, key=jobs_by_prefix.__getitem__)

    code, _, says = typed("status", prefix)

    assert code == FAILED
    assert f"jobs start with '{prefix}'" in says
    assert "Give more characters of the id" in says


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["redrive"], "Name the jobs to redrive, or give --all or --since."),
        (["redrive", "abc", "--all"], "Name the jobs to redrive, or give --all or --since."),
        (["redrive", "--all"], "--all and --since need --yes"),
        (["redrive", "--since", "yesterday", "--yes"], "--since 'yesterday' is neither"),
        (["search", "budget", "--since", "yesterday"], "--since 'yesterday' is neither"),
        (["search", ""], "Say what to look for: the text is empty."),
        (["ask", " "], "Say what to look for: the text is empty."),
        (["models", "--to", "models"], "Name at least one model"),
    ],
)
def test_wrong_usage_exits_with_2_and_names_the_help(words: list[str], says: str) -> None:
    code, output, error = typed(*words)

    assert (code, output) == (WRONG_USAGE, "")
    assert says in error
    assert f"See `lifestream {words[0]} --help`." in error
    assert ConfigurationError.advice not in error
    assert PipelineError.advice not in error


def test_two_ways_to_count_speakers_are_wrong_usage() -> None:
    code, _, error = typed("upload", "x.mp4", "--speakers", "2", "--min-speakers", "1")

    assert code == WRONG_USAGE
    assert "not both" in error


def test_an_ended_job_cannot_be_cancelled() -> None:
    code, _, error = typed("cancel", ended(JobStatus.FAILED))

    assert code == FAILED
    assert "has ended already: FAILED" in error
    assert "See `lifestream status JOB`." in error


def test_results_of_a_failed_job_give_the_advice_of_its_failure() -> None:
    code, _, error = typed("results", ended(JobStatus.FAILED))

    assert code == FAILED
    assert error == (
        "Error: talk.mp4 has no results: TransientError in SummarizeTranscript, busy.\nwait\n"
    )


def test_results_of_a_running_job_say_how_to_wait() -> None:
    JobTable(clients.table(JOBS)).accept(a_job())

    code, _, error = typed("results", a_job().short_id)

    assert code == FAILED
    assert "lifestream status JOB --watch" in error


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (JobStatus.SUCCEEDED, 0),
        (JobStatus.PARTIAL, FAILED),
        (JobStatus.FAILED, FAILED),
        (JobStatus.CANCELLED, FAILED),
    ],
)
def test_watching_a_job_that_ends_without_success_exits_with_1(
    status: JobStatus, code: int
) -> None:
    short_id = ended(status)

    assert typed("status", short_id, "--watch")[0] == code
    assert typed("status", short_id)[0] == 0


def test_watching_waits_until_the_job_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    job, table = a_job(), JobTable(clients.table(JOBS))
    table.accept(job)

    def end(_seconds: float) -> None:
        table.finish(job, JobStatus.SUCCEEDED, results_prefix=job.results_prefix)

    monkeypatch.setattr(time, "sleep", end)

    code, says, _ = typed("status", job.short_id, "--watch")

    assert code == 0
    assert "Succeeded in" in says
    assert f"Next: lifestream results {job.short_id} --open" in says


def test_on_a_terminal_watching_shows_the_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    job, table = a_job(), JobTable(clients.table(JOBS))
    table.accept(job)
    table.enter(job, Step.TRANSCRIBE_SPEECH, JobStatus.TRANSCRIBING)
    table.show_progress(job, Progress(fraction=0.42, speed=4.9, seconds_left=70))

    def end(_seconds: float) -> None:
        table.finish(job, JobStatus.SUCCEEDED, results_prefix=job.results_prefix)

    monkeypatch.setattr(time, "sleep", end)
    screen = io.StringIO()
    monkeypatch.setattr(
        jobs,
        "console",
        Console(file=screen, force_terminal=True, width=80, color_system=None, highlight=False),
    )

    code, says, _ = typed("status", job.short_id, "--watch")

    assert code == 0
    assert "Transcribing (3 of 7)" in screen.getvalue()
    assert "42%" in screen.getvalue()
    assert "Succeeded in" in says


def test_an_empty_search_result_is_reported_with_exit_code_0() -> None:
    code, says, _ = typed("list")

    assert code == 0
    assert says.startswith("Nothing found.")
    assert typed("list", "--json") == (0, "", "")


def test_missing_credentials_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(clients, "table", refuse)

    code, _, error = typed("list")

    assert code == FAILED
    assert "There are no AWS credentials" in error
    assert "aws sso login" in error


def test_jobs_are_json_lines_for_scripts() -> None:
    short_id = ended(JobStatus.FAILED)

    [listed] = map(json.loads, typed("list", "--json")[1].splitlines())
    [asked] = map(json.loads, typed("status", short_id, "--json")[1].splitlines())

    assert listed == asked
    assert (listed["job_id"], listed["status"]) == (a_job().job_id, "FAILED")
    assert listed["failure"] == {
        "step": "SummarizeTranscript",
        "error": "TransientError",
        "cause": "busy",
        "advice": "wait",
    }


def test_a_watched_job_is_one_json_line_and_the_exit_code_still_says() -> None:
    code, says, _ = typed("status", ended(JobStatus.CANCELLED), "--watch", "--json")

    assert code == FAILED
    assert json.loads(says)["status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("notes.txt", b"notes", "UnsupportedExtensionError: notes.txt is not a video or audio"),
        ("empty.mp4", b"", "EmptyVideoError: empty.mp4 is empty"),
    ],
)
def test_an_unusable_file_is_rejected_before_any_upload(
    aws: Aws, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    good, bad = tmp_path / "talk.mp4", tmp_path / name
    good.write_bytes(b"video")
    bad.write_bytes(content)

    code, output, error = typed("upload", str(good), str(bad))

    assert (code, output) == (FAILED, "")
    assert says in error
    assert aws.s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [
        (None, ["--language", "xx"], "Whisper knows no language 'xx'"),
        ("tiny.en", ["--language", "de"], "tiny.en knows English only, not the language 'de'"),
        ("tiny.en", ["--multilingual"], "tiny.en knows English only, not 'multilingual'"),
        ("large-v3-turbo", ["--translate"], "was not trained to translate"),
    ],
)
def test_unsupported_options_are_rejected_before_any_upload(
    aws: Aws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    model: str | None,
    options: list[str],
    says: str,
) -> None:
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"video")
    if model:
        monkeypatch.setenv("WHISPER_MODEL", model)

    code, _, error = typed("upload", str(video), *options)

    assert code in (FAILED, WRONG_USAGE)
    assert says in error
    assert aws.s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_an_upload_for_scripts_prints_the_full_job_id(tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"video")

    code, says, _ = typed("upload", str(video), "--json", "--language", "de")

    assert code == 0
    uploaded = json.loads(says)
    assert uploaded["video"] == str(video)
    assert JobTable(clients.table(JOBS)).find(uploaded["job_id"])
