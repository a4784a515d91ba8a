"""Jobs, passages and answers as text that fits 80 columns; piped, a line stays a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from lifestream.client.commands.cost_lines import cost_line
from lifestream.client.commands.terminal import plain
from lifestream.domain.answers import Answer
from lifestream.domain.bucket_layout import FOLDER_OF_THE_API, UPLOADS
from lifestream.domain.job import JobStatus
from lifestream.domain.progress import Progress
from lifestream.domain.ranking import excerpt
from lifestream.domain.text import clock, one_line
from lifestream.errors import is_unusable_video
from lifestream.rest.jobs import Job, JobFailure
from lifestream.rest.library import Passage
from lifestream.step_names import Step

STEPS = tuple(step.value for step in Step if step != Step.RECORD_FAILURE)
MARKS = {
    JobStatus.SUCCEEDED: "[green]✓[/]",
    JobStatus.PARTIAL: "[yellow]![/]",
    JobStatus.FAILED: "[red]✗[/]",
    JobStatus.CANCELLED: "[dim]-[/]",
}
RUNNING_MARK = "[cyan]…[/]"
FOLDER = re.compile(rf"^{UPLOADS}({FOLDER_OF_THE_API})?")
BAR_CELLS = 30
MAX_NAME_CELLS = 28
EXCERPT_LINES = 2


def job_lines(jobs: Sequence[Job], now: datetime | None = None) -> Iterator[Text]:
    """One line per job: ✓ b1c66b8f  garden.mp4  2 min ago  Succeeded."""
    names = [one_line(name_of_video(job.key)) for job in jobs]
    cells = min(max(map(cell_len, names), default=0), MAX_NAME_CELLS)
    for job, name in zip(jobs, names, strict=True):
        age = ago(((now or datetime.now(UTC)) - job.submitted_at).total_seconds())
        what = _cause(job.failure) if job.failure else _doing(job)
        yield _one_line(
            f"{MARKS.get(job.status, RUNNING_MARK)} {job.short_id}  "
            f"{escape(set_cell_size(name, cells))}  {age:<11}  {what}"
        )


def status_lines(job: Job, *, with_bar: bool) -> Iterator[RenderableType]:
    """The job, how far its running step is, and what to do next."""
    yield f"{plain(name_of_video(job.key))}  {job.short_id}  {_coloured(job)}"
    if job.progress and not job.status.is_terminal:
        yield progress_line(job.progress, with_bar=with_bar)
    yield from remarks(job)
    if job.cost:
        yield cost_line(job.cost)
    if following := _next_command(job):
        yield following


def progress_line(progress: Progress, *, with_bar: bool) -> str:
    """███████░░░  65 %  4.9x real time  about 15 s left."""
    done = round(progress.fraction * BAR_CELLS)
    bar = f"[cyan]{'█' * done}[/][dim]{'░' * (BAR_CELLS - done)}[/]  " if with_bar else ""
    speed = f"  {progress.speed:.1f}x real time" if progress.speed else ""
    left = f"  about {duration(progress.seconds_left)} left" if progress.seconds_left else ""
    return f"{bar}{progress.fraction:.0%}{speed}{left}"


def remarks(job: Job) -> Iterator[str]:
    """Why it waits; what is missing from the results and why; what failed and what to do."""
    if job.wait_reason:
        yield f"Waiting: {plain(job.wait_reason)}."
    for part in job.switched_off:
        yield f"No {part.part}: {plain(part.reason)}."
    if job.failure:
        yield f"[red]{plain(job.failure.error)}[/]: {plain(job.failure.cause)}"
        yield f"What to do: {plain(job.failure.advice)}"


def passage_lines(
    passages: Sequence[Passage], question: str, console: Console
) -> Iterator[RenderableType]:
    """Two or three lines per passage: where, when and who, then what was said."""
    for one in passages:
        who = plain(", ".join(one.speakers))
        video = plain(name_of_video(one.key))
        yield _one_line(f"[bold]{video}[/]  {clock(one.start_seconds)}  {who}")
        yield _quoted(excerpt(one_line(one.text), question), console)


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
    """Return the key without `uploads/` and without the folder of an upload by the API."""
    return FOLDER.sub("", key)


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


def status_text(job: Job) -> str:
    """Transcribing (3 of 7), Waiting for a GPU, Succeeded in 2:05, Failed in InspectVideo."""
    words = job.status.replace("_", " ").capitalize().replace("gpu", "a GPU")
    if job.status == JobStatus.SUCCEEDED:
        return f"{words} in {clock((job.updated_at - job.submitted_at).total_seconds())}"
    if job.failure:
        return f"{words} in {job.failure.step}"
    if job.current_step in STEPS and not job.status.is_terminal:
        return f"{words} ({STEPS.index(job.current_step) + 1} of {len(STEPS)})"
    return words


def _doing(job: Job) -> str:
    progress = job.progress
    is_shown = progress and not job.status.is_terminal
    return (
        f"{status_text(job)} {progress.fraction:.0%}" if is_shown and progress else status_text(job)
    )


def _coloured(job: Job) -> str:
    """In the color of the job's mark."""
    opening, _ = MARKS.get(job.status, RUNNING_MARK).split("]", 1)
    return f"{opening}]{plain(status_text(job))}[/]"


def _next_command(job: Job) -> str | None:
    short = job.short_id
    if job.status in (JobStatus.SUCCEEDED, JobStatus.PARTIAL) and job.has_results:
        return f"Next: lifestream results {short} --open"
    if job.failure and not is_unusable_video(job.failure.error):
        return f"Next: lifestream redrive {short}"
    return None


def _cause(failure: JobFailure) -> str:
    return f"{plain(failure.error)}: {plain(failure.cause)}"


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
