"""What a job published, read by the addresses that the API gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import requests

from lifestream.client.rest.session import ApiSession, unreachable, with_retries
from lifestream.client.results import Results
from lifestream.errors import ArtifactMissingError, TransientError
from lifestream.rest.jobs import Job
from lifestream.rest.results import Media, ResultFile, ResultFiles

SECONDS = 60
CHUNK_BYTES = 1 << 20
STILL_VALID = timedelta(minutes=1)


class ApiResults(Results):
    def __init__(self, session: ApiSession, job: Job) -> None:
        """Raises NoResultsError if the job has published nothing."""
        super().__init__(job)
        self._session = session
        self._http = with_retries(requests.Session())
        self._listed: ResultFiles | None = None

    def sizes(self) -> dict[str, int]:
        return {file.name: file.size for file in self._files()}

    def presigned_url(self, name: str) -> str:
        """Raises ArtifactMissingError if there is no such file."""
        for file in self._files():
            if file.name == name:
                return file.url
        raise ArtifactMissingError(f"{self.job.file_name} has no {name} any more")

    def read(self, name: str) -> str:
        with self._published(name) as response:
            return response.content.decode()

    def _files(self) -> tuple[ResultFile, ...]:
        listed = self._listed
        if listed is None or listed.expires_at - STILL_VALID < datetime.now(UTC):
            path = f"/v1/jobs/{self.job.job_id}/results"
            listed = self._listed = self._session.ask(ResultFiles, "GET", path)
        return listed.files

    def _download(self, name: str, path: Path) -> None:
        with self._published(name) as response:
            _save(response, path)

    def _download_video(self, path: Path) -> None:
        with self._get(self._video_url()) as response:
            _save(response, path)

    def _video_url(self) -> str:
        return self._session.ask(Media, "GET", f"/v1/jobs/{self.job.job_id}/media").url

    def _job_as_json(self) -> str:
        return self.job.model_dump_json(indent=1)

    def _published(self, name: str) -> requests.Response:
        """Raises ArtifactMissingError if the file was deleted after it was listed."""
        try:
            return self._get(self.presigned_url(name))
        except TransientError:
            self._listed = None
            self.presigned_url(name)
            raise

    def _get(self, url: str) -> requests.Response:
        try:
            response = self._http.get(url, stream=True, timeout=SECONDS)
        except requests.RequestException as error:
            raise unreachable(url, error) from error
        if not response.ok:
            raise TransientError(f"S3 does not send {urlsplit(url).path} ({response.status_code})")
        return response


def _save(response: requests.Response, path: Path) -> None:
    with path.open("wb") as file:
        for chunk in response.iter_content(CHUNK_BYTES):
            file.write(chunk)
