"""Measure the speed of the built-in speech engines on the sample, and of the steps around them.

The figures are ratios from this one run: seconds of work per second of audio (real-time factor),
and the speed of our speaker assignment relative to the naive algorithm.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from extraction import extract
from long_transcript import HOURS, after_the_engines
from rich.console import Console
from rich.table import Table

from cdk_app.local.model_weights import BUILT_IN
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.speaker_assignment import assign_speakers
from lifestream.domain.transcript import SpeakerTurn, Word
from lifestream.engines.diarization import load_diarizer
from lifestream.engines.transcription import load_transcriber
from lifestream.media.audio import Audio, load_samples
from lifestream.media.voice_activity import speech_spans
from lifestream.settings import SpeechSettings

SAMPLE = Path(__file__).parent.parent / "samples" / "team-meeting.mp4"
WORDS_PER_HOUR, TURNS_PER_HOUR = 9_000, 1_200
NAIVE_STRIDE = {1: 10, 12: 500}
"""By hours: the naive algorithm runs on every 10th or 500th word only, because it is slow."""
TRIES = 5
"""Our algorithm takes milliseconds, so the best of several tries counts: other processes disturb
it least."""
Result = TypeVar("Result")


def main() -> None:
    settings = SpeechSettings(models_dir=BUILT_IN, whisper_model="tiny.en")
    with tempfile.TemporaryDirectory() as folder:
        flac = Path(folder) / "audio.flac"
        _, extracting = timed(lambda: extract(SAMPLE, flac))
        samples = load_samples(flac)
    spans, detecting = timed(lambda: speech_spans(samples))
    audio = Audio(samples, spans)
    seconds = audio.seconds
    whisper, diarizer = load_transcriber(settings), load_diarizer(settings)
    _, diarizing = timed(lambda: diarizer.diarize(audio, JobOptions(), ignore_progress))
    _, transcribing = timed(lambda: whisper.transcribe(audio, JobOptions(), ignore_progress))

    table = Table("Built-in engines on the sample", "Figure", title=f"{seconds:.0f} s of audio")
    table.add_row("real-time factor: audio extraction", f"{extracting / seconds:.4f}")
    table.add_row("real-time factor: voice activity", f"{detecting / seconds:.4f}")
    table.add_row("real-time factor: recognition", f"{transcribing / seconds:.3f}")
    table.add_row("real-time factor: diarization", f"{diarizing / seconds:.4f}")
    for hours, stride in NAIVE_STRIDE.items():
        table.add_row(
            f"words to speakers, {hours} h: naive / ours", f"{speed_up(hours, stride):.0f}x"
        )
    words, working = after_the_engines()
    table.add_row(f"everything after the engines, {HOURS} h ({words:,} words)", f"{working:.1f} s")
    Console().print(table)


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def ignore_progress(_seconds: float) -> None:
    """Do nothing: the benchmark shows no progress."""


def speed_up(hours: int, stride: int) -> float:
    """Return how many times faster our algorithm is than the naive one, which runs on every
    `stride`th word only."""
    word_seconds, turn_seconds = 3600 / WORDS_PER_HOUR, 3600 / TURNS_PER_HOUR
    words = [
        Word(
            text="w",
            start_seconds=round(i * word_seconds, 3),
            end_seconds=round((i + 1) * word_seconds, 3),
            confidence=1,
        )
        for i in range(hours * WORDS_PER_HOUR)
    ]
    turns = [
        SpeakerTurn(
            start_seconds=i * turn_seconds, end_seconds=(i + 1) * turn_seconds, speaker=f"S{i % 3}"
        )
        for i in range(hours * TURNS_PER_HOUR)
    ]
    naive, naive_seconds = timed(lambda: [longest(word, turns) for word in words[::stride]])
    tries = [timed(lambda: assign_speakers(words, turns)) for _ in range(TRIES)]
    if any(naive != ours[::stride] for ours, _ in tries):
        raise SystemExit("our assignment differs from the naive one")
    return naive_seconds * stride / min(seconds for _, seconds in tries)


def longest(word: Word, turns: list[SpeakerTurn]) -> str:
    """Find the speaker with the naive algorithm, which compares the word with every turn."""

    def overlap(turn: SpeakerTurn) -> float:
        end = min(word.end_seconds, turn.end_seconds)
        return end - max(word.start_seconds, turn.start_seconds)

    return max(turns, key=overlap).speaker


if __name__ == "__main__":
    main()
