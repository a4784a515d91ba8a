"""`lifestream upload`, `list`, `status` and `cancel`: recordings and their jobs."""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.live import Live

from lifestream.client.commands import cost_lines, display
from lifestream.client.commands.terminal import (
    FAILED,
    AsJson,
    Job,
    Language,
    Speakers,
    Stage,
    console,
    plain,
    say,
    say_json,
)
from lifestream.client.deployment import Deployment, deployment
from lifestream.client.upload_checks import check_video
from lifestream.domain.file_types import EXTENSIONS
from lifestream.domain.job import JobStatus
from lifestream.domain.options import JobOptions

if TYPE_CHECKING:
    from lifestream.rest.jobs import Job as JobFacts

WATCH_SECONDS = 1.0
RECORDINGS = "Video or audio files: " + ", ".join(name[1:] for name in EXTENSIONS) + "."


def upload(  # noqa: PLR0913  # one parameter per option
    videos: Annotated[list[Path], typer.Argument(help=RECORDINGS)],
    language: Language = None,
    speakers: Speakers = None,
    min_speakers: Annotated[int | None, typer.Option(help="Minimum number of speakers.")] = None,
    max_speakers: Annotated[int | None, typer.Option(help="Maximum number of speakers.")] = None,
    hotword: Annotated[
        list[str] | None, typer.Option(help="A name or term to expect. Can be repeated.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(help="Sample text in the style that the transcript should have.")
    ] = None,
    multilingual: Annotated[
        bool, typer.Option("--multilingual", help="The language changes during the recording.")
    ] = False,
    translate: Annotated[
        bool, typer.Option("--translate", help="Write the transcript in English.")
    ] = False,
    show_flagged: Annotated[
        bool, typer.Option("--show-flagged", help="Keep text that is flagged as hallucinated.")
    ] = False,
    subtitle_speakers: Annotated[
        bool, typer.Option("--subtitle-speakers", help="Show speakers in the subtitles.")
    ] = False,
    summary_language: Annotated[
        str | None, typer.Option(help="Language of the summary, such as German.")
    ] = None,
    summary_instructions: Annotated[
        str | None, typer.Option(help="What the summary should look for.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Show what it would cost, and upload nothing.")
    ] = False,
    as_json: AsJson = False,
    stage: Stage = None,
) -> None:
    """Upload recordings. Each one becomes a job.

    All files and options are checked before the first file is sent.
    """
    options = JobOptions(
        language=language,
        speakers=speakers,
        min_speakers=min_speakers,
        max_speakers=max_speakers,
        hotwords=tuple(hotword or ()),
        initial_prompt=prompt,
        multilingual=multilingual,
        translate=translate,
        show_flagged=show_flagged,
        subtitle_speakers=subtitle_speakers,
        summary_language=summary_language,
        summary_instructions=summary_instructions,
    )
    for video in videos:
        check_video(video)
    there = deployment(stage)
    there.check_options(options)
    if estimate:
        _show_estimate(there, videos, as_json=as_json)
        return
    for video in videos:
        job = there.upload(video, options=options)
        if as_json:
            say_json({"video": str(video), "job_id": job.job_id})
        else:
            console.print(f"{job.short_id}  {plain(str(video))}", soft_wrap=True)


def _show_estimate(there: Deployment, videos: list[Path], *, as_json: bool) -> None:
    from lifestream.client.estimates import estimate_upload

    found = estimate_upload(there, videos)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    for line in cost_lines.estimate_lines(found):
        say(line)


def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many jobs.")] = 20,
    as_json: AsJson = False,
    stage: Stage = None,
) -> None:
    """List the latest jobs.

    Newest first. The exit code is 0 even if there are none.
    """
    jobs = deployment(stage).jobs(limit)
    if as_json:
        for job in jobs:
            say_json(job.model_dump(mode="json"))
        return
    for line in display.job_lines(jobs):
        say(line)
    if not jobs:
        say("Nothing found. Upload a recording with `lifestream upload`.")


def status(
    job: Job,
    watch: Annotated[bool, typer.Option("--watch", help="Wait until the job has ended.")] = False,
    as_json: AsJson = False,
    stage: Stage = None,
) -> None:
    """Show how far a job is, or why it failed and what to do.

    With --watch, the exit code is 1 if the job ends without success: PARTIAL, FAILED or CANCELLED.
    Without --watch, it is 0 whatever the status.
    """
    there = deployment(stage)
    found = there.job(job)
    if watch:
        found = _watched(there, found, is_shown=not as_json)
    if as_json:
        say_json(found.model_dump(mode="json"))
    else:
        for line in display.status_lines(found, with_bar=console.is_terminal):
            say(line)
    if watch and found.status != JobStatus.SUCCEEDED:
        raise typer.Exit(FAILED)


def _watched(there: Deployment, job: JobFacts, *, is_shown: bool) -> JobFacts:
    """The job when it has ended. On a terminal, its progress is shown until then."""
    with _live() if is_shown and console.is_terminal else nullcontext() as live:
        while not job.status.is_terminal:
            if live:
                live.update(Group(*display.status_lines(job, with_bar=True)), refresh=True)
            time.sleep(WATCH_SECONDS)
            job = there.job(job.job_id)
    return job


def _live() -> Live:
    """Leaves nothing behind: what the job ended with is shown instead."""
    return Live(console=console, transient=True, auto_refresh=False)


def cancel(job: Job, stage: Stage = None) -> None:
    """Cancel a job that is waiting or running.

    Its container is stopped.
    """
    cancelled = deployment(stage).cancel(job)
    say(f"Cancelled {cancelled.short_id}  {plain(display.name_of_video(cancelled.key))}")
