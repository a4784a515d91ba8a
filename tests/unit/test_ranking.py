"""Search finds passages by meaning and by exact words."""

from __future__ import annotations

import json

import pytest

from built_in_models import word_vectors
from lifestream.domain.ranking import excerpt, fused_order
from lifestream.engines.stems import Stems
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
    ("how much money is available", 1),
    ("launch date for clients", 2),
    ("when does the product ship", 3),
    ("how long will quality assurance take", 3),
    ("what troubles you most right now", 4),
    ("finding things takes ages", 5),
    ("performance comes ahead of features", 6),
    ("a document that arrives ahead of the weekend", 7),
    ("interviewing users and their wishes", 8),
    ("too expensive to buy", 9),
]
"""Questions that share no meaningful word with the spoken text, in any inflection."""


def top_three(question: str) -> list[int]:
    embedder = word_vectors()
    [wanted], vectors = embedder.embed([question]).vectors, embedder.embed(TEXTS).vectors
    closeness = [sum(a * b for a, b in zip(wanted, v, strict=True)) for v in vectors]
    nearest = sorted(range(len(TEXTS)), key=lambda i: -closeness[i])
    order = fused_order(question, [TEXTS[i] for i in nearest])
    return [nearest[position] for position in order[:3]]


@pytest.mark.parametrize(("question", "turn"), QUERIES)
def test_words_that_were_said_find_their_turn_of_the_sample(question: str, turn: int) -> None:
    """The right turn is among the first three of eleven."""
    assert turn in top_three(question)


def test_nine_of_ten_questions_in_other_words_find_their_turn() -> None:
    stems = Stems()
    said = {stem for text in TEXTS for stem in stems.of(text)}
    assert [q for q, _ in IN_OTHER_WORDS if said & set(stems.of(q))] == []

    missed = [question for question, turn in IN_OTHER_WORDS if turn not in top_three(question)]

    assert len(missed) <= 1, missed


def test_one_common_word_of_many_is_no_match_by_words() -> None:
    texts = ["leave the dough alone for two hours", *("we meet again",) * 6, "come before Friday"]

    assert fused_order("how long does it rest before baking", texts)[0] == 0


def test_an_exact_word_raises_the_rank_of_the_last_vector_hit() -> None:
    texts = [f"something about invoices, number {n}" for n in range(30)] + ["case XK-4711 is open"]

    assert fused_order("what about XK-4711", texts).index(30) < 3


def test_without_a_common_word_the_order_stays() -> None:
    assert fused_order("zebra", ["a", "b", "c"]) == [0, 1, 2]
    assert fused_order("zebra", []) == []


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("the biggest problem", "… What is the biggest problem? It is slow."),
        ("weeks", "Two weeks are fine. What is the biggest problem? It is slow."),
        ("zebra", "Two weeks are fine. What is the biggest problem? It is slow."),
    ],
)
def test_an_excerpt_begins_where_the_question_is_met(question: str, shown: str) -> None:
    text = "Two weeks are fine. What is the biggest problem? It is slow."

    assert excerpt(text, question) == shown
    assert excerpt("", question) == ""
