"""Voices of a recording and voices that have a name in, the names that fit out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from operator import mul

from lifestream.domain.base import Frozen
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.transcript import Speaker, Transcript

MIN_MARGIN = 0.05
"""By how much a name has to fit better than any other."""


class NamedVoiceprint(Frozen):
    """A voice that a person has named; prints of different engines cannot be compared."""

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
    """Names that a person has given in this recording win; the others come from voices that
    were named in others, with the score."""
    matched = {
        match.speaker: Speaker(id=match.speaker, name=match.name, name_score=match.score)
        for match in matches_of(diagnostics, known, min_score=min_score)
        if match.name not in given.values()
    }
    return with_given(_with_speakers(transcript, matched), given)


def with_given(transcript: Transcript, given: Mapping[str, str]) -> Transcript:
    """`given`: speaker id → the name that a person has given."""
    named = {speaker: Speaker(id=speaker, name=name) for speaker, name in given.items()}
    return _with_speakers(transcript, named)


def _with_speakers(transcript: Transcript, named: Mapping[str, Speaker]) -> Transcript:
    speakers = tuple(named.get(speaker.id, speaker) for speaker in transcript.speakers)
    return transcript.model_copy(update={"speakers": speakers})


def matches_of(
    diagnostics: Diagnostics, known: Sequence[NamedVoiceprint], *, min_score: float
) -> Iterator[Match]:
    """The best first; a name goes to one speaker, a speaker gets one name, and where two names
    fit about equally well, none."""
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
    """A name's score is that of its most similar print."""
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
    """The cosine of the angle between two vectors; 0 where they cannot be compared."""
    if len(one) != len(other):
        return 0.0
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(map(mul, one, other)) / lengths if lengths else 0.0
