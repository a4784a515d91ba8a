"""What the engines heard beside the words: what the transcript is checked against, and with
which voices of other recordings are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from lifestream.domain.base import Frozen
from lifestream.domain.transcript import Span, SpeakerTurn


class Voiceprint(Frozen):
    """A speaker's voice as a vector of the diarization engine's. It can identify a person:
    it is made and kept only where the deployment says so."""

    speaker: str
    vector: tuple[float, ...]


class Diarization(Frozen):
    """What a diarization engine returns.

    `turns` may overlap; at any moment at most one of the `exclusive_turns` lasts, which is what
    words are assigned by. Speakers are `SPEAKER_00` upwards in the order in which they are
    first heard, in both and in `voices`.
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
    """`speech`: where voices were found. `loud`: where there was any audio to speak of."""

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
