"""Every request of the REST API as a typed method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePath

from lifestream.client.rest.job_requests import PAGE, JobRequests
from lifestream.client.rest.results import ApiResults
from lifestream.client.results import Results
from lifestream.domain.answers import Answer
from lifestream.domain.bucket_layout import UPLOADS
from lifestream.domain.summary import Summary
from lifestream.domain.transcript import Segment
from lifestream.rest.erasures import Erasure
from lifestream.rest.identity import Me
from lifestream.rest.library import Passage, Passages, Question
from lifestream.rest.results import Media, TranscriptPage
from lifestream.rest.speakers import Forgotten, GivenName, Naming, People, Person


class Api(JobRequests):
    """A deployment, through its REST API.

    A job is named by its id, or the first characters of it. Each method raises the error that the
    API names, all of which are in `lifestream.errors`: NotSignedInError, AccessDeniedError,
    JobNotFoundError, TransientError and others.

    Examples:
        >>> api = Api(url, token)
        >>> job = api.wait(api.upload(Path("talk.mp4")).job_id)
        >>> api.results(job.job_id).transcript().segments[0].text
        'We ship it on Friday.'
    """

    @classmethod
    def signed_in(cls, stage: str | None = None) -> Api:
        """Use the sign-in of `lifestream login`, which is renewed when it ends.

        Args:
            stage: The stage to which somebody signed in. By default, the last one.

        Raises:
            NotSignedInError: Nobody signed in, or the sign-in has ended.

        Examples:
            >>> Api.signed_in("staging")
            Traceback (most recent call last):
            ...
            lifestream.errors.NotSignedInError: nobody is signed in to the stage staging
        """
        from lifestream.client.rest.sign_ins import SignIns, not_signed_in, renewing

        sign_in = SignIns.read().find(stage)
        if sign_in is None:
            raise not_signed_in(stage)
        return cls(sign_in.api_url, http=renewing(sign_in))

    def me(self) -> Me:
        """Return who is signed in.

        Examples:
            >>> api.me().role
            'admin'
        """
        return self._session.ask(Me, "GET", "/v1/me")

    def results(self, job_id: str) -> Results:
        """Return what a job published.

        Raises:
            NoResultsError: The job has published nothing, or nothing yet.

        Examples:
            >>> api.results(job.job_id).transcript().segments[0].text
            'We ship it on Friday.'
        """
        return ApiResults(self._session, self.job(job_id))

    def segments(self, job_id: str, *, words: bool = False) -> Iterator[Segment]:
        """Yield who said what, in order of time, read page by page.

        Args:
            job_id: The job.
            words: Also read each word with its times.

        Examples:
            >>> [segment.text for segment in api.segments(job.job_id)]
            ['We ship it on Friday.', 'Then I write the notes today.']
        """
        path, after = f"/v1/jobs/{self._id(job_id)}/transcript", None
        while True:
            query = {"after": after, "words": "true" if words else None}
            page = self._session.ask(TranscriptPage, "GET", path, query=query)
            yield from page.segments
            after = page.next
            if after is None:
                return

    def summary(self, job_id: str) -> Summary:
        """Return the summary, each of whose statements quotes the transcript.

        Raises:
            NoResultsError: The job has no summary.

        Examples:
            >>> api.summary(job.job_id).title
            'A release on Friday'
        """
        return self._session.ask(Summary, "GET", f"/v1/jobs/{self._id(job_id)}/summary")

    def media(self, job_id: str) -> Media:
        """Return an address at which the video plays, for 15 minutes.

        Examples:
            >>> api.media(job.job_id).media_type
            'video/mp4'
        """
        return self._session.ask(Media, "GET", f"/v1/jobs/{self._id(job_id)}/media")

    def search(
        self,
        words: str,
        *,
        limit: int = 5,
        speaker: str | None = None,
        video: str | None = None,
        since: datetime | None = None,
    ) -> list[Passage]:
        """Find the passages in which something was said, best first.

        Args:
            words: Words, or a question.
            limit: How many at most, up to 100.
            speaker: Only what this speaker said: `Speaker 1`, `SPEAKER_00`, or a name.
            video: Only this upload: the `key` of its job, or the name of the file, whose newest
                upload is meant.
            since: Only what was uploaded at this moment or later.

        Raises:
            UnknownSpeakerError: No speaker in the searched recordings has this name.
            SwitchedOffError: The deployment has no index.

        Examples:
            >>> [passage.start_seconds for passage in api.search("when do we ship it?")]
            [0.0]
        """
        asked = {"q": words, "limit": limit, "speaker": speaker, "key": self._key(video)}
        asked["since"] = since.isoformat() if since else None
        return list(self._session.ask(Passages, "GET", "/v1/search", query=asked).passages)

    def ask(
        self,
        question: str,
        *,
        speaker: str | None = None,
        video: str | None = None,
        since: datetime | None = None,
    ) -> Answer:
        """Answer a question with quotes from the recordings.

        Args:
            question: The question, of at most 1,000 characters.
            speaker: As for `search`.
            video: As for `search`.
            since: As for `search`.

        Raises:
            AnswerError: The model's answer cannot be used.
            SwitchedOffError: The deployment has no index.

        Examples:
            >>> [sentence.start_seconds for sentence in api.ask("When do we ship it?").sentences]
            [0.0]
        """
        asked = Question(question=question, speaker=speaker, key=self._key(video), since=since)
        return self._session.ask(Answer, "POST", "/v1/ask", body=asked)

    def name_speaker(self, job_id: str, speaker: str, name: str) -> Naming:
        """Name a speaker. The results are written again; no engine runs.

        Args:
            job_id: The job.
            speaker: `Speaker 1`, `SPEAKER_00`, or the name that the speaker has now.
            name: 1 to 80 characters.

        Raises:
            UnknownSpeakerError: The recording has no such speaker.

        Examples:
            >>> api.name_speaker(job.job_id, "Speaker 1", "Ada").names
            {'SPEAKER_00': 'Ada'}
        """
        given = GivenName(speaker=speaker, name=name)
        path = f"/v1/jobs/{self._id(job_id)}/speakers"
        return self._session.ask(Naming, "PUT", path, body=given)

    def people(self) -> tuple[Person, ...]:
        """Return the people whose voices are known.

        Examples:
            >>> api.people()
            ()
        """
        return self._session.ask(People, "GET", "/v1/speakers").people

    def forget(self, name: str) -> int:
        """Delete the voiceprints of a person, and return how many there were.

        Examples:
            >>> api.forget("Ada")
            0
        """
        forgotten = self._session.ask(Forgotten, "DELETE", "/v1/speakers", query={"name": name})
        return forgotten.voiceprints

    def erasure_plan(self, job_id: str) -> Erasure:
        """Return what an erasure of a job would find. Nothing is erased.

        Raises:
            AccessDeniedError: The role is not admin.

        Examples:
            >>> plan = api.erasure_plan(job.job_id)
            >>> plan.state, plan.found.uploads
            ('planned', 1)
        """
        return self._session.ask(Erasure, "DELETE", f"/v1/jobs/{self._id(job_id)}")

    def erase(self, plans: Sequence[Erasure]) -> list[Erasure]:
        """Erase everything about jobs: videos, results, voiceprints, rows and messages.

        Args:
            plans: What `erasure_plan` returned for each job, at most ten minutes ago.

        Returns:
            The erasures, which go on by themselves: `erasure` has the receipt when one has ended.

        Raises:
            ConfirmationError: A plan is too old, or the job was redriven meanwhile.

        Examples:
            >>> api.erase([])
            []
        """
        confirmed = [(plan.job_id, plan.confirmation) for plan in plans]
        return [
            self._session.ask(
                Erasure,
                "DELETE",
                f"/v1/jobs/{job_id}",
                query={"confirm": confirmation.token if confirmation else None},
            )
            for job_id, confirmation in confirmed
        ]

    def erasure(self, job_id: str) -> Erasure:
        """Return the erasure of a job, with its receipt when it has ended.

        Args:
            job_id: The whole id, because an erased job is not listed any more.

        Raises:
            NoErasureError: Nobody erased the job.

        Examples:
            >>> api.erasure(job.job_id)
            Traceback (most recent call last):
            ...
            lifestream.errors.NoErasureError: nobody erased the job ...
        """
        return self._session.ask(Erasure, "GET", f"/v1/erasures/{job_id}")

    def _key(self, video: str | None) -> str | None:
        """Return the key of the newest upload with this name."""
        if video is None or video.startswith(UPLOADS):
            return video
        name = PurePath(video).name
        for page in self._pages(PAGE, name=name):
            for job in page:
                if job.file_name == name:
                    return job.key
        return f"{UPLOADS}{video}"
