"""The `lifestream` command: the client for people who type."""

from __future__ import annotations

import runpy
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live

from lifestream.aws import clients
from lifestream.aws.api_keys import load_api_keys
from lifestream.client.commands import display
from lifestream.client.commands.doctor import doctor
from lifestream.client.commands.library import ask, search
from lifestream.client.commands.results import export, results
from lifestream.client.commands.speakers import speakers
from lifestream.client.commands.terminal import Job, Stage, console, moment, plain, plain_errors
from lifestream.client.connection import connect, connect_as
from lifestream.client.model_weights import MODELS, fetch
from lifestream.client.model_weights import upload as upload_model
from lifestream.client.redrive import (
    WORK,
    candidates,
    give_back,
    run_again,
    steps_left,
)
from lifestream.client.video_service import VideoService
from lifestream.domain.file_types import EXTENSIONS
from lifestream.domain.options import JobOptions
from lifestream.errors import PipelineError
from lifestream.resources import reconciler
from lifestream.settings import ApiKeys, OperatorSettings, SpeechSettings, load

WATCH_SECONDS = 1.0
RECORDINGS = "Videos and audio files: " + ", ".join(name[1:] for name in EXTENSIONS) + "."
LOCAL_MODULE = Path("cdk_app/local/__main__.py")

app = typer.Typer(
    help="Videos in; transcripts, summaries, subtitles and a searchable library out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(results)
app.command()(export)
app.command()(search)
app.command()(ask)
app.command()(doctor)
app.add_typer(speakers, name="speakers")


@app.command()
def upload(  # noqa: PLR0913  # one option a question the person may answer
    videos: Annotated[list[Path], typer.Argument(help=RECORDINGS)],
    language: Annotated[str | None, typer.Option(help="Spoken language, such as en.")] = None,
    speakers: Annotated[int | None, typer.Option(help="Exact number of speakers.")] = None,
    min_speakers: Annotated[int | None, typer.Option(help="At least so many.")] = None,
    max_speakers: Annotated[int | None, typer.Option(help="At most so many.")] = None,
    hotword: Annotated[list[str] | None, typer.Option(help="A name or term to expect.")] = None,
    prompt: Annotated[
        str | None, typer.Option(help="Text in the style that the transcript should have.")
    ] = None,
    multilingual: Annotated[bool, typer.Option(help="The language changes within.")] = False,
    translate: Annotated[bool, typer.Option(help="Write English, whatever is spoken.")] = False,
    show_flagged: Annotated[
        bool, typer.Option(help="Leave in what nobody seems to have said.")
    ] = False,
    subtitle_speakers: Annotated[bool, typer.Option(help="Subtitles say who speaks.")] = False,
    summary_language: Annotated[str | None, typer.Option(help="Language to summarize in.")] = None,
    summary_instructions: Annotated[
        str | None, typer.Option(help="What the summary should look for.")
    ] = None,
    stage: Stage = None,
) -> None:
    """Upload videos; each becomes a job."""
    with plain_errors():
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
        service = VideoService(connect(stage))
        for video in videos:
            job = service.create_upload_job(video, options=options)
            console.print(f"{job.short_id}  {plain(str(video))}", soft_wrap=True)


@app.command()
def status(
    job: Job,
    watch: Annotated[bool, typer.Option(help="Stay until the job has ended.")] = False,  # a flag
    stage: Stage = None,
) -> None:
    """Where a job is, and what to do where it failed."""
    with plain_errors():
        service = VideoService(connect(stage))
        record = service.job(job)
        with Live(display.jobs_table([record]), console=console) as live:
            while watch and not record.status.is_terminal:
                time.sleep(WATCH_SECONDS)
                record = service.job(record.job_id)
                live.update(display.jobs_table([record]))
        for line in display.remarks(record):
            console.print(line)


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20, stage: Stage = None
) -> None:
    """The latest jobs."""
    with plain_errors():
        console.print(display.jobs_table(VideoService(connect(stage)).recent_jobs(limit)))


@app.command()
def redrive(
    jobs: Annotated[list[str] | None, typer.Argument(help="Job ids, or their beginnings.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every DLQ message.")] = False,  # a flag
    since: Annotated[
        str | None, typer.Option(help="DLQ messages of the last 30m, 2h, 3d, or since a date.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done again.")] = False,
    stage: Stage = None,
) -> None:
    """Run failed jobs again; what was finished before is not done twice."""
    with plain_errors():
        if bool(jobs) == (every or since is not None):
            raise PipelineError("name the jobs to redrive, or say --all or --since")
        service = VideoService(connect(stage))
        chosen = candidates(service, jobs, since=moment(since) if since else None)
        left = [steps_left(clients.s3(), job) if job else list(WORK) for job, _ in chosen]
        console.print(display.redrive_table(chosen, left))
        if dry_run:
            give_back(service.queues, chosen)
        else:
            run_again(service.queues, chosen)
        would = "would be" if dry_run else "are"
        console.print(f"{len(chosen)} jobs {would} on their way")


@app.command()
def cancel(job: Job, stage: Stage = None) -> None:
    """End a job that waits or runs; its container is stopped."""
    with plain_errors():
        record = VideoService(connect(stage)).cancel(job)
        console.print(f"{record.job.short_id}  {display.coloured(record.status)}")


@app.command()
def reconcile(
    older_than: Annotated[
        int, typer.Option(min=0, help="Leave younger things alone: minutes.")
    ] = 15,
    stage: Stage = None,
) -> None:
    """Find what got lost between two services, and let it go on. Runs every hour by itself."""
    with plain_errors():
        settings = connect_as(OperatorSettings, stage)
        found = reconciler(settings, grace_period=timedelta(minutes=older_than)).run()
        for what, ids in found.model_dump().items():
            console.print(f"{what}: {', '.join(ids) or 'nothing'}", soft_wrap=True)


@app.command()
def models(
    names: Annotated[list[str] | None, typer.Argument(help="Default: those of the stack.")] = None,
    folder: Annotated[Path, typer.Option(help="Keep them here too.")] = Path("models"),
    to: Annotated[
        Path | None, typer.Option(help="Only into this folder, for `lifestream local`.")
    ] = None,
    stage: Stage = None,
) -> None:
    """Fetch speech models from their hub into the stack's bucket; needed once."""
    with plain_errors():
        if to:
            fetch_for_laptop(names or [], to)
            return
        settings, speech = connect(stage), load(SpeechSettings)
        token = load_api_keys(settings.api_keys_secret).huggingface_token
        for name in names or (speech.whisper_model, speech.pyannote_model):
            fetched = fetch(name, folder, token)
            upload_model(clients.s3(), settings.bucket, fetched, on_file=console.print)


def fetch_for_laptop(names: Sequence[str], folder: Path) -> None:
    if not names:
        raise PipelineError(f"name at least one model, such as {', '.join(MODELS)}")
    for name in names:
        fetched = fetch(name, folder, load(ApiKeys).huggingface_token)
        console.print(plain(f"{fetched} is there"), soft_wrap=True)
        if (fetched / "model.bin").is_file():
            use = f"MODELS_DIR={folder} WHISPER_MODEL={fetched.name} lifestream local VIDEO"
            console.print(plain(f"Use it: {use}"), soft_wrap=True)


@app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    }
)
def local(context: typer.Context) -> None:
    """Run the whole pipeline on this machine: no AWS account, no Docker, no keys."""
    root = next((d for d in (Path.cwd(), *Path.cwd().parents) if (d / LOCAL_MODULE).exists()), None)
    if root is None:
        console.print("[red]lifestream local[/] deploys the CDK app: run it inside a clone of it")
        raise typer.Exit(2)
    sys.path.insert(0, str(root))
    sys.argv = ["lifestream local", *context.args]
    runpy.run_module("cdk_app.local", run_name="__main__")


if __name__ == "__main__":
    app()
