"""`lifestream redrive` and `reconcile`: failed jobs run again, lost work is found."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer

from lifestream.aws import clients
from lifestream.client.commands import display
from lifestream.client.commands.terminal import (
    FAILED,
    AsJson,
    Stage,
    console,
    moment,
    plain,
    say,
    say_json,
)
from lifestream.client.connection import connect, connect_as
from lifestream.client.redrive import (
    Candidate,
    Plan,
    candidates,
    give_back,
    plan_redrive,
    run_again,
)
from lifestream.client.video_service import VideoService
from lifestream.errors import UsageError
from lifestream.resources import reconciler
from lifestream.settings import OperatorSettings

AN_EVENT = "an upload event that never became a job"
ONLY_PUBLISHING = "only publishing"


def redrive(  # noqa: PLR0913  # one parameter per option
    jobs: Annotated[
        list[str] | None, typer.Argument(help="Job ids, or their first characters.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Everything in the dead-letter queue.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(help="Jobs that failed in the last 30m, 2h or 3d, or since a date."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also redrive jobs whose video is unusable.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would run again.")
    ] = False,
    as_json: AsJson = False,
    stage: Stage = None,
) -> None:
    """Run failed jobs again. Finished steps are not repeated.

    --all and --since skip jobs whose video is unusable (no audio, truncated, empty, not a video),
    because they would fail again. Both ask before they start anything; scripts need --yes.
    """
    if bool(jobs) == (every or since is not None):
        raise UsageError("name the jobs to redrive, or give --all or --since")
    if not (jobs or yes or dry_run or is_interactive()):
        raise UsageError("--all and --since need --yes without a terminal")
    service = VideoService(connect(stage))
    found = candidates(service, jobs, since=moment(since) if since else None)
    plans = plan_redrive(clients.s3(), found, skip_unusable=not (jobs or force))
    chosen = [plan.candidate for plan in plans if not plan.is_skipped]
    for plan in plans:
        say_json(_facts(plan)) if as_json else say("\n".join(_lines(plan)))
    is_agreed = not dry_run and (bool(jobs) or yes or _is_confirmed(chosen))
    if is_agreed:
        run_again(service.queues, chosen)
    give_back(service.queues, [found for found in found if not (is_agreed and found in chosen)])
    if not as_json:
        say(_conclusion(plans, chosen, dry_run=dry_run, is_agreed=is_agreed))
    if not (dry_run or is_agreed):
        raise typer.Exit(FAILED)


def reconcile(
    older_than: Annotated[
        int, typer.Option(min=0, help="Skip jobs and uploads younger than this, in minutes.")
    ] = 15,
    stage: Stage = None,
) -> None:
    """Find and repair lost work now instead of at the next hour.

    Compares the bucket, the job table, the executions and the slots. The deployment does the same
    every hour.
    """
    settings = connect_as(OperatorSettings, stage)
    found = reconciler(settings, grace_period=timedelta(minutes=older_than)).run()
    for what, ids in found.model_dump().items():
        console.print(f"{what}: {', '.join(ids) or 'nothing'}", soft_wrap=True)


def is_interactive() -> bool:
    """True if a person can answer a question."""
    return sys.stdin.isatty()


def _is_confirmed(chosen: Sequence[Candidate]) -> bool:
    if not chosen:
        return True
    try:
        return typer.confirm(f"Redrive {_jobs(len(chosen))}?")
    except typer.Abort:
        return False


def _conclusion(
    plans: Sequence[Plan], chosen: Sequence[Candidate], *, dry_run: bool, is_agreed: bool
) -> str:
    if not plans:
        return "Nothing found."
    if dry_run:
        done = f"{_jobs(len(chosen))} would run again."
    elif is_agreed:
        done = f"{_jobs(len(chosen))} will run again."
    else:
        done = "Nothing was redriven."
    skipped = len(plans) - len(chosen)
    return f"{done} {_jobs(skipped)} skipped: use --force." if skipped else done


def _lines(plan: Plan) -> Iterator[str]:
    """Which job, why it failed, and what another attempt has to do."""
    job = plan.candidate.job
    if job is None:
        yield AN_EVENT
        return
    failed = f"{plain(job.failure.error)} in {plain(job.failure.step)}" if job.failure else ""
    yield f"{job.short_id}  {plain(display.name_of_video(job.key))}  {failed}"
    if plan.is_skipped:
        yield "  skipped: only another version of the video can help"
    else:
        gpu = "uses the GPU" if plan.needs_gpu else "no GPU"
        yield f"  left to do: {', '.join(plan.steps) or ONLY_PUBLISHING}; {gpu}"


def _facts(plan: Plan) -> dict[str, Any]:
    job = plan.candidate.job
    failure = job.failure if job else None
    return {
        "job_id": job.job_id if job else None,
        "video": display.name_of_video(job.key) if job else None,
        "failed_in": failure.step if failure else None,
        "error": failure.error if failure else None,
        "steps_left": list(plan.steps),
        "needs_gpu": plan.needs_gpu,
        "is_skipped": plan.is_skipped,
    }


def _jobs(count: int) -> str:
    return f"{count} job" if count == 1 else f"{count} jobs"
