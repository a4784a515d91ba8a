"""Remove each safeguard, one at a time, in a copy of the repository: a test has to fail.

`make mutants` removes all, `python tests/mutants.py WORD…` those whose names contain a word.
Prints the test that failed without the safeguard, and its error. Exits with 1 if no test failed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from safeguards import MUTANTS
from safeguards.mutant import SYNTHESIZED, Mutant

ROOT = Path(__file__).parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "node_modules", ".*_cache", "cdk.out", ".lifestream", ".models"
)


def main() -> int:
    console = Console(soft_wrap=True)
    survivors, words = 0, sys.argv[1:] or [""]
    chosen = [mutant for mutant in MUTANTS if any(word in mutant.without for word in words)]
    with ThreadPoolExecutor(2) as pool:
        for mutant, test in zip(chosen, pool.map(missed_by, chosen), strict=True):
            mark = "[green]missed by[/]" if test else "[red]NOT MISSED[/]"
            console.print(f"without {mutant.without}: {mark} {escape(test or '')}", highlight=False)
            survivors += test is None
    return 1 if survivors else 0


def missed_by(mutant: Mutant) -> str | None:
    """Return the first test that fails without the safeguard, and its error.

    The test has to pass with the safeguard.
    """
    with copy_of_repository() as copy:
        path = copy / mutant.file
        text = path.read_text()
        if text.count(mutant.old) != 1:
            raise SystemExit(f"without {mutant.without}: {mutant.file} has changed, so must this")
        path.write_text(text.replace(mutant.old, mutant.new))
        failure = first_failure(copy, mutant, mutant.tests)
        if failure is None:
            return None
        path.write_text(text)
        test = failure.partition(" - ")[0].partition("[")[0]
        if first_failure(copy, mutant, [test]):
            raise SystemExit(f"without {mutant.without}: {test} fails with the safeguard, too")
    return failure


def first_failure(copy: Path, mutant: Mutant, tests: Sequence[str]) -> str | None:
    """Run the tests until one fails, and return its name and its error."""
    python = str(ROOT / ".venv" / "bin" / "python")
    if mutant.file.startswith("cdk_app") or mutant.tests == SYNTHESIZED:
        run(copy, python, "-m", "generators.generate")
    done = run(copy, python, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *tests)
    failed = re.search(r"^(?:FAILED|ERROR) (\S.+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else None


@contextmanager
def copy_of_repository() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "repository"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        for name in (".venv", ".models", "node_modules"):
            (copy / name).symlink_to(ROOT / name)
        run(copy, "git", "init", "--quiet")  # some tests list the files of the repository
        yield copy


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = ":".join(str(copy / part) for part in ("", "lambdas", "tests", "docs", "containers"))
    return subprocess.run(
        command,
        cwd=copy,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(copy),
            "LANG": "C.UTF-8",
            "COLUMNS": "240",  # so that pytest does not cut off the error
            "PYTHONPATH": path,
            "HYPOTHESIS_PROFILE": "mutants",  # stops at the first failure, without shrinking
        },
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
