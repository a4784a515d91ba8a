"""What is meant and what is said word for word are both found."""

from __future__ import annotations

import json

import pytest

from lifestream.domain.ranking import fused_order
from lifestream.engines.embedding.embedded import HashingEmbedder
from media_files import SAMPLE

TURNS = json.loads(SAMPLE.with_suffix(".reference.json").read_text())["turns"]
TEXTS = [turn["text"] for turn in TURNS]
QUERIES = [
    ("budget for the new project", 0),
    ("forty thousand dollars", 1),
    ("half of it is for the release", 1),
    ("ready for our customers", 2),
    ("November", 3),
    ("testing team", 3),
    ("two more weeks", 3),
    ("biggest problem at the moment", 4),
    ("a customer has many videos", 5),
    ("too slow", 5),
    ("make the search faster", 6),
    ("before we add anything", 6),
    ("write a plan", 7),
    ("Friday", 7),
    ("ask them what they need", 8),
    ("talk to the customers", 8),
    ("the price", 9),
    ("too high", 9),
    ("we meet again", 10),
    ("Monday", 10),
]
IN_OTHER_WORDS = [
    ("how big are the budgets of projects", 0),
    ("what amount in dollars is in the budgeting", 1),
    ("is it released to customers when it is ready", 2),
    ("are testers ready for November releases", 3),
    ("do testers need weeks", 3),
    ("main problems these days", 4),
    ("searching is slow for those who have lots of video", 5),
    ("a search that is fast", 6),
    ("planning that is sent by Friday", 7),
    ("asking customers about their needs", 8),
]


@pytest.mark.parametrize(("question", "turn"), [*QUERIES, *IN_OTHER_WORDS])
def test_each_query_finds_its_turn_of_the_sample_in_the_top_three(question: str, turn: int) -> None:
    """Of eleven turns. The embedded embedder knows inflections and parts of words, but no synonyms:
    the queries in other words keep to what it can know."""
    embedder = HashingEmbedder()
    [wanted], vectors = embedder.embed([question]).vectors, embedder.embed(TEXTS).vectors
    closeness = [sum(a * b for a, b in zip(wanted, v, strict=True)) for v in vectors]
    nearest = sorted(range(len(TEXTS)), key=lambda i: -closeness[i])

    order = fused_order(question, [TEXTS[i] for i in nearest])

    assert turn in [nearest[position] for position in order[:3]]


def test_an_exact_word_lifts_what_the_vectors_put_last() -> None:
    texts = [f"something about invoices, number {n}" for n in range(30)] + ["case XK-4711 is open"]

    assert fused_order("what about XK-4711", texts).index(30) < 3


def test_without_a_common_word_the_order_stays() -> None:
    assert fused_order("zebra", ["a", "b", "c"]) == [0, 1, 2]
    assert fused_order("zebra", []) == []
