"""`lifestream hold` and `retention`: what is kept, and what will be deleted when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from lifestream import resources
from lifestream.aws import clients
from lifestream.client.commands.terminal import Job, Stage, plain, say
from lifestream.client.connection import connect, connect_as
from lifestream.client.video_service import VideoService
from lifestream.domain.bucket_layout import CONTENTS
from lifestream.domain.job_record import JobRecord
from lifestream.errors import UsageError
from lifestream.settings import ClientSettings, RetentionSettings

KEPT = "kept"


def hold(
    job: Job,
    reason: Annotated[
        str | None, typer.Option(help="Why: the name of the case, for example.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="End the hold.")] = False,
    stage: Stage = None,
) -> None:
    """Put a job on legal hold, or release it.

    A job on hold cannot be erased. Its video, results and all else are copied to `holds/` in the
    bucket, where nothing expires; --release deletes the copies. Needs AWS credentials.
    """
    if bool(reason) == release:
        raise UsageError("give the --reason of the hold, or --release")
    settings = connect(stage)
    record, holds = VideoService(settings).job(job), resources.holds(settings)
    if release:
        holds.release(record)
        say(f"Released {record.job.short_id}")
        return
    by = clients.sts().get_caller_identity()["Arn"]
    copies = holds.hold(record, by=by, reason=str(reason))
    say(f"{record.job.short_id} is on hold. {copies} objects are copied to holds/")


def retention(
    job: Annotated[
        str | None, typer.Argument(help="A job's id, or its first characters. Default: all jobs.")
    ] = None,
    stage: Stage = None,
) -> None:
    """Show what will be deleted, and when.

    Without a job, shows the rules of the deployment. With a job, shows when its objects go. Needs
    AWS credentials.
    """
    settings = connect_as(RetentionSettings, stage)
    rules = _rules(settings)
    if job:
        record = VideoService(settings).job(job)
        lines = _of_job(settings, rules, record)
    else:
        lines = _of_all(rules, settings.log_days)
    for line in lines:
        say(line)


def _rules(settings: ClientSettings) -> dict[str, Any]:
    """Return prefix → lifecycle rule."""
    found = clients.s3().get_bucket_lifecycle_configuration(Bucket=settings.bucket)["Rules"]
    return {rule.get("Filter", {}).get("Prefix", rule.get("Prefix", "")): rule for rule in found}


def _of_all(rules: dict[str, Any], log_days: int | None) -> Iterator[str]:
    for prefix in CONTENTS:
        old = rules.get(prefix, {}).get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
        yield f"{prefix:<10} {_after(_days(rules, prefix))}; old versions {_after(old)}"
    yield f"{'logs':<10} {_after(log_days)}"
    yield "Job rows and receipts are kept. Jobs on hold have copies in holds/, which are kept."


def _after(days: int | None) -> str:
    if days is None:
        return KEPT
    return "deleted after a day" if days == 1 else f"deleted after {days} days"


def _of_job(settings: ClientSettings, rules: dict[str, Any], record: JobRecord) -> Iterator[str]:
    if held := record.hold:
        copies = len(resources.holds(settings).copies(record.job_id))
        yield f"On hold since {held.at:%Y-%m-%d} for {plain(held.by)}: {plain(held.reason)}"
        yield f"{'holds/':<10} {copies} copies, kept"
    oldest = _oldest(settings, record)
    for prefix in CONTENTS:
        if prefix in oldest:
            yield f"{prefix:<10} {_when(oldest[prefix], _days(rules, prefix))}"


def _oldest(settings: ClientSettings, record: JobRecord) -> dict[str, datetime]:
    """Return prefix → when the job's first object that is still there was written."""
    found: dict[str, datetime] = {}
    for one in resources.erasures(settings).objects_of(record):
        prefix = f"{one.key.partition('/')[0]}/"
        if one.written_at:
            found[prefix] = min(found.get(prefix, one.written_at), one.written_at)
    return found


def _days(rules: dict[str, Any], prefix: str) -> int | None:
    days: int | None = rules.get(prefix, {}).get("Expiration", {}).get("Days")
    return days


def _when(written_at: datetime, days: int | None) -> str:
    """Return when an object goes. S3 rounds up to midnight, and deletes within a day or so:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    if days is None:
        return KEPT
    due = written_at.astimezone(UTC) + timedelta(days=days)
    return f"goes from {due.date() + timedelta(days=1):%Y-%m-%d} on"
