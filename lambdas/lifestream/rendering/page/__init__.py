"""A recording in, one HTML file out: player, transcript that follows it, chapters, search.

It needs no server and fetches nothing: style and script are in it, and its content security
policy allows only those. Whatever was said is escaped text; it can be no markup and no script.
The video is the one thing that lies elsewhere; `with_video` says where.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.domain.speech.speakers import display_names, said_by
from lifestream.domain.text import clock, one_line
from lifestream.rendering.presentation import Kind, Recording, sections_of
from lifestream.rendering.subtitles import cues_of

if TYPE_CHECKING:
    from jinja2 import Template

VOICES = 8
"""Colours there are; a ninth speaker has the first one's."""
NO_VIDEO = 'data-video=""'


def html_page(recording: Recording) -> str:
    transcript, summary = recording.transcript, recording.summary
    order = [speaker.id for speaker in transcript.speakers]
    return _template().render(
        recording=recording,
        sections=sections_of(summary, display_names(transcript.speakers)) if summary else [],
        turns=list(said_by(transcript)),
        voices={speaker: number % VOICES for number, speaker in enumerate(order)},
        cues=[
            [cue.start_seconds, cue.end_seconds, "\n".join(map(one_line, cue.lines))]
            for cue in cues_of(transcript)
        ],
        clock=clock,
        Kind=Kind,
        style=_part("page.css"),
        script=_part("page.js"),
        style_hash=_hash(_part("page.css")),
        script_hash=_hash(_part("page.js")),
    )


def with_video(page: str, url: str) -> str:
    """The page, playing what lies at `url`. One that has a video already stays as it is."""
    from markupsafe import escape

    return page.replace(NO_VIDEO, f'data-video="{escape(url)}"', 1)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: one_line(value) if type(value) is str else value,
    )
    return environment.from_string(_part("page.html"))


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(part: str) -> str:
    """As a content security policy names what may run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}"
