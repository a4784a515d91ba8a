"""Download model weights from their hub to a folder, and upload them to the stack's bucket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.domain import bucket_layout
from lifestream.engines.model_weights import SUMS, files_of, sha256, write_sums
from lifestream.errors import (
    ConfigurationError,
    HubUnreachableError,
    ModelAlteredError,
    ModelGateError,
    ModelMissingError,
    TransientError,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from pydantic import SecretStr

ONE_PIECE_BYTES = 5 << 30
"""S3's own limit for one request."""


@dataclass(frozen=True)
class Published:
    """A model on the hub. If `digests` are pinned (file → SHA-256), no other file is fetched."""

    repository: str
    revision: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)


MODELS = {
    "large-v3-turbo": Published("mobiuslabsgmbh/faster-whisper-large-v3-turbo"),
    "large-v3": Published("Systran/faster-whisper-large-v3"),
    "medium": Published("Systran/faster-whisper-medium"),
    "small": Published("Systran/faster-whisper-small"),
    "base": Published("Systran/faster-whisper-base"),
    "tiny": Published("Systran/faster-whisper-tiny"),
    "speaker-diarization-community-1": Published("pyannote/speaker-diarization-community-1"),
    # The built-in ones.
    "tiny.en": Published(
        "Systran/faster-whisper-tiny.en",
        "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
        {
            "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        },
    ),
    "wordllama-l2-supercat": Published(
        "dleemiller/word-llama-l2-supercat",
        None,  # the digests decide
        {
            "l2_supercat_256.safetensors": (
                "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5"
            ),
            "tokenizer_config.json": (
                "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68"
            ),
        },
    ),
}


def fetch(name: str, folder: Path, token: SecretStr | None) -> Path:
    """Download a model from the hub into `folder/name`, with a SHA256SUMS of its files.

    Raises ConfigurationError, ModelGateError, ModelAlteredError, TransientError.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            GatedRepoError,
            HfHubHTTPError,
            LocalEntryNotFoundError,
            RepositoryNotFoundError,
        )
    except ImportError as error:
        raise ConfigurationError(
            f"the package {error.name} is not installed: pip install '.[models]'"
        ) from error
    target = folder / name
    model = MODELS.get(name, Published(name))
    repository = model.repository
    try:
        snapshot_download(
            repository,
            revision=model.revision,
            local_dir=target,
            allow_patterns=list(model.digests) or None,
            token=token.get_secret_value() if token else False,
        )
    except GatedRepoError as error:
        raise ModelGateError(f"the conditions of {repository} have not been accepted") from error
    except RepositoryNotFoundError as error:
        raise ConfigurationError(
            f"there is no model {repository!r} on the hub, or HUGGINGFACE_TOKEN may not read it"
        ) from error
    except LocalEntryNotFoundError as error:
        raise HubUnreachableError(
            f"the model hub is unreachable, so {repository} was not fetched"
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise TransientError(
            f"{repository} could not be fetched: {type(error).__name__}"
        ) from error
    require_published(target)
    return target


def require_published(folder: Path) -> None:
    """Compare a model's files with the digests that are pinned for it, and write its SHA256SUMS.

    Raises ModelMissingError, ModelAlteredError.
    """
    model = MODELS.get(folder.name)
    for file, digest in model.digests.items() if model else ():
        if not (folder / file).is_file():
            raise ModelMissingError(f"no model in {folder}: {file} is missing")
        if sha256(folder / file) != digest:
            raise ModelAlteredError(f"{folder / file} is not the file that was published")
    write_sums(folder)


def upload(s3: S3Client, bucket: str, folder: Path, *, on_file: Callable[[str], None]) -> None:
    """Upload the files to `models/<folder's name>/`, with SHA256SUMS last, when all others exist.

    Each file is uploaded in one request with its SHA-256, so that S3 keeps the digest of the whole
    file, which `lifestream doctor` compares with SHA256SUMS. A file of more than 5 GiB is uploaded
    in parts.
    """
    from boto3.s3.transfer import TransferConfig

    in_one_piece = TransferConfig(multipart_threshold=ONE_PIECE_BYTES)
    for name in (*files_of(folder), SUMS):
        on_file(name)
        s3.upload_file(
            str(folder / name),
            bucket,
            f"{bucket_layout.MODELS}{folder.name}/{name}",
            ExtraArgs={"ChecksumAlgorithm": "SHA256"},
            Config=in_one_piece,
        )
