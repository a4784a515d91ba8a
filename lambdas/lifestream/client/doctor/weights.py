"""Check, without a download, that the model weights in the bucket are the published ones.

`lifestream models` uploads each file in one piece with its SHA-256, which S3 computes itself and
keeps (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html). A
file that was uploaded in parts has only a composite checksum, so the container compares it when it
loads the file.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lifestream.aws.objects import objects_below
from lifestream.client.doctor.findings import Finding, failed, note, ok, warning
from lifestream.domain.bucket_layout import MODELS
from lifestream.engines.model_weights import SUMS, listed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lifestream.client.doctor.deployed import DeployedStage

FETCH = "Fetch it: lifestream models {name}{option}"


def check_weights(stage: DeployedStage, s3: S3Client) -> Iterator[Finding]:
    """Check the weights of each model.

    If a job was just transcribed, a missing model is not an error: the image contains it, or
    another engine did the work.
    """
    done_by = stage.transcribed_by
    engines = (done_by.transcription, done_by.diarization) if done_by else (None, None)
    models = (stage.speech.whisper_model, stage.speech.pyannote_model)
    for name, engine in zip(models, engines, strict=True):
        fetch = FETCH.format(name=name, option=stage.option)
        yield Weights(s3, stage.settings.bucket, name, fetch=fetch).finding(engine)


class Weights:
    """One model under the bucket's `models/`. `fetch` is the advice to upload it (again)."""

    def __init__(self, s3: S3Client, bucket: str, name: str, *, fetch: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._name = name
        self._prefix = f"{MODELS}{name}/"
        self._what = f"model {name}"
        self._fetch = fetch

    def finding(self, engine: str | None) -> Finding:
        """Return the finding. `engine`: the engine that a job just used, or None without a job."""
        sizes = self._sizes()
        if not sizes and engine:
            return note(self._what, f"not in the bucket, and not needed: {engine} did the work")
        if not sizes:
            return failed(self._what, f"not in the bucket ({self._prefix} is empty)", self._fetch)
        if SUMS not in sizes:
            return warning(self._what, f"has no {SUMS} to compare with", self._fetch)
        return self._compared(sizes, self._published())

    def _compared(self, sizes: Mapping[str, int], published: Mapping[str, str]) -> Finding:
        if missing := sorted(published.keys() - sizes.keys()):
            return failed(self._what, f"lacks {', '.join(missing)}", self._fetch)
        stored = {name: self._stored_digest(name) for name in published}
        if altered := sorted(
            n for n, digest in stored.items() if digest not in (None, published[n])
        ):
            names = ", ".join(altered)
            return failed(self._what, f"{names}: not what {SUMS} names", self._fetch)
        is_compared = None not in stored.values()
        return (ok if is_compared else note)(self._what, _in_words(stored, sum(sizes.values())))

    def _sizes(self) -> dict[str, int]:
        entries = objects_below(self._s3, self._bucket, self._prefix)
        return {entry["Key"].removeprefix(self._prefix): entry["Size"] for entry in entries}

    def _published(self) -> dict[str, str]:
        body = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + SUMS)["Body"].read()
        return dict(listed(body.decode()))

    def _stored_digest(self, name: str) -> str | None:
        """Return the SHA-256 in hexadecimal, or None if S3 has no checksum of the whole file."""
        head = self._s3.head_object(
            Bucket=self._bucket, Key=self._prefix + name, ChecksumMode="ENABLED"
        )
        checksum = head.get("ChecksumSHA256", "")
        is_of_parts = "-" in checksum  # "…-3"
        return base64.b64decode(checksum).hex() if checksum and not is_of_parts else None


def _in_words(stored: Mapping[str, str | None], size: int) -> str:
    compared = sum(digest is not None for digest in stored.values())
    rest = len(stored) - compared
    later = f", {rest} only when the container loads them" if rest else ""
    return f"{len(stored)} files, {size / 1e6:,.1f} MB: {compared} compared with {SUMS}{later}"
