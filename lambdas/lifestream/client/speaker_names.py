"""Resolve the names of speakers at search time, because the index stores only their ids."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from lifestream import resources
from lifestream.aws import clients
from lifestream.client.s3_results import S3Results
from lifestream.domain.speech.speakers import (
    display_name,
    display_names,
    folded_name,
    parse_speaker_id,
)
from lifestream.domain.transcript import Speaker, Transcript
from lifestream.engines.vector_index import Hit, SearchFilter
from lifestream.errors import ArtifactMissingError, NoResultsError, UnknownSpeakerError
from lifestream.rendering.manifest import Manifest
from lifestream.settings import ClientSettings

PARALLEL_READS = 16


class SpeakerNames:
    """The speaker names in the published results. The results of each job are read once.

    A filter by name costs one listing, however many jobs there are: `voices/names/` says which
    jobs hold the name.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._read: dict[str, dict[str, str]] = {}

    def resolve(self, search_filter: SearchFilter) -> SearchFilter:
        """Replace a name in `speaker` with what an index can filter by: speaker ids per job.

        Raises UnknownSpeakerError if no results hold the name.
        """
        wanted = search_filter.speaker
        if wanted is None:
            return search_filter
        if speaker_id := parse_speaker_id(wanted):
            return search_filter.model_copy(update={"speaker": speaker_id})
        by_job = resources.voiceprints(self._settings).jobs_with(wanted)
        if not by_job:
            raise UnknownSpeakerError(f"no recording has a speaker called {wanted!r}")
        return search_filter.model_copy(update={"speaker": None, "speakers_by_job": by_job})

    def name(self, hits: Iterable[Hit]) -> list[Hit]:
        """Return the hits with the display names of their speakers."""
        hits = list(hits)
        new = sorted({hit.job_id for hit in hits} - self._read.keys())
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            self._read |= zip(new, pool.map(self._names_of, new), strict=True)
        return [self._named(hit) for hit in hits]

    def _named(self, hit: Hit) -> Hit:
        known = self._read[hit.job_id]
        names = tuple(known.get(one) or display_name(one) for one in hit.speakers)
        return hit.model_copy(update={"names": names})

    def _names_of(self, job_id: str) -> dict[str, str]:
        """Return speaker id → name, empty if the results are not published yet or were deleted."""
        record = resources.job_table(self._settings).find(job_id)
        try:
            return display_names(_speakers(S3Results(clients.s3(), record))) if record else {}
        except (ArtifactMissingError, NoResultsError):
            return {}


def _speakers(results: S3Results) -> tuple[Speaker, ...]:
    """Return the speakers from the manifest or, for earlier versions, from the transcript."""
    manifest = Manifest.model_validate_json(results.read("manifest.json"))
    if manifest.speakers is not None:
        return manifest.speakers
    return Transcript.model_validate_json(results.read("transcript.json")).speakers


def is_said_by(hit: Hit, name: str) -> bool:
    """Return whether one of the hit's speakers has this name in the current results."""
    return folded_name(name) in map(folded_name, hit.names)
