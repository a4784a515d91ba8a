"""`lifestream results` and `lifestream export`: what a job published, for people."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from lifestream.aws import clients
from lifestream.client.commands.terminal import Job, Stage, console, plain_errors
from lifestream.client.connection import connect
from lifestream.client.results import Results
from lifestream.client.video_service import VideoService

FOLDER = Path("lifestream-results")


def results(
    job: Job,
    to: Annotated[Path | None, typer.Option(help="Copy the files into this folder.")] = None,
    is_opened: Annotated[
        bool, typer.Option("--open", help="Copy the files, and open the page in a browser.")
    ] = False,
    video: Annotated[
        Path | None, typer.Option(help="What the page plays, instead of the upload.", exists=True)
    ] = None,
    stage: Stage = None,
) -> None:
    """Show a job's page, open it in a browser, or copy its files."""
    with plain_errors():
        published = published_by(job, stage)
        if is_opened:
            playing = video.resolve().as_uri() if video else None
            page = published.copy_playing(to or FOLDER, playing)
            console.print(f"{page}", markup=False, soft_wrap=True)
            webbrowser.open(page.resolve().as_uri())
        elif to:
            console.print(f"copied to {published.copy_to(to)}", markup=False, soft_wrap=True)
        else:
            console.print(Markdown(published.read("result.md")))


def export(
    job: Job,
    to: Annotated[Path, typer.Option(help="The folder in which the job gets its own.")],
    video: Annotated[bool, typer.Option(help="With the video itself.")] = True,  # a flag
    stage: Stage = None,
) -> None:
    """Everything there is of a job in one folder that needs no AWS: results, job, video."""
    with plain_errors():
        folder = published_by(job, stage).export_to(to, video_too=video)
        console.print(f"exported to {folder}", markup=False, soft_wrap=True)


def published_by(job: str, stage: str | None) -> Results:
    return Results(clients.s3(), VideoService(connect(stage)).job(job))
