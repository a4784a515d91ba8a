"""Restore a deployment after a loss: rebuild the job table and the index from the bucket.

First, every erasure is repeated, so that nothing erased comes back with a backup of the bucket or
of the table. Then the rows of all published jobs are written, and missing passages are indexed
again. A second run finds nothing to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lifestream.aws.erasure_records import ErasureRecords
from lifestream.aws.job_table import JobTable
from lifestream.aws.object_versions import StoredVersion
from lifestream.aws.objects import read_if_present
from lifestream.aws.videos import other_versions
from lifestream.domain.base import Frozen
from lifestream.domain.bucket_layout import CONTENTS, HOLDS, JOBS, RESULTS, UPLOADS, job_id_in
from lifestream.domain.chunks import Chunk, chunks_of
from lifestream.domain.erasure import upload_digest
from lifestream.domain.job import Failure, JobStatus, ProcessingJob
from lifestream.domain.job_record import EVENT_PUBLISHED, HOLD
from lifestream.domain.transcript import Transcript
from lifestream.engines.embedding import Embedder
from lifestream.engines.vector_index import Passages, VectorIndex
from lifestream.errors import advice_for
from lifestream.recovery.dlq_claims import DlqClaims
from lifestream.recovery.job_contents import JobMessages, JobObjects
from lifestream.rendering.manifest import Manifest
from lifestream.step_names import Step

DESCRIPTION = re.compile(rf"{JOBS}[0-9a-f]{{32}}/{Step.INSPECT_VIDEO}/job-(\d+)\.json")
UNKNOWN_EXECUTION = "unknown: the row was restored"


class Restored(Frozen):
    """What was done, as job ids.

    erased_again: erased jobs of which something had come back
    suspects: jobs of videos that were erased under another id; a person has to decide
    rows: jobs whose row was written
    indexed: jobs whose passages were indexed
    """

    erased_again: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restore:
    """`index` and `embedder` are None if the deployment has no search; `passages`: see `Eraser`."""

    jobs: JobTable
    records: ErasureRecords
    objects: JobObjects
    messages: JobMessages
    passages: Passages | None
    receipt_key: bytes
    claims: DlqClaims
    index: VectorIndex | None
    embedder: Embedder | None

    def run(self) -> Restored:
        suspects, erased_again = self._repeat_erasures()
        rows = tuple(self._rebuild_rows())
        return Restored(
            erased_again=tuple(sorted(erased_again)),
            suspects=tuple(sorted(suspects)),
            rows=rows,
            indexed=tuple(self._rebuild_index()),
        )

    def _repeat_erasures(self) -> tuple[set[str], set[str]]:
        """Erase again what came back, and return the suspects and the jobs that were erased."""
        receipts = {receipt.job_id: receipt for receipt in self.records.receipts()}
        digests = {receipt.upload_digest for receipt in receipts.values()}
        returned = {job_id for job_id in receipts if self._erase_row(job_id)}
        suspects: set[str] = set()
        for prefix in (*CONTENTS, HOLDS):
            found: list[StoredVersion] = []
            for one in self.objects.versions.below(prefix):
                owner = self.objects.owner(one)
                if owner in receipts and owner:
                    found.append(one)
                    returned.add(owner)
                elif owner and self._is_copy(one, digests):
                    suspects.add(owner)
            self.objects.versions.delete(found)
        self.messages.delete(list(receipts))
        for job_id in receipts if self.passages else ():
            self._erase_passages(job_id)
        return suspects, returned

    def _erase_row(self, job_id: str) -> bool:
        """Return whether there was a row. An older backup may even have a hold."""
        record = self.jobs.find(job_id)
        if record and record.hold:
            self.jobs.change(record, {HOLD: None})
        if not self.jobs.is_erased(job_id):
            self.jobs.erase(job_id)
        return record is not None

    def _is_copy(self, one: StoredVersion, digests: set[str]) -> bool:
        is_upload = one.key.startswith(UPLOADS)
        return is_upload and upload_digest(one.key, one.etag, self.receipt_key) in digests

    def _erase_passages(self, job_id: str) -> None:
        if self.passages and self.passages.ids(job_id):
            self.passages.remove(job_id)

    def _rebuild_rows(self) -> Iterator[str]:
        uploads = {self.objects.owner(one): one for one in self.objects.versions.below(UPLOADS)}
        descriptions = self._descriptions()
        for manifest, prefix in self._manifests():
            job_id = manifest.job_id
            if self.jobs.find(job_id) is None and not self.jobs.is_erased(job_id):
                known = self._described(descriptions.get(job_id))
                job = _job_in(known) if known else _job_of(manifest, uploads)
                self._write_row(job, manifest, prefix)
                self._note_end(job, known.get("duration_seconds", manifest.duration_seconds))
                yield job_id

    def _manifests(self) -> Iterator[tuple[Manifest, str]]:
        """Yield each current manifest with the prefix of its results."""
        seen: set[str] = set()
        for one in self.objects.versions.below(RESULTS):
            if one.key not in seen and one.key.endswith("/manifest.json"):
                body = self._read(one.key)  # of the newest version, unless that was deleted
                if body and job_id_in(one.key):
                    yield Manifest.model_validate_json(body), one.key.removesuffix("manifest.json")
            seen.add(one.key)

    def _descriptions(self) -> dict[str, str]:
        """Return job id → key of what InspectVideo described for the latest attempt."""
        latest: dict[str, tuple[int, str]] = {}
        for one in self.objects.versions.below(JOBS):
            found, job_id = DESCRIPTION.fullmatch(one.key), job_id_in(one.key)
            if found and job_id and not one.is_marker:
                latest[job_id] = max(latest.get(job_id, (0, "")), (int(found[1]), one.key))
        return {job_id: key for job_id, (_, key) in latest.items()}

    def _described(self, key: str | None) -> dict[str, Any]:
        """Return what InspectVideo described; nothing if that has expired."""
        body = self._read(key) if key else None
        known: dict[str, Any] = json.loads(body or "{}")
        return known

    def _write_row(self, job: ProcessingJob, manifest: Manifest, prefix: str) -> None:
        self.jobs.accept(job)
        self.jobs.enter(job, Step.PUBLISH_RESULTS, JobStatus.PUBLISHING)
        if manifest.missing:
            self.jobs.fail(job, JobStatus.PARTIAL, _failure_of(job, manifest), prefix)
        else:
            off = manifest.switched_off
            self.jobs.finish(job, manifest.status, results_prefix=prefix, switched_off=off)

    def _note_end(self, job: ProcessingJob, seconds: float) -> None:
        """The event was published, and the DLQ message sent, before the loss."""
        if record := self.jobs.find(job.job_id):
            changes = {EVENT_PUBLISHED: True, "duration_seconds": seconds}
            self.jobs.change(record, changes)
            if record.needs_dlq_message:
                self.claims.note_sent(record)

    def _rebuild_index(self) -> Iterator[str]:
        """Index what is missing: jobs of the newest version of each video, with results."""
        for manifest, prefix in self._manifests():
            record = self.jobs.find(manifest.job_id)
            if manifest.indexed and record and self._is_newest(record.job):
                body = self._read(f"{prefix}transcript.json")
                if body and self._index(record.job, Transcript.model_validate_json(body)):
                    yield record.job_id

    def _is_newest(self, job: ProcessingJob) -> bool:
        return not other_versions(self.objects.versions.s3, job).newer

    def _index(self, job: ProcessingJob, transcript: Transcript) -> bool:
        """Return whether passages were missing."""
        index, embedder = self.index, self.embedder
        chunks = chunks_of(transcript.reliable)
        if index is None or embedder is None or _ids(chunks) <= index.ids(job.job_id):
            return False
        vectors = embedder.embed([chunk.text for chunk in chunks]).vectors
        index.replace(job, chunks, vectors)
        return True

    def _read(self, key: str) -> bytes | None:
        return read_if_present(self.objects.versions.s3, self.objects.versions.bucket, key)


def _ids(chunks: Iterable[Chunk]) -> set[str]:
    return {chunk.id for chunk in chunks}


def _job_in(described: dict[str, Any]) -> ProcessingJob:
    fields = {name: described[name] for name in ProcessingJob.model_fields if name in described}
    return ProcessingJob(**fields)


def _job_of(manifest: Manifest, uploads: Mapping[str | None, StoredVersion]) -> ProcessingJob:
    """Return the job of a manifest whose artifacts have expired."""
    source, upload = manifest.source, uploads.get(manifest.job_id)
    return ProcessingJob.for_upload(
        bucket=source.bucket,
        key=source.key,
        version_id=source.version_id,
        etag=source.etag,
        size=upload.size if upload else None,
        options=manifest.options,
        submitted_at=upload.written_at if upload else None,
    )


def _failure_of(job: ProcessingJob, manifest: Manifest) -> Failure:
    missing = manifest.missing[0]
    return Failure.of_attempt(
        job,
        step=missing.step,
        error=missing.error,
        cause=missing.cause,
        advice=advice_for(missing.error),
        execution_arn=UNKNOWN_EXECUTION,
        failed_at=job.submitted_at,
    )
