"""PublishResults: everything that could be made in, the files that people use out."""

from __future__ import annotations

from pydantic import BaseModel

from lifestream import __version__
from lifestream.aws.artifacts import SUMMARY
from lifestream.domain.job import JobStatus, PublishableJob, PublishedJob
from lifestream.domain.manifest import Manifest
from lifestream.domain.markdown import result_page
from lifestream.domain.quality import assess
from lifestream.domain.subtitles import cues_of, to_srt, to_vtt
from lifestream.domain.summary import Summary
from lifestream.domain.transcript import Transcript
from lifestream.step import artifacts, step
from lifestream.step_names import Step

CONTENT_TYPES = {
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
}


@step(Step.PUBLISH_RESULTS, takes=PublishableJob, status=JobStatus.PUBLISHING)
def handler(job: PublishableJob) -> PublishedJob:
    transcript = artifacts().transcript(job.job_id)
    for name, text in result_files(job, transcript, summary_of(job)).items():
        content_type = CONTENT_TYPES[name.rpartition(".")[2]]
        artifacts().put(f"{job.results_prefix}{name}", text.encode(), content_type)
    return PublishedJob(**job.model_dump(), published_prefix=job.results_prefix)


def summary_of(job: PublishableJob) -> Summary | None:
    if Step.SUMMARIZE_TRANSCRIPT in {part.step for part in job.missing}:
        return None
    return artifacts().load(job.job_id, Step.SUMMARIZE_TRANSCRIPT, SUMMARY, Summary)


def result_files(
    job: PublishableJob, transcript: Transcript, summary: Summary | None
) -> dict[str, str]:
    """Name → content, the manifest last: whoever sees it sees all the others."""
    cues = cues_of(transcript)
    files = {"transcript.json": _json(transcript), "quality.json": _json(assess(transcript))}
    if summary:
        files["summary.json"] = _json(summary)
    files["subtitles.srt"] = to_srt(cues)
    files["subtitles.vtt"] = to_vtt(cues)
    files["result.md"] = result_page(
        file_name=job.file_name, transcript=transcript, summary=summary, missing=job.missing
    )
    files["manifest.json"] = _json(_manifest(job, transcript, summary, tuple(files)))
    return files


def _manifest(
    job: PublishableJob, transcript: Transcript, summary: Summary | None, files: tuple[str, ...]
) -> Manifest:
    return Manifest(
        job_id=job.job_id,
        status=JobStatus.PARTIAL if job.missing else JobStatus.SUCCEEDED,
        source=transcript.source,
        duration_seconds=transcript.duration_seconds,
        options=job.options,
        engines=transcript.engines,
        summary_engine=summary.engine if summary else None,
        code_version=__version__,
        files=files,
        missing=job.missing,
    )


def _json(model: BaseModel) -> str:
    return model.model_dump_json(indent=1) + "\n"
