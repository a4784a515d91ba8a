"""Keep the statements whose quotes are in the transcript, and add the times of the quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar

from lifestream.domain.links import without_links
from lifestream.domain.summary import (
    MAX_QUOTE_CHARACTERS,
    CitedActionItem,
    CitedChapter,
    CitedContribution,
    CitedStatement,
    Drafted,
    Statement,
    Summary,
)
from lifestream.domain.text import normalized
from lifestream.domain.transcript import Transcript, Word, joined

MIN_QUOTE_WORDS = 3
"""A shorter quote is not enough, unless its segment is as short."""
MAX_DIFFERING = 0.1
"""One word in ten of a quote may differ, because models correct what they copy; no word may be
added or missing. Quotes of fewer than ten words have to be exact."""
Checked = TypeVar("Checked", CitedStatement, CitedChapter, CitedActionItem, CitedContribution)


def verified(drafted: Drafted, transcript: Transcript, *, engine: str) -> Summary:
    """Keep only the statements that the transcript confirms, and count all of them.

    If no statement of a draft is confirmed, its title and abstract are dropped as well.
    """
    draft, check = drafted.draft, Citations(transcript)
    kept = {
        "chapters": _with_end(check.cited(draft.chapters, CitedChapter), transcript),
        "key_points": check.cited(draft.key_points, CitedStatement),
        "decisions": check.cited(draft.decisions, CitedStatement),
        "action_items": check.cited(draft.action_items, CitedActionItem),
        "questions": check.cited(draft.questions, CitedStatement),
        "contributions": check.cited(draft.contributions, CitedContribution),
    }
    statements = sum(len(getattr(draft, name)) for name in kept)
    verified_statements = sum(map(len, kept.values()))
    is_reliable = verified_statements > 0 or statements == 0
    return Summary(
        job_id=transcript.job_id,
        engine=engine,
        title=without_links(draft.title) if is_reliable else "",
        abstract=without_links(draft.abstract) if is_reliable else "",
        topics=tuple(map(without_links, draft.topics)) if is_reliable else (),
        statements=statements,
        verified_statements=verified_statements,
        usage=drafted.usage,
        **kept,
    )


class Citations:
    """Looks up quotes word by word, ignoring case and punctuation."""

    def __init__(self, transcript: Transcript) -> None:
        self._words: list[Word] = []
        self._tokens: list[str] = []
        self._segments: list[int] = []
        self._ranges: dict[int, tuple[int, int]] = {}
        self._speakers = {segment.id: segment.speaker for segment in transcript.segments}
        for segment in transcript.segments:
            first = len(self._tokens)
            for word in segment.words:
                tokens = normalized(word.text).split()
                self._tokens += tokens
                self._words += [word] * len(tokens)
                self._segments += [segment.id] * len(tokens)
            self._ranges[segment.id] = (first, len(self._tokens))

    def cited(self, statements: Iterable[Statement], kind: type[Checked]) -> tuple[Checked, ...]:
        """Return the verified statements with the segments, times and words of their quotes."""
        found = ((statement, self._find(statement)) for statement in statements)
        return tuple(
            kind.model_validate(
                _fields_without_links(statement)
                | {
                    "quote": self._quoted(place),
                    "segment_ids": tuple(dict.fromkeys(self._segments[place.start : place.stop])),
                    "start_seconds": self._words[place.start].start_seconds,
                    "end_seconds": self._words[place.stop - 1].end_seconds,
                }
            )
            for statement, place in found
            if place
        )

    def _quoted(self, place: range) -> str:
        """Return the words of the transcript, not as the model typed them."""
        words = groupby(self._words[place.start : place.stop], id)
        return joined(next(same) for _, same in words)[:MAX_QUOTE_CHARACTERS]

    def _find(self, statement: Statement) -> range | None:
        """Return the quote's range of tokens, exact if possible, else with few differences."""
        quote = normalized(statement.quote).split()
        ids = [i for i in sorted(set(statement.segment_ids)) if self._may_cite(statement, i)]
        stretches = [s for s in self._stretches(ids) if _is_long_enough(quote, s)]
        for differing in dict.fromkeys((0, int(len(quote) * MAX_DIFFERING))):
            for stretch in stretches:
                if (at := self._place(quote, stretch, differing)) is not None:
                    return range(at, at + len(quote))
        return None

    def _may_cite(self, statement: Statement, segment_id: int) -> bool:
        """A speaker's contribution may be quoted from that speaker's own words only."""
        speaker = getattr(statement, "speaker", None)
        is_theirs = speaker is None or self._speakers.get(segment_id) == speaker
        return segment_id in self._ranges and is_theirs

    def _stretches(self, ids: Sequence[int]) -> Iterator[range]:
        """Join named segments that follow each other: a quote may cross their boundary."""
        stretch = range(0)
        for first, end in (self._ranges[number] for number in ids):
            if stretch and stretch.stop == first:
                stretch = range(stretch.start, end)
            else:
                yield stretch
                stretch = range(first, end)
        yield stretch

    def _place(self, quote: list[str], stretch: range, differing: int) -> int | None:
        for at in range(stretch.start, stretch.stop - len(quote) + 1):
            pairs = zip(quote, self._tokens[at : at + len(quote)], strict=True)
            if sum(one != other for one, other in pairs) <= differing:
                return at
        return None


def _fields_without_links(statement: Statement) -> dict[str, Any]:
    facts = statement.model_dump()
    free = {name: facts[name] for name in ("text", "owner", "due") if facts.get(name)}
    return facts | {name: without_links(text) for name, text in free.items()}


def _is_long_enough(quote: Sequence[str], stretch: range) -> bool:
    return bool(quote) and (len(quote) >= MIN_QUOTE_WORDS or len(quote) == len(stretch))


def _with_end(chapters: Sequence[CitedChapter], transcript: Transcript) -> tuple[CitedChapter, ...]:
    """Return chapters in order, each with the start of the next one as its end.

    Of two with the same start, the first stays.
    """
    by_start = {chapter.start_seconds: chapter for chapter in reversed(chapters)}
    starts = sorted(by_start)
    ends = [*starts[1:], max([transcript.duration_seconds, *starts])]
    return tuple(
        by_start[start].model_copy(update={"end_seconds": end})
        for start, end in zip(starts, ends, strict=False)
    )
