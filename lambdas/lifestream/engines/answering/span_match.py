"""The embedded answerer: the place where all that the question names was said together.

It only ever repeats what was said, and it would rather not answer: every word of the question
that carries meaning, in whatever inflection, has to stand in one short stretch of a passage. It
knows no synonyms, and cannot tell a question's words from its answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from lifestream.domain.answers import AnswerDraft, Answered, AnswerSentence
from lifestream.engines.stems import Stems

MAX_SENTENCES = 2
MAX_WINDOW_WORDS = 30
QUOTE_WORDS = 25


class SpanMatch:
    name = "extractive/words-v1"

    def __init__(self) -> None:
        self._stems = Stems()

    def answer(self, question: str, passages: Sequence[str]) -> Answered:
        wanted = set(self._stems.of(question))
        sentences: list[AnswerSentence] = []
        for number, passage in enumerate(passages if wanted else ()):
            quote = self._quote(passage, wanted)
            if quote and not any(_repeats(quote, earlier.quote) for earlier in sentences):
                sentences.append(AnswerSentence(text=quote, passage=number, quote=quote))
        return Answered(draft=AnswerDraft(sentences=tuple(sentences[:MAX_SENTENCES])))

    def _quote(self, passage: str, wanted: set[str]) -> str | None:
        """From the shortest stretch that holds every wanted word, with what follows it; with what
        comes before where the passage ends there."""
        words = passage.split()
        stems = [" ".join(self._stems.of(word)) for word in words]
        stretches = _stretches(stems, wanted)
        shortest = min(stretches, key=len, default=range(MAX_WINDOW_WORDS + 1))
        if len(shortest) > MAX_WINDOW_WORDS:
            return None
        start = max(0, min(shortest.start, len(words) - QUOTE_WORDS))
        return " ".join(words[start : max(shortest.stop, start + QUOTE_WORDS)])[:500]


def _repeats(quote: str, earlier: str) -> bool:
    """Passages overlap: the same place may be found in two of them."""
    words = quote.split()
    return sum(word in earlier.split() for word in words) > len(words) / 2


def _stretches(stems: Sequence[str], wanted: set[str]) -> list[range]:
    """For each wanted word, the stretch from there to where all of them have been said."""
    places = [n for n, stem in enumerate(stems) if stem in wanted]
    found: list[range] = []
    for start in places:
        missing = set(wanted)
        for end in (place for place in places if place >= start):
            missing.discard(stems[end])
            if not missing:
                found.append(range(start, end + 1))
                break
    return found
