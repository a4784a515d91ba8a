"""Compare checkov's findings in the templates with those that docs/checkov.md accepts.

    python tests/checkov/check_templates.py CHECKOV

`make checkov` runs it. Exits with 1 if a finding is not in the table, or if an accepted finding is
gone. checkov has its own environment, because it needs other versions of packages than we do.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cdk_app.local.synthesis import ROOT
from infrastructure.templates import EVERYTHING, STRICT, synthesized

TABLE = ROOT / "docs" / "checkov.md"
CPU = {"compute": "cpu", "stage": "dev"}
TEMPLATES = {
    "default-gpu": EVERYTHING,
    "default-cpu": CPU,
    "strict-gpu": EVERYTHING | STRICT,
    "strict-cpu": CPU | {"network": "private", "kms": "customer"},
}


class Finding(NamedTuple):
    """`template` is a name in TEMPLATES, `resource` a logical id without its hash."""

    check: str
    template: str
    resource: str


class Accepted(NamedTuple):
    """A row of the table. `templates` and `resources` are patterns of names."""

    check: str
    templates: str
    resources: tuple[str, ...]

    def covers(self, finding: Finding) -> bool:
        return (
            self.check == finding.check
            and fnmatchcase(finding.template, self.templates)
            and any(fnmatchcase(finding.resource, pattern) for pattern in self.resources)
        )


def main() -> int:
    found = set(findings(sys.argv[1]))
    wrong = list(differences(found, list(accepted(TABLE.read_text()))))
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(found)} findings in {len(TEMPLATES)} templates, {len(wrong)} wrong\n")
    return 1 if wrong else 0


def findings(checkov: str) -> Iterator[Finding]:
    with TemporaryDirectory() as folder:
        for name, switches in TEMPLATES.items():
            template = synthesized(**switches).to_json()
            Path(folder, f"{name}.json").write_text(json.dumps(template))
        options = ["--framework", "cloudformation", "--compact", "--quiet", "--skip-download"]
        # checkov exits with 1 if it has findings.
        made = subprocess.run(
            [checkov, *options, "--output", "json", "--directory", folder],
            capture_output=True,
            text=True,
            check=False,
        )
    for failed in json.loads(made.stdout)["results"]["failed_checks"]:
        resource = re.sub(r"[0-9A-F]{8}$", "", failed["resource"].rpartition(".")[2])
        yield Finding(failed["check_id"], Path(failed["file_path"]).stem, resource)


def accepted(markdown: str) -> Iterator[Accepted]:
    """Read the table of docs/checkov.md."""
    for row in re.findall(r"^\| (CKV\w+) \|(.*)\|$", markdown, re.MULTILINE):
        _, templates, resources, _ = (cell.strip() for cell in row[1].split("|"))
        names = tuple(re.findall(r"`([^`]+)`", resources))
        yield Accepted(row[0], {"all": "*"}.get(templates, f"{templates}-*"), names)


def differences(found: Iterable[Finding], rows: list[Accepted]) -> Iterator[str]:
    found = sorted(found)
    for finding in found:
        if not any(row.covers(finding) for row in rows):
            yield f"not in docs/checkov.md: {' '.join(finding)}"
    for row in rows:
        for pattern in row.resources:
            if not any(row._replace(resources=(pattern,)).covers(one) for one in found):
                yield f"no longer found: {row.check} {pattern}"


if __name__ == "__main__":
    sys.exit(main())
