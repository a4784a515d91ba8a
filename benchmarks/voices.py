"""Measure the error rates of the built-in engines on people's voices and on the synthetic sample.

The benchmark runs the container's own pipeline and quality report, so its figures are those of the
product. They don't depend on the machine.

`python voices.py SPEECH_ENVIRONMENT [FOLDER]`: the container's environment, which contains the
telephone call, and a folder of your own recordings with known turns (`make bench VOICES=FOLDER`).
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from extraction import extract
from local_task import transcribe
from rich.console import Console
from rich.table import Table
from speech_errors import (
    DiarizationError,
    diarization_error,
    flagged_seconds,
    lost,
    turns_in,
    without_text,
    word_error,
)
from voice_cases import VoiceCase, voice_cases

from cdk_app.local.model_weights import BUILT_IN
from lifestream.domain.speech.quality import QualityReport, assess
from lifestream.domain.speech.timeline import Timeline
from lifestream.domain.transcript import Span, Transcript
from lifestream.observability import logger
from lifestream.settings import SpeechSettings

SETTINGS = SpeechSettings(models_dir=BUILT_IN, whisper_model="tiny.en", device="cpu")


@dataclass(frozen=True)
class Outcome:
    case: VoiceCase
    transcript: Transcript
    quality: QualityReport

    @property
    def speech_seconds(self) -> float:
        return Timeline(self.case.turns).seconds

    @property
    def word_error(self) -> float | None:
        """The word error rate of the text that people read, without what is flagged."""
        text = " ".join(segment.text for segment in self.transcript.reliable.segments)
        return None if self.case.text is None else word_error(self.case.text, text)

    @property
    def diarization_error(self) -> DiarizationError:
        return diarization_error(self.case.turns, turns_in(self.transcript))

    @property
    def silent(self) -> list[Span]:
        return without_text(self.case.turns, self.transcript)

    @property
    def lost(self) -> list[Span]:
        return lost(self.silent, self.quality)

    @property
    def flagged_seconds(self) -> float:
        return flagged_seconds(self.case.turns, self.quality)


def main(speech_environment: str, folder: str | None = None) -> None:
    logger.setLevel("WARNING")
    cases = voice_cases(Path(speech_environment), Path(folder) if folder else None)
    outcomes = [run_engines(case) for case in cases]
    real = [outcome for outcome in outcomes if outcome.case.is_real]
    console = Console()
    for table in (words_table(outcomes), speakers_table(outcomes, real), lost_table(real)):
        console.print(table)
    engines = outcomes[0].transcript.engines
    console.print(f"Engines: {engines.transcription}, {engines.diarization}.")
    if all(case.name != "telephone" for case in cases):
        console.print(f"Skipped: the telephone call. It is not in {speech_environment}.")


def run_engines(case: VoiceCase) -> Outcome:
    with tempfile.TemporaryDirectory() as scratch:
        flac = Path(scratch) / "audio.flac"
        extract(case.recording, flac)
        transcript, diagnostics = transcribe(flac, SETTINGS)
    return Outcome(case, transcript, assess(transcript, diagnostics))


def words_table(outcomes: list[Outcome]) -> Table:
    table = table_of("Words", "Recording", "Voices", "Speech", "Words", "Word error")
    for outcome in outcomes:
        error = outcome.word_error
        table.add_row(
            outcome.case.name,
            "people" if outcome.case.is_real else "synthetic",
            f"{outcome.speech_seconds:.0f} s",
            f"{outcome.quality.words}",
            "text unknown" if error is None else f"{error:.1%}",
        )
    return table


def speakers_table(outcomes: list[Outcome], real: list[Outcome]) -> Table:
    columns = ("Recording", "Found / actual", "Error", "Missed", "False", "Confused", "Unknown")
    table = table_of(
        "Speakers: diarization error without collar; words of unknown speakers", *columns
    )
    for outcome in outcomes:
        error = outcome.diarization_error
        table.add_row(
            outcome.case.name,
            f"{outcome.quality.speakers} / {outcome.case.speakers}",
            *(f"{share:.1%}" for share in (error.rate, error.missed, error.false, error.confused)),
            f"{outcome.quality.words_without_speaker}",
        )
    right = sum(outcome.quality.speakers == outcome.case.speakers for outcome in real)
    mean = sum(outcome.diarization_error.rate for outcome in real) / len(real)
    words = sum(outcome.quality.words for outcome in real)
    unknown = sum(outcome.quality.words_without_speaker for outcome in real)
    table.add_section()
    table.add_row(
        "all people",
        f"{right} of {len(real)} right",
        f"{mean:.1%}",
        *("", "", ""),
        f"{unknown / max(1, words):.1%}",
    )
    return table


def lost_table(real: list[Outcome]) -> Table:
    columns = ("Recording", "Speech", "No text", "Not reported", "Longest", "Flagged")
    table = table_of("People's speech without text, not reported as such, or flagged", *columns)
    for outcome in real:
        table.add_row(
            outcome.case.name,
            f"{outcome.speech_seconds:.1f} s",
            f"{total(outcome.silent):.1f} s",
            f"{total(outcome.lost):.1f} s",
            f"{max((span.seconds for span in outcome.lost), default=0):.1f} s",
            f"{outcome.flagged_seconds / outcome.speech_seconds:.1%}",
        )
    seconds = sum(outcome.speech_seconds for outcome in real)
    table.add_section()
    table.add_row(
        "all",
        f"{seconds:.1f} s",
        f"{sum(total(outcome.silent) for outcome in real):.1f} s",
        f"{sum(total(outcome.lost) for outcome in real):.1f} s",
        "",
        f"{sum(outcome.flagged_seconds for outcome in real) / seconds:.1%}",
    )
    return table


def table_of(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=number == 0)
    return table


def total(spans: list[Span]) -> float:
    return sum(span.seconds for span in spans)


if __name__ == "__main__":
    main(*sys.argv[1:])
