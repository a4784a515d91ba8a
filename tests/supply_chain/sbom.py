"""Write a CycloneDX document for each Lambda zip and each image. `make sbom` runs it.

    python -m supply_chain.sbom FOLDER

A zip and the packages of an image are installed from a lock file, without dependencies that are not
in it, so the lock file is the list of what is inside. The packages of the image's Debian are not
listed: the base image is one component, named by its digest.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).parents[2]
CONTAINER = ROOT / "containers" / "transcribe_speech"
WEIGHTS = ROOT / "lambdas" / "lifestream" / "engines" / "diarization" / "voice_encoder.onnx"
BASE_IMAGE = re.compile(r"^ARG PYTHON=(\w+):([\w.-]+)@sha256:([0-9a-f]{64})$", re.MULTILINE)


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, lock in artifacts().items():
        document = document_of(name, lock)
        require_valid(document)
        (folder / f"{name}.cdx.json").write_text(document)
        count = len(json.loads(document)["components"])
        sys.stdout.write(f"{folder / name}.cdx.json: {count} components\n")
    return 0


def artifacts() -> dict[str, Path]:
    """Return what is shipped, by name, and the lock file that it is installed from."""
    zips = sorted((ROOT / "lambdas" / "requirements").glob("*.txt"))
    images = sorted(CONTAINER.glob("requirements-*.txt"))
    return {f"zip-{lock.stem}": lock for lock in zips} | {
        lock.stem.replace("requirements", "image"): lock for lock in images
    }


def document_of(name: str, lock: Path) -> str:
    made = subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible", str(lock)],
        capture_output=True,
        text=True,
        check=True,
    )
    bom = Bom.from_json(json.loads(made.stdout))  # type: ignore[attr-defined]  # added at run time
    return written(name, bom)


def written(name: str, bom: Bom) -> str:
    """Return the document of a zip or image whose packages the bom lists already."""
    if name.startswith("image-"):
        bom.components.update([base_image((CONTAINER / "Dockerfile").read_text()), weights()])
    bom.metadata.component = Component(
        name=f"lifestream-{name}",
        version=version("lifestream"),
        type=ComponentType.APPLICATION,
        bom_ref="lifestream",
    )
    bom.register_dependency(bom.metadata.component, bom.components)
    document: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return document


def base_image(dockerfile: str) -> Component:
    """Raises ValueError if the Dockerfile does not pin its base image."""
    found = BASE_IMAGE.search(dockerfile)
    if not found:
        raise ValueError("the Dockerfile does not pin its base image by digest")
    name, tag, digest = found.groups()
    return Component(
        name=name,
        version=tag,
        type=ComponentType.CONTAINER,
        bom_ref="base-image",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        purl=PackageURL("oci", name=name, version=f"sha256:{digest}", qualifiers={"tag": tag}),
    )


def weights() -> Component:
    """Describe the model weights in the repository; NOTICE names their origin."""
    digest = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    return Component(
        name="resemblyzer-voice-encoder",
        version="0.1.4",
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref="voice-encoder",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        licenses=[DisjunctiveLicense(id="Apache-2.0")],
    )


def require_valid(document: str) -> None:
    """Validate against the schema of CycloneDX 1.6. Raises ValueError."""
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(document):
        raise ValueError(f"not a CycloneDX document: {error}")


if __name__ == "__main__":
    sys.exit(main())
