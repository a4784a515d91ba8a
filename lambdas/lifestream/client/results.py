"""What a job published: its files, listed or copied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.errors import ArtifactMissingError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lifestream.aws.job_table import JobRecord


class Results:
    """The files under a job's results prefix. Raises ArtifactMissingError where there are none."""

    def __init__(self, s3: S3Client, record: JobRecord) -> None:
        if record.results_prefix is None:
            raise ArtifactMissingError(
                f"{record.key} has no results: it is {record.status}"
                + (f" ({record.failure.error})" if record.failure else "")
            )
        self._s3 = s3
        self._record = record
        self.prefix = record.results_prefix

    def names(self) -> list[str]:
        answer = self._s3.list_objects_v2(Bucket=self._record.bucket, Prefix=self.prefix)
        return [entry["Key"].removeprefix(self.prefix) for entry in answer.get("Contents", ())]

    def read(self, name: str) -> str:
        answer = self._s3.get_object(Bucket=self._record.bucket, Key=self.prefix + name)
        return answer["Body"].read().decode()

    def copy_to(self, folder: Path) -> Path:
        """Into a folder of its own, named like the results prefix. The video's name was chosen
        by a stranger, so it cannot lead out of `folder`."""
        target = folder / safe_name(self.prefix)
        target.mkdir(parents=True, exist_ok=True)
        for name in self.names():
            self._s3.download_file(
                self._record.bucket, self.prefix + name, str(target / safe_name(name))
            )
        return target


def safe_name(key: str) -> str:
    """The last part of a key as a file name: no separators, no control characters, not hidden."""
    last = key.strip("/").rpartition("/")[2]
    printable = "".join(c if c.isprintable() and c not in '\\:*?"<>|' else "_" for c in last)
    return printable.lstrip(".")[-120:] or "results"
