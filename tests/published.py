"""Publish a job's results and index its passages, as its steps would do."""

from __future__ import annotations

from collections.abc import Sequence

from builders import a_segment, evidence_of
from built_in_models import word_vectors
from conftest import BUCKET, JOBS, Aws
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.domain.chunks import chunks_of
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.speech.quality import assess
from lifestream.domain.summary import Summary
from lifestream.domain.transcript import Engines, Source, Speaker, Transcript
from lifestream.engines.vector_index.s3 import S3Index
from lifestream.rendering.result_files import result_files


def publish_results(
    aws: Aws, job: ProcessingJob, transcript: Transcript, summary: Summary | None = None
) -> None:
    """Write the result files and the row with SUCCEEDED."""
    files = result_files(
        file_name=job.file_name,
        options=job.options,
        transcript=transcript,
        quality=assess(transcript, evidence_of(transcript)),
        summary=summary,
        missing=(),
    )
    for name, text in files.items():
        aws.s3.put_object(Bucket=BUCKET, Key=f"{job.results_prefix}{name}", Body=text.encode())
    jobs = JobTable(clients.table(JOBS))
    jobs.accept(job)
    jobs.finish(job, JobStatus.SUCCEEDED, results_prefix=job.results_prefix)


def publish_and_index(aws: Aws, job: ProcessingJob, said: Sequence[tuple[str, str, float]]) -> None:
    """Publish and index a transcript. `said`: (speaker, text, start in seconds) per segment."""
    transcript = Transcript(
        job_id=job.job_id,
        source=Source(bucket=job.bucket, key=job.key, version_id="v1", etag="abc"),
        language="en",
        duration_seconds=60,
        engines=Engines(transcription="test", diarization="test"),
        speakers=tuple(Speaker(id=one) for one in sorted({who for who, _, _ in said})),
        segments=tuple(
            a_segment(number, text, speaker=who, start=start)
            for number, (who, text, start) in enumerate(said)
        ),
    )
    publish_results(aws, job, transcript)
    index_passages(aws, job, transcript)


def index_passages(aws: Aws, job: ProcessingJob, transcript: Transcript) -> None:
    chunks, embedder = chunks_of(transcript), word_vectors()
    index = S3Index(aws.s3, BUCKET, embedder=embedder.name)
    index.replace(job, chunks, embedder.embed([chunk.text for chunk in chunks]).vectors)
