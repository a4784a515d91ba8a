"""IndexTranscript: make the passages of the transcript searchable."""

from __future__ import annotations

from lifestream.aws import clients
from lifestream.aws.api_keys import load_api_keys
from lifestream.aws.videos import other_versions
from lifestream.domain.chunks import CHUNKING, Indexed, chunks_of
from lifestream.domain.fingerprints import fingerprint
from lifestream.domain.job import JobStatus
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.step_payloads import InspectedJob, WithoutPart
from lifestream.domain.summary import NOTHING_PAID
from lifestream.engines.embedding import Embedder, load_embedder
from lifestream.engines.vector_index import VectorIndex, load_vector_index
from lifestream.resources import artifacts
from lifestream.settings import IndexSettings, Storage, load
from lifestream.step import step
from lifestream.step_names import Step


@step(Step.INDEX_TRANSCRIPT, takes=InspectedJob, status=JobStatus.INDEXING)
def handler(job: InspectedJob) -> Indexed | WithoutPart:
    settings, api_keys = load(IndexSettings), load_api_keys()
    embedder = load_embedder(settings, api_keys)
    if isinstance(embedder, SwitchedOff):
        return WithoutPart(switched_off=embedder)
    bucket = load(Storage).bucket
    index = load_vector_index(settings, api_keys, embedder, s3=clients.s3(), bucket=bucket)
    transcript = artifacts().fingerprint(job.job_id, Step.TRANSCRIBE_SPEECH)
    checkpoint = artifacts().checkpoint(
        job.job_id,
        Step.INDEX_TRANSCRIPT,
        fingerprint(transcript, embedder.name, index.name, CHUNKING),
    )
    if indexed := checkpoint.result(Indexed):
        return indexed.model_copy(update={"usage": NOTHING_PAID})
    return checkpoint.save(index_transcript(job, embedder, index))


def index_transcript(job: InspectedJob, embedder: Embedder, index: VectorIndex) -> Indexed:
    transcript = artifacts().transcript(job.job_id).reliable
    chunks = chunks_of(transcript)
    embedded = embedder.embed([chunk.text for chunk in chunks])
    index.replace(job, chunks, embedded.vectors)
    keep_newest(job, index)
    return Indexed(
        embedder=embedder.name, index=index.name, chunks=len(chunks), usage=embedded.usage
    )


def keep_newest(job: InspectedJob, index: VectorIndex) -> None:
    """Keep only the newest version of a video in the index, even if it was indexed first."""
    versions = other_versions(clients.s3(), job)
    for job_id in versions.older:
        index.remove(job_id)
    if versions.newer:
        index.remove(job.job_id)
