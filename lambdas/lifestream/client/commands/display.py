"""Jobs, hits and answers as text that fits 80 columns; piped, a line stays a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from lifestream.client.commands.terminal import plain
from lifestream.domain.answers import Answer
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.job import SHORT_ID_CHARACTERS, Failure, JobStatus
from lifestream.domain.job_record import JobRecord
from lifestream.domain.progress import Progress
from lifestream.domain.ranking import excerpt
from lifestream.domain.text import clock, one_line
from lifestream.engines.vector_index import Hit
from lifestream.errors import is_unusable_video
from lifestream.step_names import Step

STEPS = tuple(step.value for step in Step if step != Step.RECORD_FAILURE)
MARKS = {
    JobStatus.SUCCEEDED: "[green]✓[/]",
    JobStatus.PARTIAL: "[yellow]![/]",
    JobStatus.FAILED: "[red]✗[/]",
    JobStatus.CANCELLED: "[dim]-[/]",
}
RUNNING_MARK = "[cyan]…[/]"
BAR_CELLS = 30
MAX_NAME_CELLS = 28
EXCERPT_LINES = 2


def job_facts(record: JobRecord) -> dict[str, Any]:
    """What `--json` prints about a job."""
    failure, of_failure = record.failure, {"step", "error", "cause", "advice"}
    return {
        "job_id": record.job_id,
        "video": name_of_video(record.key),
        "status": record.status,
        "step": record.current_step,
        "attempt": record.attempt,
        "submitted_at": record.submitted_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
        "progress": record.progress.model_dump() if record.progress else None,
        "failure": failure.model_dump(include=of_failure) if failure else None,
        "switched_off": [part.model_dump() for part in record.switched_off],
        "results_prefix": record.results_prefix,
    }


def job_lines(records: Sequence[JobRecord], now: datetime | None = None) -> Iterator[Text]:
    """One line per job: ✓ b1c66b8f  garden.mp4  2 min ago  Succeeded."""
    names = [one_line(name_of_video(record.key)) for record in records]
    cells = min(max(map(cell_len, names), default=0), MAX_NAME_CELLS)
    for record, name in zip(records, names, strict=True):
        age = ago(((now or datetime.now(UTC)) - record.submitted_at).total_seconds())
        what = _cause(record.failure) if record.failure else _doing(record)
        yield _one_line(
            f"{MARKS.get(record.status, RUNNING_MARK)} {_short(record)}  "
            f"{escape(set_cell_size(name, cells))}  {age:<11}  {what}"
        )


def status_lines(record: JobRecord, *, with_bar: bool) -> Iterator[RenderableType]:
    """The job, how far its running step is, and what to do next."""
    yield f"{plain(name_of_video(record.key))}  {_short(record)}  {_coloured(record)}"
    if record.progress and not record.status.is_terminal:
        yield progress_line(aged(record), with_bar=with_bar)
    yield from remarks(record)
    if following := _next_command(record):
        yield following


def aged(record: JobRecord, now: datetime | None = None) -> Progress:
    """The progress of the running step at this moment, which is later than it was reported."""
    return record.progress_at(now or datetime.now(UTC)) or Progress(fraction=0)


def progress_line(progress: Progress, *, with_bar: bool) -> str:
    """███████░░░  65 %  4.9x real time  about 15 s left."""
    done = round(progress.fraction * BAR_CELLS)
    bar = f"[cyan]{'█' * done}[/][dim]{'░' * (BAR_CELLS - done)}[/]  " if with_bar else ""
    speed = f"  {progress.speed:.1f}x real time" if progress.speed else ""
    left = f"  about {duration(progress.seconds_left)} left" if progress.seconds_left else ""
    return f"{bar}{progress.fraction:.0%}{speed}{left}"


def remarks(record: JobRecord) -> Iterator[str]:
    """What is missing from the results and why; what failed and what to do."""
    for part in record.switched_off:
        yield f"No {part.part}: {plain(part.reason)}."
    if record.failure:
        yield f"[red]{plain(record.failure.error)}[/]: {plain(record.failure.cause)}"
        yield f"What to do: {plain(record.failure.advice)}"


def hit_lines(hits: Sequence[Hit], question: str, console: Console) -> Iterator[RenderableType]:
    """Two or three lines per hit: where, when and who, then what was said."""
    for hit in hits:
        who = plain(", ".join(hit.names))
        video = plain(name_of_video(hit.key))
        yield _one_line(f"[bold]{video}[/]  {clock(hit.start_seconds)}  {who}")
        yield _quoted(excerpt(one_line(hit.text), question), console)


def answer_lines(answer: Answer) -> Iterator[str]:
    for sentence in answer.sentences:
        quote = f"“{plain(sentence.quote)}”"
        is_quote = sentence.text == sentence.quote
        yield quote if is_quote else plain(sentence.text)
        who = f", {plain(', '.join(sentence.speakers))}" if sentence.speakers else ""
        where = f"{plain(name_of_video(sentence.key))} at {clock(sentence.start_seconds)}{who}"
        yield f"  [dim]{where if is_quote else f'{quote}, {where}'}[/]"
    if not answer.sentences:
        yield "The recordings do not answer that."
    if unproved := answer.statements - len(answer.sentences):
        yield f"[dim]Left out, because the quote is not in the transcript: {unproved}.[/]"


def name_of_video(key: str) -> str:
    return key.removeprefix(UPLOADS)


def duration(seconds: float) -> str:
    """15 s, 1:10, 1:02:05. Below a minute in steps of 5 seconds, so that it does not flicker."""
    return f"{max(5, 5 * round(seconds / 5))} s" if seconds < 58 else clock(seconds)  # noqa: PLR2004


def ago(seconds: float) -> str:
    """just now, 5 min ago, 3 h ago, 12 days ago."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {'day' if (count, unit) == (1, 'days') else unit} ago"
    return "just now"


def status_text(record: JobRecord) -> str:
    """Transcribing (3 of 7), Waiting for a GPU, Succeeded in 2:05, Failed in InspectVideo."""
    words = record.status.replace("_", " ").capitalize().replace("gpu", "a GPU")
    if record.status == JobStatus.SUCCEEDED:
        return f"{words} in {clock((record.updated_at - record.submitted_at).total_seconds())}"
    if record.failure:
        return f"{words} in {record.failure.step}"
    if record.current_step in STEPS and not record.status.is_terminal:
        return f"{words} ({STEPS.index(record.current_step) + 1} of {len(STEPS)})"
    return words


def _doing(record: JobRecord) -> str:
    progress = record.progress
    is_shown = progress and not record.status.is_terminal
    return (
        f"{status_text(record)} {progress.fraction:.0%}"
        if is_shown and progress
        else status_text(record)
    )


def _coloured(record: JobRecord) -> str:
    """In the color of the job's mark."""
    opening, _ = MARKS.get(record.status, RUNNING_MARK).split("]", 1)
    return f"{opening}]{plain(status_text(record))}[/]"


def _next_command(record: JobRecord) -> str | None:
    short = _short(record)
    if record.status in (JobStatus.SUCCEEDED, JobStatus.PARTIAL) and record.results_prefix:
        return f"Next: lifestream results {short} --open"
    if record.failure and not is_unusable_video(record.failure.error):
        return f"Next: lifestream redrive {short}"
    return None


def _cause(failure: Failure) -> str:
    return f"{plain(failure.error)}: {plain(failure.cause)}"


def _short(record: JobRecord) -> str:
    return record.job_id[:SHORT_ID_CHARACTERS]


def _one_line(markup: str) -> Text:
    """A terminal cuts it at its width; a pipe gets all of it."""
    line = Text.from_markup(markup)
    line.no_wrap = True
    return line


def _quoted(text: str, console: Console) -> RenderableType:
    """Indented; on a terminal, two lines at most."""
    if not console.is_terminal:
        return Text(f"  {text}")
    width = console.width - 2
    lines = Text(text).wrap(console, width)
    if len(lines) > EXCERPT_LINES:
        lines[EXCERPT_LINES - 1].append(" …")
        lines[EXCERPT_LINES - 1].truncate(width, overflow="ellipsis")
    return Padding(Text("\n").join(lines[:EXCERPT_LINES]), (0, 0, 0, 2))
