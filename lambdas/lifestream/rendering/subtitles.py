"""Render a transcript as SRT and WebVTT subtitles that players and people can follow.

A cue has at most 2 lines of 42 characters. It stays for at least a second, and is read at no more
than 20 characters per second, if the next cue leaves room for it. It never overlaps the next cue
(limits as in the BBC and Netflix timed-text guidelines).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lifestream.domain.speech.speakers import said_by
from lifestream.domain.text import one_line
from lifestream.domain.transcript import Segment, Transcript, Word

MAX_LINE_CHARACTERS = 42
MAX_LINES = 2
MAX_LABEL_CHARACTERS = 24
MIN_CUE_SECONDS = 1.0
MAX_CUE_SECONDS = 7.0
MAX_CHARACTERS_PER_SECOND = 20
LONGEST_PAUSE_SECONDS = 1.5


@dataclass(frozen=True)
class Cue:
    start_seconds: float
    end_seconds: float
    lines: tuple[str, ...]


def to_srt(cues: Sequence[Cue]) -> str:
    return "\n".join(
        f"{number}\n{_time(cue.start_seconds, ',')} --> {_time(cue.end_seconds, ',')}\n"
        + "".join(f"{_plain(line)}\n" for line in cue.lines)
        for number, cue in enumerate(cues, start=1)
    )


def to_vtt(cues: Sequence[Cue]) -> str:
    return "WEBVTT\n" + "".join(
        f"\n{_time(cue.start_seconds, '.')} --> {_time(cue.end_seconds, '.')}\n"
        + "".join(f"{_escape_vtt(line)}\n" for line in cue.lines)
        for cue in cues
    )


def cues_of(transcript: Transcript, *, with_speakers: bool = False) -> list[Cue]:
    """Return cues in time order.

    No cue mixes two segments, and so none mixes two speakers. `with_speakers`: each turn begins
    with the name of its speaker.
    """
    turns = _labelled(transcript) if with_speakers else map(_clean, transcript.segments)
    cues = [cue for words in turns for cue in _split(words)]
    end = max([transcript.duration_seconds, *(cue.end_seconds for cue in cues[-1:])])
    ends = [*(cue.start_seconds for cue in cues[1:]), end]
    return [_with_time_to_read(cue, until) for cue, until in zip(cues, ends, strict=False)]


def _labelled(transcript: Transcript) -> Iterator[tuple[Word, ...]]:
    for speaker, turn in said_by(transcript):
        first, *others = [words for words in map(_clean, turn) if words] or [()]
        yield (*_label(speaker, first), *first)
        yield from others


def _clean(segment: Segment) -> tuple[Word, ...]:
    """Return the words as single lines: a word with a line end could begin a cue of its own."""
    cleaned = (replace(word, text=one_line(word.text)) for word in segment.words)
    return tuple(word for word in cleaned if word.text)


def _label(speaker: str, words: Sequence[Word]) -> Iterator[Word]:
    """Yield the name as words without duration, so that it is laid out like the words after it."""
    name = one_line(speaker)
    if len(name) > MAX_LABEL_CHARACTERS:
        name = f"{name[: MAX_LABEL_CHARACTERS - 1]}…"
    start = words[0].start_seconds if words else 0.0
    for part in f"{name}:".split() if words else ():
        yield Word(part, start, start, confidence=1.0)


def _split(words: Sequence[Word]) -> Iterator[Cue]:
    """Yield groups of words that fit one cue, cut at long pauses too."""
    group: list[Word] = []
    lines: list[str] = []
    for word in words:
        more = _with(lines, word)
        if group and not _fits([*group, word], more):
            yield _cue(group, lines)
            group, more = [], _with([], word)
        group.append(word)
        lines = more
    if group:
        yield _cue(group, lines)


def _fits(words: Sequence[Word], lines: Sequence[str]) -> bool:
    pause = words[-1].start_seconds - words[-2].end_seconds
    return (
        pause <= LONGEST_PAUSE_SECONDS
        and words[-1].end_seconds - words[0].start_seconds <= MAX_CUE_SECONDS
        and len(lines) <= MAX_LINES
    )


def _with(lines: Sequence[str], word: Word) -> list[str]:
    """Return the lines with one more word. A word longer than a line continues on the next one."""
    *before, last = lines or [""]
    together = last + (word.text if word.is_glued or not last else f" {word.text}")
    if len(together) <= MAX_LINE_CHARACTERS:
        return [*before, together]
    return [*lines, *textwrap.wrap(word.text, MAX_LINE_CHARACTERS)]


def _cue(words: Sequence[Word], lines: Sequence[str]) -> Cue:
    start, end = words[0].start_seconds, words[-1].end_seconds
    return Cue(start, max(end, start + 0.001), tuple(lines[:MAX_LINES]))


def _with_time_to_read(cue: Cue, next_start_seconds: float) -> Cue:
    """Keep the cue on screen as long as reading takes, but never into the next cue."""
    characters = sum(len(line) for line in cue.lines)
    needed = max(MIN_CUE_SECONDS, characters / MAX_CHARACTERS_PER_SECOND)
    end = max(cue.end_seconds, cue.start_seconds + needed)
    latest = max(next_start_seconds, cue.start_seconds + 0.001)
    return replace(cue, end_seconds=min(end, latest))


def _time(seconds: float, separator: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{separator}{milliseconds % 1000:03}"


def _plain(line: str) -> str:
    """SRT players read `<b>` and `{\\an8}` as markup, and `-->` as a time line."""
    return line.replace("-->", "→").translate(str.maketrans("<>{}", "‹›()"))  # noqa: RUF001  # look-alikes on purpose


def _escape_vtt(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
