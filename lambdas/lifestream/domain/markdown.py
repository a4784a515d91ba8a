"""Transcript and summary in, the Markdown page that people read out.

Everything spoken, typed by a model or taken from a file name is hostile: it is escaped, so
that it can neither format the page nor link out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lifestream.domain.job import MissingPart
from lifestream.domain.speakers import names_of, turns_of
from lifestream.domain.summary import Statement, Summary
from lifestream.domain.transcript import Transcript, text_of

INLINE_MARKUP = re.compile(r"([\\`*_\[\]|~])")
BLOCK_MARKUP = re.compile(r"^(\d*)([#+\-=]|(?<=\d)[.)])")
# Control characters, and those that turn the direction of the text that follows.
INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
# GitHub turns bare addresses into links; an entity in the right place prevents it.
AUTOLINKS = {"://": "&#58;//", "www.": "www&#46;", "@": "&#64;"}


def result_page(
    *,
    file_name: str,
    transcript: Transcript,
    verdict: str,
    summary: Summary | None,
    missing: Sequence[MissingPart],
) -> str:
    lines = [f"# {escape(summary.title if summary else file_name)}", ""]
    lines += [_facts(file_name, transcript), "", escape(verdict), ""]
    lines += [f"> **Missing:** {escape(part.step)} ({escape(part.error)})" for part in missing]
    lines += ["", *_summary_lines(summary, transcript)] if summary else [""]
    lines += ["## Transcript", "", *_transcript_lines(transcript)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """One line of plain text: no formatting, no HTML, no link, however it is written."""
    text = " ".join(INVISIBLE.sub("", text).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = BLOCK_MARKUP.sub(r"\1\\\2", INLINE_MARKUP.sub(r"\\\1", text))
    for address, harmless in AUTOLINKS.items():
        text = re.sub(re.escape(address), harmless, text, flags=re.IGNORECASE)
    return text


def clock(seconds: float) -> str:
    minutes, whole_seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole_seconds:02}" if hours else f"{minutes}:{whole_seconds:02}"


def _facts(file_name: str, transcript: Transcript) -> str:
    return (
        f"{escape(file_name)} · {clock(transcript.duration_seconds)} · "
        f"{len(transcript.speakers)} speakers · language {escape(transcript.language)}"
    )


def _summary_lines(summary: Summary, transcript: Transcript) -> Iterator[str]:
    yield from ("## Summary", "", escape(summary.abstract), "")
    if summary.key_points:
        yield from ("## Key points", "")
        starts = {segment.id: segment.start_seconds for segment in transcript.segments}
        yield from (_statement_line(point, starts) for point in summary.key_points)
        yield ""
    if summary.action_items:
        yield from ("## Action items", "")
        names = names_of(transcript)
        for item in summary.action_items:
            who = f"**{escape(names.get(item.owner, item.owner))}**: " if item.owner else ""
            due = f" (due: {escape(item.due)})" if item.due else ""
            yield f"- [ ] {who}{escape(item.text)}{due}"
        yield ""
    if summary.topics:
        yield from (f"**Topics:** {', '.join(escape(topic) for topic in summary.topics)}", "")
    yield f"*{summary.verified_statements} of {summary.statements} statements verified.*"
    yield ""


def _statement_line(statement: Statement, starts: Mapping[int, float]) -> str:
    first = min(starts[number] for number in statement.segment_ids if number in starts)
    return f"- {escape(statement.text)} ({clock(first)})"


def _transcript_lines(transcript: Transcript) -> Iterator[str]:
    names = names_of(transcript)
    for turn in turns_of(transcript.segments):
        speaker = names.get(turn[0].speaker or "", "Unknown speaker")
        text = text_of(turn)
        yield f"**{escape(speaker)}** ({clock(turn[0].start_seconds)}): {escape(text)}"
        yield ""
    if not transcript.segments:
        yield "No speech was recognized."
