"""`lifestream erase` and `receipt`: everything about a job goes, and a receipt stays."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Annotated

import typer

from lifestream.client.commands.recovery import is_interactive
from lifestream.client.commands.terminal import (
    FAILED,
    AsJson,
    Job,
    Stage,
    count_of_jobs,
    moment,
    plain,
    say,
    say_json,
)
from lifestream.client.deployment import Deployment, deployment
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.job import SHORT_ID_CHARACTERS
from lifestream.errors import UsageError
from lifestream.rest.erasures import Erasure

EVERY_JOB = 1_000_000
WAIT_SECONDS = 30
LATER = "The receipt follows within two hours: steps of the job may still be at work until then."


def erase(  # noqa: PLR0913  # one parameter per option
    jobs: Annotated[
        list[str] | None, typer.Argument(help="Job ids, or their first characters.")
    ] = None,
    video: Annotated[
        str | None, typer.Option(help="Every job of this recording, such as talk.mp4.")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option(help="Jobs that were submitted before: 90d ago, or a date.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    as_json: AsJson = False,
    stage: Stage = None,
) -> None:
    """Erase everything about jobs, for good.

    The video, artifacts, results, passages of the index, voiceprints, the row in the job table and
    queue messages are deleted, with all old versions. A job that runs is stopped first. What stays
    is a signed receipt without names or content. The exit code is 1 if nobody confirmed, or if a
    job that you named is on hold. --video and --older-than leave out jobs on hold.
    """
    if sum((bool(jobs), video is not None, older_than is not None)) != 1:
        raise UsageError("name the jobs to erase, or give --video or --older-than")
    if not (yes or dry_run or is_interactive()):
        raise UsageError("erase needs --yes without a terminal")
    there = deployment(stage)
    wanted = jobs or list(_selected(there, video, older_than))
    plans = [there.erasure_plan(job) for job in dict.fromkeys(wanted)]
    if dry_run or not as_json:
        _show(plans, as_json=as_json)
    free = [plan for plan in plans if plan.hold is None]
    if not dry_run and free:
        if not (yes or typer.confirm(f"Erase {count_of_jobs(len(free))} for good?")):
            raise typer.Exit(FAILED)
        there.erase(free)
        _show(_ended(there, free), as_json=as_json)
    elif not as_json:
        say("Nothing was erased." if plans else "Nothing found.")
    if jobs and len(free) < len(plans):
        raise typer.Exit(FAILED)


def receipt(job: Job, as_json: AsJson = False, stage: Stage = None) -> None:
    """Show the receipt of an erasure, and check its signature.

    The exit code is 1 if the erasure has not ended, or if the signature is not of this deployment.
    """
    found = deployment(stage).erasure(job)
    _show([found], as_json=as_json)
    if not found.is_signature_valid:
        raise typer.Exit(FAILED)


def _selected(there: Deployment, video: str | None, older_than: str | None) -> Iterator[str]:
    """Yield the jobs of a recording, or those submitted before a moment."""
    before = moment(older_than, "--older-than") if older_than else None
    for job in there.jobs(EVERY_JOB):
        is_video = video is not None and video in (
            job.key,
            job.key.removeprefix(UPLOADS),
            PurePath(job.key).name,
        )
        if is_video or (before and job.submitted_at < before):
            yield job.job_id


def _ended(there: Deployment, plans: Sequence[Erasure]) -> Iterator[Erasure]:
    """Yield each erasure when it has ended, or as it is after a while."""
    until = time.monotonic() + WAIT_SECONDS
    for plan in plans:
        while (found := there.erasure(plan.job_id)).state == "open" and time.monotonic() < until:
            time.sleep(1)
        yield found


def _show(erasures: Iterable[Erasure], *, as_json: bool) -> None:
    for erasure in erasures:
        if as_json:
            say_json(erasure.model_dump(mode="json", exclude={"confirmation"}))
        else:
            for line in _lines(erasure):
                say(line)


def _lines(erasure: Erasure) -> Iterator[str]:
    yield _line(erasure)
    if erasure.hold:
        yield f"  on hold, and not erased: {plain(erasure.hold)}"
    if erasure.state == "open":
        yield LATER
    if erasure.receipt is None:
        return
    receipt = erasure.receipt
    yield f"  erased {receipt.erased_at:%Y-%m-%d %H:%M} UTC for {plain(receipt.requested_by)}"
    yield f"  signature {receipt.signature[:16]}… " + (
        "valid" if erasure.is_signature_valid else "[red]not valid[/]"
    )


def _line(erasure: Erasure) -> str:
    """b1c66b8f  planned  1 upload, 14 artifacts, 9 results  12.1 MB."""
    numbers = erasure.found.model_dump()
    size = numbers.pop("bytes")
    kinds = ", ".join(f"{number} {kind}" for kind, number in numbers.items() if number)
    short = erasure.job_id[:SHORT_ID_CHARACTERS]
    return f"{short}  {erasure.state}  {kinds or 'nothing found'}  {size / 1e6:.1f} MB"
