"""A decoder that a video has taken over cannot read keys, open files or reach the network."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

from lifestream.domain.base import Frozen
from lifestream.media import sandbox
from unit.taken_over import ATTACKS

pytestmark = pytest.mark.attack

CANARY = b"sk-canary-in-memory"
LIMITS = {"memory_bytes": 1 << 30, "cpu_seconds": 60, "file_bytes": 1 << 20}
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the safeguards are Linux's")


class Loot(Frozen):
    """The result of an attack, or the error with which the system refused it."""

    gained: str | None = None
    refused: str | None = None


@pytest.fixture
def port() -> Iterator[int]:
    with create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server.getsockname()[1]
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.fixture
def request_for(port: int, tmp_path: Path) -> Iterator[dict[str, Any]]:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    canary = ctypes.create_string_buffer(CANARY)
    yield {
        "limits": LIMITS,
        "size": 0,
        "output": None,
        "port": port,
        "elsewhere": str(tmp_path / "elsewhere"),
        "victim": str(victim),
        "address": ctypes.addressof(canary),
        "length": len(CANARY),
    }
    assert [path.name for path in tmp_path.iterdir()] == ["victim"]


@pytest.fixture
def taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "DECODER", "unit.taken_over")


def attack(request: dict[str, Any], name: str) -> Loot:
    return sandbox.run_decoder({**request, "attack": name}, lambda *_: b"", Loot)


@ON_LINUX
@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.usefixtures("taken_over")
def test_a_decoder_that_was_taken_over_reaches_nothing(
    name: str, request_for: dict[str, Any]
) -> None:
    loot = attack(request_for, name)

    assert loot.gained is None
    assert loot.refused


@pytest.mark.usefixtures("taken_over")
def test_it_cannot_write_to_the_log(
    request_for: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    assert attack(request_for, "write_to_the_log").gained == "nowhere"

    assert "taken over" not in "".join(capfd.readouterr())


OF_PRCTL = ("no_new_privileges", "seccomp")
WITHOUT_PRCTL = {
    "parents_environment": "EMFILE",
    "parents_memory_file": "EMFILE",
    "others_environments": "EMFILE",
    "connect": "EMFILE",
    "write_elsewhere": "EMFILE",
    "use_io_uring": "EMFILE",
    "raise_limits": "not allowed to raise maximum limit",
}


@ON_LINUX
@pytest.mark.parametrize(("name", "refusal"), WITHOUT_PRCTL.items())
@pytest.mark.usefixtures("taken_over")
def test_nothing_can_be_opened_even_if_prctl_is_refused(
    name: str, refusal: str, request_for: dict[str, Any]
) -> None:
    loot = attack({**request_for, "without": OF_PRCTL}, name)

    assert loot.gained is None
    assert loot.refused == refusal


@ON_LINUX
@pytest.mark.parametrize("name", ["parents_memory", "attach_to_parent"])
@pytest.mark.usefixtures("taken_over")
def test_the_parents_memory_is_closed_without_seccomp_too(
    name: str, request_for: dict[str, Any]
) -> None:
    loot = attack({**request_for, "without": ["seccomp"]}, name)

    assert (loot.gained, loot.refused) == (None, "EPERM")


PARENT = """
import ctypes, json, sys
from lifestream.media import confinement, sandbox
from unit.test_takeover import CANARY, Loot
confinement.drop_capabilities()
sandbox.DECODER = "unit.taken_over"
canary = ctypes.create_string_buffer(CANARY)
request = json.loads(sys.argv[1]) | {"address": ctypes.addressof(canary), "length": len(CANARY)}
for name in sys.argv[2:]:
    print(sandbox.run_decoder(request | {"attack": name}, lambda *_: b"", Loot).model_dump_json())
"""


@ON_LINUX
def test_the_keys_of_a_user_without_rights_are_hidden_from_the_same_user() -> None:
    """Every other safeguard is missing, which is logged once.

    The parent has no capabilities, so that its child has the same rights.
    """
    without = ["RLIMIT_NOFILE", "seccomp", "no_new_privileges"]
    request = {"limits": LIMITS, "size": 0, "output": None, "without": without}
    names = ["parents_environment", "parents_memory_file", "parents_memory", "attach_to_parent"]
    keys = {"OPENAI_API_KEY": "sk-canary", "AWS_SECRET_ACCESS_KEY": "aws-canary"}
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.defpath, **keys}

    done = subprocess.run(
        [sys.executable, "-P", "-c", PARENT, json.dumps(request), *names],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    log, *loot = [json.loads(line) for line in done.stdout.splitlines()]
    assert [found["gained"] for found in loot] == [None] * 4, done.stderr
    assert {found["refused"] for found in loot} <= {"EACCES", "EPERM"}
    assert "canary" not in done.stdout
    assert log["message"] == "the system refused safeguards of the decoder"
    assert set(log["safeguards"]) == set(without)
