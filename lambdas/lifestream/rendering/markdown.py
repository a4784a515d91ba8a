"""Render a transcript and its summary as a Markdown page.

Text that was spoken, written by a model or taken from a file name is hostile: it is escaped, so
that it can neither format the page nor create a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lifestream.domain.speech.speakers import said_by
from lifestream.domain.summary import Summary
from lifestream.domain.text import clock, one_line
from lifestream.domain.transcript import Transcript, text_of
from lifestream.rendering.presentation import Entry, Kind, Recording, Section

INLINE_MARKUP = re.compile(r"([\\`*_\[\]|~])")
BLOCK_MARKUP = re.compile(r"^(\d*)([#+\-]|(?<=\d)[.)])")
# Extensions of Markdown renderers: attributes, math, marks, keys, pictures for :names:, and
# automatic links. Most of them match characters, and no entities.
EXTENSIONS = re.compile(
    r"[{}^$=]"
    r"|\+(?=\+)"
    r"|/(?=/)"
    r"|(?<!\d):(?=\S)|:(?=[^\s\d])|^:"
    r"|(?<!\d)\.(?=\w)|\.(?=[^\W\d])"
)
# GitHub and remark look for addresses after they have decoded the entities. An invisible word
# joiner splits such an address.
ADDRESS = re.compile(r"(?<=@)|(?<=//)|(?<=[Ww]{3})(?=\.)")
JOINER = "&#8288;"


def result_page(recording: Recording) -> str:
    transcript, summary = recording.transcript, recording.summary
    lines = [f"# {escape(recording.title)}", ""]
    lines += [" · ".join(map(escape, recording.facts)), "", escape(recording.verdict), ""]
    lines += [
        f"> **Missing:** {escape(part.step)} ({escape(part.error)})" for part in recording.missing
    ]
    lines += [f"> No {part.part}: {escape(part.reason)}." for part in recording.switched_off]
    lines += ["", *_summary_lines(recording, summary)] if summary else [""]
    lines += ["## Transcript", "", *_transcript_lines(transcript)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Return one line of plain text without formatting, HTML or links, however they are written."""
    text = one_line(text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = EXTENSIONS.sub(lambda found: f"&#{ord(found[0])};", ADDRESS.sub(JOINER, text))
    return BLOCK_MARKUP.sub(r"\1\\\2", INLINE_MARKUP.sub(r"\\\1", text))


def _summary_lines(recording: Recording, summary: Summary) -> Iterator[str]:
    if recording.banner:
        yield from (f"> {recording.banner}", "")
    if recording.abstract:
        yield from ("## Summary", "", escape(recording.abstract), "")
    for section in recording.sections:
        lines = (_entry_line(section, entry) for entry in section.entries)
        yield from (f"## {section.title}", "", *lines, "")
    if summary.topics:
        yield from (f"**Topics:** {', '.join(escape(topic) for topic in summary.topics)}", "")
    if recording.checked:
        yield from (f"*{recording.checked}*", "")


def _entry_line(section: Section, entry: Entry) -> str:
    moment, text = clock(entry.start_seconds), escape(entry.text)
    if section.kind is Kind.CHAPTERS:
        return f"- {moment} {text}"
    box = "[ ] " if section.kind is Kind.TASKS else ""
    who = f"**{escape(entry.who)}**: " if entry.who else ""
    due = f" (due: {escape(entry.due)})" if entry.due else ""
    return f"- {box}{who}{text}{due} ({moment})"


def _transcript_lines(transcript: Transcript) -> Iterator[str]:
    for speaker, turn in said_by(transcript):
        yield f"**{escape(speaker)}** ({clock(turn[0].start_seconds)}): {escape(text_of(turn))}"
        yield ""
    if not transcript.segments:
        yield "No speech was recognized."
