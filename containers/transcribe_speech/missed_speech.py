"""Recognize speech again that the recognizer missed, each stretch on its own.

A model may skip seconds in the middle or at the end of a clip, and write the text before and after
as if nothing had been there.
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
"""Audio before and after the stretch, so that its first and last words are whole."""


def recognize(
    transcriber: Transcriber, audio: Audio, options: JobOptions, on_progress: ProgressCallback
) -> Recognition:
    """Return the recognition of the audio, with the words that were missed at first."""
    recognition = transcriber.transcribe(audio, options, on_progress)
    words = [word for segment in recognition.segments for word in segment.words]
    missed = without_words(audio.speech, words, at_least_seconds=SHORTEST_SECONDS)
    options, known = _with_language(options, recognition.language), Timeline(words)
    found = [
        segment.model_copy(update={"words": new})
        for span in missed
        for piece in _pieces(span)
        for segment in _recognized_alone(transcriber, audio, piece, options)
        if (new := tuple(word for word in segment.words if not _is_known(known, word)))
    ]
    return _merged(recognition, found) if found else recognition


def _with_language(options: JobOptions, language: str) -> JobOptions:
    """Set the language: a second of speech is too short to detect it again."""
    if options.translate or options.multilingual or language == UNDETERMINED:
        return options
    return options.model_copy(update={"language": language})


def _pieces(span: Span) -> Iterator[Span]:
    """Yield pieces that, with their margins, are no longer than a model takes at once."""
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
    recognition = transcriber.transcribe(alone, options, lambda _: None)
    return filter(_is_confident, recognition.segments)


def _is_known(known: Timeline, word: Word) -> bool:
    """Return whether the word was recognized before: the margin may repeat the end of one."""
    shared = known.seconds_within(word.start_seconds, word.end_seconds)
    return shared > (word.end_seconds - word.start_seconds) / 2


def _is_confident(segment: RecognizedSegment) -> bool:
    """Require more of a stretch that was missed before than of others."""
    return (segment.average_log_probability or 0.0) >= LOW_LOG_PROBABILITY and (
        segment.no_speech_probability or 0.0
    ) <= NO_SPEECH_PROBABILITY


def _merged(recognition: Recognition, found: Sequence[RecognizedSegment]) -> Recognition:
    """Insert what was found in time order; the words of the recognition keep their order.

    A segment that spans what was found becomes two.
    """
    first, more = (
        [(word, segment) for segment in segments for word in segment.words]
        for segments in (recognition.segments, found)
    )
    begins = accumulate((word.start_seconds for word, _ in first), max)
    placed = list(zip(begins, first, strict=True))
    placed += [(word.start_seconds, (word, segment)) for word, segment in more]
    placed.sort(key=itemgetter(0))
    ordered = (word_and_segment for _, word_and_segment in placed)
    runs = (list(run) for _, run in groupby(ordered, key=lambda pair: id(pair[1])))
    segments = (
        run[0][1].model_copy(update={"words": tuple(word for word, _ in run)}) for run in runs
    )
    return recognition.model_copy(update={"segments": tuple(segments)})
