"""Transcript and summary in, the Markdown page that people read out.

Everything spoken, typed by a model or taken from a file name is hostile: it is escaped, so
that it can neither format the page nor link out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lifestream.domain.job import MissingPart
from lifestream.domain.speakers import names_of, turns_of
from lifestream.domain.summary import Cited, CitedActionItem, CitedStatement, Summary
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
    title = summary.title if summary else ""
    lines = [f"# {escape(title or file_name)}", ""]
    lines += [_facts(file_name, transcript), "", escape(verdict), ""]
    lines += [f"> **Missing:** {escape(part.step)} ({escape(part.error)})" for part in missing]
    lines += ["", *_summary_lines(summary, names_of(transcript))] if summary else [""]
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


def _summary_lines(summary: Summary, names: Mapping[str, str]) -> Iterator[str]:
    if summary.abstract:
        yield from ("## Summary", "", escape(summary.abstract), "")
    yield from _section("Chapters", (f"- {_moment(c)} {escape(c.text)}" for c in summary.chapters))
    yield from _section("Key points", map(_statement_line, summary.key_points))
    yield from _section("Decisions", map(_statement_line, summary.decisions))
    yield from _section("Action items", (_action_line(i, names) for i in summary.action_items))
    yield from _section("Open questions", map(_statement_line, summary.questions))
    yield from _section(
        "Who brought what",
        (
            f"- **{escape(names.get(c.speaker, c.speaker))}**: {escape(c.text)} ({_moment(c)})"
            for c in summary.contributions
        ),
    )
    if summary.topics:
        yield from (f"**Topics:** {', '.join(escape(topic) for topic in summary.topics)}", "")
    yield f"*{summary.verified_statements} of {summary.statements} statements verified.*"
    yield ""


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield from (f"## {title}", "", *listed, "")


def _statement_line(statement: CitedStatement) -> str:
    return f"- {escape(statement.text)} ({_moment(statement)})"


def _action_line(item: CitedActionItem, names: Mapping[str, str]) -> str:
    who = f"**{escape(names.get(item.owner, item.owner))}**: " if item.owner else ""
    due = f" (due: {escape(item.due)})" if item.due else ""
    return f"- [ ] {who}{escape(item.text)}{due} ({_moment(item)})"


def _moment(cited: Cited) -> str:
    return clock(cited.start_seconds)


def _transcript_lines(transcript: Transcript) -> Iterator[str]:
    names = names_of(transcript)
    for turn in turns_of(transcript.segments):
        speaker = names.get(turn[0].speaker or "", "Unknown speaker")
        text = text_of(turn)
        yield f"**{escape(speaker)}** ({clock(turn[0].start_seconds)}): {escape(text)}"
        yield ""
    if not transcript.segments:
        yield "No speech was recognized."
