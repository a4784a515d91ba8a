"""The container's own entry point, with engines that take half a second and hear one sentence."""

from __future__ import annotations

import os
import time

import numpy as np
from numpy.typing import NDArray
from transcribe_speech import main

from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import Recognition, RecognizedSegment, SpeakerTurn, Word

SECONDS = 0.5


class Timed:
    name = "timed/1"

    def transcribe(self, samples: NDArray[np.float32], options: JobOptions) -> Recognition:  # noqa: ARG002
        time.sleep(SECONDS)
        word = Word(text="hello", start_seconds=0.0, end_seconds=0.3, confidence=1.0)
        return Recognition(language="en", segments=(RecognizedSegment(words=(word,)),))

    def diarize(self, samples: NDArray[np.float32], options: JobOptions) -> list[SpeakerTurn]:  # noqa: ARG002
        time.sleep(SECONDS)
        return [SpeakerTurn(start_seconds=0.0, end_seconds=0.3, speaker="SPEAKER_00")]


if __name__ == "__main__":
    vars(main).update(load_transcriber=lambda _: Timed(), load_diarizer=lambda _: Timed())
    os._exit(main.main())
