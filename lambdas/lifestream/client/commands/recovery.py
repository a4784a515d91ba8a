"""`lifestream redrive`, `reconcile` and `restore`: failed jobs run again, lost work is found."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from lifestream.client.commands import display
from lifestream.client.commands.terminal import (
    FAILED,
    AsJson,
    Stage,
    console,
    count_of_jobs,
    moment,
    plain,
    say,
    say_json,
)
from lifestream.client.connection import connect, connect_as
from lifestream.client.deployment import deployment
from lifestream.client.redrive import WORK
from lifestream.errors import UsageError
from lifestream.resources import reconciler
from lifestream.resources import restore as build_restore
from lifestream.rest.jobs import RedrivePlan
from lifestream.settings import OperatorSettings

AN_EVENT = "an upload event that never became a job"
AN_EVENT_AS_JSON: dict[str, Any] = {
    **dict.fromkeys(RedrivePlan.model_fields),
    "steps_left": WORK,
    "needs_gpu": True,
    "is_unusable": False,
}
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
    failed_since = moment(since) if since else None
    with deployment(stage).failed_jobs(jobs, since=failed_since) as failed:
        selection = Selection(failed.plans, skips_unusable=not (jobs or force))
        for line in selection.json() if as_json else selection.lines():
            say_json(line) if isinstance(line, dict) else say(line)
        is_agreed = not dry_run and (bool(jobs) or yes or _is_confirmed(selection.chosen))
        if is_agreed:
            failed.redrive(selection.chosen)
    if not as_json:
        say(selection.conclusion(dry_run=dry_run, is_agreed=is_agreed))
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
    _show_ids(found)


def restore(as_json: AsJson = False, stage: Stage = None) -> None:
    """Rebuild job table and index from the bucket, after a loss.

    Repeats every erasure first, so that nothing erased comes back with a backup. Jobs without
    results are not restored: the deployment starts uploads of the last 14 days again. Missing
    passages are embedded again, which may cost money. Needs AWS credentials.
    """
    done = build_restore(connect(stage)).run()
    if as_json:
        say_json(done.model_dump(mode="json"))
        return
    _show_ids(done)
    if done.suspects:
        say("The suspects are jobs of videos that were erased before. Look, and erase them again.")


def _show_ids(found: BaseModel) -> None:
    """Print a line per field, each a list of ids."""
    for what, ids in found.model_dump().items():
        console.print(f"{what}: {', '.join(ids) or 'nothing'}", soft_wrap=True)


def is_interactive() -> bool:
    """True if a person can answer a question."""
    return sys.stdin.isatty()


def _is_confirmed(chosen: Sequence[int]) -> bool:
    if not chosen:
        return True
    try:
        return typer.confirm(f"Redrive {count_of_jobs(len(chosen))}?")
    except typer.Abort:
        return False


class Selection:
    """What was found, and the positions of the jobs that are not skipped."""

    def __init__(self, plans: Sequence[RedrivePlan | None], *, skips_unusable: bool) -> None:
        self._plans = plans
        self._skipped = {
            position
            for position, plan in enumerate(plans)
            if plan and plan.is_unusable and skips_unusable
        }
        self.chosen = [position for position in range(len(plans)) if position not in self._skipped]

    def json(self) -> Iterator[dict[str, Any]]:
        for position, plan in enumerate(self._plans):
            known = plan.model_dump() if plan else AN_EVENT_AS_JSON
            yield known | {"is_skipped": position in self._skipped}

    def lines(self) -> Iterator[str]:
        for position, plan in enumerate(self._plans):
            yield "\n".join(_lines(plan, is_skipped=position in self._skipped))

    def conclusion(self, *, dry_run: bool, is_agreed: bool) -> str:
        if not self._plans:
            return "Nothing found."
        if dry_run:
            done = f"{count_of_jobs(len(self.chosen))} would run again."
        elif is_agreed:
            done = f"{count_of_jobs(len(self.chosen))} will run again."
        else:
            done = "Nothing was redriven."
        skipped = len(self._skipped)
        return f"{done} {count_of_jobs(skipped)} skipped: use --force." if skipped else done


def _lines(plan: RedrivePlan | None, *, is_skipped: bool) -> Iterator[str]:
    """Which job, why it failed, and what another attempt has to do."""
    if plan is None:
        yield AN_EVENT
        return
    failed = f"{plain(plan.error)} in {plan.failed_in}" if plan.error else ""
    yield f"{plan.short_id}  {plain(display.name_of_video(plan.key))}  {failed}"
    if is_skipped:
        yield "  skipped: only another version of the video can help"
    else:
        gpu = "uses the GPU" if plan.needs_gpu else "no GPU"
        yield f"  left to do: {', '.join(plan.steps_left) or ONLY_PUBLISHING}; {gpu}"
