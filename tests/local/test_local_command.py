"""`lifestream local` checks its arguments before it starts, and shows results at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.text import Text
from typer.testing import CliRunner

from builders import MEETING, a_failure, a_job, evidence_of
from cdk_app.local import command
from cdk_app.local.outcome import outcome_lines
from cdk_app.local.run import Outcome
from lifestream.client.commands import app
from lifestream.domain.job import JobStatus
from lifestream.domain.job_record import JobRecord
from lifestream.domain.speech.quality import assess
from lifestream.rendering.result_files import result_files


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_options: object) -> None:
        raise AssertionError("the local stack was started")

    monkeypatch.setattr(command, "embedded_aws", start)
    monkeypatch.delenv("WHISPER_MODEL", raising=False)
    monkeypatch.delenv("MODELS_DIR", raising=False)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"video")
    return path


def local(*words: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(app, ["local", *words])
    return result.exit_code, result.stderr.splitlines()


def test_a_file_that_is_no_recording_is_two_lines(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Read me")

    code, says = local(str(readme))

    assert code == 1
    assert says[0] == "UnsupportedExtensionError: README.md is not a video or audio file"
    assert says[1].startswith("Upload a file whose name ends in .mp4")
    assert len(says) == 2


@pytest.mark.parametrize(
    ("language", "code", "says"),
    [
        ("xx", 2, "Whisper knows no language 'xx'"),
        ("de", 1, "tiny.en knows English only, not the language 'de'"),
    ],
)
def test_a_language_that_the_model_does_not_know_is_refused(
    video: Path, language: str, code: int, says: str
) -> None:
    exit_code, lines = local(str(video), "--language", language)

    assert exit_code == code
    assert says in lines[0]


def test_nothing_to_do_is_wrong_usage() -> None:
    code, says = local()

    assert code == 2
    assert "give --keep" in says[0]


def test_only_a_stack_that_is_kept_can_be_opened(video: Path) -> None:
    code, says = local(str(video), "--open")

    assert code == 2
    assert "--open needs --keep" in says[0]


def an_outcome(status: JobStatus, **changes: object) -> Outcome:
    job = a_job()
    record = JobRecord(
        job_id=job.job_id,
        bucket=job.bucket,
        key=job.key,
        status=status,
        attempt=1,
        submitted_at=job.submitted_at,
        updated_at=job.submitted_at,
        job=job,
    )
    return Outcome(Path("talk.mp4"), job, record=record.model_copy(update=changes))


def lines_of(outcome: Outcome) -> list[str]:
    return [Text.from_markup(str(line)).plain for line in outcome_lines(outcome)]


def test_a_failed_recording_is_its_name_the_error_and_the_advice() -> None:
    outcome = an_outcome(JobStatus.FAILED, failure=a_failure())

    assert lines_of(outcome) == [
        f"talk.mp4  {a_job().short_id}",
        "TransientError: busy",
        "What to do: wait",
    ]


def test_a_finished_recording_shows_its_content_and_its_files(tmp_path: Path) -> None:
    outcome = an_outcome(JobStatus.SUCCEEDED)
    files = result_files(
        file_name="talk.mp4",
        options=outcome.job.options,
        transcript=MEETING,
        quality=assess(MEETING, evidence_of(MEETING)),
        summary=None,
        missing=(),
    )
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    outcome.results = tmp_path

    heading, _steps, facts, engines, place = lines_of(outcome)

    assert heading == f"talk.mp4  {a_job().short_id}  0:20"
    assert facts == "2 speakers, 45 words"
    assert engines == "Engines: test, test"
    assert place == f"Open {tmp_path}/result.html"
