"""Read, copy and export what a job published."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from lifestream.domain.speech.quality import QualityReport
from lifestream.domain.summary import Summary
from lifestream.domain.text import one_line
from lifestream.domain.transcript import Transcript
from lifestream.errors import NoResultsError
from lifestream.rest.jobs import Job

PAGE = "result.html"
MAX_FILE_NAME_CHARACTERS = 120
VIDEO_SECONDS = 12 * 3_600
"""How long a page can play the video from the bucket, unless the credentials expire sooner."""
URL_SECONDS = 15 * 60


class Results(ABC):
    """The files that one job published. `VideoService.results` and `Api.results` return them.

    Attributes:
        job: The job.

    Examples:
        >>> results = service.results(job)
        >>> [segment.text for segment in results.transcript().segments]
        ['We ship it on Friday.', 'Then I write the notes today.']
    """

    def __init__(self, job: Job) -> None:
        """Raises NoResultsError if the job has published nothing."""
        if not job.has_results:
            raise _no_results(job)
        self.job = job

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

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Return the size of each file in bytes, by its name.

        Examples:
            >>> results.sizes()["transcript.json"] > 1000
            True
        """

    @abstractmethod
    def presigned_url(self, name: str) -> str:
        """Return an address from which anybody can download one file, for 15 minutes at most.

        Args:
            name: The name of the file.

        Examples:
            >>> "result.md" in results.presigned_url("result.md")
            True
        """

    @abstractmethod
    def read(self, name: str) -> str:
        """Return the text of one file.

        Raises:
            ArtifactMissingError: The job has no such file, or it was deleted.

        Examples:
            >>> print(results.read("subtitles.srt").splitlines()[2])
            We ship it on Friday.
        """

    def copy_to(self, folder: Path) -> Path:
        """Copy the files into a new folder inside `folder`, and return its path.

        The new folder has the name of the video and the id of the job. A stranger chose the name,
        so it cannot lead out of `folder`.

        Examples:
            >>> copied = results.copy_to(Path("downloads"))
            >>> (copied / "result.md").is_file()
            True
        """
        target = folder / safe_name(f"{self.job.file_name}.{self.job.job_id}")
        target.mkdir(parents=True, exist_ok=True)
        for name in self.names():
            self._download(name, target / safe_name(name))
        return target

    def copy_playing(self, folder: Path, video: str | None = None) -> Path:
        """Copy the files as `copy_to` does, and return the page, which plays the video.

        Args:
            folder: Where the new folder is made.
            video: The URL of the video. Without it, the page plays the upload from the bucket, for
                12 hours or until the AWS credentials end. Through the API, it plays for 15 minutes.

        Examples:
            >>> results.copy_playing(Path("downloads")).name
            'result.html'
        """
        page = self.copy_to(folder) / PAGE
        _let_play(page, video or self._video_url())
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
        (target / "job.json").write_text(self._job_as_json() + "\n")
        if video_too:
            name = f"video{Path(self.job.file_name).suffix.lower()}"
            self._download_video(target / name)
            _let_play(target / PAGE, name)
        return target

    @abstractmethod
    def _download(self, name: str, path: Path) -> None: ...

    @abstractmethod
    def _download_video(self, path: Path) -> None: ...

    @abstractmethod
    def _video_url(self) -> str: ...

    @abstractmethod
    def _job_as_json(self) -> str: ...


def _no_results(job: Job) -> NoResultsError:
    name, failure = job.file_name, job.failure
    if failure:
        problem = f"{name} has no results: {failure.error} in {failure.step}, {failure.cause}"
        return NoResultsError(problem, advice=failure.advice)
    again = "Upload it again." if job.status.is_terminal else None
    return NoResultsError(f"{name} has no results: it is {job.status}", advice=again)


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
