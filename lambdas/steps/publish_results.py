"""PublishResults: write the result files from everything that could be made."""

from __future__ import annotations

from lifestream.aws.artifacts import CHECKPOINT, SUMMARY, CheckpointRecord
from lifestream.domain.chunks import Indexed
from lifestream.domain.file_types import result_type
from lifestream.domain.job import JobStatus
from lifestream.domain.metrics import Metric
from lifestream.domain.speech.diagnostics import Diagnostics
from lifestream.domain.speech.quality import QualityReport, assess
from lifestream.domain.speech.speakers import names_given
from lifestream.domain.speech.voiceprints import with_names
from lifestream.domain.step_payloads import PublishableJob, PublishedJob
from lifestream.domain.summary import Summary
from lifestream.domain.transcript import Transcript
from lifestream.observability import emit
from lifestream.rendering.result_files import result_files
from lifestream.resources import artifacts, voiceprints
from lifestream.settings import VoiceSettings, load
from lifestream.step import step
from lifestream.step_names import Step

PARTS = {"summary": Step.SUMMARIZE_TRANSCRIPT, "index": Step.INDEX_TRANSCRIPT}


@step(Step.PUBLISH_RESULTS, takes=PublishableJob, status=JobStatus.PUBLISHING)
def handler(job: PublishableJob) -> PublishedJob:
    transcript, diagnostics = named_transcript(job)
    quality = assess(transcript, diagnostics)
    for name, text in files_of(job, transcript, quality).items():
        artifacts().put(f"{job.results_prefix}{name}", text.encode(), result_type(name))
    voiceprints().note_names(job.job_id, names_given(transcript.speakers))
    emit(speech_metrics(quality), job_id=job.job_id)
    return PublishedJob(**job.model_dump(), published_prefix=job.results_prefix)


def named_transcript(job: PublishableJob) -> tuple[Transcript, Diagnostics]:
    diagnostics = artifacts().diagnostics(job.job_id)
    transcript = with_names(
        artifacts().transcript(job.job_id),
        given=voiceprints().names_given(job.job_id),
        diagnostics=diagnostics,
        known=voiceprints().known() if diagnostics.voices else (),
        min_score=load(VoiceSettings).min_score,
    )
    return transcript, diagnostics


def files_of(job: PublishableJob, transcript: Transcript, quality: QualityReport) -> dict[str, str]:
    return result_files(
        file_name=job.file_name,
        options=job.options,
        transcript=transcript,
        quality=quality,
        summary=summary_of(job),
        indexed=indexed_of(job),
        missing=job.missing,
        switched_off=job.switched_off,
    )


def speech_metrics(quality: QualityReport) -> dict[Metric, float]:
    return {
        Metric.SPEECH_SECONDS: quality.speech_seconds,
        Metric.MISSING_TEXT_SECONDS: sum(span.seconds for span in quality.missing_text),
        Metric.FLAGGED_SECONDS: sum(span.seconds for span in quality.flagged),
    }


def summary_of(job: PublishableJob) -> Summary | None:
    if is_missing(job, Step.SUMMARIZE_TRANSCRIPT):
        return None
    return artifacts().load(job.job_id, Step.SUMMARIZE_TRANSCRIPT, SUMMARY, Summary)


def indexed_of(job: PublishableJob) -> Indexed | None:
    if is_missing(job, Step.INDEX_TRANSCRIPT):
        return None
    record = artifacts().find(job.job_id, Step.INDEX_TRANSCRIPT, CHECKPOINT, CheckpointRecord)
    return Indexed.model_validate(record.facts) if record else None


def is_missing(job: PublishableJob, step: Step) -> bool:
    off = {PARTS[part.part] for part in job.switched_off}
    return step in {part.step for part in job.missing} | off
