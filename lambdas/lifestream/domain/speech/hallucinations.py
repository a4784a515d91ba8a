"""Flag text that is probably hallucinated.

Speech models write fluent text over silence, music and noise, and repeat themselves when they are
lost. A flagged segment stays in the transcript with the reason, and is left out of every other
output (see `Transcript.reliable`).

Thresholds marked [W] are those of the Whisper paper (Radford et al. 2022, section 4.5).
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from operator import eq
from statistics import fmean

from lifestream.domain.speech.timeline import Timeline
from lifestream.domain.text import normalized
from lifestream.domain.transcript import Flag, RecognizedSegment, Segment, Span, Word

MAX_COMPRESSION_RATIO = 2.4  # [W]
MIN_COMPRESSIBLE_BYTES = 100
NO_SPEECH_PROBABILITY = 0.6  # [W]
LOW_LOG_PROBABILITY = -1.0  # [W]
MIN_LOG_PROBABILITY = -1.5
MIN_SHARE_OVER_SPEECH = 0.2
DOUBTFUL_LOG_PROBABILITY = -0.6
LONGEST_LOOP_WORDS = 12
MAX_LOOPED_SHARE = 0.5
LOOP_TURNS = {1: 6, 2: 4, 3: 4}
"""Number of words → how many repetitions are a loop. Longer runs: three."""
SUBTITLE_CREDITS = (
    "subtitles by the amara org community",
    "subtitles by steamteamextra",
    "untertitel im auftrag des zdf",
    "untertitelung des zdf",
    "sous titres réalisés para la communauté d amara org",
    "subtítulos realizados por la comunidad de amara org",
    "transcription by castingwords",
)
"""Credits from the subtitles that models were trained on."""
STOCK_PHRASES = (
    "thank you",
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "please subscribe",
    "please subscribe to my channel",
    "don t forget to like and subscribe",
    "see you in the next video",
    "you",
    "bye",
    "ご視聴ありがとうございました",
    "谢谢观看",
    "vielen dank fürs zuschauen",
    "merci d avoir regardé cette vidéo",
    "gracias por ver el video",
)
"""Models write these over silence, and people say them too: flagged only if other signs agree."""


def flagged(
    segments: Sequence[Segment], recognized: Sequence[RecognizedSegment], speech: Sequence[Span]
) -> tuple[Segment, ...]:
    """Return the same segments with their flags.

    `segments` were cut from `recognized`; `speech` is where speech was detected, in time order.
    """
    in_loop = iter(_in_loop([word for segment in segments for word in segment.words]))
    voice = Timeline(speech)
    found = []
    for segment, source in _with_source(segments, recognized):
        looped = [next(in_loop) for _ in segment.words]
        spoken = voice.seconds_within(segment.start_seconds, segment.end_seconds)
        flags = tuple(_flags(segment, source, fmean(looped), spoken))
        found.append(segment.model_copy(update={"flags": flags}) if flags else segment)
    return tuple(found)


def _with_source(
    segments: Sequence[Segment], recognized: Sequence[RecognizedSegment]
) -> Iterator[tuple[Segment, RecognizedSegment]]:
    """Yield each segment with the one it was cut from. Both hold the same words, in order."""
    sources = (source for source in recognized for _ in source.words)
    for segment in segments:
        source = next(sources)
        for _ in segment.words[1:]:
            next(sources)
        yield segment, source


def _flags(
    segment: Segment, source: RecognizedSegment, looped: float, spoken_seconds: float
) -> Iterator[Flag]:
    seconds = segment.end_seconds - segment.start_seconds
    is_over_silence = spoken_seconds < MIN_SHARE_OVER_SPEECH * seconds
    log_probability = _log_probability(source, segment.words)
    no_speech = source.no_speech_probability or 0.0
    if looped > MAX_LOOPED_SHARE:
        yield Flag.LOOP
    if _compression_ratio(segment.text) > MAX_COMPRESSION_RATIO:
        yield Flag.COMPRESSIBLE
    if log_probability < MIN_LOG_PROBABILITY:
        yield Flag.IMPROBABLE
    if no_speech > NO_SPEECH_PROBABILITY and log_probability < LOW_LOG_PROBABILITY:
        yield Flag.NO_SPEECH
    if is_over_silence:
        yield Flag.OVER_SILENCE
    is_doubtful = no_speech > NO_SPEECH_PROBABILITY or log_probability < DOUBTFUL_LOG_PROBABILITY
    if _is_stock_phrase(segment.text, is_doubtful=is_doubtful or is_over_silence):
        yield Flag.STOCK_PHRASE


def _log_probability(source: RecognizedSegment, words: Sequence[Word]) -> float:
    """Return the average per token if the engine reports it, else per word."""
    if source.average_log_probability is not None:
        return source.average_log_probability
    return fmean(math.log(max(word.confidence, 1e-6)) for word in words)


def _compression_ratio(text: str) -> float:
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if len(data) >= MIN_COMPRESSIBLE_BYTES else 0.0


def _is_stock_phrase(text: str, *, is_doubtful: bool) -> bool:
    phrase = normalized(text)
    return phrase in SUBTITLE_CREDITS or (is_doubtful and phrase in STOCK_PHRASES)


def _in_loop(words: Sequence[Word]) -> list[bool]:
    """Return True for the words of a loop, except for its first turn, which may be real."""
    plain = {text: normalized(text) for text in {word.text for word in words}}
    spoken = [plain[word.text] for word in words]
    marks = [False] * len(spoken)
    for length in range(1, LONGEST_LOOP_WORDS + 1):
        repeats = bytes(map(eq, spoken, spoken[length:]))
        enough = length * (LOOP_TURNS.get(length, 3) - 1)
        for run in re.finditer(rb"\x01{%d,}" % enough, repeats):
            begin, end = run.start() + length, run.end() + length
            marks[begin:end] = [True] * (end - begin)
    return marks
