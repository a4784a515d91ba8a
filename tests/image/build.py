"""`make test-image`: build the container's image from the synthesized asset, without Docker.

The Dockerfile's last step is `main.py --check --without-models`, so an image whose libraries do
not fit each other is not built. With `--models`, a folder of tiny models, the image's entry point
also tries both engines.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from cdk_app.local.dockerfile import read_dockerfile
from image import buildah, emulator
from image.asset import ImageAsset, synthesized_asset
from image.replay import replay


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-image", description=__doc__)
    parser.add_argument("variant", choices=("cpu", "gpu"))
    parser.add_argument("--models", type=Path)
    parser.add_argument("--replay", action="store_true", help="build no image")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asset = synthesized_asset(asked.variant, Path(folder))
        reason = "asked to" if asked.replay else buildah.reason_not_to_build(asset)
        if reason:
            say(f"no image is built ({reason}): its Dockerfile is replayed instead")
            return replay(asset)
        return build_and_check(asset, asked.models)


def build_and_check(asset: ImageAsset, models: Path | None) -> int:
    started = time.monotonic()
    emulated = ", emulated" if asset.is_emulated else ""
    say(f"building {asset.build_args['VARIANT']} for {asset.architecture}{emulated}")
    for architecture in {buildah.HERE, asset.architecture}:
        buildah.make_stand_in(architecture)
    with emulator.registered(asset):
        buildah.build(asset)
        seconds = time.monotonic() - started
        say(*(line for line in buildah.BUILD_LOG.read_text().splitlines() if "libraries: " in line))
        say(f"image: {buildah.size_bytes(asset) / 1e9:.2f} GB unpacked, built in {seconds:.0f} s")
        codes = [opens_cublas(asset)] if asset.build_args["VARIANT"] == "gpu" else []
        codes += [check_with(models, asset)] if models else []
        return max(codes, default=0)


def opens_cublas(asset: ImageAsset) -> int:
    """The check runs on the CPU, where CTranslate2 does not look for the library."""
    opens = "import ctypes; print(ctypes.CDLL('libcublas.so.12')._name, 'opens')"
    return buildah.run_in_image(asset, ["python", "-c", opens])


def check_with(models: Path, asset: ImageAsset) -> int:
    return buildah.run_in_image(
        asset,
        [*read_dockerfile(asset.dockerfile, asset.context).entrypoint, "--check"],
        "--env=WHISPER_MODEL=tiny",
        "--env=PYANNOTE_MODEL=tiny-diarization",
        "--env=SPEECH_DEVICE=cpu",
        f"--volume={models.absolute()}:/opt/models:ro",
    )


def say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
