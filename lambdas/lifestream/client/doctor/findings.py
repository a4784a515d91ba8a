"""One line of a report: what was checked, the verdict, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from lifestream.client.aws_errors import explained
from lifestream.client.commands.terminal import advice_to
from lifestream.domain.base import Frozen
from lifestream.errors import PipelineError


class Verdict(StrEnum):
    """NOTE: information only. WARNING: works, but needs attention. FIXED: was repaired."""

    OK = "ok"
    NOTE = "note"
    FIXED = "fixed"
    WARNING = "warning"
    FAILED = "failed"


class Finding(Frozen):
    what: str
    verdict: Verdict
    detail: str
    advice: str = ""


class Check(NamedTuple):
    """One check of a deployed stage. An error that `run` raises becomes a failed finding."""

    what: str
    run: Callable[[], Iterable[Finding]]


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Yield each finding as soon as it is known. If a check cannot run, the others still do."""
    for check in checks:
        try:
            yield from check.run()
        except (ClientError, BotoCoreError) as error:
            yield failed(check.what, *explained(error))
        except PipelineError as error:
            yield failed(check.what, str(error), advice_to(error))


def ok(what: str, detail: str) -> Finding:
    return Finding(what=what, verdict=Verdict.OK, detail=detail)


def note(what: str, detail: str, advice: str = "") -> Finding:
    return Finding(what=what, verdict=Verdict.NOTE, detail=detail, advice=advice)


def fixed(what: str, detail: str) -> Finding:
    return Finding(what=what, verdict=Verdict.FIXED, detail=detail)


def warning(what: str, detail: str, advice: str) -> Finding:
    return Finding(what=what, verdict=Verdict.WARNING, detail=detail, advice=advice)


def failed(what: str, detail: str, advice: str) -> Finding:
    return Finding(what=what, verdict=Verdict.FAILED, detail=detail, advice=advice)
