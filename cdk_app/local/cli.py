"""`lifestream local VIDEO…`: the whole pipeline on this machine, from upload to search."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.markup import escape
from rich.panel import Panel

from cdk_app.local.progress import progress_table
from cdk_app.local.run import Deployment, Outcome
from cdk_app.local.session import EmbeddedAws, Options, embedded_aws
from lifestream.aws import clients
from lifestream.client.commands import display
from lifestream.client.commands.results import FOLDER
from lifestream.client.commands.terminal import plain, plain_errors
from lifestream.client.connection import connect
from lifestream.client.library import ask, search
from lifestream.client.redrive import dlq_messages_by_job
from lifestream.client.results import PAGE
from lifestream.client.video_service import VideoService
from lifestream.domain.job import JobStatus
from lifestream.domain.options import JobOptions
from lifestream.domain.text import visible

NEXT_SECTION = "\n## "
FIRST_TURNS = 4

app = typer.Typer(pretty_exceptions_enable=False)
console = Console(stderr=True, emoji=False)  # ":secret:" in an ARN is no emoji


@app.command(help="Run the whole pipeline on this machine: no AWS account, no Docker, no keys.")
def local(  # noqa: PLR0913  # one option a question the person may answer
    videos: Annotated[
        list[Path] | None, typer.Argument(help="Videos; several run side by side.", exists=True)
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the results are copied to.")] = FOLDER,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line a video on standard output.")
    ] = False,
    keep: Annotated[bool, typer.Option(help="Keep the embedded AWS running until Ctrl-C.")] = False,
    state: Annotated[
        Path | None, typer.Option(help="Keep bucket, queues and jobs in this folder.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of the embedded AWS.")] = None,
    language: Annotated[str | None, typer.Option(help="Spoken language, such as en.")] = None,
    speakers: Annotated[int | None, typer.Option(help="Exact number of speakers.")] = None,
    query: Annotated[str | None, typer.Option(help="What to search and ask at the end.")] = None,
) -> None:
    if not videos and not keep:
        raise typer.BadParameter("name at least one video, or say --keep")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    job_options = JobOptions(language=language, speakers=speakers)
    spinner = console.status("Starting the embedded AWS and deploying the stack…")
    options = Options(port=port, state=state and state.resolve())
    with plain_errors(), spinner, embedded_aws(options) as aws:
        spinner.stop()
        outcomes = _process(aws, videos or [], out, job_options, quiet=as_json)
        if as_json:
            sys.stdout.writelines(json.dumps(outcome.as_json()) + "\n" for outcome in outcomes)
        else:
            _show(outcomes, query)
        if keep:
            _wait_for_ctrl_c(aws)
    raise typer.Exit(0 if all(_is_success(outcome) for outcome in outcomes) else 1)


def _process(
    aws: EmbeddedAws, videos: Sequence[Path], out: Path, options: JobOptions, *, quiet: bool
) -> list[Outcome]:
    """The client finds the embedded AWS as it finds any other: through its environment."""
    os.environ.update(aws.environment)
    os.environ.pop("AWS_SECURITY_TOKEN", None)  # an older name, which boto3 reads first
    deployment = Deployment(
        service=VideoService(connect()),
        step_functions=clients.step_functions(),
        s3=clients.s3(),
        state_machine_arn=aws.outputs["StateMachineArn"],
    )
    if quiet or not videos:
        return deployment.process(videos, out=out, options=options)
    with Live(console=console, refresh_per_second=8) as live:
        return deployment.process(
            videos,
            out=out,
            options=options,
            watch=lambda outcomes: live.update(
                progress_table({f"{o.job.short_id} {o.video.name}": o.states for o in outcomes})
            ),
        )


def _is_success(outcome: Outcome) -> bool:
    return outcome.record is not None and outcome.record.status == JobStatus.SUCCEEDED


def _show(outcomes: Sequence[Outcome], query: str | None) -> None:
    dlq_messages = dlq_messages_by_job(VideoService(connect()).queues)
    for outcome in outcomes:
        _show_outcome(outcome, dlq_messages.get(outcome.job.job_id))
    if any(outcome.results for outcome in outcomes):
        _show_search(query, outcomes)


def _show_outcome(outcome: Outcome, dlq_message: str | None) -> None:
    if outcome.record is None:
        return
    console.print(f"\n{plain(str(outcome.video))}: {display.coloured(outcome.record.status)}")
    for line in display.remarks(outcome.record):
        console.print(line, soft_wrap=True)
    if dlq_message:
        message = json.dumps(json.loads(dlq_message), indent=1, ensure_ascii=False)
        console.print(Panel(escape(visible(message)), title="DLQ message"))
    if outcome.results:
        _show_results(outcome.results)


def _show_results(folder: Path) -> None:
    """The result's first page, how the talk begins, and where everything is."""
    head = (folder / "result.md").read_text().split(NEXT_SECTION)[:2]
    console.print(Panel(Markdown(NEXT_SECTION.join(head)), title="result.md"))
    talk = (folder / "transcript.txt").read_text().splitlines()
    for line in [line for line in talk if line][:FIRST_TURNS]:
        console.print(line, markup=False, highlight=False, no_wrap=True, overflow="ellipsis")
    manifest = json.loads((folder / "manifest.json").read_text())
    engines = [*manifest["engines"].values(), manifest["summary_engine"]]
    used = ", ".join(engine for engine in engines if engine)
    console.print(f"\nEngines: {used}", markup=False, soft_wrap=True)
    names = ", ".join(sorted(path.name for path in folder.iterdir()))
    console.print(f"Results: {folder}\n  {names}", markup=False, soft_wrap=True)
    console.print(f"Watch, read and search it: {folder / PAGE}", markup=False, soft_wrap=True)


def _show_search(query: str | None, outcomes: Sequence[Outcome]) -> None:
    """Without a question, the first topic of the first summary is as good as any."""
    question = query or next(filter(None, map(_first_topic, outcomes)), None)
    if question:
        console.print(f"\nlifestream search {question!r}", markup=False)
        console.print(display.hits_table(search(question, connect(), limit=3), question))
    if query:
        console.print(f"\nlifestream ask {query!r}", markup=False)
        for line in display.answer_lines(ask(query, connect())):
            console.print(line, soft_wrap=True)


def _first_topic(outcome: Outcome) -> str | None:
    summary = outcome.results / "summary.json" if outcome.results else None
    if summary is None or not summary.exists():
        return None
    topics = json.loads(summary.read_text())["topics"]
    return str(topics[0]) if topics else None


def _wait_for_ctrl_c(aws: EmbeddedAws) -> None:
    console.print("\nThe embedded AWS keeps running. In another terminal:\n")
    for name, value in aws.environment.items():
        console.print(f"export {name}={value}", markup=False, highlight=False, soft_wrap=True)
    console.print("\nCtrl-C ends it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("ended")
