"""Order search hits by meaning and by exact words.

Vectors find what is meant, but miss names and numbers that no model has learned; exact words find
those. The two orders are fused by reciprocal rank. The order by words is weighted by the squared
share of the question that a passage holds, because one common word of many is chance.

Source: Cormack, Clarke & Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
rank learning methods" (2009).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from lifestream.domain.text import normalized

RANK_OFFSET = 60
"""The paper's constant. It decides how little the first few ranks differ."""
SENTENCE_END = re.compile(r"(?<=[.?!]) +")
FUNCTION_WORDS = frozenset(
    """a about an and any are as at be but by can could did do does for from had has have he her how
    i if in is it its me my no not of on or our she should so some than that the their them then
    there these they this those to us was we were what when where which who why will with would you
    your""".split()  # noqa: SIM905  # one word per line would fill two screens
)
"""Common in English questions on any subject. (In a small library they look rare.)"""


def fused_order(question: str, texts: Sequence[str]) -> list[int]:
    """Return positions in `texts`, best first; `texts` are nearest first. Rare words count more."""
    shares = _exact_word_shares(question, texts)
    by_words = sorted(range(len(texts)), key=lambda i: -shares[i])
    total = [1 / (RANK_OFFSET + rank) for rank in range(len(texts))]
    for rank, position in enumerate(by_words):
        total[position] += shares[position] ** 2 / (RANK_OFFSET + rank)
    return sorted(range(len(texts)), key=lambda i: -total[i])


def excerpt(text: str, question: str) -> str:
    """Return the text from the sentence on that has most words of the question.

    A passage begins with the last sentence of the one before, which is often not the one meant.
    """
    sentences = SENTENCE_END.split(text)
    question_words = set(normalized(question).split()) - FUNCTION_WORDS
    shared = [len(question_words & set(normalized(sentence).split())) for sentence in sentences]
    first = shared.index(max(shared))
    return ("… " if first else "") + " ".join(sentences[first:])


def _exact_word_shares(question: str, texts: Sequence[str]) -> list[float]:
    """Return the share of the question in each text, from 0 to 1. Rare words count for more."""
    question_words = set(normalized(question).split()) - FUNCTION_WORDS
    found = [question_words & set(normalized(text).split()) for text in texts]
    holding = Counter(word for words in found for word in words)
    weights = {word: math.log((len(texts) + 1) / (holding[word] + 0.5)) for word in question_words}
    whole = max(sum(weights.values()), 1e-9)
    return [sum(weights[word] for word in words) / whole for words in found]
