"""Serve the files of the dashboard at the address of the local stack.

On AWS, CloudFront serves them from a bucket. Here each request reads them from the folder of the
build, so a reload shows what `npm run watch` has built. As on AWS, the dashboard has the paths that
are no other service's: S3's clients sign their `GET /`, browsers do not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from pathlib import Path
from typing import Any

from cdk_app.dashboard_build import PAGE, built_files, media_type
from cdk_app.local.ministack.signatures import Request

PAGES = ("/", "/upload", "/search", "/jobs")
JOBS = "/jobs/"
"""All addresses have the same page."""
ICON = "/icon.svg"
ASSETS = "/assets/"
HTML = "text/html; charset=utf-8"
SIGNED = ("authorization", "x-amz-", "awsaccesskeyid")
"""How the name of a header or of a parameter begins that only signed requests have."""
NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>LifeStream</title>
<h1>The dashboard has not been built</h1>
<p>Build it with <code>make dev</code>, or run <code>npm ci</code> and <code>npm run build</code> in
the folder <code>web</code>. Then reload this page. Building it needs Node 20.19 or newer.</p>
</html>
"""


@dataclass(frozen=True)
class File:
    """An answer to a request for a file."""

    status: HTTPStatus
    media_type: str
    content: bytes
    headers: Mapping[str, str]

    async def send(
        self, send: Callable[[dict[str, Any]], Awaitable[None]], *, has_body: bool
    ) -> None:
        headers = {
            **self.headers,
            "Content-Type": self.media_type,
            "Content-Length": str(len(self.content)),
        }
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        await send({"type": "http.response.body", "body": self.content if has_body else b""})


class DashboardFiles:
    """The dashboard's files.

    folder: the build of the dashboard, which may not exist
    headers: see `dashboard_headers`
    """

    def __init__(self, folder: str, headers: dict[str, dict[str, str]]) -> None:
        self._folder = Path(folder)
        self._headers = headers

    def file_for(self, request: Request) -> File | None:
        """Return the answer to a request for the dashboard; None if it is for another service."""
        if not _is_for_dashboard(request):
            return None
        path = request.path
        is_page = path in PAGES or path.startswith(JOBS)
        # A path from a request is only looked up among the files, and never opened.
        if file := built_files(self._folder).get(PAGE if is_page else path.removeprefix("/")):
            return self._answer(path, file.read_bytes(), media_type(file))
        if is_page:
            return self._answer(path, NOT_BUILT, HTML, HTTPStatus.SERVICE_UNAVAILABLE)
        return self._answer(path, b"Not found", "text/plain", HTTPStatus.NOT_FOUND)

    def _answer(
        self, path: str, content: bytes, media: str, status: HTTPStatus = HTTPStatus.OK
    ) -> File:
        headers = next(
            headers for pattern, headers in self._headers.items() if fnmatchcase(path, pattern)
        )
        return File(status, media, content, headers)


def _is_for_dashboard(request: Request) -> bool:
    """Return whether the path is the dashboard's, and nothing says that the request is signed."""
    names = [*request.headers, *(name.lower() for name, _ in request.query)]
    return (
        request.method in ("GET", "HEAD")
        and (request.path in (*PAGES, ICON) or request.path.startswith((JOBS, ASSETS)))
        and not any(name.startswith(SIGNED) for name in names)
    )
