"""Run the whole pipeline on this machine, from upload to search (`lifestream local VIDEO…`)."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.live import Live

from cdk_app.local.kept import settings_kept
from cdk_app.local.model_weights import whisper_model
from cdk_app.local.outcome import outcome_lines
from cdk_app.local.progress import progress_lines
from cdk_app.local.run import Deployment, Outcome
from cdk_app.local.session import EmbeddedAws, Options, embedded_aws, own_settings
from cdk_app.local.users import create_user
from lifestream.aws import clients
from lifestream.client.commands import display
from lifestream.client.commands.results import FOLDER
from lifestream.client.commands.terminal import FAILED, Language, Speakers, plain, say
from lifestream.client.connection import connect
from lifestream.client.library import ask, passage_of, search
from lifestream.client.redrive import dlq_messages_by_job
from lifestream.client.upload_checks import check_options, check_video
from lifestream.client.video_service import VideoService
from lifestream.domain.job import JobStatus
from lifestream.domain.options import JobOptions
from lifestream.domain.text import visible
from lifestream.errors import UsageError

HITS = 3
API_USER = "admin"
console = Console(stderr=True, emoji=False, highlight=False)  # ":secret:" in an ARN is not an emoji


def local(  # noqa: PLR0913  # one parameter per option
    videos: Annotated[
        list[Path] | None,
        typer.Argument(help="Recordings. Several are processed at the same time."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Copy the results into this folder.")] = FOLDER,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per recording, for scripts.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the local stack running until Ctrl-C.")
    ] = False,
    open_browser: Annotated[
        bool, typer.Option("--open", help="With --keep: open the dashboard in the browser.")
    ] = False,
    state: Annotated[
        Path | None, typer.Option(help="Keep bucket, queues and jobs in this folder.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of the local stack.")] = None,
    language: Language = None,
    speakers: Speakers = None,
    query: Annotated[
        str | None, typer.Option(help="What to search for and ask at the end.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also show the DLQ message of each failed job.")
    ] = False,
) -> None:
    """Run the whole pipeline on this machine, without an AWS account.

    Deploys the same CloudFormation template as `make deploy`, into a local AWS emulator. The exit
    code is 1 unless every recording succeeds.
    """
    if not videos and not keep:
        raise UsageError("name at least one recording, or give --keep")
    if open_browser and not keep:
        raise UsageError("--open needs --keep")
    options = JobOptions(language=language, speakers=speakers)
    _check(videos or [], options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    spinner = console.status("Starting the local stack…")
    local_options = Options(port=port, state=state and state.resolve())
    with spinner, embedded_aws(local_options) as aws:
        spinner.stop()
        outcomes = _process(aws, videos or [], out, options, quiet=as_json)
        if as_json:
            sys.stdout.writelines(json.dumps(outcome.as_json()) + "\n" for outcome in outcomes)
        else:
            _show(outcomes, query, is_verbose=verbose)
        if keep:
            _wait_for_ctrl_c(aws, open_browser=open_browser)
    raise typer.Exit(0 if all(map(_is_success, outcomes)) else FAILED)


def _check(videos: Sequence[Path], options: JobOptions) -> None:
    """Validate the command line before the stack starts."""
    for video in videos:
        check_video(video)
    check_options(options, whisper_model(own_settings()))


def _process(
    aws: EmbeddedAws, videos: Sequence[Path], out: Path, options: JobOptions, *, quiet: bool
) -> list[Outcome]:
    """Process the videos. The client gets the settings of the local stack from the environment."""
    os.environ.update(aws.environment)
    os.environ.pop("AWS_SECURITY_TOKEN", None)  # an older name, which boto3 reads first
    deployment = Deployment(
        service=VideoService(connect()),
        step_functions=clients.step_functions(),
        s3=clients.s3(),
        state_machine_arn=aws.outputs["StateMachineArn"],
    )
    if quiet or not videos or not console.is_terminal:
        return deployment.process(videos, out=out, options=options)
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        return deployment.process(
            videos,
            out=out,
            options=options,
            watch=lambda outcomes: live.update(Group(*progress_lines(outcomes))),
        )


def _is_success(outcome: Outcome) -> bool:
    return outcome.record is not None and outcome.record.status == JobStatus.SUCCEEDED


def _show(outcomes: Sequence[Outcome], query: str | None, *, is_verbose: bool) -> None:
    for outcome in outcomes:
        for line in outcome_lines(outcome):
            say(line, on=console)
        console.print()
    if is_verbose:
        _show_dlq_messages(outcomes)
    if query and any(outcome.results for outcome in outcomes):
        _show_answers(query)


def _show_dlq_messages(outcomes: Sequence[Outcome]) -> None:
    messages = dlq_messages_by_job(VideoService(connect()).queues)
    for outcome in outcomes:
        if message := messages.get(outcome.job.job_id):
            text = json.dumps(json.loads(message), indent=1, ensure_ascii=False)
            console.print(f"DLQ message of {outcome.job.short_id}:\n{visible(text)}", markup=False)


def _show_answers(query: str) -> None:
    say(f"$ lifestream search {plain(repr(query))}", on=console)
    passages = map(passage_of, search(query, connect(), limit=HITS))
    for line in display.passage_lines(list(passages), query, console):
        say(line, on=console)
    say(f"\n$ lifestream ask {plain(repr(query))}", on=console)
    for answer in display.answer_lines(ask(query, connect())):
        say(answer, on=console)


def _wait_for_ctrl_c(aws: EmbeddedAws, *, open_browser: bool) -> None:
    with settings_kept(aws.environment):
        say("The local stack keeps running until Ctrl-C. In another terminal:\n", on=console)
        say('  eval "$(lifestream env)"\n  lifestream list\n', on=console)
        user = create_user(aws, API_USER)
        say(f"The API is at {aws.api_url}/v1/. To use it instead of AWS credentials:\n", on=console)
        say(f"  lifestream login {aws.api_url}\n", on=console)
        say(f"The dashboard is at {aws.api_url}/\n", on=console)
        say(f"Sign in as {user.name} with the password {plain(user.password)}\n", on=console)
        if open_browser:
            webbrowser.open(f"{aws.api_url}/")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("ended", on=console)
