"""Speech that the recognizer passed over is given to it again, each stretch on its own.

A model may leave out seconds in the middle of half a minute, or its end, and write down what it
has heard before and after as if nothing had been there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from math import ceil
from operator import itemgetter

from lifestream.domain.options import JobOptions
from lifestream.domain.speech.hallucinations import LOW_LOG_PROBABILITY, NO_SPEECH_PROBABILITY
from lifestream.domain.speech.timeline import Timeline, without_words
from lifestream.domain.transcript import Recognition, RecognizedSegment, Span, Word
from lifestream.engines.transcription import UNDETERMINED, ProgressCallback, Transcriber
from lifestream.media import SAMPLE_RATE
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import LONGEST_SPAN_SECONDS, SpeechSpan

SHORTEST_SECONDS = 1.0
MARGIN_SECONDS = 0.2
"""Heard before and after, so that the first and the last word are whole."""


def recognize(
    transcriber: Transcriber, audio: Audio, options: JobOptions, on_progress: ProgressCallback
) -> Recognition:
    recognition = transcriber.transcribe(audio, options, on_progress)
    words = [word for segment in recognition.segments for word in segment.words]
    missed = without_words(audio.speech, words, at_least_seconds=SHORTEST_SECONDS)
    options, said = _in_its_language(options, recognition.language), Timeline(words)
    found = [
        segment.model_copy(update={"words": new})
        for span in missed
        for piece in _pieces(span)
        for segment in _recognized_alone(transcriber, audio, piece, options)
        if (new := tuple(word for word in segment.words if not _is_recognized_already(said, word)))
    ]
    return _merged(recognition, found) if found else recognition


def _in_its_language(options: JobOptions, language: str) -> JobOptions:
    """A second of speech is too short to find it out again."""
    if options.translate or options.multilingual or language == UNDETERMINED:
        return options
    return options.model_copy(update={"language": language})


def _pieces(span: Span) -> Iterator[Span]:
    """With their margins, none longer than what a model hears at once."""
    number = ceil(span.seconds / (LONGEST_SPAN_SECONDS - 2 * MARGIN_SECONDS))
    for index in range(number):
        begin, end = (span.start_seconds + span.seconds * i / number for i in (index, index + 1))
        yield Span(start_seconds=begin, end_seconds=end)


def _recognized_alone(
    transcriber: Transcriber, audio: Audio, span: Span, options: JobOptions
) -> Iterator[RecognizedSegment]:
    begin = round((span.start_seconds - MARGIN_SECONDS) * SAMPLE_RATE)
    end = round((span.end_seconds + MARGIN_SECONDS) * SAMPLE_RATE)
    clip = SpeechSpan(max(0, begin), min(len(audio.samples), end))
    alone = replace(audio, speech=(clip,))
    on_progress = transcriber.transcribe(alone, options, lambda _: None)
    return filter(_is_trusted, on_progress.segments)


def _is_recognized_already(said: Timeline, word: Word) -> bool:
    """In the margin, the recognizer hears the end of the word before again."""
    shared = said.seconds_within(word.start_seconds, word.end_seconds)
    return shared > (word.end_seconds - word.start_seconds) / 2


def _is_trusted(segment: RecognizedSegment) -> bool:
    """Of a stretch that it passed over before, more is asked than of others."""
    return (segment.average_log_probability or 0.0) >= LOW_LOG_PROBABILITY and (
        segment.no_speech_probability or 0.0
    ) <= NO_SPEECH_PROBABILITY


def _merged(recognition: Recognition, found: Sequence[RecognizedSegment]) -> Recognition:
    """In time order, and the words of the recognition in the order they had. A segment that spans
    what was found becomes two."""
    first, more = (
        [(word, segment) for segment in segments for word in segment.words]
        for segments in (recognition.segments, found)
    )
    begins = accumulate((word.start_seconds for word, _ in first), max)
    placed = list(zip(begins, first, strict=True))
    placed += [(word.start_seconds, (word, segment)) for word, segment in more]
    placed.sort(key=itemgetter(0))
    said = (word_and_segment for _, word_and_segment in placed)
    runs = (list(run) for _, run in groupby(said, key=lambda on_progress: id(on_progress[1])))
    segments = (
        run[0][1].model_copy(update={"words": tuple(word for word, _ in run)}) for run in runs
    )
    return recognition.model_copy(update={"segments": tuple(segments)})
