"""`make audit` reports what it does not know; `make sbom` writes valid documents."""

from __future__ import annotations

import json
import re
import sys
from types import ModuleType

import pytest

from supply_chain import audit

CLEAN = {"name": "numpy", "version": "2.4.0", "vulns": []}
VULNERABLE = {
    "name": "flask",
    "version": "0.5",
    "vulns": [
        {
            "id": "PYSEC-2019-179",
            "fix_versions": ["1.0"],
            "aliases": ["CVE-2019-1010083"],
            "description": "…",
        }
    ],
}
SKIPPED = {"name": "torch", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def sbom(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module without the grammar of IRIs, whose import takes seconds.

    `make sbom` uses it.
    """
    monkeypatch.setitem(sys.modules, "rfc3987_syntax", None)
    from supply_chain import sbom

    return sbom


def test_a_vulnerable_package_is_named_with_its_fix() -> None:
    report = json.dumps({"dependencies": [CLEAN, VULNERABLE], "fixes": []})

    found = audit.read_pip("requirements.txt", report)

    assert found.vulnerable == ["requirements.txt: flask 0.5: PYSEC-2019-179, fixed in 1.0"]
    assert found.unknown == []


def test_a_package_without_advisories_is_not_a_safe_package() -> None:
    """pip-audit exits with 0 if PyPI does not answer."""
    report = json.dumps({"dependencies": [CLEAN, SKIPPED], "fixes": []})

    found = audit.read_pip("requirements.txt", report)

    assert found.unknown == ["requirements.txt: no advisories for 1 of 2 packages: torch"]


def test_a_crash_of_pip_audit_is_reported() -> None:
    [unknown] = audit.read_pip("requirements.txt", "", "Traceback\nConnectionError: no").unknown

    assert unknown == "requirements.txt: pip-audit failed: ConnectionError: no"


def test_npm_reports_each_advisory_once() -> None:
    """An entry that is vulnerable through another one names only that one."""
    advisory = {"url": "https://github.com/advisories/GHSA-x", "range": "<2.0.0"}
    entries = {"lodash": {"via": [advisory]}, "asl": {"via": ["lodash"]}}

    found = audit.read_npm("package-lock.json", json.dumps({"vulnerabilities": entries}))

    assert found.vulnerable == ["package-lock.json: lodash <2.0.0: " + advisory["url"]]


@pytest.mark.parametrize("output", ['{"message": "405 Method Not Allowed"}', ""])
def test_a_registry_without_advisories_is_reported(output: str) -> None:
    found = audit.read_npm("package-lock.json", output, "405 Method Not Allowed")

    assert found.unknown == ["package-lock.json: npm audit failed: 405 Method Not Allowed"]


def test_every_lock_file_is_audited_except_torch_without_hashes() -> None:
    names = {str(lock.relative_to(audit.ROOT)) for lock in (*audit.locks(), *audit.npm_locks())}

    assert {"requirements.txt", "lambdas/requirements/api.txt", "package-lock.json"} <= names
    assert "containers/transcribe_speech/requirements-gpu.txt" in names
    assert "tests/speech/requirements-torch.txt" not in names


def test_a_document_lists_exactly_the_lock_and_fits_the_schema(sbom: ModuleType) -> None:
    lock = sbom.artifacts()["zip-base"]

    document = sbom.document_of("zip-base", lock)

    sbom.require_valid(document)
    packages = {component["purl"] for component in json.loads(document)["components"]}
    locked = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.!+-]+)", lock.read_text(), re.MULTILINE)
    assert {f"pkg:pypi/{name}@{version}" for name, version in locked} == packages


def test_the_document_of_an_image_names_its_base_and_the_model_weights(sbom: ModuleType) -> None:
    from cyclonedx.model.bom import Bom

    document = sbom.written("image-cpu", Bom())

    sbom.require_valid(document)
    names = {component["name"] for component in json.loads(document)["components"]}
    assert names == {"python", "resemblyzer-voice-encoder"}


def test_there_is_a_document_for_each_zip_and_image(sbom: ModuleType) -> None:
    from cdk_app.bundling import Requirements

    zips = {f"zip-{requirements}" for requirements in Requirements}
    assert set(sbom.artifacts()) == zips | {"image-gpu", "image-cpu"}


def test_a_document_that_does_not_fit_the_schema_is_refused(sbom: ModuleType) -> None:
    with pytest.raises(ValueError, match="not a CycloneDX document"):
        sbom.require_valid('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}')


def test_an_image_without_a_digest_is_refused(sbom: ModuleType) -> None:
    with pytest.raises(ValueError, match="by digest"):
        sbom.base_image("ARG PYTHON=python:3.13-slim\n")
