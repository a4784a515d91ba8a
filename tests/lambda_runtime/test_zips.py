"""The zips for Lambda's platform hold the same files as the zips that were run here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cdk_app.bundling import LAMBDA, Requirements
from lambda_runtime.conftest import Unpacked
from lambda_runtime.machine import Machine

MAX_UNPACKED_BYTES = 250 << 20
"""With layers: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
ELF = b"\x7fELF"
MACHINE_AT, AARCH64 = 18, 183  # e_machine and EM_AARCH64: elf(5)


@pytest.mark.parametrize("requirements", Requirements)
def test_a_zip_for_lambda_is_the_same_on_another_processor(
    machine: Machine, unpacked: Unpacked, requirements: Requirements
) -> None:
    here = replace(LAMBDA, platform=machine.language.target.platform)

    for_lambda = unpacked(requirements, LAMBDA)

    assert modules(for_lambda) == modules(unpacked(requirements, here))
    assert {machine_of(path) for path in files(for_lambda) if is_elf(path)} == {AARCH64}
    assert sum(path.stat().st_size for path in files(for_lambda)) < MAX_UNPACKED_BYTES


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def modules(folder: Path) -> set[str]:
    """Return the modules, with the platform removed from the names of compiled ones."""
    names = [path.relative_to(folder) for path in files(folder) if path.suffix in {".py", ".so"}]
    return {
        str(name.with_name(name.name.partition(".")[0]))
        for name in names
        if not name.parts[0].endswith(".libs")
    }


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ELF)) == ELF


def machine_of(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[MACHINE_AT : MACHINE_AT + 2], "little")
