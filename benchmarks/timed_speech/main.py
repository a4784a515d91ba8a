"""Run the container's entry point with engines that take half a second and return one word."""

from __future__ import annotations

import os
import time

from transcribe_speech import main, pipeline

from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diarization
from lifestream.domain.transcript import Recognition, RecognizedSegment, SpeakerTurn, Word
from lifestream.engines.transcription import ProgressCallback
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import SpeechSpan

SECONDS = 0.5


class Timed:
    name = "timed/1"

    def transcribe(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Recognition:
        time.sleep(SECONDS)
        word = Word(text="hello", start_seconds=0.0, end_seconds=0.3, confidence=1.0)
        return Recognition(language="en", segments=(RecognizedSegment(words=(word,)),))

    def diarize(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Diarization:
        time.sleep(SECONDS)
        turn = SpeakerTurn(start_seconds=0.0, end_seconds=0.3, speaker="SPEAKER_00")
        return Diarization(turns=(turn,), exclusive_turns=(turn,))


if __name__ == "__main__":
    vars(pipeline).update(
        load_transcriber=lambda _: Timed(),
        load_diarizer=lambda _: Timed(),
        speech_spans=lambda *_, **__: (SpeechSpan(0, 1 << 30),),
    )
    os._exit(main.main())
