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
from image import buildah
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
    buildah.build(asset)
    say(*(line for line in buildah.BUILD_LOG.read_text().splitlines() if "libraries: " in line))
    seconds = time.monotonic() - started
    say(f"image: {buildah.size_bytes() / 1e9:.2f} GB unpacked, built in {seconds:.0f} s")
    if models is None:
        return 0
    return buildah.run_in_image(
        [*read_dockerfile(asset.dockerfile, asset.context).entrypoint, "--check"],
        {"WHISPER_MODEL": "tiny", "PYANNOTE_MODEL": "tiny-diarization", "SPEECH_DEVICE": "cpu"},
        {models.absolute(): "/opt/models"},
    )


def say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
