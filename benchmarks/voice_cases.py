"""Load recordings with known speaker turns: the samples, a telephone call, and your own folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lifestream.domain.transcript import SpeakerTurn

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
SYNTHETIC = "team-meeting"
TELEPHONE = "lib/python*/site-packages/pyannote/audio/sample/sample.wav"
STM_COLUMNS = 5
LABELS = (".json", ".rttm", ".stm")


@dataclass(frozen=True)
class VoiceCase:
    """A recording with its speaker turns.

    text: everything that is said, or None if it is unknown
    is_real: whether people speak, and not synthetic voices
    """

    name: str
    recording: Path
    turns: tuple[SpeakerTurn, ...]
    text: str | None
    is_real: bool = True

    @property
    def speakers(self) -> int:
        return len({turn.speaker for turn in self.turns})


def voice_cases(speech_environment: Path, folder: Path | None) -> list[VoiceCase]:
    """Return all cases. The telephone call is part of pyannote.audio in the container's
    environment, and is left out if that is not installed."""
    telephone = next(speech_environment.glob(TELEPHONE), None)
    return [
        sample("read-speech", ".flac"),
        *([with_rttm(telephone, "telephone")] if telephone else []),
        *(labelled(folder) if folder else []),
        sample(SYNTHETIC, ".mp4"),
    ]


def sample(name: str, suffix: str) -> VoiceCase:
    turns = json.loads((SAMPLES / f"{name}.reference.json").read_text())["turns"]
    return VoiceCase(
        name=name,
        recording=SAMPLES / f"{name}{suffix}",
        turns=turns_of((t["start_seconds"], t["end_seconds"], t["speaker"]) for t in turns),
        text=" ".join(turn["text"] for turn in turns),
        is_real=name != SYNTHETIC,
    )


def labelled(folder: Path) -> Iterator[VoiceCase]:
    """Yield every recording whose turns are in the same folder, as `NAME.mp4.json` or
    `NAME.rttm`."""
    for recording in sorted(folder.iterdir()):
        if recording.with_name(f"{recording.name}.json").is_file():
            yield with_json(recording)
        elif recording.suffix not in LABELS and recording.with_suffix(".rttm").is_file():
            yield with_rttm(recording, recording.stem)


def with_json(recording: Path) -> VoiceCase:
    """Load turns and text from JSON: `turns` is a list of [start, end, speaker], and `words` is the
    text or null."""
    known = json.loads(recording.with_name(f"{recording.name}.json").read_text())
    turns, text = turns_of(known["turns"]), known.get("words")
    return VoiceCase(name=recording.stem, recording=recording, turns=turns, text=text)


def with_rttm(recording: Path, name: str) -> VoiceCase:
    """Load the turns from the RTTM file, and the text from the STM file if it exists."""
    lines = [line.split() for line in recording.with_suffix(".rttm").read_text().splitlines()]
    turns = turns_of((float(s[3]), float(s[3]) + float(s[4]), s[7]) for s in lines)
    words = recording.with_suffix(".stm")
    text = text_of_stm(words.read_text()) if words.is_file() else None
    return VoiceCase(name=name, recording=recording, turns=turns, text=text)


def text_of_stm(content: str) -> str:
    lines = content.splitlines()
    return " ".join(line.split(maxsplit=STM_COLUMNS)[STM_COLUMNS] for line in lines)


def turns_of(turns: Iterable[Iterable[float | str]]) -> tuple[SpeakerTurn, ...]:
    return tuple(
        SpeakerTurn(start_seconds=float(start), end_seconds=float(end), speaker=str(speaker))
        for start, end, speaker in turns
    )
