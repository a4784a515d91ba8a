"""Read, copy and export what a job published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from lifestream.aws.objects import is_missing
from lifestream.domain.file_types import result_type
from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.summary import Summary
from lifestream.domain.text import one_line
from lifestream.domain.transcript import Transcript
from lifestream.errors import ArtifactMissingError, NoResultsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from lifestream.domain.job_record import JobRecord

PAGE = "result.html"
MAX_FILE_NAME_CHARACTERS = 120
VIDEO_SECONDS = 12 * 3_600
"""How long a page can play the video from the bucket, unless the credentials expire sooner."""
URL_SECONDS = 15 * 60


class Results:
    """The files that one job published. `VideoService.results` returns them.

    Attributes:
        prefix: Where the files are in the bucket; it ends in `/`.

    Examples:
        >>> results = service.results(job)
        >>> [segment.text for segment in results.transcript().segments]
        ['We ship it on Friday.', 'Then I write the notes today.']
    """

    def __init__(self, s3: S3Client, record: JobRecord) -> None:
        """Raises NoResultsError if the job has published nothing."""
        if record.results_prefix is None:
            raise _no_results(record)
        self._s3 = s3
        self._record = record
        self.prefix = record.results_prefix

    def transcript(self) -> Transcript:
        """Return who said what, and when: segments of words, in order of time, in seconds.

        Segments with `flags` were left out of every other file as unreliable.

        Raises:
            ArtifactMissingError: The file was deleted.

        Examples:
            >>> segment = results.transcript().segments[0]
            >>> segment.speaker, segment.start_seconds, segment.text
            ('SPEAKER_00', 0.0, 'We ship it on Friday.')
        """
        return Transcript.model_validate_json(self.read("transcript.json"))

    def summary(self) -> Summary | None:
        """Return the summary, each of whose statements quotes the transcript.

        Returns:
            None if the job made no summary: it failed, or the deployment makes none.

        Raises:
            ArtifactMissingError: The file was deleted.

        Examples:
            >>> summary = results.summary()
            >>> summary.title if summary else "no summary"
            'A release on Friday'
        """
        if "summary.json" not in self.names():
            return None
        return Summary.model_validate_json(self.read("summary.json"))

    def quality(self) -> QualityReport:
        """Return how reliable the transcript is: a verdict for people, and the numbers behind it.

        Raises:
            ArtifactMissingError: The file was deleted.

        Examples:
            >>> results.quality().words
            11
        """
        return QualityReport.model_validate_json(self.read("quality.json"))

    def names(self) -> list[str]:
        """Return the names of the files, such as `result.md` and `subtitles.srt`.

        Subfolders are left out: they contain results of other jobs, whose videos have such names.

        Examples:
            >>> "subtitles.srt" in results.names()
            True
        """
        return list(self.sizes())

    def sizes(self) -> dict[str, int]:
        """Return the size of each file in bytes, by its name.

        Examples:
            >>> results.sizes()["transcript.json"] > 1000
            True
        """
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._record.bucket, Prefix=self.prefix, Delimiter="/"
        )
        files = (entry for page in pages for entry in page.get("Contents", ()))
        sizes = {entry["Key"].removeprefix(self.prefix): entry["Size"] for entry in files}
        return {name: size for name, size in sizes.items() if name}

    def presigned_url(self, name: str, *, expires_seconds: int = URL_SECONDS) -> str:
        """Return an address from which anybody can download one file.

        Args:
            name: The name of the file. A file that does not exist gets an address too.
            expires_seconds: How long the address can be used. It ends sooner if the AWS
                credentials that signed it end: those of a role last for hours, not days.

        Examples:
            >>> "result.md" in results.presigned_url("result.md")
            True
        """
        file = {"Bucket": self._record.bucket, "Key": self.prefix + name}
        shown = {
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "ResponseContentType": result_type(name),
        }
        return self._s3.generate_presigned_url(
            "get_object", Params=file | shown, ExpiresIn=expires_seconds
        )

    def read(self, name: str) -> str:
        """Return the text of one file.

        Raises:
            ArtifactMissingError: The job has no such file, or it was deleted.

        Examples:
            >>> print(results.read("subtitles.srt").splitlines()[2])
            We ship it on Friday.
        """
        from botocore.exceptions import ClientError

        bucket, key = self._record.bucket, self.prefix + name
        try:
            answer = self._s3.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if not is_missing(self._s3, bucket, key, error):
                raise
            raise ArtifactMissingError(f"{self._record.key} has no {name} any more") from error
        return answer["Body"].read().decode()

    def copy_to(self, folder: Path) -> Path:
        """Copy the files into a new folder inside `folder`, and return its path.

        The new folder is named like the results prefix. The name of the video was chosen by a
        stranger, so it cannot lead out of `folder`.

        Examples:
            >>> copied = results.copy_to(Path("downloads"))
            >>> (copied / "result.md").is_file()
            True
        """
        target = folder / safe_name(self.prefix)
        target.mkdir(parents=True, exist_ok=True)
        for name in self.names():
            self._s3.download_file(
                self._record.bucket, self.prefix + name, str(target / safe_name(name))
            )
        return target

    def copy_playing(self, folder: Path, video: str | None = None) -> Path:
        """Copy the files as `copy_to` does, and return the page, which plays the video.

        Args:
            folder: Where the new folder is made.
            video: The URL of the video. Without it, the page plays the upload from the bucket, for
                12 hours or until the AWS credentials end.

        Examples:
            >>> results.copy_playing(Path("downloads")).name
            'result.html'
        """
        page = self.copy_to(folder) / PAGE
        _let_play(page, video or self._presigned_video())
        return page

    def export_to(self, folder: Path, *, video_too: bool = True) -> Path:
        """Copy everything that there is of the job, to be kept without AWS.

        These are the results, the job itself (`job.json`) and the video, which the page plays.

        Args:
            folder: Where the new folder is made, whose path is returned.
            video_too: False leaves the video out.

        Raises:
            VideoNotFoundError: The upload was deleted.

        Examples:
            >>> exported = results.export_to(Path("archive"))
            >>> (exported / "video.mp4").read_bytes() == Path("talk.mp4").read_bytes()
            True
        """
        target = self.copy_to(folder)
        (target / "job.json").write_text(self._record.job.model_dump_json(indent=1) + "\n")
        if video_too:
            name = f"video{Path(self._record.key).suffix.lower()}"
            self._download_video(target / name)
            _let_play(target / PAGE, name)
        return target

    def _presigned_video(self) -> str:
        from lifestream.aws.videos import presigned_url

        return presigned_url(self._s3, self._record.job, expires_seconds=VIDEO_SECONDS)

    def _download_video(self, path: Path) -> None:
        from botocore.exceptions import ClientError

        from lifestream.aws.videos import translated, version_of

        job = self._record.job
        try:
            self._s3.download_file(job.bucket, job.key, str(path), ExtraArgs=version_of(job))
        except ClientError as error:
            raise translated(error, job.file_name) from error


def _no_results(record: JobRecord) -> NoResultsError:
    name, failure = record.job.file_name, record.failure
    if failure:
        problem = f"{name} has no results: {failure.error} in {failure.step}, {failure.cause}"
        return NoResultsError(problem, advice=failure.advice)
    again = "Upload it again." if record.status.is_terminal else None
    return NoResultsError(f"{name} has no results: it is {record.status}", advice=again)


def _let_play(page: Path, url: str) -> None:
    from lifestream.rendering.page import with_video

    page.write_text(with_video(page.read_text(encoding="utf-8"), url), encoding="utf-8")


def safe_name(key: str) -> str:
    """Return the last part of a key as a file name that is valid on every system and not hidden.

    A long name keeps its end, which is the job's id.
    """
    from pathvalidate import sanitize_filename

    name = one_line(key.strip("/").rpartition("/")[2])[-MAX_FILE_NAME_CHARACTERS:]
    return sanitize_filename(name, replacement_text="_").lstrip(".") or "results"
