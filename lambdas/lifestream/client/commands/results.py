"""`lifestream results` and `lifestream export`: what a job published."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from lifestream.client.commands.terminal import Job, Stage, console, say
from lifestream.client.deployment import deployment
from lifestream.domain.text import visible

FOLDER = Path("lifestream-results")


def results(
    job: Job,
    to: Annotated[Path | None, typer.Option(help="Copy the files into this folder.")] = None,
    is_opened: Annotated[
        bool, typer.Option("--open", help="Copy the files and open the page in a browser.")
    ] = False,
    video: Annotated[
        Path | None,
        typer.Option(help="A local file for the page to play, instead of the upload.", exists=True),
    ] = None,
    stage: Stage = None,
) -> None:
    """Show the results of a job, open them, or copy the files.

    Without options, prints result.md.
    """
    published = deployment(stage).results(job)
    if is_opened:
        playing = video.resolve().as_uri() if video else None
        page = published.copy_playing(to or FOLDER, playing)
        console.print(f"{page}", markup=False, soft_wrap=True)
        webbrowser.open(page.resolve().as_uri())
    elif to:
        console.print(f"copied to {published.copy_to(to)}", markup=False, soft_wrap=True)
    else:
        _show(published.read("result.md"))


def export(
    job: Job,
    to: Annotated[Path, typer.Option(help="The folder in which to create the job's folder.")],
    video: Annotated[bool, typer.Option(help="Include the video.")] = True,  # a flag
    stage: Stage = None,
) -> None:
    """Copy everything about a job, the video included, to a folder.

    The folder needs no AWS: it holds the results, job.json and the video, which the page plays.
    """
    folder = deployment(stage).results(job).export_to(to, video_too=video)
    console.print(f"exported to {folder}", markup=False, soft_wrap=True)


def _show(markdown: str) -> None:
    """Rendered on a terminal; piped, Markdown as it is."""
    if console.is_terminal:
        say(Markdown(markdown))
    else:
        console.print(visible(markdown), markup=False, soft_wrap=True)
