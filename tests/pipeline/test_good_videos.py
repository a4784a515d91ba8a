"""Videos of every supported kind get their results."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import srt
import webvtt
from jsonschema_rs import Draft202012Validator

from cdk_app.local.run import Outcome
from lifestream.client import JobOptions
from lifestream.client.library import search
from lifestream.client.s3_results import S3Results
from lifestream.domain.job import JobStatus
from lifestream.domain.job_ended import DETAIL_TYPE, SOURCE, JobEnded
from local_stack import Clips, Pipeline
from media_files import CODECS

SCHEMAS = Path(__file__).parent.parent.parent / "docs" / "schemas"
FILES = {
    "transcript.json",
    "summary.json",
    "quality.json",
    "manifest.json",
    "result.html",
    "result.md",
    "transcript.txt",
    "subtitles.srt",
    "subtitles.vtt",
}
UNUSUAL_NAMES = [
    "with space & plus+.mp4",
    "100% %2B.MOV",
    'it\'s "quoted".avi',
    "会議 Übung é🎬.mkv",
]
MISNAMED = "misnamed.wav"


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory, clip: Path, clips: Clips) -> list[Path]:
    """Return videos with unusual names, of which only the first is long, and one whose name does
    not fit its content."""
    folder = tmp_path_factory.mktemp("unusual")
    names = (folder / name for name in UNUSUAL_NAMES)
    unusual = [Path(shutil.copy(clips(path.suffix.lower()), path)) for path in names]
    shutil.copy(clip, unusual[0])
    return [*unusual, Path(shutil.copy(clips(".aac"), folder / MISNAMED))]


def test_the_tests_of_the_pipeline_use_every_kind_of_file() -> None:
    sources = (path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    used = {kind for source in sources for kind in re.findall(r'clips\("(\.\w+)"', source)}

    assert used | {Path(name).suffix.lower() for name in UNUSUAL_NAMES} == set(CODECS)


@pytest.mark.fault("A8", by="real files in the local stack", so="the right object is read")
def test_a_video_succeeds_under_any_name(pipeline: Pipeline, videos: list[Path]) -> None:
    outcomes = pipeline.run(*videos)

    for outcome, name in zip(outcomes, (path.name for path in videos), strict=True):
        assert outcome.record is not None
        assert (outcome.record.status, outcome.record.failure) == (JobStatus.SUCCEEDED, None)
        assert outcome.job.key == f"uploads/{name}"
        assert outcome.results is not None
        assert {path.name for path in outcome.results.iterdir()} == FILES
        assert pipeline.executions(outcome.job) == [outcome.job.execution_name]
        assert pipeline.dlq_messages(outcome.job) == []

    results = outcomes[0].results
    assert results is not None
    transcript = json.loads((results / "transcript.json").read_text())
    assert transcript["segments"][0]["text"].startswith("Good morning")
    assert {speaker["id"] for speaker in transcript["speakers"]} == {"SPEAKER_00", "SPEAKER_01"}
    assert transcript["engines"]["transcription"] == "faster-whisper/tiny.en"
    assert list(srt.parse((results / "subtitles.srt").read_text()))
    assert webvtt.read(str(results / "subtitles.vtt")).captions
    [misnamed] = [one for one in outcomes if one.job.key.endswith(MISNAMED)]
    assert misnamed.results is not None
    page = (misnamed.results / "result.md").read_text()
    assert "the content is AAC, although the name ends in" in page
    manifest = json.loads((results / "manifest.json").read_text())
    assert manifest["source"]["container"] == "mov"
    assert manifest["summary_usage"]["calls"] == 1
    assert manifest["indexed"]["index"] == "embedded/wordllama/l2-supercat-256"
    assert manifest["indexed"]["usage"]["dollars"] == 0
    for name in ("transcript", "summary", "quality", "manifest"):
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
        Draft202012Validator(schema).validate(json.loads((results / f"{name}.json").read_text()))


@pytest.mark.fault(
    "A1", by="five events in the local stack", so="one execution, one set of results"
)
def test_the_same_event_five_times_starts_one_execution(
    pipeline: Pipeline, finished: Outcome
) -> None:
    job = finished.job
    vectors = pipeline.keys("index/")
    before = {key: _content(pipeline, key) for key in pipeline.keys(job.results_prefix)}
    event = {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "eventTime": "2026-11-23T12:00:00.000Z",
                "s3": {
                    "bucket": {"name": job.bucket},
                    "object": {
                        "key": quote_plus(job.key),
                        "size": job.size,
                        "eTag": job.etag,
                        "versionId": job.version_id,
                        "sequencer": "0055",
                    },
                },
            }
        ]
    }

    for _ in range(5):
        pipeline.sqs.send_message(
            QueueUrl=pipeline.aws.outputs["AwsSqsQueueUrl"], MessageBody=json.dumps(event)
        )
    pipeline.until_queue_is_empty()

    assert pipeline.executions(job) == [job.execution_name]
    assert {key: _content(pipeline, key) for key in pipeline.keys(job.results_prefix)} == before
    assert pipeline.keys("index/") == vectors
    assert sum(job.job_id in key for key in vectors) == 1
    assert pipeline.container_starts(job) == 1


def test_an_upload_by_a_presigned_form_is_a_job_too(pipeline: Pipeline, clips: Clips) -> None:
    """The form needs no credentials, and its options are stored with the object."""
    import requests

    form = pipeline.service.generate_presigned_upload_url(
        "by form.M4V", options=JobOptions(speakers=1)
    )

    with clips(".m4v").open("rb") as video:
        answer = requests.post(form.url, data=form.fields, files={"file": video}, timeout=30)

    assert answer.status_code in (200, 204)
    head = pipeline.s3.head_object(Bucket=pipeline.bucket, Key=form.key)
    from lifestream.domain.job import ProcessingJob

    job = ProcessingJob.for_upload(
        bucket=pipeline.bucket, key=form.key, version_id=head["VersionId"]
    )
    assert pipeline.wait_for(job) == "SUCCEEDED"
    record = pipeline.service.job(job.job_id)
    transcript = json.loads(S3Results(pipeline.s3, record).read("transcript.json"))
    assert [speaker["id"] for speaker in transcript["speakers"]] == ["SPEAKER_00"]


@pytest.mark.parametrize("size", [0, 2_000])
def test_a_presigned_form_refuses_other_sizes(pipeline: Pipeline, size: int) -> None:
    import requests

    form = pipeline.service.generate_presigned_upload_url("a.mp4", max_bytes=1_000)

    answer = requests.post(form.url, data=form.fields, files={"file": b"x" * size}, timeout=30)

    assert answer.status_code == 400


def test_a_search_finds_spoken_text_with_its_time(pipeline: Pipeline, finished: Outcome) -> None:
    hits = search("budget for the project", pipeline.service.settings, limit=1_000)

    assert "budget" in hits[0].text
    [best, *_] = [hit for hit in hits if hit.job_id == finished.job.job_id]
    assert (best.key, best.score) == (finished.job.key, hits[0].score)
    assert best.start_seconds < 11


def test_the_end_of_a_job_is_published_to_every_subscriber(
    pipeline: Pipeline, clips: Clips
) -> None:
    """Only the function that the template permits publishes the event."""
    events = pipeline.aws.session().client("events")
    url = pipeline.sqs.create_queue(QueueName="listener")["QueueUrl"]
    attributes = pipeline.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = {"source": [SOURCE], "detail-type": [DETAIL_TYPE]}
    events.put_rule(Name="listener", EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule="listener", Targets=[{"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}]
    )

    outcome = pipeline.run_one(clips(".webm"))

    def arrived() -> bool:
        answer = pipeline.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        bodies = (json.loads(message["Body"]) for message in answer.get("Messages", ()))
        for body in bodies:
            schema = json.loads((SCHEMAS / "job-ended.schema.json").read_text())
            Draft202012Validator(schema).validate(body["detail"])
            received.append(JobEnded.model_validate(body["detail"]))
        return any(one.job_id == outcome.job.job_id for one in received)

    received: list[JobEnded] = []
    pipeline.until(arrived, "the event of the end did not arrive")
    [ended] = [one for one in received if one.job_id == outcome.job.job_id]
    assert (ended.status, ended.results_prefix) == (
        JobStatus.SUCCEEDED,
        outcome.job.results_prefix,
    )
    pipeline.until(
        lambda: pipeline.service.job(outcome.job.job_id).is_event_published, "it is not noted"
    )


def test_two_runs_over_the_same_video_give_identical_files(
    pipeline: Pipeline, clip: Path, tmp_path: Path
) -> None:
    """Two uploads are two jobs, whose files are byte-identical except for the ids."""
    twice = Path(shutil.copy(clip, tmp_path / "twice.mp4"))
    first, second = pipeline.run_one(twice), pipeline.run_one(twice)

    assert first.job.job_id != second.job.job_id
    assert first.results is not None
    assert second.results is not None
    for name in FILES:
        one, two = (
            (folder / name)
            .read_text()
            .replace(outcome.job.job_id, "ID")
            .replace(str(outcome.job.version_id), "V")
            for folder, outcome in ((first.results, first), (second.results, second))
        )
        assert one == two, name


def _content(pipeline: Pipeline, key: str) -> tuple[str, bytes]:
    answer = pipeline.s3.get_object(Bucket=pipeline.bucket, Key=key)
    return answer["VersionId"], answer["Body"].read()
