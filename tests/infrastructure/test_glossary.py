"""Each concept has one name: no file contains a word that the glossary replaced."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_app.local.synthesis import ROOT

GONE = {
    r"letters?": "DLQ message",
    r"[Dd]ead[- _]letters?(?![- _](queue|target|config))": "DLQ message",
    r"settle[ds]?|settling|settlements?": "finalize",
    r"caretakers?": "recovery",
    r"announce[ds]?|announcing|announcements?": "publish",
    r"WhyEnded": "FailureSummary",
    r"patience": "grace period, or timeout",
    r"jobs_in|JobsAskedFor": "parse_message, ParsedMessage",
    r"SummaryWishes|wishes_of": "SummaryOptions",
    r"Among": "SearchFilter",
    r"suspicions?|suspicious": "hallucination",
    r"believed?": "reliable",
    r"attribution": "speaker assignment",
    r"VoicePrint": "Voiceprint",
    r"prove[ds]?|proving|proofs?": "verified, cited or tested",
    r"hears?|heard|hearing": "recognize, detect or transcribe",
    r"sounds?": "audio",
    r"ledger": "CostBudget",
    r"embedded engines?": "built-in engine",
    r"told|tells": "reported, published or says",
}
"""Expression → the word to use instead."""
STORED = (
    '"letter"', '"letter.', "letter =", "REMOVE letter", "is_announced",  # attributes of job rows
    '["heard"]', '["heard",',  # a tensor of the voice encoder
)  # fmt: skip
"""Names in stored data."""
PLAIN = (
    "ASCII letters", "capital letter", "letter-spacing",  # of the alphabet
    "groups of letters",
    "same said say says",  # a list of stop words
    "a short quote that proves it",  # a part of the prompt: a change would need a new version
)  # fmt: skip
"""Uses in their ordinary meaning."""
WRITTEN_BY_US = (".py", ".md", ".toml", ".yml", ".html", ".js", ".css", ".sh")


@pytest.fixture(scope="module")
def lines() -> list[tuple[str, str]]:
    return [line for line in _lines() if not any(known in line[1] for known in STORED + PLAIN)]


def _lines() -> Iterator[tuple[str, str]]:
    """Yield the place and text of every line of code and prose, except for this file."""
    git = shutil.which("git") or "git"
    listed = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().split():
        path = ROOT / name
        if name.endswith(WRITTEN_BY_US) and path.name != Path(__file__).name and path.exists():
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                yield f"{name}:{number}", line


@pytest.mark.parametrize("word", GONE)
def test_removed_words_are_not_used(word: str, lines: list[tuple[str, str]]) -> None:
    pattern = re.compile(rf"(?<![A-Za-z])({word})(?![A-Za-z])")
    if word == "letters?":
        pattern = re.compile(r"(?<![Dd]ead[- _])(?<![A-Za-z])letters?(?![A-Za-z])")

    found = [f"{place}: {line.strip()}" for place, line in lines if pattern.search(line)]

    assert found == [], f"say {GONE[word]}"
