"""Only what the transcript proves survives."""

from __future__ import annotations

import pytest

from builders import MEETING
from lifestream.domain.summary import ActionItem, Statement, SummaryDraft, verified


def statement(quote: str, *segments: int) -> Statement:
    return Statement(text="a claim", segment_ids=segments, quote=quote)


@pytest.mark.parametrize(
    ("claim", "is_proved"),
    [
        (statement("forty thousand dollars", 1), True),
        (statement("FORTY  thousand, dollars!", 1), True),
        (statement("forty thousand dollars", 0), False),
        (statement("fifty thousand dollars", 1), False),
        (statement("thousand", 1), True),
        (statement("thou", 1), False),
        (statement("", 1), False),
        (statement("forty thousand dollars"), False),
        (statement("the new project. The budget is", 0, 1), True),
        (statement("forty thousand dollars", 99), False),
    ],
)
def test_a_quote_counts_when_it_was_said_where_it_is_said_to_be(
    claim: Statement,
    is_proved: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    draft = SummaryDraft(title="", abstract="", key_points=(claim,), action_items=(), topics=())

    summary = verified(draft, MEETING, engine="test")

    assert summary.key_points == ((claim,) if is_proved else ())
    assert (summary.statements, summary.verified_statements) == (1, int(is_proved))


def test_action_items_are_checked_too() -> None:
    invented = ActionItem(text="x", segment_ids=(3,), quote="call the bank", owner=None, due=None)
    said = invented.model_copy(update={"quote": "send the plan"})
    draft = SummaryDraft(
        title="", abstract="", key_points=(), action_items=(invented, said), topics=()
    )

    assert verified(draft, MEETING, engine="test").action_items == (said,)
