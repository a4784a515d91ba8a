"""The commands work against a deployed stack, and `lifestream local` works in scripts."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from cdk_app.local.run import Outcome
from cdk_app.local.synthesis import ROOT
from lifestream.client.commands import app
from local_stack import PATIENCE_SECONDS, Clips, Pipeline

COMMAND = [sys.executable, "-m", "lifestream.client.commands"]


def lifestream(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, list(arguments))
    return answer.exit_code, answer.output


def test_a_job_can_be_followed_from_upload_to_search(
    pipeline: Pipeline, clip: Path, tmp_path: Path
) -> None:
    code, output = lifestream("upload", str(clip), "--language", "en")
    assert code == 0
    short_id = output.split()[0]

    assert lifestream("status", short_id, "--watch")[0] == 0
    assert pipeline.wait_for(pipeline.service.job(short_id).job) == "SUCCEEDED"
    assert "Succeeded in" in lifestream("status", short_id)[1]
    assert short_id in lifestream("list")[1]
    assert "Transcript" in lifestream("results", short_id)[1]
    assert lifestream("results", short_id, "--to", str(tmp_path))[0] == 0
    [folder] = tmp_path.iterdir()
    assert (folder / "subtitles.srt").stat().st_size > 0
    assert "clip.mp4" in lifestream("search", "budget")[1]


def test_a_failed_job_says_what_to_do_and_can_be_redriven(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    outcome = pipeline.run_one(text)

    code, output = lifestream("status", outcome.job.job_id)
    assert code == 0
    assert "NotAVideoError" in output
    assert "What to do:" in output
    assert lifestream("results", outcome.job.job_id)[0] == 1
    code, output = lifestream("redrive", "--since", "1h", "--dry-run")
    assert (code, outcome.job.short_id in output) == (0, True)
    assert "Nothing" not in output
    assert "skipped: only another version of the video can help" in output
    code, output = lifestream("redrive", outcome.job.job_id)
    assert code == 0
    assert "1 job will run again." in output
    assert "InspectVideo" in output
    assert "no GPU" in output
    assert pipeline.wait_for(outcome.job, attempt=2) == "FAILED"
    assert len(pipeline.dlq_messages(outcome.job)) == 1


def test_an_ended_job_cannot_be_cancelled_and_nothing_is_lost(
    pipeline: Pipeline,  # noqa: ARG001  # the deployment that it is said about
    finished: Outcome,
) -> None:
    code, output = lifestream("cancel", finished.job.job_id)
    assert (code, "has ended already: SUCCEEDED" in output) == (1, True)

    code, output = lifestream("reconcile")
    assert (code, "delivered: nothing" in output) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["status", "doesnotexist"], "No job starts with"),
        (["upload", "doesnotexist.mp4"], "There is no file doesnotexist.mp4"),
        (["upload", "x", "--speakers", "2", "--min-speakers", "1"], "not both"),
        (["redrive"], "Name the jobs to redrive, or give --all"),
        (["redrive", "--since", "soon", "--yes"], "is neither a time ago, such as 30m"),
        (["redrive", "doesnotexist"], "No job starts with"),
        (["cancel", "doesnotexist"], "No job starts with"),
    ],
)
def test_mistakes_are_one_plain_sentence(
    pipeline: Pipeline,  # noqa: ARG001  # the deployment that it is said about
    arguments: list[str],
    says: str,
) -> None:
    code, output = lifestream(*arguments)

    assert code in (1, 2)
    assert says in output
    assert "Traceback" not in output


def test_local_prints_json_for_scripts_and_fails_when_one_video_does(
    clips: Clips, tmp_path: Path
) -> None:
    good_file, text = clips(".wav"), tmp_path / "notes.mp4"
    text.write_text("no video")

    done = subprocess.run(
        [*COMMAND, "local", str(good_file), str(text), "--json", "--out", str(tmp_path / "out")],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    good, bad = (json.loads(line) for line in done.stdout.splitlines())
    assert set(good) == {"video", "job_id", "status", "error", "results"}
    assert (good["video"], good["status"], good["error"]) == (str(good_file), "SUCCEEDED", None)
    assert (Path(good["results"]) / "result.md").is_file()
    assert (bad["status"], bad["results"]) == ("FAILED", None)
    assert bad["error"]["name"] == "NotAVideoError"
    assert set(bad["error"]) == {"name", "message", "advice"}


@pytest.fixture
def _ctrl_c_is_not_ignored() -> Iterator[None]:
    """Restore the handling of Ctrl-C, because a shell makes background processes ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Return a folder whose path is short enough for the socket of the fork server."""
    with TemporaryDirectory(prefix="ctrl-c-") as folder:
        yield Path(folder)


@pytest.mark.usefixtures("_ctrl_c_is_not_ignored")
def test_ctrl_c_leaves_no_process_and_no_file(clip: Path, temporary: Path, tmp_path: Path) -> None:
    environment = _environment() | {"TMPDIR": str(temporary)}
    process = subprocess.Popen(
        [*COMMAND, "local", str(clip), "--out", str(tmp_path / "out")],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _wait_until(lambda: "main.py\n" in _processes_in(temporary))

    os.kill(process.pid, signal.SIGINT)

    assert process.wait(PATIENCE_SECONDS) != 0
    _wait_until(lambda: not _processes_in(temporary))
    assert list(temporary.iterdir()) == []


def test_kept_state_is_there_again_and_usable_from_another_terminal(tmp_path: Path) -> None:
    notes = tmp_path / "notes.mp4"
    notes.write_text("no video")
    state = ["--keep", "--state", str(tmp_path / "state"), "--out", str(tmp_path / "out")]

    with _kept(str(notes), *state) as first:
        assert "notes.mp4" in _in_another_terminal(first, "list")
    with _kept(*state, "--open", BROWSER=f"{_browser(tmp_path)} %s") as second:
        _wait_until((tmp_path / "opened").exists)
        assert "notes.mp4" in _in_another_terminal(second, "list")
        assert "Nothing found" in _in_another_terminal(second, "search", "anything")

    assert first["AWS_ENDPOINT_URL"] == second["AWS_ENDPOINT_URL"]
    assert (tmp_path / "opened").read_text() == f"{second['AWS_ENDPOINT_URL']}/\n"


def _browser(folder: Path) -> Path:
    """Return a browser that writes the address to the file `opened`."""
    script = folder / "browser"
    script.write_text(f"#!/bin/sh\ncd {folder} && echo $1 > address && mv address opened\n")
    script.chmod(0o700)
    return script


@contextmanager
def _kept(*arguments: str, **environment: str) -> Iterator[dict[str, str]]:
    """Run `lifestream local --keep` and yield the settings from `lifestream env`."""
    process = subprocess.Popen(
        [*COMMAND, "local", *arguments],
        cwd=ROOT,
        env=_environment() | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    next(line for line in process.stderr if "lifestream list" in line)
    printed = subprocess.run(
        [*COMMAND, "env"], env=_environment(), capture_output=True, text=True, check=True
    )
    exports = [shlex.split(line)[1] for line in printed.stdout.splitlines()]
    try:
        yield dict(export.split("=", 1) for export in exports)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def _in_another_terminal(exports: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=_environment() | exports,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _environment() -> dict[str, str]:
    """Return the environment of a new terminal, without variables of other tests."""
    return {
        name: os.environ[name] for name in ("PATH", "HOME", "OMP_NUM_THREADS") if name in os.environ
    }


def _processes_in(folder: Path) -> list[str]:
    """Return the names of all processes whose environment contains the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.append((path.parent / "comm").read_text())
        except OSError:
            continue
    return found


def _wait_until(is_true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.1)
