"""An answer to a question: sentences whose quotes are in the transcript."""

from __future__ import annotations

from pydantic import Field

from lifestream.domain.base import Frozen
from lifestream.domain.citations import Citations
from lifestream.domain.speech.speakers import display_names
from lifestream.domain.summary import Cited, CitedStatement, Statement, Usage
from lifestream.domain.transcript import Segment, Span, Transcript


class AnswerSentence(Frozen):
    """A sentence as the engine wrote it, not checked yet.

    `passage` is the number of the passage that the quote is from.
    """

    text: str = Field(max_length=1_000)
    passage: int
    quote: str = Field(max_length=500)


class AnswerDraft(Frozen):
    """The unverified result of an answering engine.

    If there are no sentences, the passages do not contain the answer.
    """

    sentences: tuple[AnswerSentence, ...]


class Answered(Frozen):
    draft: AnswerDraft
    usage: Usage = Usage()


class CitedSentence(Cited):
    """A verified sentence: who said its quote, where and when."""

    text: str
    quote: str
    job_id: str
    key: str
    speakers: tuple[str, ...]


class Answer(Frozen):
    """The answer to a question: only sentences whose quote is in a transcript.

    Attributes:
        question: What was asked.
        engine: Engine, model and prompt version.
        sentences: The sentences of the answer, each with its quote, video, speakers and times in
            seconds. Empty if the recordings do not contain the answer.
        statements: How many sentences there were before the unverified ones were removed.
        usage: Model calls, tokens and dollars.
    """

    question: str
    engine: str
    sentences: tuple[CitedSentence, ...]
    statements: int
    usage: Usage


def verify_sentence(
    sentence: AnswerSentence, transcript: Transcript, passage: Span
) -> CitedSentence | None:
    """Return the sentence with the exact times of its quote, or None if the quote is not there.

    The quote is looked up word by word in the reliable text of the passage.
    """
    within = [s for s in transcript.reliable.segments if _overlap(s, passage)]
    said = transcript.model_copy(update={"segments": tuple(within)})
    claim = Statement(
        text=sentence.text, quote=sentence.quote, segment_ids=tuple(s.id for s in within)
    )
    names = display_names(transcript.speakers)
    for cited in Citations(said).cited([claim], CitedStatement):
        speakers = (s.speaker for s in within if s.id in cited.segment_ids and s.speaker)
        return CitedSentence(
            **cited.model_dump(include={"text", "quote", "start_seconds", "end_seconds"}),
            job_id=transcript.job_id,
            key=transcript.source.key,
            speakers=tuple(dict.fromkeys(names[one] for one in speakers)),
        )
    return None


def _overlap(segment: Segment, span: Span) -> bool:
    return segment.start_seconds < span.end_seconds and segment.end_seconds > span.start_seconds
