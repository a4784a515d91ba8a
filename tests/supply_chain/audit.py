"""Report known vulnerabilities of every locked package, of Python and of npm. `make audit` runs it.

Exits with 1 if a package is vulnerable, and with 2 if the advisories of a package could not be
read: pip-audit itself would succeed then, as if there were none.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements*.txt", "*/**/requirements*.txt", "lambdas/requirements/*.txt")
ACCEPTED: Mapping[str, str] = {}
"""The id of an advisory → why it does not concern us."""
Report = dict[str, Any]


class Audit(NamedTuple):
    """What the audit of one lock file found: lines of text."""

    vulnerable: list[str]
    unknown: list[str]


def main() -> int:
    audits = [pip_audit(lock) for lock in locks()] + [npm_audit(lock) for lock in npm_locks()]
    vulnerable = [line for audit in audits for line in audit.vulnerable]
    unknown = [line for audit in audits for line in audit.unknown]
    for line in (*vulnerable, *unknown):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(audits)} lock files, {len(vulnerable)} vulnerable packages\n")
    if unknown:
        sys.stdout.write(
            "This audit is incomplete. The advisories come from PyPI and npm: are they reachable?\n"
        )
    return 1 if vulnerable else 2 if unknown else 0


def locks() -> list[Path]:
    return [path for path in _tracked(*LOCKS) if not path.name.startswith("requirements-torch")]


def npm_locks() -> list[Path]:
    return _tracked("package-lock.json", "*/package-lock.json")


def _tracked(*patterns: str) -> list[Path]:
    git = shutil.which("git") or "git"
    listed = subprocess.run(
        [git, "ls-files", *(f":(glob){pattern}" for pattern in patterns)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({ROOT / path for path in listed.stdout.split()})


def pip_audit(lock: Path) -> Audit:
    made = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off",
         "--disable-pip", "--require-hashes", "--requirement", str(lock)],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    name = str(lock.relative_to(ROOT))
    return read_pip(name, made.stdout, made.stderr)


def read_pip(name: str, output: str, errors: str = "") -> Audit:
    """Read pip-audit's JSON: https://github.com/pypa/pip-audit#json."""
    if not output.startswith("{"):
        return Audit([], [f"{name}: pip-audit failed: {last_line(errors)}"])
    packages = json.loads(output)["dependencies"]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    vulnerable = [
        f"{name}: {package['name']} {package['version']}: {advisory['id']}"
        f"{_fixed_in(advisory['fix_versions'])}"
        for package in packages
        for advisory in package.get("vulns", ())
        if not ACCEPTED.keys() & {advisory["id"], *advisory["aliases"]}
    ]
    if not skipped:
        return Audit(vulnerable, [])
    few = ", ".join(skipped[:3]) + (", …" if len(skipped) > 3 else "")
    unknown = f"{name}: no advisories for {len(skipped)} of {len(packages)} packages: {few}"
    return Audit(vulnerable, [unknown])


def _fixed_in(versions: list[str]) -> str:
    return f", fixed in {', '.join(versions)}" if versions else ", not fixed yet"


def npm_audit(lock: Path) -> Audit:
    npm = shutil.which("npm") or "npm"
    made = subprocess.run(
        [npm, "audit", "--json", "--package-lock-only"],
        cwd=lock.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return read_npm(str(lock.relative_to(ROOT)), made.stdout, made.stderr)


def read_npm(name: str, output: str, errors: str = "") -> Audit:
    """Read npm's JSON: https://docs.npmjs.com/cli/v10/commands/npm-audit."""
    report: Report = json.loads(output) if output.startswith("{") else {}
    if "vulnerabilities" not in report:
        reason = report.get("message") or last_line(errors)
        return Audit([], [f"{name}: npm audit failed: {reason}"])
    return Audit(list(_npm_lines(name, report["vulnerabilities"])), [])


def _npm_lines(name: str, vulnerabilities: Report) -> Iterator[str]:
    for package, entry in vulnerabilities.items():
        for advisory in entry["via"]:
            if isinstance(advisory, dict) and advisory["url"] not in ACCEPTED:
                yield f"{name}: {package} {advisory['range']}: {advisory['url']}"


def last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "it printed nothing"


if __name__ == "__main__":
    sys.exit(main())
