"""SummarizeTranscript: summarize the transcript; every statement quotes it."""

from __future__ import annotations

from lifestream.aws.api_keys import load_api_keys
from lifestream.aws.artifacts import SUMMARY
from lifestream.domain.base import Frozen
from lifestream.domain.citations import verified
from lifestream.domain.fingerprints import fingerprint
from lifestream.domain.job import JobStatus
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.step_payloads import InspectedJob, WithoutPart
from lifestream.domain.summary import NOTHING_PAID, NOTHING_SAID, Drafted, SummaryOptions, Usage
from lifestream.engines.summarization import Summarizer, load_summarizer
from lifestream.resources import artifacts
from lifestream.settings import SummarySettings, load
from lifestream.step import step
from lifestream.step_names import Step


class Summarized(Frozen):
    """The result of the step. `usage` is what this run paid for: nothing if the summary existed."""

    engine: str
    statements: int
    verified_statements: int
    usage: Usage


@step(Step.SUMMARIZE_TRANSCRIPT, takes=InspectedJob, status=JobStatus.SUMMARIZING)
def handler(job: InspectedJob) -> Summarized | WithoutPart:
    settings = load(SummarySettings)
    options = summary_options(job, settings)
    summarizer = load_summarizer(settings, load_api_keys())
    if isinstance(summarizer, SwitchedOff):
        return WithoutPart(switched_off=summarizer)
    transcript = artifacts().fingerprint(job.job_id, Step.TRANSCRIBE_SPEECH)
    checkpoint = artifacts().checkpoint(
        job.job_id,
        Step.SUMMARIZE_TRANSCRIPT,
        fingerprint(transcript, summarizer.name, options.model_dump()),
    )
    if summarized := checkpoint.result(Summarized):
        return summarized.model_copy(update={"usage": NOTHING_PAID})
    return checkpoint.save(summarize(job, summarizer, options), outputs=[SUMMARY])


def summary_options(job: InspectedJob, settings: SummarySettings) -> SummaryOptions:
    """Return the job's options; those that it lacks come from the deployment."""
    return SummaryOptions(
        language=job.options.summary_language or settings.summary_language,
        instructions=job.options.summary_instructions or settings.summary_instructions,
    )


def summarize(job: InspectedJob, summarizer: Summarizer, options: SummaryOptions) -> Summarized:
    transcript = artifacts().transcript(job.job_id).reliable
    # A recording without speech has no summary, and a model that is asked for one invents it.
    drafted = Drafted(draft=NOTHING_SAID)
    if transcript.segments:
        drafted = summarizer.summarize(transcript, options)
    summary = verified(drafted, transcript, engine=summarizer.name)
    artifacts().save(job.job_id, Step.SUMMARIZE_TRANSCRIPT, SUMMARY, summary)
    return Summarized(
        engine=summarizer.name,
        statements=summary.statements,
        verified_statements=summary.verified_statements,
        usage=summary.usage,
    )
