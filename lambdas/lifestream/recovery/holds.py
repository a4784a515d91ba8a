"""Legal holds: a job on hold is not erased, and copies of its objects do not expire.

S3's lifecycle rules choose objects by prefix, tag and size. They cannot leave out one job, so a
hold copies what the job has to a prefix that no rule expires.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lifestream.aws.job_table import JobTable
from lifestream.aws.object_versions import StoredVersion
from lifestream.domain.bucket_layout import copies_of_job
from lifestream.domain.job import MAX_KEY_BYTES
from lifestream.domain.job_record import HOLD, Hold, JobRecord
from lifestream.errors import JobStatusError
from lifestream.recovery.erasures import request_of
from lifestream.recovery.job_contents import JobObjects

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Holds:
    s3: S3Client
    jobs: JobTable
    objects: JobObjects

    def hold(self, record: JobRecord, *, by: str, reason: str) -> int:
        """Put a job on hold, and return how many copies there are.

        The row is written first, so that nobody erases the job meanwhile. A second call copies what
        is missing, and what the job has written since. Raises JobStatusError.
        """
        hold = Hold(by=by, at=datetime.now(UTC), reason=reason)
        self._write(record, record.hold or hold)
        bucket, copies = self.objects.versions.bucket, self.copies(record.job_id)
        for version in self._current(record):
            key = _copy_of(record.job_id, version.key)
            if copies.get(key) != version.size:
                source = {"Bucket": bucket, "Key": version.key, "VersionId": version.version_id}
                self.s3.copy(source, bucket, key)  # type: ignore[arg-type]  # a literal
        return len(self.copies(record.job_id))

    def release(self, record: JobRecord) -> None:
        """Delete the copies, then end the hold. Raises JobStatusError."""
        versions = self.objects.versions
        versions.delete(versions.below(copies_of_job(record.job_id)))
        self._write(record, None)

    def copies(self, job_id: str) -> dict[str, int]:
        """Return key → size of the copies."""
        found = self.objects.versions.below(copies_of_job(job_id))
        return {one.key: one.size for one in found if not one.is_marker}

    def _write(self, record: JobRecord, hold: Hold | None) -> None:
        value = hold.model_dump(mode="json") if hold else None
        if not self.jobs.change(record, {HOLD: value}):
            raise JobStatusError(f"another attempt of job {record.job_id} has begun: try again")

    def _current(self, record: JobRecord) -> Iterator[StoredVersion]:
        """Yield the version of the video, and the newest version of each other object."""
        request = request_of(record, by="", at=datetime.now(UTC))
        seen: set[str] = set()
        for version in self.objects.of([request])[record.job_id]:  # S3 lists the newest first
            if version.key not in seen and not version.is_marker:
                yield version
            seen.add(version.key)


def _copy_of(job_id: str, key: str) -> str:
    """Return the key of a copy, with a hash instead of a key that would be too long."""
    copy = f"{copies_of_job(job_id)}{key}"
    if len(copy.encode()) <= MAX_KEY_BYTES:
        return copy
    return f"{copies_of_job(job_id)}{hashlib.sha256(key.encode()).hexdigest()}"
