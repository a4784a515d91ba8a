"""What a job published is read through the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from api_requests import Answer, request
from builders import MEETING, a_draft, a_job, a_segment, a_transcript
from conftest import BUCKET, JOBS, Aws
from lifestream.api import results as api_results
from lifestream.aws import clients, transcripts
from lifestream.aws.job_table import JobTable
from lifestream.domain.citations import verified
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.parts import SwitchedOff
from lifestream.domain.speech.voiceprints import with_given
from lifestream.domain.summary import Drafted, Summary, Usage
from lifestream.domain.transcript import Flag
from published import publish_results
from unit.test_api_jobs import error_in
from unit.test_job_table import FAILURE

LAMBDA_LIMIT = 6 * 1024 * 1024
READS = ("results", "transcript", "summary", "media")
JOB = a_job()


@pytest.fixture
def table(aws: Aws) -> JobTable:
    publish_results(aws, JOB, MEETING, a_summary())
    return JobTable(clients.table(JOBS))


def change_row(**changes: Any) -> None:
    table = JobTable(clients.table(JOBS))
    record = table.find(JOB.job_id)
    assert record
    table.change(record, changes)


def a_summary() -> Summary:
    draft = Drafted(draft=a_draft(title="The budget"), usage=Usage())
    return verified(draft, MEETING, engine="test")


def get(what: str, job: ProcessingJob = JOB, **query: object) -> Answer:
    texts = {name: str(value) for name, value in query.items()}
    return request("GET", f"/v1/jobs/{job.job_id}/{what}", query=texts or None)


def pages(job: ProcessingJob, **query: object) -> Iterator[Answer]:
    page = get("transcript", job, **query)
    yield page
    while page.json["next"] is not None:
        page = get("transcript", job, **query, after=page.json["next"])
        yield page


def signed(url: str) -> dict[str, str]:
    """The parameters of a presigned address."""
    return {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}


def an_upload(aws: Aws, key: str = "uploads/talk.mp4", **more: Any) -> ProcessingJob:
    version = aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"video", **more)["VersionId"]
    job = a_job(key=key, version=version)
    JobTable(clients.table(JOBS)).accept(job)
    return job


@pytest.mark.usefixtures("table")
def test_the_files_of_a_job_are_listed_with_their_addresses(aws: Aws) -> None:
    answer = get("results").json

    files = {file["name"]: file for file in answer["files"]}
    stored = aws.s3.head_object(Bucket=BUCKET, Key=f"{JOB.results_prefix}subtitles.srt")
    assert {"transcript.json", "summary.json", "result.html"} <= files.keys()
    assert files["subtitles.srt"]["size"] == stored["ContentLength"]
    assert files["subtitles.srt"]["media_type"] == "application/x-subrip; charset=utf-8"


@pytest.mark.usefixtures("table")
def test_a_file_s_address_downloads_it_for_a_quarter_of_an_hour() -> None:
    answer = get("results").json

    [page] = (file for file in answer["files"] if file["name"] == "result.html")
    parameters = signed(page["url"])
    assert urlsplit(page["url"]).path.endswith(f"/{JOB.results_prefix}result.html")
    assert parameters["X-Amz-Expires"] == "900"
    assert parameters["response-content-type"] == "text/html; charset=utf-8"
    assert parameters["response-content-disposition"] == "attachment; filename*=UTF-8''result.html"
    until = datetime.fromisoformat(answer["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < until <= timedelta(minutes=15)


@pytest.mark.usefixtures("table")
def test_the_name_of_a_stray_file_breaks_no_header(aws: Aws) -> None:
    name = 'evil"; filename=x\r\nSet-Cookie: a=b\u202e.exe'
    aws.s3.put_object(Bucket=BUCKET, Key=f"{JOB.results_prefix}{name}", Body=b"")

    [stray] = (file for file in get("results").json["files"] if file["name"] == name)

    header = signed(stray["url"])["response-content-disposition"]
    assert header.isascii()
    assert header.startswith("attachment; filename*=UTF-8''evil%22%3B%20filename%3Dx%0D%0A")
    assert stray["media_type"] == "application/octet-stream"


@pytest.mark.usefixtures("table")
def test_the_files_of_another_job_are_not_listed(aws: Aws) -> None:
    """`uploads/talk.<job id>/x.mp4` publishes below the results of `uploads/talk.mp4`."""
    before = get("results").json["files"]
    folder = JOB.results_prefix.removeprefix("results/")
    publish_results(aws, a_job(key=f"uploads/{folder}x.mp4"), MEETING)

    after = get("results").json["files"]

    assert [file["name"] for file in after] == [file["name"] for file in before]


@pytest.mark.usefixtures("table")
def test_a_transcript_is_read_without_words() -> None:
    page = get("transcript").json

    assert (page["job_id"], page["language"]) == (MEETING.job_id, "en")
    assert page["duration_seconds"] == MEETING.duration_seconds
    assert page["engines"] == {"transcription": "test", "diarization": "test"}
    assert [speaker["id"] for speaker in page["speakers"]] == ["SPEAKER_00", "SPEAKER_01"]
    assert [one["text"] for one in page["segments"]] == [one.text for one in MEETING.segments]
    assert [one["words"] for one in page["segments"]] == [[], [], [], []]
    assert (page["segment_count"], page["next"]) == (4, None)


@pytest.mark.usefixtures("table")
def test_words_are_sent_on_request() -> None:
    [first, *_] = get("transcript", words="true").json["segments"]

    assert first == MEETING.segments[0].model_dump(mode="json")


@pytest.mark.usefixtures("table")
def test_a_transcript_is_read_page_by_page() -> None:
    ids = [[one["id"] for one in page.json["segments"]] for page in pages(JOB, limit=3)]

    assert ids == [[0, 1, 2], [3]]
    assert get("transcript", after=99).json["segments"] == []
    assert get("transcript", after=99).json["next"] is None


@pytest.fixture
def statuses(aws: Aws) -> Iterator[list[int]]:  # noqa: ARG001  # the client of this test
    """Collect what S3 answers to requests for an object."""
    found: list[int] = []

    def note(http_response: Any, **_: Any) -> None:
        found.append(http_response.status_code)

    events = clients.s3().meta.events
    events.register("after-call.s3.GetObject", note)
    yield found
    events.unregister("after-call.s3.GetObject", note)


@pytest.mark.usefixtures("table")
def test_a_transcript_that_did_not_change_is_not_read_again(statuses: list[int]) -> None:
    transcripts._kept.clear()

    read = [page.json["segments"] for page in pages(JOB, limit=1)]

    assert [len(segments) for segments in read] == [1, 1, 1, 1]
    assert statuses == [200, 304, 304, 304]


@pytest.mark.usefixtures("table")
def test_a_page_shows_the_transcript_as_it_is_now(aws: Aws) -> None:
    """A redrive, or a name for a speaker, replaces the file."""
    assert get("transcript").json["speakers"][0]["name"] is None
    publish_results(aws, JOB, with_given(MEETING, {"SPEAKER_00": "Ada"}))

    assert get("transcript").json["speakers"][0]["name"] == "Ada"


def test_an_erased_transcript_is_not_shown_from_memory(aws: Aws, table: JobTable) -> None:
    assert get("transcript").status == 200
    record = table.find(JOB.job_id)
    assert record
    aws.s3.delete_object(Bucket=BUCKET, Key=f"{record.results_prefix}transcript.json")

    assert get("transcript").json["error"] == "ArtifactMissingError"


@pytest.mark.usefixtures("table")
def test_a_process_keeps_no_more_transcripts_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MAX_KEPT_BYTES", 10)
    transcripts._kept.clear()

    assert get("transcript").status == 200
    assert len(transcripts._kept) == 0


def test_a_silent_recording_has_an_empty_transcript(aws: Aws) -> None:
    publish_results(aws, JOB, a_transcript())

    page = get("transcript").json

    assert (page["segments"], page["segment_count"], page["next"]) == ([], 0, None)


def test_flagged_text_is_marked(aws: Aws) -> None:
    first, *others = MEETING.segments
    lie = first.model_copy(update={"flags": (Flag.LOOP,)})
    publish_results(aws, JOB, MEETING.model_copy(update={"segments": (lie, *others)}))

    assert get("transcript").json["segments"][0]["flags"] == ["loop"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "1001"}, "query.limit"),
        ({"after": "-1"}, "query.after"),
        ({"after": "1e400"}, "query.after"),
        ({"words": "perhaps"}, "query.words"),
    ],
)
@pytest.mark.usefixtures("table")
def test_a_wrong_query_is_named(query: dict[str, str], field: str) -> None:
    answer = request("GET", f"/v1/jobs/{JOB.job_id}/transcript", query=query)

    assert error_in(answer) == (422, "InvalidRequestError")
    assert [one["field"] for one in answer.json["fields"]] == [field]


def publish_twelve_hours(aws: Aws) -> None:
    """104,000 words in 800 segments, of characters that JSON escapes."""
    spoken = " ".join(['"日本語"'] * 130)
    segments = tuple(a_segment(number, spoken, start=number * 54.0) for number in range(800))
    whole = a_transcript(duration=43_200.0).model_copy(update={"segments": segments})
    key, text = f"{JOB.results_prefix}transcript.json", whole.model_dump_json()
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
    table = JobTable(clients.table(JOBS))
    table.accept(JOB)
    table.finish(JOB, JobStatus.SUCCEEDED, results_prefix=JOB.results_prefix)


def test_twelve_hours_are_read_in_answers_that_lambda_can_send(aws: Aws) -> None:
    publish_twelve_hours(aws)

    answers = list(pages(JOB, limit=1_000, words="true"))

    sizes = [len(json.dumps({"body": answer.text})) for answer in answers]
    assert 3_000_000 < sizes[0] < LAMBDA_LIMIT
    assert max(sizes) < LAMBDA_LIMIT
    read = [one for answer in answers for one in answer.json["segments"]]
    assert [one["id"] for one in read] == list(range(800))
    assert sum(len(one["words"]) for one in read) == 104_000


def test_a_page_ends_before_it_is_too_large(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_results, "MAX_PAGE_BYTES", 3_500)
    publish_results(aws, JOB, MEETING)

    ids = [[one["id"] for one in page.json["segments"]] for page in pages(JOB, words="true")]

    assert ids == [[0, 1], [2, 3]]


def test_a_segment_that_fits_no_page_comes_without_its_words(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_results, "MAX_PAGE_BYTES", 1_000)
    publish_results(aws, JOB, MEETING)

    answers = [page.json["segments"] for page in pages(JOB, words="true")]

    assert [[(one["id"], one["words"]) for one in page] for page in answers] == [
        [(number, [])] for number in range(4)
    ]


@pytest.mark.usefixtures("table")
def test_a_summary_is_read() -> None:
    assert get("summary").json == a_summary().model_dump(mode="json")


def test_a_summary_that_failed_says_why(aws: Aws) -> None:
    publish_results(aws, JOB, MEETING)
    change_row(failure=FAILURE.model_dump(mode="json"), status=JobStatus.PARTIAL)

    answer = get("summary")

    assert error_in(answer) == (409, "NoResultsError")
    assert FAILURE.cause in answer.json["detail"]
    assert answer.json["advice"] == FAILURE.advice


def test_a_deployment_that_makes_no_summaries_says_so(aws: Aws) -> None:
    publish_results(aws, JOB, MEETING)
    off = SwitchedOff(part="summary", reason="no OPENAI_API_KEY is set")
    change_row(switched_off=[off.model_dump()])

    answer = get("summary")

    assert error_in(answer) == (409, "NoResultsError")
    assert "no OPENAI_API_KEY is set" in answer.json["detail"]
    assert "secret" in answer.json["advice"]


@pytest.mark.parametrize("what", ["results", "transcript", "summary"])
def test_a_job_that_has_not_ended_has_no_results(aws: Aws, what: str) -> None:
    job = an_upload(aws)

    answer = get(what, job)

    assert error_in(answer) == (409, "NoResultsError")
    assert "QUEUED" in answer.json["detail"]


@pytest.mark.parametrize("what", ["results", "transcript", "summary"])
def test_a_failed_job_says_why_it_has_no_results(aws: Aws, what: str) -> None:
    job = an_upload(aws)
    JobTable(clients.table(JOBS)).fail(job, JobStatus.FAILED, FAILURE, None)

    answer = get(what, job)

    assert error_in(answer) == (409, "NoResultsError")
    assert answer.json["advice"] == FAILURE.advice


@pytest.mark.usefixtures("table")
def test_a_deleted_transcript_is_gone(aws: Aws) -> None:
    aws.s3.delete_object(Bucket=BUCKET, Key=f"{JOB.results_prefix}transcript.json")

    assert error_in(get("transcript")) == (410, "ArtifactMissingError")


@pytest.mark.parametrize("what", READS)
@pytest.mark.parametrize("job_id", ["0" * 32, JOB.short_id, "%2e%2e", "é", "x" * 64])
@pytest.mark.usefixtures("table")
def test_an_unknown_job_is_not_found(job_id: str, what: str) -> None:
    assert error_in(request("GET", f"/v1/jobs/{job_id}/{what}")) == (404, "JobNotFoundError")


def test_the_uploaded_version_is_played(aws: Aws) -> None:
    job = an_upload(aws, "uploads/team/größe 1.MOV", ContentType="text/html")
    newer = an_upload(aws, job.key)

    media = get("media", job).json

    parameters = signed(media["url"])
    assert (media["file_name"], media["size"]) == ("größe 1.MOV", 5)
    assert media["media_type"] == parameters["response-content-type"] == "video/quicktime"
    assert parameters["versionId"] == job.version_id != newer.version_id
    assert parameters["X-Amz-Expires"] == "900"
    assert "Range" not in parameters["X-Amz-SignedHeaders"]


def test_a_video_can_be_played_although_its_job_failed(aws: Aws) -> None:
    job = an_upload(aws)
    JobTable(clients.table(JOBS)).fail(job, JobStatus.FAILED, FAILURE, None)

    assert get("media", job).status == 200


def test_a_deleted_video_is_gone(aws: Aws) -> None:
    job = an_upload(aws)
    aws.s3.delete_object(Bucket=BUCKET, Key=job.key)

    assert error_in(get("media", job)) == (410, "VideoNotFoundError")


@pytest.mark.usefixtures("table")
def test_addresses_and_text_are_not_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for what in READS:
        get(what)

    logged = caplog.text + "".join(capsys.readouterr())
    assert "X-Amz-Signature" not in logged
    assert "budget" not in logged
