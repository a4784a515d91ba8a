"""What a job published, read from the bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from lifestream.aws.objects import is_missing
from lifestream.client.results import URL_SECONDS, VIDEO_SECONDS, Results
from lifestream.domain.file_types import result_type
from lifestream.errors import ArtifactMissingError
from lifestream.rest.jobs import Job

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lifestream.domain.job_record import JobRecord
    from lifestream.domain.transcript import Transcript


class S3Results(Results):
    """`prefix` is where the files are in the bucket; it ends in `/`."""

    def __init__(self, s3: S3Client, record: JobRecord) -> None:
        """Raises NoResultsError if the job has published nothing."""
        super().__init__(Job.of(record))
        self._s3 = s3
        self._record = record
        self.prefix = record.results_prefix or ""

    def sizes(self) -> dict[str, int]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._record.bucket, Prefix=self.prefix, Delimiter="/"
        )
        files = (entry for page in pages for entry in page.get("Contents", ()))
        sizes = {entry["Key"].removeprefix(self.prefix): entry["Size"] for entry in files}
        return {name: size for name, size in sizes.items() if name}

    def presigned_url(self, name: str, *, expires_seconds: int = URL_SECONDS) -> str:
        """Return an address from which anybody can download one file.

        A file that does not exist gets an address too. The address ends sooner if the AWS
        credentials that signed it end: those of a role last for hours, not days.
        """
        file = {"Bucket": self._record.bucket, "Key": self.prefix + name}
        shown = {
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "ResponseContentType": result_type(name),
        }
        return self._s3.generate_presigned_url(
            "get_object", Params=file | shown, ExpiresIn=expires_seconds
        )

    def transcript(self) -> Transcript:
        from lifestream.aws.transcripts import published_transcript

        name = "transcript.json"
        with self._named_errors(name):
            return published_transcript(self._s3, self._record.bucket, self.prefix + name)

    def read(self, name: str) -> str:
        with self._named_errors(name):
            answer = self._s3.get_object(Bucket=self._record.bucket, Key=self.prefix + name)
            return answer["Body"].read().decode()

    @contextmanager
    def _named_errors(self, name: str) -> Iterator[None]:
        """Raise ArtifactMissingError if S3 has no such file."""
        from botocore.exceptions import ClientError

        try:
            yield
        except ClientError as error:
            if not is_missing(self._s3, self._record.bucket, self.prefix + name, error):
                raise
            raise ArtifactMissingError(f"{self._record.key} has no {name} any more") from error

    def _download(self, name: str, path: Path) -> None:
        self._s3.download_file(self._record.bucket, self.prefix + name, str(path))

    def _download_video(self, path: Path) -> None:
        from botocore.exceptions import ClientError

        from lifestream.aws.videos import translated, version_of

        job = self._record.job
        try:
            self._s3.download_file(job.bucket, job.key, str(path), ExtraArgs=version_of(job))
        except ClientError as error:
            raise translated(error, job.file_name) from error

    def _video_url(self) -> str:
        from lifestream.aws.videos import presigned_url

        return presigned_url(self._s3, self._record.job, expires_seconds=VIDEO_SECONDS)

    def _job_as_json(self) -> str:
        return self._record.job.model_dump_json(indent=1)
