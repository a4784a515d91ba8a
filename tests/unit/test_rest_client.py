"""The client of the REST API against the API's function, behind a real HTTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api_requests import Answer
from api_server import ApiServer
from api_uploading import PART, VIDEO, use_deployment
from builders import MEETING, a_draft, a_job
from cdk_app.local.model_weights import BUILT_IN
from conftest import BUCKET, JOBS, Aws
from eraser_function import use_eraser
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.client import Api
from lifestream.client.rest import job_requests
from lifestream.client.rest import uploads as sending
from lifestream.domain.citations import verified
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.options import JobOptions
from lifestream.domain.summary import Drafted, Usage
from lifestream.errors import (
    AccessDeniedError,
    AmbiguousJobIdError,
    ArtifactMissingError,
    ConfigurationError,
    EmptyVideoError,
    InternalError,
    InvalidRequestError,
    JobNotFoundError,
    JobStatusError,
    NoResultsError,
    NotSignedInError,
    PipelineError,
    TransientError,
    UnsupportedExtensionError,
    VideoNotFoundError,
)
from openapi_description import operation_of, operations
from published import index_passages, publish_results
from unit.test_api_jobs import use_state_machine
from unit.test_job_table import FAILURE

OTHERS = {"health", "description", "abort_upload"}
"""Operations that the client does not need."""
SAID = "the budget is forty"


@pytest.fixture
def server(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    use_deployment(aws, monkeypatch)
    use_state_machine(monkeypatch)
    use_eraser(monkeypatch, runs=True)
    monkeypatch.setenv("EMBEDDING_ENGINE", "wordllama")
    monkeypatch.setenv("MODELS_DIR", str(BUILT_IN))
    monkeypatch.setenv("SUMMARIZATION_ENGINE", "lexrank")
    with ApiServer().running() as running:
        yield running


@pytest.fixture
def api(server: ApiServer) -> Api:
    return Api(server.url, "admin")


@pytest.fixture
def jobs(aws: Aws) -> JobTable:  # noqa: ARG001  # the table is there
    return JobTable(clients.table(JOBS))


@pytest.fixture
def published(aws: Aws) -> ProcessingJob:
    version = aws.s3.put_object(Bucket=BUCKET, Key="uploads/talk.mp4", Body=VIDEO)["VersionId"]
    job = ProcessingJob.for_upload(bucket=BUCKET, key="uploads/talk.mp4", version_id=version)
    transcript = MEETING.model_copy(update={"job_id": job.job_id})
    drafted = Drafted(draft=a_draft(title="A meeting"), usage=Usage())
    publish_results(aws, job, transcript, verified(drafted, transcript, engine="test"))
    index_passages(aws, job, transcript)
    return job


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "large.mp4"
    path.write_bytes(VIDEO)
    return path


def test_every_request_and_answer_is_as_the_description_says(
    server: ApiServer, api: Api, jobs: JobTable, published: ProcessingJob, video: Path
) -> None:
    small = video.with_name("small.mp4")
    small.write_bytes(b"video")
    assert (api.me().role, api.rates().openai_model) == ("admin", "gpt-4o-mini")
    waiting = api.upload(video)
    api.next_change(api.upload(small), wait_seconds=0)
    assert api.cancel(waiting.job_id).status == JobStatus.CANCELLED
    failed = a_job(key="uploads/failed.mp4")
    jobs.accept(failed)
    jobs.fail(failed, JobStatus.FAILED, FAILURE, None)
    redriven = api.steps(api.redrive(failed.job_id).job_id)
    assert (redriven.attempt, api.redrive_plan(failed.job_id).error) == (1, FAILURE.error)
    assert len(api.jobs(name="mp4", statuses=[JobStatus.SUCCEEDED])) == 1
    assert api.results(published.job_id).read("result.md")
    assert [segment.id for segment in api.segments(published.job_id)]
    assert api.summary(published.job_id).title == "A meeting"
    assert api.media(published.job_id).size == len(VIDEO)
    assert api.search(SAID) and api.ask(SAID, video="talk.mp4").question == SAID  # noqa: PT018
    assert api.name_speaker(published.job_id, "Speaker 1", "Ada").names
    assert (api.people(), api.forget("Ada")) == ((), 0)
    [erasing] = api.erase([api.erasure_plan(waiting.job_id)])
    assert (erasing.state, api.erasure(waiting.job_id).state) == ("open", "erased")

    used = set()
    for one in server.exchanges:
        operation = operation_of(one.method, one.path)
        used.add(operation.described["operationId"])
        assert one.answer.status == 200, one
        assert one.query.keys() <= operation.query_names()
        assert operation.problems_of_body(one.body) == []
        media_type = one.answer.headers["Content-Type"]
        assert operation.problems_of_answer(200, media_type, one.answer.text) == []
    assert used == {one.described["operationId"] for one in operations()} - OTHERS


def test_a_job_is_found_by_the_first_characters_of_its_id(api: Api, jobs: JobTable) -> None:
    first, second = a_job(key="uploads/one.mp4"), a_job(key="uploads/two.mp4")
    jobs.accept(first)
    jobs.accept(second)

    assert api.job(first.short_id).key == first.key
    assert api.cancel(second.short_id).job_id == second.job_id
    for unknown in ("nope", "", "0" * 32):
        with pytest.raises(JobNotFoundError):
            api.job(unknown)


def test_an_id_that_is_too_short_is_ambiguous(api: Api, jobs: JobTable) -> None:
    for number in range(17):  # two of them begin with the same of 16 digits
        jobs.accept(a_job(key=f"uploads/{number}.mp4"))

    first = [job.job_id[0] for job in api.jobs()]
    twice = next(digit for digit in first if first.count(digit) > 1)
    with pytest.raises(AmbiguousJobIdError):
        api.job(twice)


def test_more_jobs_than_a_page_holds_are_listed(
    api: Api, jobs: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_requests, "PAGE", 2)
    for number in range(5):
        jobs.accept(a_job(key=f"uploads/{number}.mp4"))

    assert len({job.job_id for job in api.jobs(limit=100)}) == 5
    assert len(api.jobs(limit=3)) == 3


def test_results_are_copied_and_exported(
    api: Api, published: ProcessingJob, tmp_path: Path
) -> None:
    results = api.results(published.short_id)

    exported = results.export_to(tmp_path)

    assert exported.name == f"talk.mp4.{published.job_id}"
    assert (exported / "video.mp4").read_bytes() == VIDEO
    assert {path.name for path in exported.iterdir()} == {*results.names(), "job.json", "video.mp4"}
    assert results.transcript().job_id == published.job_id
    assert "video.mp4" in (exported / "result.html").read_text()


def test_results_that_are_missing_are_named(
    api: Api, aws: Aws, jobs: JobTable, published: ProcessingJob, tmp_path: Path
) -> None:
    waiting = a_job(key="uploads/waiting.mp4")
    jobs.accept(waiting)
    results = api.results(published.job_id)
    results.names()
    aws.s3.delete_object(Bucket=BUCKET, Key=f"{published.results_prefix}result.md")

    with pytest.raises(NoResultsError, match="it is QUEUED"):
        api.results(waiting.job_id)
    with pytest.raises(ArtifactMissingError, match=r"talk.mp4 has no result.md any more"):
        results.read("result.md")
    with pytest.raises(ArtifactMissingError, match=r"has no evil.exe"):
        results.read("evil.exe")
    aws.s3.delete_object(Bucket=BUCKET, Key=published.key, VersionId=published.version_id or "")
    with pytest.raises(VideoNotFoundError):
        results.export_to(tmp_path)


def test_a_large_file_is_sent_in_parts(api: Api, aws: Aws, jobs: JobTable, video: Path) -> None:
    arrived: list[int] = []

    job = api.upload(video, options=JobOptions(speakers=2), on_bytes=arrived.append)

    stored = aws.s3.get_object(Bucket=BUCKET, Key=job.key)
    assert stored["Body"].read() == VIDEO
    assert (job.file_name, job.options.speakers) == ("large.mp4", 2)
    assert sum(arrived) == len(VIDEO)
    assert jobs.find(job.job_id)


def test_an_upload_goes_on_where_it_stopped(
    server: ApiServer, aws: Aws, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PARALLEL", 1)
    put = sending.FileSender._put
    sent: list[int] = []

    def lose_the_network(
        sender: sending.FileSender, url: str, content: bytes, headers: dict[str, str]
    ) -> None:
        if len(sent) == 1:
            raise TransientError("the network is gone")
        put(sender, url, content, headers)
        sent.append(len(content))

    monkeypatch.setattr(sending.FileSender, "_put", lose_the_network)
    with pytest.raises(TransientError):
        Api(server.url, "editor").upload(video)
    assert sent == [PART]

    monkeypatch.setattr(sending.FileSender, "_put", put)
    again: list[int] = []
    job = Api(server.url, "editor").upload(video, on_bytes=again.append)

    assert again == [PART, PART, 1_000]  # S3 had the first one
    assert aws.s3.get_object(Bucket=BUCKET, Key=job.key)["Body"].read() == VIDEO
    assert len(aws.s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 1


@pytest.mark.parametrize("size", [5, len(VIDEO)])
def test_the_same_file_again_has_the_same_job(server: ApiServer, tmp_path: Path, size: int) -> None:
    path = tmp_path / "talk.mp4"
    path.write_bytes(VIDEO[:size])
    first = Api(server.url, "editor").upload(path)

    assert Api(server.url, "editor").upload(path).job_id == first.job_id
    path.write_bytes(VIDEO[: size - 1])
    assert Api(server.url, "editor").upload(path).job_id != first.job_id


def test_a_file_that_cannot_work_is_not_sent(server: ApiServer, api: Api, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"notes")
    (tmp_path / "empty.mp4").touch()

    with pytest.raises(UnsupportedExtensionError):
        api.upload(tmp_path / "notes.txt")
    with pytest.raises(EmptyVideoError):
        api.upload(tmp_path / "empty.mp4")
    with pytest.raises(FileNotFoundError):
        api.upload(tmp_path / "none.mp4")
    assert server.exchanges == []


@pytest.mark.parametrize(
    ("act", "error", "says"),
    [
        (lambda api: api.cancel("0" * 32), JobNotFoundError, "there is no job"),
        (lambda api: api.forget("Ada"), AccessDeniedError, "needs the role admin"),
        (lambda api: api.jobs(name="x" * 201), InvalidRequestError, "query.name: String should"),
    ],
)
def test_a_problem_becomes_the_error_that_it_names(
    server: ApiServer, act: Callable[[Api], Any], error: type[PipelineError], says: str
) -> None:
    with pytest.raises(error, match=says) as raised:
        act(Api(server.url, "editor"))

    assert raised.value.advice


def test_a_job_that_has_ended_is_not_redriven(api: Api, published: ProcessingJob) -> None:
    with pytest.raises(JobStatusError, match="nothing to redrive"):
        api.redrive(published.job_id)


def test_a_foreign_token_is_refused(server: ApiServer) -> None:
    with pytest.raises(NotSignedInError, match="does not accept the token"):
        Api(server.url, "stranger").me()


BUSY = Answer(429, {"Content-Type": "application/json"}, '{"message":"Too Many Requests"}')
NEWER = Answer(
    418,
    {"Content-Type": "application/problem+json"},
    '{"type":"x","title":"x","status":418,"detail":"tea","error":"SystemExit","advice":"Wait.",'
    '"fields":[],"new":1}',
)
BROKEN = Answer(500, {"Content-Type": "text/html"}, "<h1>oops</h1>")


def test_a_busy_service_is_asked_again(server: ApiServer, api: Api) -> None:
    refusals = iter([BUSY, BUSY])
    server.instead = lambda _method, _path: next(refusals, None)

    assert api.me().role == "admin"
    assert [one.answer.status for one in server.exchanges] == [429, 429, 200]


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (NEWER, InternalError, "tea"),
        (BROKEN, InternalError, "answered 500 without a reason"),
    ],
)
def test_an_answer_that_is_not_understood_is_an_error(
    server: ApiServer, api: Api, answer: Answer, error: type[PipelineError], says: str
) -> None:
    server.instead = lambda _method, _path: answer

    with pytest.raises(error, match=says):
        api.me()


def test_another_server_is_not_taken_for_the_api(server: ApiServer, api: Api) -> None:
    page = Answer(200, {"Content-Type": "text/html"}, "<h1>Welcome</h1>")
    server.instead = lambda _method, _path: page

    with pytest.raises(InternalError, match="did not answer as the API") as raised:
        api.me()
    assert raised.value.advice.startswith("Check the address")


def test_a_password_in_netrc_does_not_replace_the_token(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    assert Api(server.url, "viewer").me().role == "viewer"


def test_fields_of_a_newer_version_are_ignored(server: ApiServer, api: Api) -> None:
    newer = '{"id":"1","name":null,"role":"viewer","team":"sales"}'
    server.instead = lambda _method, _path: Answer(200, {"Content-Type": "application/json"}, newer)

    assert api.me().role == "viewer"


@pytest.mark.parametrize(
    "url", ["http://example.com", "ftp://127.0.0.1", "example.com", "", "https://"]
)
def test_a_token_is_not_sent_unencrypted(url: str) -> None:
    with pytest.raises(ConfigurationError, match="has to begin with https://"):
        Api(url, "token")
