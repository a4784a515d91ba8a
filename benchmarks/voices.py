"""How often the built-in diarizer counts the people of a recording right, and how much it confuses.

A folder of recordings with known turns: beside `NAME.mp4` (or another video or sound file), either
`NAME.mp4.json` with `turns` ([start, end, speaker] in seconds) or `NAME.rttm`. Without recognition:
what the voice detector calls speech is compared with the turns, without a collar.

    PYTHONPATH=. .venv/bin/python benchmarks/voices.py FOLDER
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from transcribe_speech.listening import searched

from lifestream.domain.job import JobOptions
from lifestream.domain.transcript import SpeakerTurn
from lifestream.engines.diarization.embedded import VoiceClusterer
from lifestream.media.sound import Sound, load_samples
from lifestream.settings import SpeechSettings
from speech import diarization_error, extract, timed, unheard

LONGEST_PAUSE_SECONDS = 1.0
"""Turns of one speaker with nobody else between them are one turn, as in the references."""


def main(folder: Path) -> None:
    table = Table("Recording", "Speakers", "of", "Diarization error", "Real-time factor")
    errors, right = [], 0
    for path, expected in cases(folder):
        sound = sound_of(path)
        found, seconds = timed(partial(VoiceClusterer().diarize, sound, JobOptions(), unheard))
        counted, people = (len({t.speaker for t in turns}) for turns in (found.turns, expected))
        errors.append(diarization_error(expected, whole(found.turns)))
        right += counted == people
        factor = f"{seconds / sound.seconds:.3f}"
        table.add_row(path.name, str(counted), str(people), f"{errors[-1]:.1%}", factor)
    table.add_section()
    table.add_row("all", f"{right} right", str(len(errors)), f"{np.mean(errors):.1%}", "")
    Console().print(table)


def cases(folder: Path) -> Iterator[tuple[Path, list[SpeakerTurn]]]:
    for path in sorted(folder.iterdir()):
        beside, rttm = path.with_name(f"{path.name}.json"), path.with_suffix(".rttm")
        if beside.is_file():
            yield path, [turn(*said) for said in json.loads(beside.read_text())["turns"]]
        elif rttm.is_file() and path.suffix not in {".rttm", ".stm"}:
            yield path, list(turns_of_rttm(rttm.read_text()))


def turns_of_rttm(text: str) -> Iterator[SpeakerTurn]:
    for _, _, _, start, seconds, _, _, speaker, *_ in (line.split() for line in text.splitlines()):
        yield turn(float(start), float(start) + float(seconds), speaker)


def turn(start: float, end: float, speaker: str) -> SpeakerTurn:
    return SpeakerTurn(start_seconds=start, end_seconds=end, speaker=speaker)


def sound_of(path: Path) -> Sound:
    with tempfile.TemporaryDirectory() as folder:
        flac = Path(folder) / "audio.flac"
        extract(path, flac)
        return searched(load_samples(flac), SpeechSettings(device="cpu"))


def whole(turns: tuple[SpeakerTurn, ...]) -> list[SpeakerTurn]:
    joined: list[SpeakerTurn] = []
    for one in turns:
        last = joined[-1] if joined else None
        is_same = last and last.speaker == one.speaker
        if last and is_same and one.start_seconds - last.end_seconds <= LONGEST_PAUSE_SECONDS:
            joined[-1] = last.model_copy(update={"end_seconds": one.end_seconds})
        else:
            joined.append(one)
    return joined


if __name__ == "__main__":
    main(Path(sys.argv[1]))
