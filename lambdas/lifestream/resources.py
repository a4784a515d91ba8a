"""Build adapters and use cases from the settings: the one place that wires them together.

Every function takes a deployment's settings, or reads the environment without them. Clients,
settings and API keys are cached until `reset`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from lifestream import settings as environment
from lifestream.aws import clients
from lifestream.aws.job_table import JobTable
from lifestream.settings import (
    ClientSettings,
    DispatcherSettings,
    EraserSettings,
    IndexSettings,
    OperatorSettings,
    SlotSettings,
    Storage,
    load,
)

if TYPE_CHECKING:
    from lifestream.aws.artifacts import Artifacts
    from lifestream.aws.containers import Containers
    from lifestream.aws.executions import Executions
    from lifestream.aws.queues import QueueService
    from lifestream.aws.slots import Slots
    from lifestream.aws.voiceprints import VoiceprintStore
    from lifestream.recovery.admission import Admission
    from lifestream.recovery.day_cap import DayCap
    from lifestream.recovery.eraser import Eraser
    from lifestream.recovery.erasures import Erasures
    from lifestream.recovery.finalizer import ExecutionFinalizer
    from lifestream.recovery.holds import Holds
    from lifestream.recovery.reconciler import Reconciler
    from lifestream.recovery.restore import Restore
    from lifestream.recovery.stuck import StuckWork

GRACE_PERIOD = timedelta(minutes=15)
"""Anything that changed more recently may still be in progress and is not repaired."""


def reset() -> None:
    """Forget settings, clients and API keys, as a new process would."""
    from lifestream.aws import api_keys
    from lifestream.engines.openai import client as openai_client

    environment.reset()
    clients.reset()
    api_keys.reset()
    openai_client.reset()
    day_cap.cache_clear()


def artifacts(settings: Storage | None = None) -> Artifacts:
    from lifestream.aws.artifacts import Artifacts

    return Artifacts(clients.s3(), (settings or load(Storage)).bucket)


def job_table(settings: Storage | None = None) -> JobTable:
    return JobTable(clients.table((settings or load(Storage)).jobs_table))


def voiceprints(settings: Storage | None = None) -> VoiceprintStore:
    from lifestream.aws.voiceprints import VoiceprintStore

    return VoiceprintStore(clients.s3(), (settings or load(Storage)).bucket)


def slots(settings: SlotSettings | None = None) -> Slots:
    from lifestream.aws.slots import Slots

    return Slots(clients.table((settings or load(SlotSettings)).slots_table))


def queues(settings: ClientSettings) -> QueueService:
    from lifestream.aws.queues import QueueService

    return QueueService(clients.sqs(), queue_url=settings.queue_url, dlq_url=settings.dlq_url)


def executions(state_machine_arn: str) -> Executions:
    from lifestream.aws.executions import Executions

    return Executions(clients.step_functions(), state_machine_arn)


def admission(settings: DispatcherSettings) -> Admission:
    from lifestream.recovery.admission import Admission

    return Admission(job_table(settings), executions(settings.state_machine_arn))


def containers(settings: OperatorSettings | EraserSettings) -> Containers:
    from lifestream.aws.containers import Containers

    return Containers(clients.ecs(), settings.cluster)


@cache
def day_cap(settings: DispatcherSettings) -> DayCap | None:
    """Return the cap on the cost of a day, if there is one."""
    if settings.max_day_dollars is None:
        return None
    from lifestream.recovery.day_cap import DayCap

    return DayCap(job_table(settings), settings.rates, settings.max_day_dollars)


def finalizer(
    settings: OperatorSettings | None = None, *, grace_period: timedelta = GRACE_PERIOD
) -> ExecutionFinalizer:
    from lifestream.recovery.finalizer import ExecutionFinalizer
    from lifestream.recovery.job_events import EventPublisher

    settings = settings or load(OperatorSettings)
    return ExecutionFinalizer(
        jobs=job_table(settings),
        slots=slots(settings),
        executions=executions(settings.state_machine_arn),
        queues=queues(settings),
        event_publisher=EventPublisher(clients.events()),
        containers=containers(settings),
        rates=settings.rates,
        grace_period=grace_period,
    )


def reconciler(
    settings: OperatorSettings | None = None, *, grace_period: timedelta = GRACE_PERIOD
) -> Reconciler:
    from lifestream.recovery.reconciler import Reconciler

    settings = settings or load(OperatorSettings)
    finalize = finalizer(settings, grace_period=grace_period)
    return Reconciler(clients.s3(), settings.bucket, finalize)


def stuck_work(settings: OperatorSettings | None = None, *, now: datetime) -> StuckWork:
    from lifestream.recovery.stuck import StuckWork

    settings = settings or load(OperatorSettings)
    return StuckWork(containers(settings), settings.container_seconds, now)


def erasures(settings: Storage | None = None) -> Erasures:
    from lifestream.aws.erasure_records import ErasureRecords
    from lifestream.aws.object_versions import ObjectVersions
    from lifestream.recovery.erasures import Erasures
    from lifestream.recovery.job_contents import JobObjects

    s3, bucket = clients.s3(), (settings or load(Storage)).bucket
    objects = JobObjects(ObjectVersions(s3, bucket))
    return Erasures(job_table(settings), ErasureRecords(s3, bucket), objects)


def holds(settings: Storage | None = None) -> Holds:
    from lifestream.recovery.holds import Holds

    asked = erasures(settings)
    return Holds(clients.s3(), asked.jobs, asked.objects)


def eraser(
    settings: EraserSettings | None = None, *, grace_period: timedelta = GRACE_PERIOD
) -> Eraser:
    from lifestream.aws.api_keys import load_api_keys, load_receipt_key
    from lifestream.engines.vector_index import load_pinecone_passages
    from lifestream.recovery.eraser import Eraser
    from lifestream.recovery.job_contents import JobMessages

    settings = settings or load(EraserSettings)
    asked = erasures(settings)
    urls = filter(None, (settings.dlq_url, settings.undelivered_url))
    dead = [settings.model_copy(update={"dlq_url": url}) for url in urls]
    return Eraser(
        jobs=asked.jobs,
        records=asked.records,
        objects=asked.objects,
        messages=JobMessages([queues(one) for one in dead], settings.bucket),
        passages=load_pinecone_passages(load(IndexSettings), load_api_keys()),
        executions=executions(settings.state_machine_arn),
        containers=containers(settings),
        receipt_key=load_receipt_key(),
        grace_period=grace_period,
    )


def restore(settings: ClientSettings) -> Restore:
    from lifestream.aws.api_keys import load_api_keys, load_receipt_key
    from lifestream.domain.parts import SwitchedOff
    from lifestream.engines.embedding import load_embedder
    from lifestream.engines.vector_index import load_pinecone_passages, load_vector_index
    from lifestream.recovery.dlq_claims import DlqClaims
    from lifestream.recovery.job_contents import JobMessages
    from lifestream.recovery.restore import Restore

    asked, api_keys = erasures(settings), load_api_keys(settings.api_keys_secret)
    engines, s3, bucket = load(IndexSettings), clients.s3(), settings.bucket
    loaded = load_embedder(engines, api_keys)
    embedder = None if isinstance(loaded, SwitchedOff) else loaded
    return Restore(
        jobs=asked.jobs,
        records=asked.records,
        objects=asked.objects,
        messages=JobMessages([queues(settings)], bucket),
        passages=load_pinecone_passages(engines, api_keys),
        receipt_key=load_receipt_key(settings.receipt_key_secret),
        claims=DlqClaims(asked.jobs, GRACE_PERIOD),
        index=load_vector_index(engines, api_keys, embedder, s3=s3, bucket=bucket)
        if embedder
        else None,
        embedder=embedder,
    )
