"""What a job published: its files listed, copied, or exported with the video itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.aws.videos import translated, version_of
from lifestream.errors import ArtifactMissingError, NoResultsError
from lifestream.rendering.page import with_video

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lifestream.domain.job_record import JobRecord

PAGE = "result.html"
VIDEO_SECONDS = 12 * 3_600
"""How long a page plays the video from the bucket; less where the credentials end sooner."""


class Results:
    """The files under a job's results prefix. Raises NoResultsError if there are none."""

    def __init__(self, s3: S3Client, record: JobRecord) -> None:
        if record.results_prefix is None:
            raise _no_results(record)
        self._s3 = s3
        self._record = record
        self.prefix = record.results_prefix

    def names(self) -> list[str]:
        """Without folders: what lies in one was published by a job whose video is named like it."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._record.bucket, Prefix=self.prefix, Delimiter="/"
        )
        files = (entry["Key"] for page in pages for entry in page.get("Contents", ()))
        return [name for key in files if (name := key.removeprefix(self.prefix))]

    def read(self, name: str) -> str:
        """Raises ArtifactMissingError where it is not there any more."""
        try:
            answer = self._s3.get_object(Bucket=self._record.bucket, Key=self.prefix + name)
        except self._s3.exceptions.NoSuchKey as error:
            raise ArtifactMissingError(f"{self._record.key} has no {name} any more") from error
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

    def copy_playing(self, folder: Path, video: str | None = None) -> Path:
        """As `copy_to`, with a page that plays the video at that address; without one, the
        upload itself, for some hours."""
        page = self.copy_to(folder) / PAGE
        _let_play(page, video or self._presigned_video())
        return page

    def export_to(self, folder: Path, *, video_too: bool = True) -> Path:
        """All that there is of the job, to be kept without AWS: results, the job itself and the
        video, which the page plays from beside it. Raises VideoNotFoundError."""
        target = self.copy_to(folder)
        (target / "job.json").write_text(self._record.job.model_dump_json(indent=1) + "\n")
        if video_too:
            name = f"video{Path(self._record.key).suffix.lower()}"
            self._download_video(target / name)
            _let_play(target / PAGE, name)
        return target

    def _presigned_video(self) -> str:
        video = {"Bucket": self._record.bucket, "Key": self._record.key}
        return self._s3.generate_presigned_url(
            "get_object", Params=video | version_of(self._record.job), ExpiresIn=VIDEO_SECONDS
        )

    def _download_video(self, path: Path) -> None:
        from botocore.exceptions import ClientError

        job = self._record.job
        try:
            self._s3.download_file(job.bucket, job.key, str(path), ExtraArgs=version_of(job))
        except ClientError as error:
            raise translated(error, job) from error


def _no_results(record: JobRecord) -> NoResultsError:
    name, failure = record.job.file_name, record.failure
    if failure:
        problem = f"{name} has no results: {failure.error} in {failure.step}, {failure.cause}"
        return NoResultsError(problem, advice=failure.advice)
    again = "Upload it again." if record.status.is_terminal else None
    return NoResultsError(f"{name} has no results: it is {record.status}", advice=again)


def _let_play(page: Path, url: str) -> None:
    page.write_text(with_video(page.read_text(encoding="utf-8"), url), encoding="utf-8")


def safe_name(key: str) -> str:
    """The last part of a key as a file name: no separators, no control characters, not hidden."""
    last = key.strip("/").rpartition("/")[2]
    printable = "".join(c if c.isprintable() and c not in '\\:*?"<>|' else "_" for c in last)
    return printable.lstrip(".")[-120:] or "results"
