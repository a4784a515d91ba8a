"""Give speakers the names of similar voices that were named before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from operator import mul

from lifestream.domain.base import Frozen
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.transcript import Speaker, Transcript

MIN_MARGIN = 0.05
"""How much better a name has to fit than any other."""


class NamedVoiceprint(Frozen):
    """A voice that a person has named. Voiceprints of different engines cannot be compared."""

    name: str
    engine: str
    vector: tuple[float, ...]
    job_id: str
    speaker: str


class Match(Frozen):
    speaker: str
    name: str
    score: float


def with_names(
    transcript: Transcript,
    *,
    given: Mapping[str, str],
    diagnostics: Diagnostics,
    known: Sequence[NamedVoiceprint],
    min_score: float,
) -> Transcript:
    """Return the transcript with names.

    Names that a person gave in this recording win. The others come from voices that were named in
    other recordings, with the score.
    """
    matched = {
        match.speaker: Speaker(id=match.speaker, name=match.name, name_score=match.score)
        for match in matches_of(diagnostics, known, min_score=min_score)
        if match.name not in given.values()
    }
    return with_given(_with_speakers(transcript, matched), given)


def with_given(transcript: Transcript, given: Mapping[str, str]) -> Transcript:
    """Apply names that a person gave. `given`: speaker id → name."""
    named = {speaker: Speaker(id=speaker, name=name) for speaker, name in given.items()}
    return _with_speakers(transcript, named)


def _with_speakers(transcript: Transcript, named: Mapping[str, Speaker]) -> Transcript:
    speakers = tuple(named.get(speaker.id, speaker) for speaker in transcript.speakers)
    return transcript.model_copy(update={"speakers": speakers})


def matches_of(
    diagnostics: Diagnostics, known: Sequence[NamedVoiceprint], *, min_score: float
) -> Iterator[Match]:
    """Yield matches, the best first.

    A name goes to one speaker and a speaker gets one name. If two names fit about equally well, the
    speaker gets none.
    """
    found = sorted(
        _certain(diagnostics, known, min_score), key=lambda m: (-m.score, m.speaker, m.name)
    )
    speakers: set[str] = set()
    names: set[str] = set()
    for match in found:
        if match.speaker not in speakers and match.name not in names:
            speakers.add(match.speaker)
            names.add(match.name)
            yield match


def _certain(
    diagnostics: Diagnostics, known: Sequence[NamedVoiceprint], min_score: float
) -> Iterator[Match]:
    """Yield the clear matches. The score of a name is that of its most similar voiceprint."""
    for voice in diagnostics.voices:
        scores: dict[str, float] = {}
        for other in known:
            if other.engine == diagnostics.diarization_engine:
                score = similarity(voice.vector, other.vector)
                scores[other.name] = max(score, scores.get(other.name, -1.0))
        best, *rest = sorted(scores, key=lambda name: (-scores[name], name)) or [""]
        is_clear = not rest or scores[best] - scores[rest[0]] >= MIN_MARGIN
        if best and is_clear and scores[best] >= min_score:
            yield Match(speaker=voice.speaker, name=best, score=round(scores[best], 3))


def similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of the angle between two vectors, or 0 if they cannot be compared."""
    if len(one) != len(other):
        return 0.0
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(map(mul, one, other)) / lengths if lengths else 0.0
