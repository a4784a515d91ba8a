"""The recipes of CONTRIBUTING.md show lines of the code and leave no file out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from cdk_app.local.synthesis import ROOT

RECIPES = ROOT / "CONTRIBUTING.md"
SHIPPED = ("cdk_app", "lambdas", "containers", "docs/generators")
NAMES = {
    "Add a step": (r"\bEXTRACT_AUDIO\b|\"ExtractAudio\"", SHIPPED),
    "Add an engine": (r"\bPineconeIndex\b|\"pinecone\"", SHIPPED),
    "Add a setting": (r"\bvad_min_silence_ms\b", (*SHIPPED, "tests")),
}
"""Recipe → the name that its example has in the code, and the folders where the name counts."""


def lines_of(recipe: str) -> Iterator[tuple[str, str]]:
    """Yield the file and the text of each line that the recipe's diff adds."""
    text = RECIPES.read_text().partition(f"\n## {recipe}\n")[2].partition("\n## ")[0]
    [diff] = re.findall(r"```diff\n(.*?)```", text, re.DOTALL)
    path = ""
    for line in diff.splitlines():
        if line.startswith("+++ "):
            path = line.removeprefix("+++ ")
        else:
            yield path, line.removeprefix("+")


def files_that_name(pattern: str, folders: tuple[str, ...]) -> set[str]:
    files = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders)
    return {
        str(file.relative_to(ROOT)) for file in files if re.search(pattern, file.read_text())
    } - {str(Path(__file__).relative_to(ROOT))}


@pytest.mark.parametrize("recipe", NAMES)
def test_each_line_of_a_recipe_is_in_the_code(recipe: str) -> None:
    lines = list(lines_of(recipe))

    assert len(lines) >= 4
    for path, line in lines:
        code = (ROOT / path).read_text().splitlines()
        assert any(_shows(line, real) for real in code), f"not in {path}: {line}"


@pytest.mark.parametrize("recipe", NAMES)
def test_a_recipe_names_every_file_that_its_example_is_in(recipe: str) -> None:
    assert files_that_name(*NAMES[recipe]) <= {path for path, _ in lines_of(recipe)}


def _shows(line: str, real: str) -> bool:
    begin, rest, _ = line.partition("…")
    return real.startswith(begin) if rest else real == line
