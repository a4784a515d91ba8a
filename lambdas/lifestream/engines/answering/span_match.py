"""The built-in answerer: quote the place that holds all the words of the question.

It only repeats what was said, and prefers no answer to a wrong one: every word of the question that
carries meaning, in any inflection, has to be in one short stretch of a passage. It knows no
synonyms, and cannot tell the words of a question from those of its answer.
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
        question_stems = set(self._stems.of(question))
        sentences: list[AnswerSentence] = []
        for number, passage in enumerate(passages if question_stems else ()):
            quote = self._quote(passage, question_stems)
            if quote and not any(_repeats(quote, earlier.quote) for earlier in sentences):
                sentences.append(AnswerSentence(text=quote, passage=number, quote=quote))
        return Answered(draft=AnswerDraft(sentences=tuple(sentences[:MAX_SENTENCES])))

    def _quote(self, passage: str, question_stems: set[str]) -> str | None:
        """Return the shortest stretch that holds all words of the question, and the text after it.

        If the passage ends there, the text before it is added instead. Return None if there is
        none.
        """
        words = passage.split()
        stems = [" ".join(self._stems.of(word)) for word in words]
        stretches = _stretches(stems, question_stems)
        shortest = min(stretches, key=len, default=range(MAX_WINDOW_WORDS + 1))
        if len(shortest) > MAX_WINDOW_WORDS:
            return None
        start = max(0, min(shortest.start, len(words) - QUOTE_WORDS))
        return " ".join(words[start : max(shortest.stop, start + QUOTE_WORDS)])[:500]


def _repeats(quote: str, earlier: str) -> bool:
    """Return whether both quotes are from the same place: passages overlap."""
    words = quote.split()
    return sum(word in earlier.split() for word in words) > len(words) / 2


def _stretches(stems: Sequence[str], question_stems: set[str]) -> list[range]:
    """Return, for each place of a word of the question, the stretch that holds all of them."""
    places = [n for n, stem in enumerate(stems) if stem in question_stems]
    found: list[range] = []
    for start in places:
        missing = set(question_stems)
        for end in (place for place in places if place >= start):
            missing.discard(stems[end])
            if not missing:
                found.append(range(start, end + 1))
                break
    return found
