"""Settings in, what looks after executions out: for the triggers and for the client."""

from __future__ import annotations

from datetime import timedelta

from lifestream.aws import clients
from lifestream.aws.containers import Containers
from lifestream.aws.executions import Executions
from lifestream.aws.job_table import JobTable
from lifestream.aws.queues import QueueService
from lifestream.aws.slots import Slots
from lifestream.recovery.finalizer import PATIENCE, Settlement
from lifestream.recovery.job_events import Announcements
from lifestream.recovery.reconciler import Reconciliation
from lifestream.settings import OperatorSettings


def settlement(settings: OperatorSettings, *, patience: timedelta = PATIENCE) -> Settlement:
    return Settlement(
        jobs=JobTable(clients.table(settings.jobs_table)),
        slots=Slots(clients.table(settings.slots_table)),
        executions=Executions(clients.step_functions(), settings.state_machine_arn),
        queues=QueueService(clients.sqs(), queue_url=settings.queue_url, dlq_url=settings.dlq_url),
        announcements=Announcements(clients.events()),
        containers=Containers(clients.ecs(), settings.cluster),
        patience=patience,
    )


def reconciliation(settings: OperatorSettings, *, patience: timedelta = PATIENCE) -> Reconciliation:
    return Reconciliation(clients.s3(), settings.bucket, settlement(settings, patience=patience))
