"""Find everything that jobs left behind: versions of objects, and messages in queues."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lifestream.aws.object_versions import ObjectVersions, StoredVersion
from lifestream.aws.queues import QueueService, ReceivedMessage
from lifestream.domain.bucket_layout import (
    INDEX,
    JOBS,
    RESULTS,
    UPLOADS,
    VOICEPRINTS,
    artifacts_of_job,
    job_id_in,
)
from lifestream.domain.erasure import ErasureRequest, Found
from lifestream.domain.job import ProcessingJob, derive_job_id
from lifestream.domain.messages import parse_message
from lifestream.errors import InvalidMessageError

KINDS = {
    UPLOADS: "uploads",
    JOBS: "artifacts",
    RESULTS: "results",
    INDEX: "index",
    VOICEPRINTS: "voiceprints",
}
JOB_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
Versions = dict[str, list[StoredVersion]]
"""Job id → versions."""


@dataclass(frozen=True)
class JobObjects:
    """The objects about jobs. Every version counts, and every delete marker."""

    versions: ObjectVersions

    def of(self, requests: Sequence[ErasureRequest]) -> Versions:
        """Find the objects of some jobs.

        `index/` and `voices/` are listed once, whatever the number of jobs.
        """
        found: Versions = {request.job_id: [] for request in requests}
        for request in requests:
            found[request.job_id] += self._upload(request.job, found.keys())
            for prefix in _prefixes(request):
                found[request.job_id] += self.versions.below(prefix)
        for prefix in (INDEX, VOICEPRINTS):
            for one in self.versions.below(prefix):
                if (owner := job_id_in(one.key)) in found:
                    found[owner].append(one)
        return found

    def _upload(self, job: ProcessingJob, ids: Collection[str]) -> Iterator[StoredVersion]:
        """Yield the job's version of the video, and the delete markers if no version would remain
        without the jobs `ids`."""
        versions = [one for one in self.versions.below(job.key) if one.key == job.key]
        is_last = all(one.is_marker or self.owner(one) in ids for one in versions)
        for one in versions:
            if self.owner(one) == job.job_id or (one.is_marker and is_last):
                yield one

    def owner(self, one: StoredVersion) -> str | None:
        """Return the id of the job that a version of an object is about."""
        if not one.key.startswith(UPLOADS):
            return job_id_in(one.key)
        return None if one.is_marker else derive_job_id(
            self.versions.bucket, one.key, one.version_id
        )  # fmt: skip


def _prefixes(request: ErasureRequest) -> set[str]:
    published = {request.job.results_prefix, request.results_prefix or request.job.results_prefix}
    return {artifacts_of_job(request.job_id), *published}


def count(versions: Collection[StoredVersion], *, passages: int, messages: int) -> Found:
    numbers: dict[str, int] = defaultdict(int)
    for one in versions:
        numbers[KINDS[f"{one.key.partition('/')[0]}/"]] += 1
        numbers["bytes"] += one.size
    return Found(**numbers, passages=passages, messages=messages)


@dataclass(frozen=True)
class JobMessages:
    """The messages about jobs in queues where messages stay for days. `bucket`: of the uploads."""

    queues: Sequence[QueueService]
    bucket: str

    def hidden(self) -> int:
        """Return how many messages another reader holds now. They cannot be looked at."""
        return sum(queue.hidden_dlq_messages() for queue in self.queues)

    def count(self, ids: Collection[str]) -> dict[str, int]:
        """Return job id → number of messages. The messages stay where they are."""
        numbers = dict.fromkeys(ids, 0)
        for queue in self.queues:
            for message in queue.peek_dlq_messages():
                for job_id in self._about(message) & set(ids):
                    numbers[job_id] += 1
        return numbers

    def delete(self, ids: Collection[str]) -> None:
        """Delete the messages. One that is about other jobs too is replaced by messages of theirs.

        The others are shown to other readers again.
        """
        for queue in self.queues:
            for message in list(queue.dlq_messages()):
                if self._about(message).isdisjoint(ids):
                    queue.release(message)
                    continue
                for job in self._events(message):
                    if job.job_id not in ids:
                        queue.send_to_dlq(job)
                queue.delete_dlq_message(message)

    def _about(self, message: ReceivedMessage) -> set[str]:
        return {*JOB_ID.findall(message.body), *(job.job_id for job in self._events(message))}

    def _events(self, message: ReceivedMessage) -> list[ProcessingJob]:
        """Return the jobs of upload events, which name their objects only."""
        try:
            return parse_message(message.body, bucket=self.bucket).jobs
        except InvalidMessageError:
            return []
