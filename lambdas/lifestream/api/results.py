"""Read what a job published: its files, transcript and summary, and the video itself.

Files are never sent through the API: clients read them from the bucket, by presigned address. An
address ends after 15 minutes, or with the credentials of the function's role if they end sooner.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lifestream.api.jobs import JobId, found
from lifestream.aws import clients
from lifestream.client.results import URL_SECONDS
from lifestream.client.s3_results import S3Results
from lifestream.domain.file_types import content_type, result_type
from lifestream.domain.job_record import JobRecord
from lifestream.domain.summary import Summary
from lifestream.domain.transcript import Segment
from lifestream.errors import NoResultsError, SwitchedOffError
from lifestream.rest.results import Media, ResultFile, ResultFiles, TranscriptPage

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # its constructor has no hints
MAX_SEGMENTS = 1_000
MAX_PAGE_BYTES = 4_000_000
"""Of the segments in one answer. Lambda sends at most 6 MB.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


@router.get("/v1/jobs/<job_id>/results", description="List the files of a job, to download them.")
def list_results(job_id: JobId) -> ResultFiles:
    results = S3Results(clients.s3(), found(job_id))
    files = (
        ResultFile(
            name=name,
            size=size,
            media_type=result_type(name),
            url=results.presigned_url(name, expires_seconds=URL_SECONDS),
        )
        for name, size in results.sizes().items()
    )
    return ResultFiles(expires_at=_expiry(), files=tuple(files))


@router.get(
    "/v1/jobs/<job_id>/transcript",
    description="Read who said what, and when. A page ends early if it would exceed 4 MB.",
)
def read_transcript(
    job_id: JobId,
    after: Annotated[int | None, Query(ge=0, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_SEGMENTS, description="Segments per page.")] = 200,
    words: Annotated[bool, Query(description="Send each word with its times.")] = False,
) -> TranscriptPage:
    transcript = S3Results(clients.s3(), found(job_id)).transcript()
    last = -1 if after is None else after
    rest = [segment for segment in transcript.segments if segment.id > last][:limit]
    shown = rest if words else map(_without_words, rest)
    return TranscriptPage.of(transcript, tuple(fitting(shown)))


@router.get("/v1/jobs/<job_id>/summary", description="Read the summary. Each statement is quoted.")
def read_summary(job_id: JobId) -> Summary:
    record = found(job_id)
    summary = S3Results(clients.s3(), record).summary()
    if summary is None:
        raise _no_summary(record)
    return summary


@router.get("/v1/jobs/<job_id>/media", description="Get an address that plays the video.")
def read_media(job_id: JobId) -> Media:
    from lifestream.aws.videos import head_of, presigned_url

    job, s3 = found(job_id).job, clients.s3()
    return Media(
        file_name=job.file_name,
        size=head_of(s3, job)["ContentLength"],
        media_type=content_type(job.key),
        url=presigned_url(s3, job, expires_seconds=URL_SECONDS),
        expires_at=_expiry(),
    )


def fitting(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield the first segments that fit one answer, and at least one.

    A segment that is too large by itself comes without its words.
    """
    left = MAX_PAGE_BYTES
    for number, segment in enumerate(segments):
        left -= _size_in_answer(segment)
        if left >= 0:
            yield segment
        elif number == 0:
            yield _without_words(segment)
        if left < 0:
            return


def _size_in_answer(segment: Segment) -> int:
    """Lambda's answer is JSON that holds the body as a string, so it is escaped twice."""
    return len(json.dumps(json.dumps(segment.model_dump(mode="json"))))


def _without_words(segment: Segment) -> Segment:
    return segment.model_copy(update={"words": ()})


def _no_summary(record: JobRecord) -> NoResultsError:
    name = record.job.file_name
    for part in record.switched_off:
        if part.part == "summary":
            advice = SwitchedOffError.advice
            return NoResultsError(f"{name} has no summary: {part.reason}", advice=advice)
    cause = f": {record.failure.cause}" if record.failure else ""
    advice_of_failure = record.failure.advice if record.failure else None
    return NoResultsError(f"{name} has no summary{cause}", advice=advice_of_failure)


def _expiry() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=URL_SECONDS)
