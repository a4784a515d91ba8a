"""The examples of docs/api.md, run as they are against the API of the local stack."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_tokens import signed_in
from cdk_app.local.synthesis import ROOT
from cdk_app.local.users import create_user
from fakes import chat_completion
from local_stack import Pipeline

PAGE = (ROOT / "docs" / "api.md").read_text()


def examples(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def environment(pipeline: Pipeline) -> dict[str, str]:
    """The variables that the page asks for, and nothing of AWS."""
    token = signed_in(pipeline.aws, create_user(pipeline.aws, "editor")).access
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return {"API": pipeline.aws.api_url, "TOKEN": token, "PATH": path}


def run(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("finished")
def test_the_commands_answer_with_json(
    pipeline: Pipeline, environment: dict[str, str], tmp_path: Path
) -> None:
    pipeline.openai.answer = lambda *_: chat_completion('{"sentences": []}')
    commands = examples("bash")
    assert len(commands) >= 3

    for command in commands:
        for answer in answers_in(run(["bash", "-e", "-c", command], environment, tmp_path)):
            assert set(answer) & {"id", "jobs", "passages", "sentences"}


def answers_in(printed: str) -> Iterator[dict[str, Any]]:
    """Yield each JSON object; curl prints no line end between them."""
    rest = printed.strip()
    while rest:
        answer, end = json.JSONDecoder().raw_decode(rest)
        yield answer
        rest = rest[end:].strip()


def test_the_programs_upload_a_file_and_read_its_results(
    pipeline: Pipeline, environment: dict[str, str], short_clip: Path, tmp_path: Path
) -> None:
    shutil.copy(short_clip, tmp_path / "talk.mp4")

    printed = run([sys.executable, "-c", "\n".join(examples("python"))], environment, tmp_path)

    [job_id] = re.findall(r"^([0-9a-f]{32}) ", printed, flags=re.MULTILINE)
    assert pipeline.service.job(job_id).job.file_name == "talk.mp4"
    assert "SUCCEEDED None" in printed
    assert "transcript.json" in printed
    assert re.search(r"^\d+\.\d+ SPEAKER_00 \w+", printed, flags=re.MULTILINE)


def test_a_problem_looks_like_the_example(environment: dict[str, str]) -> None:
    [example] = map(json.loads, examples("json"))
    command = 'curl -s -H "Authorization: Bearer $TOKEN" "$API/v1/jobs/0123"'

    assert json.loads(run(["bash", "-c", command], environment, ROOT)) == example
