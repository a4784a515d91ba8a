"""A: messages that arrive at the ingest queue."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conftest import BUCKET
from lifestream.domain.job import JobStatus, ProcessingJob
from lifestream.domain.messages import parse_message
from lifestream.step_names import Step
from simulation.cloud import Cloud
from simulation.uploads import Message, notification, video_bytes
from simulation.world import simulated

TEST_EVENT = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})
NASTY_KEYS = [
    "a b.mp4",
    "a+b.mp4",
    "%2B.mp4",
    "100%.mp4",
    "é.mp4",
    "e\u0301.mp4",
    "🎬.mp4",
    f"{'x' * 1_011}.mp4",
    "../../etc/passwd.mp4",
    "/leading.mp4",
    "new\nline.mp4",
    "\u202egnp.mp4",
    "\"quoted\" 'twice'.mp4",
    ";$(reboot)`id`.mp4",
]


def statuses(cloud: Cloud) -> list[str]:
    return [cloud.service.job(job.job_id).status for job in cloud.uploads]


@pytest.mark.fault("A1", by="the same event ten times, in random batches", so="one execution")
def test_the_same_event_ten_times_starts_one_execution(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.inbox += [Message(notification(job)) for _ in range(9)]

    cloud.run_until_idle()

    assert list(cloud.executions.records) == [job.execution_name]
    assert cloud.summarizer.paid.total() == 1


@pytest.mark.fault(
    "A2",
    by="deletion and overwrite, delivered in reverse order",
    so="each version is a job of its own",
)
def test_events_out_of_order_overwrite_nothing(cloud: Cloud) -> None:
    old = cloud.upload()
    new = cloud.upload()
    cloud.inbox.append(Message(notification(old, "ObjectRemoved:DeleteMarkerCreated")))
    cloud.inbox.reverse()

    cloud.run_until_idle()

    assert statuses(cloud) == [JobStatus.SUCCEEDED, JobStatus.SUCCEEDED]
    assert old.results_prefix != new.results_prefix


@pytest.mark.fault(
    "A3",
    by="the key is overwritten while its job runs",
    so="two jobs; search finds the newest version",
)
@pytest.mark.parametrize("steps", [0, 20, 60, 120, 200, 400])
def test_search_finds_the_newest_of_two_versions(cloud: Cloud, steps: int) -> None:
    old = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    for _ in range(steps):
        cloud.scheduler.step()
    new = cloud.upload()

    cloud.run_until_idle()

    assert cloud.state.index.ids(old.job_id) == set()
    assert cloud.state.index.ids(new.job_id)


@pytest.mark.fault("A4", by="s3:TestEvent, alone and among others", so="ignored; the others run")
def test_a_test_event_starts_nothing(cloud: Cloud) -> None:
    cloud.upload()
    cloud.inbox += [Message(TEST_EVENT), Message(TEST_EVENT)]

    cloud.run_until_idle()

    assert statuses(cloud) == [JobStatus.SUCCEEDED]
    assert cloud.dlq_messages() == []


@pytest.mark.fault("A5", by="events of other types", so="ignored")
@pytest.mark.parametrize(
    "event",
    ["ObjectRemoved:Delete", "ObjectRestore:Completed", "LifecycleExpiration:Delete", "New:Kind"],
)
def test_events_of_other_kinds_are_ignored(cloud: Cloud, event: str) -> None:
    cloud.loses_notifications = True
    job = cloud.upload()
    cloud.inbox.append(Message(notification(job, event)))
    cloud.run_until_idle()
    assert cloud.executions.records == {}

    cloud.reconcile()
    cloud.run_until_idle()

    assert statuses(cloud) == [JobStatus.SUCCEEDED]


@pytest.mark.fault(
    "A6", by="several records in one message, one of them unusable", so="all others run"
)
@pytest.mark.parametrize("number", range(1, 6))
def test_one_bad_record_does_not_stop_the_others(cloud: Cloud, number: int) -> None:
    for index in range(number):
        cloud.upload(f"{index}.mp4")
    records = [json.loads(message.body)["Records"][0] for message in cloud.inbox]
    cloud.inbox = [Message(json.dumps({"Records": [{}, *records, {"eventName": 7}]}))]

    cloud.run_until_idle()

    assert statuses(cloud) == [JobStatus.SUCCEEDED] * number
    assert len(cloud.dlq_messages()) == 1


@pytest.mark.fault("A7", by="bodies that are not JSON or not a job", so="in the DLQ, unchanged")
@pytest.mark.parametrize(
    "body", ["", "not json", "[]", "{}", '{"Records": []}', "null", '{"job_id": 1}']
)
def test_an_unreadable_message_reaches_the_dlq_unchanged(cloud: Cloud, body: str) -> None:
    cloud.inbox.append(Message(body or " "))
    cloud.upload()

    cloud.run_until_idle()

    assert cloud.dlq_messages() == [body or " "]
    assert statuses(cloud) == [JobStatus.SUCCEEDED]


@pytest.mark.fault("A8", by="hostile names, some of them random", so="the right object is read")
def test_any_name_leads_to_the_right_object() -> None:
    with simulated(seed=1) as cloud:
        for name in NASTY_KEYS:
            cloud.upload(name)

        cloud.run_until_idle()

        cloud.check(*cloud.uploads)
        assert statuses(cloud) == [JobStatus.SUCCEEDED] * len(NASTY_KEYS)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=250))
@example("a+b%2B c")
def test_a_key_survives_the_notification(name: str) -> None:
    job = ProcessingJob.for_upload(bucket=BUCKET, key=f"uploads/{name}", version_id="1")

    [same] = parse_message(notification(job), bucket=BUCKET).jobs

    assert (same.key, same.job_id) == (job.key, job.job_id)
    assert len(same.results_prefix.encode()) + len("subtitles.vtt") <= 1_024


@pytest.mark.fault(
    "A9", by="the same upload, reported by S3, EventBridge and the client", so="one job"
)
def test_every_form_of_an_event_starts_the_same_job(cloud: Cloud) -> None:
    job = cloud.upload("a b+c.mp4")
    detail = {"bucket": {"name": BUCKET}, "object": {"key": job.key, "version-id": job.version_id}}
    event_bridge = {"detail-type": "Object Created", "detail": detail}
    cloud.inbox += [Message(json.dumps(event_bridge)), Message(job.model_dump_json())]

    cloud.run_until_idle()

    assert list(cloud.executions.records) == [job.execution_name]


@pytest.mark.fault(
    "A10", by="zero bytes; a folder's key", so="EmptyVideoError; ignored; no GPU task starts"
)
def test_an_empty_object_starts_no_container(cloud: Cloud) -> None:
    empty = cloud.upload("empty.mp4", b"")
    cloud.inbox.append(Message(notification(empty.model_copy(update={"key": "uploads/"}))))

    cloud.run_until_idle()

    record = cloud.service.job(empty.job_id)
    assert record.failure is not None
    assert record.failure.error == "EmptyVideoError"
    assert cloud.services.container_starts.total() == 0


@pytest.mark.fault("A11", by="the object is deleted first", so="VideoNotFoundError, no retry")
def test_a_deleted_video_is_a_permanent_error(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.aws.s3.delete_object(Bucket=BUCKET, Key=job.key)

    cloud.run_until_idle()

    record = cloud.service.job(job.job_id)
    assert record.failure is not None
    assert record.failure.error == "VideoNotFoundError"
    assert cloud.scheduler.time < 60


@pytest.mark.fault("A12", by="a multipart upload", so="treated like any other upload")
def test_a_multipart_upload_is_processed_like_any_other(cloud: Cloud) -> None:
    key = "uploads/large.mp4"
    s3 = cloud.aws.s3
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    of = {"Bucket": BUCKET, "Key": key, "UploadId": upload}
    part = s3.upload_part(PartNumber=1, Body=video_bytes(), **of)  # type: ignore[arg-type]  # the stubs want literals
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    put = s3.complete_multipart_upload(MultipartUpload=parts, **of)  # type: ignore[arg-type]
    assert put["ETag"].endswith('-1"')
    cloud.notify(key, put["VersionId"], put["ETag"])

    cloud.run_until_idle()

    assert statuses(cloud) == [JobStatus.SUCCEEDED]


@pytest.mark.fault(
    "A13",
    by="the video is overwritten between inspection and extraction",
    so="the inspected version is read",
)
def test_an_overwritten_video_is_read_in_the_inspected_version(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("ExtractAudio UpdateItem")
    cloud.loses_notifications = True
    cloud.upload("talk.mp4", b"something else entirely")

    cloud.run_until_idle()
    cloud.reconcile()

    assert cloud.service.job(job.job_id).status == JobStatus.SUCCEEDED


@pytest.mark.fault("A14", by="the notification is lost", so="the reconciler starts the job, once")
def test_a_lost_notification_is_found(cloud: Cloud) -> None:
    cloud.loses_notifications = True
    job = cloud.upload()
    cloud.run_until_idle()
    assert cloud.executions.records == {}

    assert cloud.reconcile()["delivered"] == (job.job_id,)
    cloud.reconcile()
    cloud.run_until_idle()

    assert statuses(cloud) == [JobStatus.SUCCEEDED]
    assert list(cloud.executions.records) == [job.execution_name]


@pytest.mark.fault(
    "A15", by="a message of almost 1 MB", so="in the DLQ; never the input of an execution"
)
def test_a_huge_message_starts_no_execution(cloud: Cloud) -> None:
    cloud.loses_notifications = True
    job = cloud.upload()
    huge = json.loads(job.model_dump_json()) | {"metadata": {"x": "y" * 1_000_000}}
    cloud.inbox.append(Message(json.dumps(huge)))
    cloud.run_until_idle()
    assert len(cloud.dlq_messages()) == 1
    assert cloud.executions.records == {}

    cloud.reconcile()
    cloud.run_until_idle()

    assert statuses(cloud) == [JobStatus.SUCCEEDED]


@pytest.mark.fault("A16", by="events for everything that the pipeline writes", so="no recursion")
def test_output_of_the_pipeline_starts_nothing(cloud: Cloud) -> None:
    job = cloud.upload()
    cloud.run_until_idle()
    written = [call.target for call in cloud.faults.writes if call.operation == "PutObject"]
    for key in written:
        cloud.inbox.append(Message(notification(job.model_copy(update={"key": key}))))

    cloud.run_until_idle()

    assert len(written) > 10
    assert list(cloud.executions.records) == [job.execution_name]
    assert Step.INSPECT_VIDEO in {call.process for call in cloud.faults.writes}
