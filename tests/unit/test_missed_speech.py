"""Speech that the recognizer missed is transcribed again, on its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from transcribe_speech.missed_speech import recognize

from builders import no_progress, words
from lifestream.domain.options import JobOptions
from lifestream.domain.transcript import Recognition, RecognizedSegment, joined
from lifestream.engines.transcription import ProgressCallback
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import SpeechSpan

RATE = 16_000
BEFORE, AFTER = words("we begin", start=0.0), words("and so on", start=20.0)


@dataclass
class Recognizer:
    """A fake that misses the middle of the audio, and returns `again` for the middle alone."""

    again: tuple[RecognizedSegment, ...]
    language: str = "en"
    name: str = "scripted"
    clips: list[tuple[float, float]] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)

    def transcribe(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Recognition:
        on_progress(audio.seconds)
        self.clips += [(span.start_seconds, span.end_seconds) for span in audio.speech]
        self.asked.append(options.language)
        whole = RecognizedSegment(words=(*BEFORE, *AFTER), average_log_probability=-0.2)
        return Recognition(
            language=self.language, segments=(whole,) if len(self.asked) == 1 else self.again
        )


def audio_with_speech(*speech: tuple[float, float], seconds: float = 60) -> Audio:
    spans = tuple(SpeechSpan(round(a * RATE), round(b * RATE)) for a, b in speech)
    return Audio(np.zeros(round(seconds * RATE), dtype=np.float32), spans)


def said(text: str, *, start: float, probability: float = -0.3) -> RecognizedSegment:
    return RecognizedSegment(words=words(text, start=start), average_log_probability=probability)


def test_missed_speech_is_inserted_between_its_neighbours() -> None:
    recognizer = Recognizer(again=(said("nobody noticed this", start=10.0),))

    found = recognize(recognizer, audio_with_speech((0, 21)), JobOptions(), no_progress)

    assert [joined(s.words) for s in found.segments] == [
        "we begin", "nobody noticed this", "and so on",
    ]  # fmt: skip
    assert [s.average_log_probability for s in found.segments] == [-0.2, -0.3, -0.2]


def test_a_pause_is_not_transcribed_again() -> None:
    recognizer = Recognizer(again=())
    audio = audio_with_speech((0, 0.8), (20, 21.2))

    found = recognize(recognizer, audio, JobOptions(), no_progress)

    assert len(recognizer.asked) == 1
    assert [joined(s.words) for s in found.segments] == ["we begin and so on"]


def test_a_word_in_the_margin_is_not_repeated() -> None:
    recognizer = Recognizer(again=(said("begin anew", start=0.45),))

    found = recognize(recognizer, audio_with_speech((0, 5), (20, 21)), JobOptions(), no_progress)

    assert " ".join(joined(s.words) for s in found.segments) == "we begin anew and so on"


@pytest.mark.parametrize(
    "doubtful", [{"average_log_probability": -1.2}, {"no_speech_probability": 0.7}]
)
def test_an_unconfident_second_result_is_discarded(doubtful: dict[str, float]) -> None:
    segment = said("you", start=10.0).model_copy(update=doubtful)
    recognizer = Recognizer(again=(segment,))

    found = recognize(recognizer, audio_with_speech((0, 21)), JobOptions(), no_progress)

    assert len(recognizer.asked) == 2
    assert len(found.segments) == 1


def test_no_piece_is_longer_than_a_model_takes() -> None:
    recognizer = Recognizer(again=())

    recognize(recognizer, audio_with_speech((25, 110), seconds=120), JobOptions(), no_progress)

    first, *again = recognizer.clips
    assert first == (25, 110)
    assert len(again) == 3
    assert all(end - start <= 30 for start, end in again)
    assert (again[0][0], again[-1][1]) == (24.8, 110.2)


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (JobOptions(), "de"),
        (JobOptions(translate=True), None),
        (JobOptions(multilingual=True), None),
    ],
)
def test_the_language_of_the_recording_is_kept(options: JobOptions, asked: str | None) -> None:
    recognizer = Recognizer(again=(), language="de")

    recognize(recognizer, audio_with_speech((25, 30)), options, no_progress)

    assert recognizer.asked == [None, asked]
