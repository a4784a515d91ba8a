"""SummarizeTranscript: transcript in, summary with checked quotes out."""

from __future__ import annotations

from lifestream.aws.artifacts import SUMMARY
from lifestream.aws.keys import with_keys
from lifestream.domain.fingerprints import fingerprint
from lifestream.domain.job import Frozen, InspectedJob, JobStatus
from lifestream.domain.summary import NOTHING_SAID, verified
from lifestream.engines.summarization import Summarizer, load_summarizer
from lifestream.settings import Keys, SummarySettings, load
from lifestream.step import artifacts, step
from lifestream.step_names import Step


class Summarized(Frozen):
    engine: str
    statements: int
    verified_statements: int


@step(Step.SUMMARIZE_TRANSCRIPT, takes=InspectedJob, status=JobStatus.SUMMARIZING)
def handler(job: InspectedJob) -> Summarized:
    return with_keys(lambda keys: summarize_with(keys, job))


def summarize_with(keys: Keys, job: InspectedJob) -> Summarized:
    summarizer = load_summarizer(load(SummarySettings), keys)
    transcript_made_from = artifacts().fingerprint(job.job_id, Step.TRANSCRIBE_SPEECH)
    return artifacts().once(
        job.job_id,
        Step.SUMMARIZE_TRANSCRIPT,
        fingerprint(transcript_made_from, summarizer.name),
        lambda: summarize(job, summarizer),
        Summarized,
        leaves=[SUMMARY],
    )


def summarize(job: InspectedJob, summarizer: Summarizer) -> Summarized:
    transcript = artifacts().transcript(job.job_id).believed
    # Silence has no summary, and asking a model for one invites it to invent.
    draft = summarizer.summarize(transcript) if transcript.segments else NOTHING_SAID
    summary = verified(draft, transcript, engine=summarizer.name)
    artifacts().save(job.job_id, Step.SUMMARIZE_TRANSCRIPT, SUMMARY, summary)
    return Summarized(
        engine=summarizer.name,
        statements=summary.statements,
        verified_statements=summary.verified_statements,
    )
