"""The built-in diarizer: cluster phrases by voice, without torch.

Speech is cut at its pauses, each phrase becomes a vector that distinguishes voices, and the vectors
are clustered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diarization
from lifestream.domain.transcript import SpeakerTurn
from lifestream.engines.diarization.phrases import halved, phrases
from lifestream.engines.diarization.voice_clusters import SpeakerBounds, cluster
from lifestream.engines.diarization.voice_encoder import VoiceEncoder, mel
from lifestream.engines.transcription import ProgressCallback
from lifestream.media import SAMPLE_RATE
from lifestream.media.audio import Audio
from lifestream.media.voice_activity import SpeechSpan

LONGEST_GAP_SECONDS = 0.5
BATCH = 64
"""How many phrases are encoded at once. They take 50 MB."""


class ClusteringDiarizer:
    name = "embedded/voice-encoder"

    def diarize(
        self, audio: Audio, options: JobOptions, on_progress: ProgressCallback
    ) -> Diarization:
        bounds = SpeakerBounds.of(options)
        found = [phrase for span in audio.speech for phrase in phrases(audio.samples, span)]
        spoken = halved(found, bounds.fewest)
        if not spoken:
            return Diarization()
        vectors = np.concatenate(list(_vectors(audio, spoken, on_progress)))
        seconds = np.array([(p.end - p.start) / SAMPLE_RATE for p in spoken])
        speakers = cluster(vectors, seconds, bounds)
        turns = [_turn(phrase, s) for phrase, s in zip(spoken, speakers, strict=True)]
        joined = tuple(_joined(turns))
        return Diarization(turns=joined, exclusive_turns=joined).in_order_of_appearance()


def _vectors(
    audio: Audio, spoken: Sequence[SpeechSpan], on_progress: ProgressCallback
) -> Iterator[NDArray[np.float32]]:
    encoder = VoiceEncoder(_loudness(audio))
    for first in range(0, len(spoken), BATCH):
        some = spoken[first : first + BATCH]
        yield encoder.encode([mel(audio.samples[p.start : p.end]) for p in some])
        on_progress(some[-1].end / SAMPLE_RATE)


def _loudness(audio: Audio) -> float:
    """Return the root mean square of the speech, without the pauses."""
    squares = sum(
        float(np.sum(np.square(audio.samples[s.start : s.end]), dtype=np.float64))
        for s in audio.speech
    )
    return float(np.sqrt(squares / max(1, sum(s.end - s.start for s in audio.speech))))


def _turn(phrase: SpeechSpan, speaker: np.intp) -> SpeakerTurn:
    return SpeakerTurn(
        start_seconds=round(phrase.start_seconds, 3),
        end_seconds=round(phrase.end_seconds, 3),
        speaker=str(speaker),
    )


def _joined(turns: list[SpeakerTurn]) -> list[SpeakerTurn]:
    """Join neighbouring phrases of one speaker into one turn."""
    joined = turns[:1]
    for turn in turns[1:]:
        last = joined[-1]
        gap = turn.start_seconds - last.end_seconds
        if turn.speaker == last.speaker and gap <= LONGEST_GAP_SECONDS:
            joined[-1] = last.model_copy(update={"end_seconds": turn.end_seconds})
        else:
            joined.append(turn)
    return joined
