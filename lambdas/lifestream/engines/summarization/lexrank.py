"""The built-in summarizer: LexRank over TF-IDF. It only repeats what was said.

Source: Erkan & Radev, "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization"
(2004); scikit-learn weighs the words, networkx ranks the graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from lifestream.domain.summary import (
    NOTHING_SAID,
    ActionItem,
    Chapter,
    Contribution,
    Drafted,
    Statement,
    SummaryDraft,
    SummaryOptions,
)
from lifestream.domain.transcript import Segment, Transcript
from lifestream.errors import ConfigurationError, UnsupportedOptionError

ABSTRACT_SENTENCES = 3
KEY_POINTS = 5
TOPICS = 6
TITLE_TOPICS = 3
MIN_WORDS = 4
MAX_QUOTE_WORDS = 25
MAX_RANKED = 200
"""How many sentences are compared with each other at once: n sentences take n² of memory."""
SMALL_TALK = (
    "agree", "ask", "good", "great", "hello", "just", "know", "like", "ll", "mean", "meet",
    "morning", "need", "okay", "really", "right", "say", "send", "talk", "thank", "thanks",
    "thing", "think", "today", "ve", "want", "yeah", "yes",
)  # fmt: skip
CHAPTER_SECONDS = 300
DECISION = re.compile(r"\b(we|i) (have )?(decided|agreed|agree|chose)\b", re.IGNORECASE)
QUESTION = re.compile(
    r"\?$|^(what|when|where|who|why|how|which|do you|can you|could you)\b", re.IGNORECASE
)
PROMISE = re.compile(
    r"\b(i|we) (will|shall|need to|have to|must|should)\b|\bplease\b", re.IGNORECASE
)


class LexRank:
    name = "extractive/lexrank-v2"

    def __init__(self) -> None:
        try:
            import networkx as nx  # noqa: F401
            import sklearn  # noqa: F401
        except ImportError as error:
            raise ConfigurationError(
                "no summary engine: OPENAI_API_KEY is not set, "
                "and scikit-learn and networkx are not installed"
            ) from error

    def summarize(self, transcript: Transcript, options: SummaryOptions) -> Drafted:
        if options.language or options.instructions:
            raise UnsupportedOptionError(
                "without OPENAI_API_KEY the summary only repeats what was said: a language or "
                "instructions are not supported"
            )
        candidates = [s for s in transcript.segments if len(s.words) >= MIN_WORDS]
        return Drafted(draft=_draft(transcript, candidates) if candidates else NOTHING_SAID)


def _draft(transcript: Transcript, candidates: list[Segment]) -> SummaryDraft:
    ranked, topics = _rank(_most_central(candidates))
    central = _in_spoken_order(ranked[:ABSTRACT_SENTENCES])
    return SummaryDraft(
        title=", ".join(topics[:TITLE_TOPICS]).capitalize(),
        abstract=" ".join(_sentence(segment) for segment in central)[:4_000],
        chapters=tuple(_chapters(transcript, candidates)),
        key_points=tuple(_statement(s) for s in _in_spoken_order(ranked[:KEY_POINTS])),
        decisions=tuple(_statement(s) for s in _once(candidates, DECISION)),
        action_items=tuple(_action(s) for s in _once(candidates, PROMISE)),
        questions=tuple(_statement(s) for s in _once(candidates, QUESTION)),
        contributions=tuple(_contributions(ranked)),
        topics=tuple(topics),
    )


def _chapters(transcript: Transcript, candidates: list[Segment]) -> Iterator[Chapter]:
    """Yield chapters of equal length, each named by the words that weigh most in it.

    A recording that is too short for two chapters has none.
    """
    count = int(transcript.duration_seconds // CHAPTER_SECONDS)
    length = transcript.duration_seconds / max(count, 1)
    for _, group in groupby(candidates if count > 1 else [], lambda s: s.start_seconds // length):
        segments = list(group)
        _, topics = _rank(segments[:MAX_RANKED])
        first = segments[0]
        title = ", ".join(topics[:TITLE_TOPICS]).capitalize() or _sentence(first)[:100]
        yield Chapter(text=title, segment_ids=(first.id,), quote=_quote(first))


def _contributions(ranked: list[Segment]) -> Iterator[Contribution]:
    """Yield the most central sentence of each speaker."""
    first = {segment.speaker: segment for segment in reversed(ranked) if segment.speaker}
    for speaker, segment in sorted(first.items()):
        yield Contribution(speaker=speaker, **_statement(segment).model_dump())


def _once(segments: list[Segment], pattern: re.Pattern[str]) -> list[Segment]:
    """Return the segments that match the pattern, each text once."""
    found = {s.text: s for s in reversed(segments) if pattern.search(s.text)}
    return _in_spoken_order(list(found.values()))


def _most_central(segments: list[Segment]) -> list[Segment]:
    """Return the most central sentences of each part of a long recording."""
    while len(segments) > MAX_RANKED:
        parts = [segments[i : i + MAX_RANKED] for i in range(0, len(segments), MAX_RANKED)]
        best = MAX_RANKED // 5
        segments = [s for part in parts for s in _in_spoken_order(_rank(part)[0][:best])]
    return segments


def _rank(segments: list[Segment]) -> tuple[list[Segment], list[str]]:
    """Return the segments by centrality, and the heaviest words. Ties keep the spoken order."""
    import networkx as nx
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

    stop_words = [*ENGLISH_STOP_WORDS, *SMALL_TALK]
    vectorizer = TfidfVectorizer(stop_words=stop_words, sublinear_tf=True)
    try:
        weights = vectorizer.fit_transform([segment.text for segment in segments])
    except ValueError:  # nothing but stop words
        return segments, []
    graph = nx.from_scipy_sparse_array(weights @ weights.T)
    scores = nx.pagerank(graph)
    order = sorted(range(len(segments)), key=lambda i: (-round(scores[i], 9), i))
    totals = weights.sum(axis=0).A1
    words = vectorizer.get_feature_names_out()
    heaviest = sorted(range(len(words)), key=lambda i: (-round(totals[i], 9), words[i]))
    return [segments[i] for i in order], [str(words[i]) for i in heaviest[:TOPICS]]


def _in_spoken_order(segments: list[Segment]) -> list[Segment]:
    return sorted(segments, key=lambda segment: segment.id)


def _sentence(segment: Segment) -> str:
    text = segment.text[:1].upper() + segment.text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _statement(segment: Segment) -> Statement:
    return Statement(
        text=_sentence(segment)[:1_000], segment_ids=(segment.id,), quote=_quote(segment)
    )


def _action(segment: Segment) -> ActionItem:
    return ActionItem(
        text=_sentence(segment)[:1_000],
        segment_ids=(segment.id,),
        quote=_quote(segment),
        owner=segment.speaker,
        due=None,
    )


def _quote(segment: Segment) -> str:
    return " ".join(segment.text.split()[:MAX_QUOTE_WORDS])[:500]
