"""An erasure: what a job left behind, who asked to erase it, and the signed receipt."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Self

from lifestream.domain.base import Frozen
from lifestream.domain.job import ProcessingJob


class Found(Frozen):
    """What a job left behind.

    Attributes:
        uploads: Versions of the video, delete markers included.
        artifacts: Versions of what the steps wrote for each other.
        results: Versions of the result files.
        index: Versions of the job's object in the built-in index.
        voiceprints: Versions of voiceprints and given names.
        bytes: The size of all of these versions.
        passages: Passages in a Pinecone index.
        messages: Messages in the dead-letter queue and among the undelivered webhook events.
    """

    uploads: int = 0
    artifacts: int = 0
    results: int = 0
    index: int = 0
    voiceprints: int = 0
    bytes: int = 0
    passages: int = 0
    messages: int = 0

    @classmethod
    def largest(cls, looks: Iterable[Found]) -> Self:
        """Return the largest number of each kind: a later look finds less."""
        known = [look.model_dump() for look in looks]
        return cls(**{name: max(look[name] for look in known) for name in cls.model_fields})


class ErasureRequest(Frozen):
    """An erasure that is not finished. It is deleted when the receipt is written.

    Attributes:
        job: The job in its last attempt.
        results_prefix: Where the job published its results, if its row says so.
        requested_by: The API's user, or the ARN of the AWS identity.
        was_running: True if the job had not ended.
        last_active_at: When a step of the job may have been at work last.
        found: The most that was found so far.
    """

    schema_version: Literal["1"] = "1"
    job: ProcessingJob
    results_prefix: str | None
    requested_at: datetime
    requested_by: str
    was_running: bool
    last_active_at: datetime
    found: Found = Found()

    @property
    def job_id(self) -> str:
        return self.job.job_id


class Receipt(Frozen):
    """The signed record that a job was erased. It contains no names and no content.

    Attributes:
        upload_digest: An HMAC of the upload's key and ETag. It recognizes a restored copy of the
            video, which has another version and so another job id.
        signature: An HMAC-SHA256 of all other fields, in hexadecimal digits.
    """

    schema_version: Literal["1"] = "1"
    job_id: str
    requested_at: datetime
    requested_by: str
    was_running: bool
    found: Found
    erased_at: datetime
    upload_digest: str
    signature: str = ""

    @classmethod
    def of(cls, request: ErasureRequest, *, at: datetime, key: bytes) -> Self:
        """Return the signed receipt of a finished erasure."""
        same = ("job_id", "requested_at", "requested_by", "was_running", "found")
        unsigned = cls(
            **{name: getattr(request, name) for name in same},
            erased_at=at,
            upload_digest=upload_digest(request.job.key, request.job.etag, key),
        )
        return unsigned.model_copy(update={"signature": unsigned._signature(key)})

    def is_signed_with(self, key: bytes) -> bool:
        return hmac.compare_digest(self.signature, self._signature(key))

    def _signature(self, key: bytes) -> str:
        """Sign the fields that differ from their defaults, so that later versions can add some."""
        facts = self.model_dump(mode="json", exclude={"signature"}, exclude_defaults=True)
        return signature(key, "receipt", json.dumps(facts, sort_keys=True))


def upload_digest(key: str, etag: str | None, secret: bytes) -> str:
    return signature(secret, "upload", f"{key}\n{(etag or '').strip(chr(34))}")


def signature(key: bytes, purpose: str, text: str) -> str:
    """Return the HMAC-SHA256 of a text. One made for another purpose does not fit."""
    return hmac.new(key, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()
