"""`lifestream doctor` passes on the deployed stack, and leaves only a row behind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from fakes import Answer, api_error
from lifestream.client.commands import app
from local_stack import Pipeline, healthy

KEY = "uploads/lifestream-doctor.mp4"


def doctor(*arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Run the command. Return its exit code, and its findings by their subject."""
    answer = CliRunner().invoke(app, ["doctor", "--json", *arguments])
    lines = [json.loads(line) for line in answer.stdout.splitlines() if line.startswith("{")]
    return answer.exit_code, {line["what"]: line for line in lines}


def with_models(path: str, request: dict[str, Any]) -> Answer:
    models = {"object": "list", "data": []}
    return (200, models) if path == "/v1/models" else healthy(path, request)


def test_a_stage_that_works_passes_and_is_left_as_it_was(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{pipeline.openai.url}/v1")
    pipeline.openai.answer = with_models

    code, lines = doctor()

    assert code == 0, lines
    failed = {what for what, line in lines.items() if line["verdict"] == "failed"}
    assert failed == set()
    assert lines["OpenAI key"]["verdict"] == "ok"
    assert lines["container check"]["verdict"] == "ok"
    assert "recognition: faster-whisper/tiny.en on cpu" in lines["container check"]["detail"]
    assert lines["round trip"]["detail"].startswith("SUCCEEDED")
    assert "not needed" in lines["model tiny.en"]["detail"]
    [row] = [job for job in pipeline.service.recent_jobs(1_000) if job.key == KEY]
    assert [key for key in pipeline.keys("") if key == KEY or row.job.short_id in key] == []


def test_a_refused_key_fails_and_costs_no_host(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{pipeline.openai.url}/v1")
    pipeline.openai.answer = lambda _path, _request: api_error(401)

    code, lines = doctor("--skip-task", "--skip-video")

    assert code == 1
    assert lines["OpenAI key"]["verdict"] == "failed"
    assert {"container check", "round trip"}.isdisjoint(lines)
    assert lines["summary"]["detail"] == "openai/gpt-4o-mini"
