"""What the engines found besides the words: speech, loudness, speaker turns and voiceprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.transcript import Span, SpeakerTurn


class Voiceprint(Frozen):
    """A speaker's voice as a vector of the diarization engine.

    It can identify a person, so it is made and kept only if the deployment says so.
    """

    speaker: str
    vector: tuple[float, ...]


class Diarization(Frozen):
    """The result of a diarization engine.

    `turns` may overlap. `exclusive_turns` do not; words are assigned by them. In both and in
    `voices`, speakers are `SPEAKER_00` upwards in order of appearance.
    """

    turns: tuple[SpeakerTurn, ...] = ()
    exclusive_turns: tuple[SpeakerTurn, ...] = ()
    voices: tuple[Voiceprint, ...] = ()

    def in_order_of_appearance(self) -> Diarization:
        order = dict.fromkeys(turn.speaker for turn in _sorted(self.turns))
        names = {speaker: f"SPEAKER_{number:02}" for number, speaker in enumerate(order)}
        return Diarization(
            turns=_renamed(self.turns, names),
            exclusive_turns=_renamed(self.exclusive_turns, names),
            voices=tuple(
                Voiceprint(speaker=names[voice.speaker], vector=voice.vector)
                for voice in self.voices
                if voice.speaker in names
            ),
        )


class Diagnostics(Frozen):
    """What the container measured beside the words. `speech` is where speech was detected, `loud`
    where the audio is loud."""

    schema_version: Literal["1"] = "1"
    job_id: str
    diarization_engine: str
    speech: tuple[Span, ...]
    loud: tuple[Span, ...] = ()
    turns: tuple[SpeakerTurn, ...]
    voices: tuple[Voiceprint, ...] = ()


def _sorted(turns: Sequence[SpeakerTurn]) -> list[SpeakerTurn]:
    return sorted(turns, key=lambda turn: (turn.start_seconds, turn.end_seconds, turn.speaker))


def _renamed(turns: Sequence[SpeakerTurn], names: dict[str, str]) -> tuple[SpeakerTurn, ...]:
    return tuple(
        turn.model_copy(update={"speaker": names[turn.speaker]}) for turn in _sorted(turns)
    )
