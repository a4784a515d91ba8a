"""Render a recording as one HTML file: player, transcript that follows it, chapters, search.

turns     the transcript as turns and gaps
drawings  timelines and bars of who speaks when
page.html, page.css
page.js   generated from web/src/page/, which shares its player code with the dashboard (ADR 65)

The page needs no server: it contains its style and script, and its content security policy blocks
every request except for the video. Spoken text is escaped, so that it cannot become markup or
script. `with_video` sets the address of the video.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lifestream.domain.text import clock, one_line
from lifestream.rendering.gaps import Gap
from lifestream.rendering.page.drawings import bars_of, lane_of, voices_of
from lifestream.rendering.page.turns import Turn, turns_and_gaps
from lifestream.rendering.presentation import Kind, Recording
from lifestream.rendering.subtitles import cues_of

if TYPE_CHECKING:
    from jinja2 import Template

VOICES = 8
"""The number of colours. The ninth speaker gets the first colour again."""
NO_VIDEO = 'data-video=""'


def html_page(recording: Recording) -> str:
    transcript = recording.transcript
    voices = voices_of(transcript, VOICES)
    blocks = list(turns_and_gaps(transcript, recording.gaps))
    return _template().render(
        recording=recording,
        sections=recording.sections,
        blocks=blocks,
        is_unsure=any(_holds_unsure_words(block) for block in blocks),
        voices=voices,
        colours={voice.id: voice.number for voice in voices},
        bars=bars_of(transcript, voices),
        gaps_lane=lane_of(recording.gaps, transcript.duration_seconds),
        held=_held_by_the_script(recording),
        clock=clock,
        Kind=Kind,
        style=_part("page.css"),
        script=_part("page.js"),
        style_hash=_hash(_part("page.css")),
        script_hash=_hash(_part("page.js")),
    )


def _held_by_the_script(recording: Recording) -> dict[str, object]:
    """Return the data that the script needs and that is not in the page's elements."""
    cues = (
        (cue.start_seconds, cue.end_seconds, "\n".join(map(one_line, cue.lines)))
        for cue in cues_of(recording.transcript)
    )
    return {
        "file": one_line(recording.file_name),
        "seconds": recording.transcript.duration_seconds,
        "cues": list(cues),
    }


def _holds_unsure_words(block: Turn | Gap) -> bool:
    sentences = block.sentences if isinstance(block, Turn) else []
    return any(piece.is_unsure for sentence in sentences for piece in sentence.pieces)


def with_video(page: str, url: str) -> str:
    """Return the page with the video at `url`. A page that has a video already is unchanged."""
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
    """Return the hash by which a content security policy allows a style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}"
