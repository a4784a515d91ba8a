"""Search the recordings, and answer questions with quotes from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lifestream.aws import clients
from lifestream.aws.api_keys import load_api_keys
from lifestream.aws.job_table import JobTable
from lifestream.client.connection import connect
from lifestream.client.s3_results import S3Results
from lifestream.client.speaker_names import SpeakerNames, is_said_by
from lifestream.client.upload_form import uploads_key
from lifestream.domain.answers import (
    Answer,
    AnswerDraft,
    Answered,
    AnswerSentence,
    CitedSentence,
    verify_sentence,
)
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.ranking import fused_order
from lifestream.domain.transcript import Span, Transcript
from lifestream.engines.answering import load_answerer
from lifestream.engines.embedding import load_embedder
from lifestream.engines.vector_index import NO_FILTER, Hit, SearchFilter, load_vector_index
from lifestream.errors import (
    ArtifactMissingError,
    NoResultsError,
    SwitchedOffError,
    UnknownSpeakerError,
)
from lifestream.rest.library import Passage
from lifestream.settings import ClientSettings, IndexSettings, SummarySettings, load

CANDIDATES = 100
PASSAGES = 12
"""The number of passages in which an answer is looked for: about ten minutes of speech."""


def search(
    question: str,
    settings: ClientSettings,
    *,
    limit: int = 5,
    search_filter: SearchFilter = NO_FILTER,
) -> list[Hit]:
    """Return matching passages, best first: the 100 nearest, ordered by meaning and exact words.

    The settings and keys must be those of the deployment, because the same engines are used.
    `search_filter.speaker` is "SPEAKER_00", "Speaker 1", or a name that a user gave. The hits have
    the current names.

    Raises TransientError, ConfigurationError, and UnknownSpeakerError if no speaker in the
    searched recordings has this name.
    """
    names, speaker = SpeakerNames(settings), search_filter.speaker
    resolved = names.resolve(search_filter)
    find = _finder(question, settings)
    nearest = find(resolved, max(limit, CANDIDATES))
    order = fused_order(question, [hit.text for hit in nearest])
    found = names.name(nearest[position] for position in order[:limit])
    if speaker and resolved.speakers_by_job:
        found = [hit for hit in found if is_said_by(hit, speaker)]
    if speaker and not found and find(search_filter.model_copy(update={"speaker": None}), 1):
        raise UnknownSpeakerError(f"no searched recording has a speaker called {speaker!r}")
    return found


def _finder(question: str, settings: ClientSettings) -> Callable[[SearchFilter, int], list[Hit]]:
    """Return a search for the passages nearest to the question, which is embedded only once."""
    index_settings, api_keys = load(IndexSettings), load_api_keys(settings.api_keys_secret)
    embedder = load_embedder(index_settings, api_keys)
    if isinstance(embedder, SwitchedOff):
        raise SwitchedOffError(f"the index is switched off: {embedder.reason}")
    index = load_vector_index(
        index_settings, api_keys, embedder, s3=clients.s3(), bucket=settings.bucket
    )
    [vector] = embedder.embed([question]).vectors
    return lambda search_filter, limit: index.search(
        vector, limit=limit, search_filter=search_filter
    )


def ask(
    question: str, settings: ClientSettings, *, search_filter: SearchFilter = NO_FILTER
) -> Answer:
    """Answer a question only from the passages that a search finds.

    A sentence whose quote is not in its passage is removed. If no sentence is left, the recordings
    do not contain the answer.

    Raises TransientError, ConfigurationError, AnswerError.
    """
    hits = search(question, settings, limit=PASSAGES, search_filter=search_filter)
    answerer = load_answerer(load(SummarySettings), load_api_keys(settings.api_keys_secret))
    # Without passages, no model is called, so nothing is paid.
    nothing = Answered(draft=AnswerDraft(sentences=()))
    answered = answerer.answer(question, [hit.text for hit in hits]) if hits else nothing
    recordings = Recordings(settings)
    checked = (recordings.verify(sentence, hits) for sentence in answered.draft.sentences)
    return Answer(
        question=question,
        engine=answerer.name,
        sentences=tuple(sentence for sentence in checked if sentence),
        statements=len(answered.draft.sentences),
        usage=answered.usage,
    )


def passage_of(hit: Hit) -> Passage:
    return Passage(**hit.model_dump(exclude={"names", "speakers"}), speakers=hit.names)


class Recordings:
    """The published transcripts, each read once, to verify the quotes of an answer."""

    def __init__(self, settings: ClientSettings) -> None:
        self._jobs = JobTable(clients.table(settings.jobs_table))
        self._read: dict[str, Transcript | None] = {}

    def verify(self, sentence: AnswerSentence, hits: list[Hit]) -> CitedSentence | None:
        if not 0 <= sentence.passage < len(hits):
            return None
        hit = hits[sentence.passage]
        if hit.job_id not in self._read:
            self._read[hit.job_id] = self._transcript(hit.job_id)
        transcript = self._read[hit.job_id]
        passage = Span(start_seconds=hit.start_seconds, end_seconds=hit.end_seconds)
        return verify_sentence(sentence, transcript, passage) if transcript else None

    def _transcript(self, job_id: str) -> Transcript | None:
        """Return None if the job's results are not published yet or were deleted."""
        record = self._jobs.find(job_id)
        if record is None:
            return None
        try:
            return S3Results(clients.s3(), record).transcript()
        except (ArtifactMissingError, NoResultsError):
            return None


class Library:
    """Search and questions over everything that a deployment has indexed.

    Searching uses the engines that indexed, so their settings and keys must be here too.

    Attributes:
        settings: Which deployment this is.

    Examples:
        >>> library = Library()
        >>> library.search("when do we ship?")[0].text
        'We ship it on Friday. Then I write the notes today.'
    """

    def __init__(self, settings: ClientSettings | None = None) -> None:
        """Connect to a deployment; `settings` as for `VideoService`.

        Raises:
            ConfigurationError: The stage is not deployed, or AWS cannot be reached.
        """
        self.settings = settings or connect()

    def search(
        self,
        question: str,
        *,
        limit: int = 5,
        speaker: str | None = None,
        video: str | None = None,
        since: datetime | None = None,
    ) -> list[Hit]:
        """Find the moments in which something was said, best first.

        Args:
            question: Words or a question; meaning counts, and so do exact words.
            limit: How many passages to return at most.
            speaker: Only what this speaker said: "Speaker 1", "SPEAKER_00" or a name.
            video: Only this video: `talk.mp4`, or its key.
            since: Only videos that were uploaded at this moment or later; with a time zone.

        Returns:
            Passages with their video, speakers and times in seconds.

        Raises:
            SwitchedOffError: The deployment has no index.
            UnknownSpeakerError: No speaker in the searched recordings has this name.
            ConfigurationError: A setting or key is missing or unusable.
            TransientError: A service is busy. Try again.

        Examples:
            >>> [hit] = library.search("when do we ship?", video="talk.mp4", limit=1)
            >>> hit.key, hit.start_seconds
            ('uploads/talk.mp4', 0.0)
        """
        return search(
            question,
            self.settings,
            limit=limit,
            search_filter=_filter(speaker, video, since),
        )

    def ask(
        self,
        question: str,
        *,
        speaker: str | None = None,
        video: str | None = None,
        since: datetime | None = None,
    ) -> Answer:
        """Answer a question from the recordings alone.

        A sentence whose quote is not in the transcript is left out of the answer. Without
        sentences, the recordings do not contain the answer.

        Args:
            question: The question.
            speaker: As for `search`.
            video: As for `search`.
            since: As for `search`.

        Raises:
            AnswerError: The model's answer cannot be used.
            SwitchedOffError: The deployment has no index.
            UnknownSpeakerError: No speaker in the searched recordings has this name.
            ConfigurationError: A setting or key is missing or unusable.
            TransientError: A service is busy. Try again.

        Examples:
            >>> answer = library.ask("When do we ship it?")
            >>> [(sentence.text, sentence.start_seconds) for sentence in answer.sentences]
            [('We ship it on Friday. Then I write the notes today.', 0.0)]
        """
        return ask(question, self.settings, search_filter=_filter(speaker, video, since))


def _filter(speaker: str | None, video: str | None, since: datetime | None) -> SearchFilter:
    key = uploads_key(video) if video else None
    return SearchFilter(speaker=speaker, key=key, since=since)
