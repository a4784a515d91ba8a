"""Send a file to where the API says: whole, or in parts. The bytes go to S3.

Nothing is kept on disk to resume. The idempotency key is made from the file, so that a client that
starts again gets the same upload, and sends the parts that S3 does not have.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import requests

from lifestream.client.rest.session import ApiSession, unreachable, with_retries
from lifestream.client.upload_checks import check_video
from lifestream.domain.options import JobOptions
from lifestream.errors import TransientError
from lifestream.rest.jobs import Job
from lifestream.rest.uploads import (
    NewUpload,
    PartAddresses,
    StoredParts,
    Upload,
    UploadOptions,
    WantedParts,
)

PARALLEL = 4
SECONDS = 300


def upload(
    session: ApiSession,
    video: Path,
    *,
    options: JobOptions | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Job:
    """Upload a file. One that was uploaded before with the same options keeps its job."""
    check_video(video)
    chosen = UploadOptions(**options.model_dump()) if options else UploadOptions()
    size = video.stat().st_size
    wanted = NewUpload(file_name=video.name, size=size, options=chosen, with_checksums=True)
    key = {"Idempotency-Key": fingerprint(video)}
    begun = session.ask(Upload, "POST", "/v1/uploads", body=wanted, headers=key)
    if begun.job_id:
        return session.ask(Job, "GET", f"/v1/jobs/{begun.job_id}")
    FileSender(session, video, begun, on_bytes or (lambda _: None)).send()
    return session.ask(Job, "POST", f"/v1/uploads/{begun.id}/complete")


def fingerprint(video: Path) -> str:
    """Return the same text for the same file: its path, size and time of change."""
    facts = video.stat()
    known = f"{video.resolve()}\n{facts.st_size}\n{facts.st_mtime_ns}"
    return hashlib.sha256(known.encode("utf-8", "surrogateescape")).hexdigest()


class FileSender:
    """Sends a file to its upload. The token is not sent along: S3's addresses are signed."""

    def __init__(
        self, session: ApiSession, video: Path, upload: Upload, on_bytes: Callable[[int], None]
    ) -> None:
        self._session, self._video, self._upload = session, video, upload
        self._on_bytes = on_bytes
        self._http = with_retries(requests.Session())
        self._one_at_a_time = Lock()

    def send(self) -> None:
        if self._upload.whole:
            self._put(self._upload.whole.url, self._video.read_bytes(), self._upload.whole.headers)
            return
        stored = self._session.ask(StoredParts, "GET", f"/v1/uploads/{self._upload.id}/parts")
        known = {part.number for part in stored.parts}
        self._on_bytes(sum(part.size for part in stored.parts))
        missing = [n for n in range(1, self._upload.part_count + 1) if n not in known]
        with ThreadPoolExecutor(PARALLEL) as pool:
            for _ in pool.map(self._send_part, missing):
                pass

    def _send_part(self, number: int) -> None:
        """An address ends after an hour, so each part asks for its own when it is sent."""
        with self._video.open("rb") as file:
            file.seek((number - 1) * self._upload.part_size)
            content = file.read(self._upload.part_size)
        checksum = b64encode(hashlib.sha256(content).digest()).decode()
        with self._one_at_a_time:
            [part] = self._session.ask(
                PartAddresses,
                "POST",
                f"/v1/uploads/{self._upload.id}/parts",
                body=WantedParts(numbers=(number,), sha256=(checksum,)),
            ).parts
        self._put(part.url, content, part.headers)

    def _put(self, url: str, content: bytes, headers: dict[str, str]) -> None:
        try:
            response = self._http.put(url, data=content, headers=headers, timeout=SECONDS)
        except requests.RequestException as error:
            raise unreachable(url, error) from error
        if not response.ok:
            raise TransientError(f"S3 refused a part of the file ({response.status_code})")
        self._on_bytes(len(content))
