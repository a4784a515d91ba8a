"""Every alarm rings in a case that it is for, and none rings during a day without a fault.

The metric and the threshold of each alarm are evaluated over the metrics of the simulation. The
marker `alarm` names the alarm; docs/runbook.md lists the cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from api_requests import request
from cdk_app.alarms import ALARMS, Source
from fakes import LocalEndpoint
from lifestream import webhook
from lifestream.api import app
from lifestream.domain.metrics import NAMESPACE, Metric
from lifestream.errors import PipelineError
from lifestream.step_names import Step
from simulation.cloud import Cloud
from simulation.erasing import KEY, ask, erase, planted, receipt_of
from simulation.faults import Fault
from triggers import webhook as webhook_trigger

LAMBDA_ATTEMPTS = 3
"""Of an asynchronous invocation."""
BUDGET = 1.0
"""Dollars per day."""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # an example of the specification


def ringing(cloud: Cloud) -> set[str]:
    alarms = (replace(alarm, threshold=BUDGET) if alarm.switch else alarm for alarm in ALARMS)
    return {alarm.name for alarm in alarms if cloud.metrics.rings(alarm)}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEndpoint]:
    monkeypatch.setattr(webhook, "PAUSE_SECONDS", 0)
    endpoint = LocalEndpoint(lambda _path, _request: (200, {}))
    monkeypatch.setenv("WEBHOOK_URL", f"{endpoint.url}/hook")
    monkeypatch.setenv("WEBHOOK_MAY_BE_PRIVATE", "true")
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    with endpoint.running():
        yield endpoint


def post_events(cloud: Cloud) -> None:
    """Post each event, as EventBridge and Lambda do. One that is refused goes to the queue."""
    for event in cloud.events:
        for _ in range(LAMBDA_ATTEMPTS):
            with suppress(PipelineError):
                webhook_trigger.handler({"detail": event.model_dump(mode="json")}, None)
                break
        else:
            cloud.undelivered += 1
            cloud.metrics.note_length(Source.UNDELIVERED, cloud.undelivered)


def ask_the_api(cloud: Cloud, times: int, *, every_seconds: float = 30.0) -> None:
    """List the jobs, in virtual time."""

    def ask() -> None:
        for _ in range(times):
            status = cloud.services.in_process("Api", lambda: request("GET", "/v1/jobs")).status
            if status >= 500:
                cloud.metrics.count("AWS/ApiGateway", "5xx", Source.API)
            cloud.scheduler.sleep(every_seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "time", SimpleNamespace(monotonic=cloud.scheduler.now))
        cloud.scheduler.spawn(ask)
        cloud.scheduler.run()


def test_no_alarm_rings_on_a_day_without_a_fault(cloud: Cloud, receiver: LocalEndpoint) -> None:
    """A job is cancelled, others succeed, hosts come and go, and the API and webhook work."""
    cancelled = cloud.upload("cancelled.mp4")
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("ExtractAudio")
    cloud.service.cancel(cancelled.job_id)
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        cloud.upload(name)
        cloud.run_until_idle()
        cloud.services.cluster.hosts = [cloud.now() - timedelta(hours=2)]
        cloud.reconcile_hourly(1)
        cloud.services.cluster.hosts = []
    ask_the_api(cloud, 60)
    post_events(cloud)
    cloud.reconcile_hourly(24)

    assert ringing(cloud) == set()
    assert len(cloud.metrics.values[NAMESPACE, Metric.API_SECONDS, Source.STAGE]) == 60
    assert len(receiver.requests) == 4
    assert cloud.scheduler.time > 24 * 3_600


@pytest.mark.alarm("DlqMessages", by="an upload that is not a video")
def test_a_failed_job_rings(cloud: Cloud) -> None:
    cloud.upload("notes.mp4", b"no video at all")

    cloud.run_until_idle()
    cloud.reconcile_hourly(1)

    assert ringing(cloud) == {"DlqMessages"}


@pytest.mark.alarm("IngestQueueAge", by="other functions use up the concurrency for two hours")
@pytest.mark.alarm("LambdaThrottles", by="other functions use up the concurrency for two hours")
def test_a_blocked_dispatcher_rings(cloud: Cloud) -> None:
    cloud.account.concurrency = 10
    cloud.account.running = 100
    cloud.upload()
    cloud.scheduler.spawn(cloud._poll)
    cloud.scheduler.run(until=lambda: cloud.scheduler.time > 2 * 3_600)
    cloud.account.running = 0

    cloud.run_until_idle()

    assert {"IngestQueueAge", "LambdaThrottles"} <= ringing(cloud)


@pytest.mark.alarm("ExecutionsFailed", by="three uploads that are not videos")
def test_failures_in_a_row_ring(cloud: Cloud) -> None:
    for number in range(3):
        cloud.upload(f"{number}.mp4", b"no video at all")

    cloud.run_until_idle()

    assert "ExecutionsFailed" in ringing(cloud)


@pytest.mark.alarm("JobsAborted", by="StopExecution (C9)")
def test_an_abort_rings(cloud: Cloud) -> None:
    cloud.event_copies = 6
    cloud.upload()
    cloud.deliver([cloud.inbox.pop()])
    cloud.run_until("ExtractAudio")
    [record] = cloud.executions.running()
    cloud.executions.end(record, "ABORTED")

    cloud.run_until_idle()

    assert "JobsAborted" in ringing(cloud)
    assert cloud.metrics.printed(Metric.JOBS_ENDED) == [1]


@pytest.mark.alarm("ExecutionsTimedOut", by="the execution reaches its timeout (C8)")
def test_a_timeout_rings(cloud: Cloud) -> None:
    cloud.services.hangs = {Step.TRANSCRIBE_SPEECH}
    cloud.executions.definition = cloud.executions.definition | {"TimeoutSeconds": 1_000}
    cloud.upload()

    cloud.run_until_idle()

    assert "ExecutionsTimedOut" in ringing(cloud)


@pytest.mark.alarm("DispatcherErrors", by="the dispatcher dies before StartExecution (B1)")
def test_a_dying_dispatcher_rings(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("Dispatcher StartExecution *", "kill before")]
    cloud.upload()

    cloud.run_until_idle()

    assert ringing(cloud) == {"DispatcherErrors"}


@pytest.mark.alarm("ExecutionEndedErrors", by="its calls to DynamoDB are refused once")
def test_an_execution_that_cannot_be_finalized_rings(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("ExecutionEnded UpdateItem *", "refuse")]
    cloud.upload()

    cloud.run_until_idle()

    assert ringing(cloud) == {"ExecutionEndedErrors"}


@pytest.mark.alarm("ReconcilerErrors", by="its query of the job table is refused once")
def test_a_failing_reconciler_rings(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("Reconciler Query *", "refuse")]

    cloud.reconcile_hourly(2)

    assert ringing(cloud) == {"ReconcilerErrors"}


@pytest.mark.alarm("EraserErrors", by="the eraser is killed before it deletes objects (G1)")
def test_a_dying_eraser_rings(cloud: Cloud) -> None:
    job = planted(cloud, "secret")
    ask(cloud, job)
    cloud.faults.plan = [Fault("Eraser DeleteObjects *", "kill before")]

    erase(cloud)
    erase(cloud)

    assert "EraserErrors" in ringing(cloud)
    assert receipt_of(job).is_signed_with(KEY)


@pytest.mark.alarm("Repairs", by="the notifications of five uploads are lost (A14)")
def test_lost_work_rings(cloud: Cloud) -> None:
    cloud.loses_notifications = True
    for number in range(5):
        cloud.upload(f"{number}.mp4")

    cloud.reconcile_hourly(2)

    assert ringing(cloud) == {"Repairs"}


@pytest.mark.alarm("SlotWait", by="no host for three hours (D3)")
def test_a_long_wait_rings(cloud: Cloud) -> None:
    cloud.account.hosts_from = 3 * 3_600.0
    cloud.upload()
    cloud.deliver([cloud.inbox.pop()])

    cloud.reconcile_hourly(4)

    assert ringing(cloud) == {"SlotWait"}


@pytest.mark.alarm("OverdueContainer", by="a container outlives its execution, unnoticed (C7)")
@pytest.mark.alarm("DailyCost", by="a container hangs until its time limit (C7)")
def test_a_container_past_its_limit_rings(cloud: Cloud) -> None:
    cloud.loses_events = True
    cloud.services.hangs = {Step.TRANSCRIBE_SPEECH}
    cloud.services.outlives_its_state = True
    cloud.upload()
    cloud.run_until_idle()

    cloud.reconcile_hourly(2)

    assert {"OverdueContainer", "DailyCost"} <= ringing(cloud)


@pytest.mark.alarm("IdleHost", by="ECS does not terminate a host without work")
def test_a_host_without_work_rings(cloud: Cloud) -> None:
    cloud.services.cluster.hosts = [cloud.now()]

    cloud.reconcile_hourly(2)

    assert ringing(cloud) == {"IdleHost"}


@pytest.mark.alarm("ApiErrors", by="DynamoDB refuses the API's calls")
def test_errors_of_the_api_ring(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("Api Query *", "refuse", times=6)]

    ask_the_api(cloud, 6)

    assert ringing(cloud) == {"ApiErrors"}


@pytest.mark.alarm("ApiLatency", by="DynamoDB answers the API after six seconds")
def test_slow_answers_of_the_api_ring(cloud: Cloud) -> None:
    cloud.faults.plan = [Fault("Api Query *", "slow", times=99)]

    ask_the_api(cloud, 40)

    assert ringing(cloud) == {"ApiLatency"}


@pytest.mark.alarm("WebhookUndelivered", by="the receiver answers with status 500")
def test_a_refused_webhook_rings(cloud: Cloud, receiver: LocalEndpoint) -> None:
    receiver.answer = lambda _path, _request: (500, {})
    cloud.upload()
    cloud.run_until_idle()

    post_events(cloud)
    cloud.reconcile_hourly(1)

    assert ringing(cloud) == {"WebhookUndelivered"}
