"""Model names in, verified weights under the stack's own prefix out: once for a deployment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.engines.model_folder import SUMS, files_of, write_sums
from lifestream.errors import ConfigurationError, ModelGateError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from pydantic import SecretStr

MODELS_PREFIX = "models"
ONE_PIECE_BYTES = 5 << 30
"""S3's own limit for one request."""
REPOSITORIES = {
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large-v3": "Systran/faster-whisper-large-v3",
    "medium": "Systran/faster-whisper-medium",
    "small": "Systran/faster-whisper-small",
    "base": "Systran/faster-whisper-base",
    "tiny": "Systran/faster-whisper-tiny",
    "speaker-diarization-community-1": "pyannote/speaker-diarization-community-1",
}


def fetch(name: str, folder: Path, token: SecretStr | None) -> Path:
    """From the model hub into `folder/name`, with a SHA256SUMS of what came.

    Raises ConfigurationError, ModelGateError, TransientError.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError
    except ImportError as error:
        raise ConfigurationError(
            f"the package {error.name} is not installed: pip install '.[models]'"
        ) from error
    target = folder / name
    repository = REPOSITORIES.get(name, name)
    try:
        snapshot_download(
            repository, local_dir=target, token=token.get_secret_value() if token else False
        )
    except GatedRepoError as error:
        raise ModelGateError(f"the conditions of {repository} have not been accepted") from error
    except RepositoryNotFoundError as error:
        raise ConfigurationError(
            f"there is no model {repository!r} on the hub, or HUGGINGFACE_TOKEN may not read it"
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise TransientError(
            f"{repository} could not be fetched: {type(error).__name__}"
        ) from error
    write_sums(target)
    return target


def upload(s3: S3Client, bucket: str, folder: Path, *, on_file: Callable[[str], None]) -> None:
    """Under `models/<folder's name>/`, the sums last: what they name is there.

    In one piece and with its SHA-256, so that S3 keeps the digest of the whole file, which
    `lifestream doctor` compares with the sums. A file of more than 5 GiB goes in parts.
    """
    from boto3.s3.transfer import TransferConfig

    in_one_piece = TransferConfig(multipart_threshold=ONE_PIECE_BYTES)
    for name in (*files_of(folder), SUMS):
        on_file(name)
        s3.upload_file(
            str(folder / name),
            bucket,
            f"{MODELS_PREFIX}/{folder.name}/{name}",
            ExtraArgs={"ChecksumAlgorithm": "SHA256"},
            Config=in_one_piece,
        )
