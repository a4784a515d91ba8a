"""The laptop starts the same process as the image."""

from __future__ import annotations

import sys
from pathlib import Path

from cdk_app.local.dockerfile import read_dockerfile

ROOT = Path(__file__).parent.parent.parent


def test_our_own_image_starts_the_containers_entry_point() -> None:
    start = read_dockerfile(ROOT / "containers/transcribe_speech/Dockerfile", ROOT)

    assert start.argv(None) == [sys.executable, "containers/transcribe_speech/main.py"]
    assert (start.folder / start.argv(None)[1]).is_file()
    assert start.environment["PYTHONPATH"] == f"{ROOT / 'lambdas'}:{ROOT / 'containers'}"
    assert start.environment["HF_HUB_OFFLINE"] == "1"
    assert start.environment["PYANNOTE_METRICS_ENABLED"] == "0"
    assert start.environment["ORT_DISABLE_TELEMETRY"] == "1"


def test_command_and_continued_lines(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(
        "# comment\nFROM x\nWORKDIR /app\nENV A=1 \\\n    B='two words' P=/app/lib\n"
        'ENTRYPOINT ["tool"]\nCMD ["--fast"]\n'
    )

    start = read_dockerfile(dockerfile, tmp_path)

    assert start.argv(None) == ["tool", "--fast"]
    assert start.argv(["--slow"]) == ["tool", "--slow"]
    assert start.environment == {"A": "1", "B": "two words", "P": f"{tmp_path}/lib"}
