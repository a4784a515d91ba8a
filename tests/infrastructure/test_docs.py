"""Generated docs are current, and the style holds where a linter cannot see it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from generators import generate

from cdk_app.local.synthesis import ROOT


@pytest.mark.parametrize("path", generate.contents(), ids=lambda path: path.name)
def test_generated_files_are_current(path: Path) -> None:
    """`make docs` writes them."""
    assert path.read_text() == generate.contents()[path]()


def test_no_shipped_code_asks_where_it_runs() -> None:
    asks = re.compile(
        r"\bif\b.*\b(is_)?local\b|AWS_ENDPOINT_URL|ministack|localhost", re.IGNORECASE
    )
    shipped = [
        path
        for folder in ("lambdas", "containers")
        for path in (ROOT / folder).rglob("*.py")
        if "egg-info" not in str(path)
    ]

    assert len(shipped) > 40
    assert [p for p in shipped if asks.search(_code(p.read_text()))] == []


def test_only_the_settings_read_the_environment() -> None:
    reads = re.compile(r"\bos\.(environ|getenv)\b")
    readers = [
        str(path.relative_to(ROOT / "lambdas"))
        for path in (ROOT / "lambdas").rglob("*.py")
        if reads.search(path.read_text())
    ]

    sets_one_for_its_vendor = "lifestream/engines/diarization/pyannote.py"
    assert sorted(readers) == [sets_one_for_its_vendor, "lifestream/settings/environment.py"]


def _code(text: str) -> str:
    """Return the code without docstrings and comments."""
    return re.sub(r"#.*", "", re.sub(r'"""[\s\S]*?"""', "", text))
