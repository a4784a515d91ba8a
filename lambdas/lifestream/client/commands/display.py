"""Jobs, results and hits as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from lifestream.aws.job_table import JobRecord
from lifestream.client.commands.terminal import plain
from lifestream.client.redrive import Candidate
from lifestream.domain.answers import Answer
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.job import SHORT_ID_CHARACTERS, Failure, JobStatus
from lifestream.domain.ranking import excerpt
from lifestream.domain.speech.speakers import name_of
from lifestream.domain.text import clock, one_line
from lifestream.engines.vector_index import Hit
from lifestream.step_names import Step

WIDEST = {0: 20, 2: 11}
"""Columns of `hits_table`: in 80 columns, half of a line is for what was said."""
COLOURS = {
    JobStatus.SUCCEEDED: "green",
    JobStatus.PARTIAL: "yellow",
    JobStatus.FAILED: "red",
    JobStatus.CANCELLED: "dim",
}


def jobs_table(records: Iterable[JobRecord]) -> Table:
    table = Table("Job", "Video", "Status", "Step", "Attempt", "Submitted")
    for record in records:
        table.add_row(
            record.job_id[:SHORT_ID_CHARACTERS],
            plain(record.key.removeprefix(UPLOADS)),
            coloured(record.status),
            f"{record.current_step or ''}{progress_of(record)}",
            str(record.attempt),
            record.submitted_at.strftime("%Y-%m-%d %H:%M"),
        )
    return table


def progress_of(record: JobRecord) -> str:
    """How far the running step is: share, seconds of audio a second, and time left."""
    progress = record.progress
    if progress is None or record.status.is_terminal:
        return ""
    speed = f", {progress.speed:.1f}x real time" if progress.speed else ""
    left = f", {clock(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f" {progress.fraction:.0%}{speed}{left}"


def hits_table(hits: Sequence[Hit], question: str) -> Table:
    """One line per hit, best first, cut at the width of the terminal."""
    table = Table("Video", "At", "Said by", "Said", box=box.SIMPLE_HEAD)
    for number, widest in WIDEST.items():
        table.columns[number].max_width = widest
    for hit in hits:
        table.add_row(
            _cut(hit.key.removeprefix(UPLOADS)),
            clock(hit.start_seconds),
            _cut(", ".join(map(name_of, hit.speakers))),
            _cut(excerpt(hit.text, question)),
        )
    return table


def _cut(text: str) -> Text:
    """What a stranger may have written, on one line, with an ellipsis if it does not fit."""
    return Text(one_line(text), no_wrap=True, overflow="ellipsis")


def answer_lines(answer: Answer) -> Iterator[str]:
    for sentence in answer.sentences:
        said = f"“{plain(sentence.quote)}”"
        yield said if sentence.text == sentence.quote else plain(sentence.text)
        who = f", {plain(', '.join(sentence.speakers))}" if sentence.speakers else ""
        video = plain(sentence.key.removeprefix(UPLOADS))
        proof = "" if sentence.text == sentence.quote else f"{said}, "
        yield f"   [dim]{proof}{video} at {clock(sentence.start_seconds)}{who}[/]"
    if not answer.sentences:
        yield "The recordings do not answer that."
    if unproved := answer.statements - len(answer.sentences):
        yield f"[dim]{unproved} sentences are left out: nobody said what they quote.[/]"


def redrive_table(chosen: Iterable[Candidate], left: Iterable[Sequence[Step]]) -> Table:
    """What each will do again; the GPU is what costs."""
    table = Table("Job", "Video", "Failed in", "Because of", "Steps left", "GPU")
    for (job, _), steps in zip(chosen, left, strict=True):
        failure = job.failure if job else None
        table.add_row(
            job.short_id if job else "",
            plain(job.key.removeprefix(UPLOADS)) if job else "an event, as it came",
            failure.step if failure else "",
            plain(failure.error) if failure else "",
            ", ".join(steps) or "only publishing",
            "yes" if Step.TRANSCRIBE_SPEECH in steps else "no",
        )
    return table


def remarks(record: JobRecord) -> list[str]:
    """What a person should know about how the job ended."""
    off = [f"No {part.part}: {plain(part.reason)}." for part in record.switched_off]
    return off + (failure_lines(record.failure) if record.failure else [])


def coloured(status: JobStatus) -> str:
    return f"[{COLOURS.get(status, 'cyan')}]{status}[/]"


def failure_lines(failure: Failure) -> list[str]:
    return [
        f"[red]{plain(failure.error)}[/] in {plain(failure.step)}: {plain(failure.cause)}",
        f"What to do: {plain(failure.advice)}",
    ]
