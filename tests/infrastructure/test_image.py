"""The container's image: its context, its locks and its architecture fit each other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from image.asset import ImageAsset, synthesized_asset
from infrastructure.templates import resources, synthesized

ROOT = Path(__file__).parent.parent.parent
CONTAINER = ROOT / "containers/transcribe_speech"
FARGATE_AND_EC2 = {"amd64": "X86_64", "arm64": "ARM64"}
OF_THE_TEST_MACHINE = {"torch", "torchaudio", "torchcodec"}


@pytest.fixture(scope="module", params=["cpu", "gpu"])
def asset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ImageAsset:
    return synthesized_asset(request.param, tmp_path_factory.mktemp("asset"))


def test_the_context_holds_everything_that_the_dockerfile_copies(asset: ImageAsset) -> None:
    instructions = asset.dockerfile.read_text()
    for name, value in asset.build_args.items():
        instructions = instructions.replace(f"${{{name}}}", value)
    copied = re.findall(r"^COPY (?!--from)(\S+)", instructions, re.MULTILINE)

    assert len(copied) == 3
    for source in copied:
        assert list(asset.context.glob(source)), f"{source} is not in the context"


def test_the_context_holds_nothing_else(asset: ImageAsset) -> None:
    folders = {path.relative_to(asset.context).parts[:2] for path in asset.context.rglob("*.*")}

    assert folders == {("lambdas", "lifestream"), ("containers", "transcribe_speech")}


def test_the_image_is_built_for_the_architecture_that_runs_it(asset: ImageAsset) -> None:
    [task] = resources(synthesized(compute=asset.build_args["VARIANT"]), "AWS::ECS::TaskDefinition")

    runs_on: dict[str, Any] = task["RuntimePlatform"]
    assert runs_on["CpuArchitecture"] == FARGATE_AND_EC2[asset.architecture]


def test_the_base_image_and_its_packages_have_the_python_of_the_lambdas() -> None:
    dockerfile = (CONTAINER / "Dockerfile").read_text()
    functions = resources(synthesized(), "AWS::Lambda::Function")
    pythons = {f["Runtime"] for f in functions if f["Runtime"].startswith("python")}

    assert pythons == {"python3.13"}
    assert re.search(
        r"^ARG PYTHON=python:3\.13-slim\S*@sha256:[0-9a-f]{64}$", dockerfile, re.MULTILINE
    )
    assert set(re.findall(r"lib/python([\d.]+)/", dockerfile)) == {"3.13"}


@pytest.mark.parametrize("variant", ["cpu", "gpu"])
def test_every_package_of_an_image_is_locked_with_hashes(variant: str) -> None:
    lock = (CONTAINER / f"requirements-{variant}.txt").read_text()

    pinned = re.split(r"\n(?=\S)", lock.strip())
    assert len(pinned) > 100
    assert [package for package in pinned if "--hash=sha256:" not in package] == []


def test_the_image_for_fargate_has_no_cuda() -> None:
    cuda = re.compile(r"nvidia|cuda|triton")

    assert [
        name for name in versions(CONTAINER / "requirements-cpu.txt") if cuda.search(name)
    ] == []
    assert "nvidia-cublas-cu12" in versions(CONTAINER / "requirements-gpu.txt")


def test_both_images_run_the_same_versions() -> None:
    cpu = versions(CONTAINER / "requirements-cpu.txt")
    gpu = versions(CONTAINER / "requirements-gpu.txt")

    differing = {name for name in cpu if cpu[name] != gpu[name]}
    assert differing == set()


def test_the_speech_tests_run_the_versions_of_the_images() -> None:
    """The only exception is torch: these tests need a build for x86 without CUDA."""
    listed = versions(CONTAINER / "requirements-engines.in")
    tested = versions(ROOT / "tests/speech/requirements.txt")
    other = versions(ROOT / "tests/speech/requirements-torch.txt")

    assert set(other) == OF_THE_TEST_MACHINE
    differing = {name for name in listed if listed[name] != (tested | other).get(name)}
    assert differing == OF_THE_TEST_MACHINE - {"torchcodec"}


def versions(requirements: Path) -> dict[str, str]:
    """Pinned versions by the package's normalized name."""
    pins = re.findall(r"^([\w.-]+)==([\w.+]+)", requirements.read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins}
