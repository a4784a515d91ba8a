"""Grant each role of the stack exactly the permissions that its code needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_

from cdk_app.grants import (
    allow,
    allow_aborting_uploads,
    allow_deleting_versions,
    allow_listing,
    allow_listing_versions,
    allow_reading,
    allow_reading_versions,
    allow_updating_rows,
    allow_uploading_in_parts,
    allow_writing,
)
from cdk_app.recovery import tasks_of
from cdk_app.step_table import CONTAINER_READS
from lifestream.aws.job_attributes import (
    WRITTEN_BY_A_STEP,
    WRITTEN_BY_CANCEL,
    WRITTEN_BY_DAY_CAP,
)
from lifestream.aws.job_table import RECENT_INDEX
from lifestream.domain.bucket_layout import (
    CONTENTS,
    INDEX,
    JOBS,
    MODELS,
    OPEN_ERASURES,
    RECEIPTS,
    RESULTS,
    UPLOADS,
    VOICEPRINTS,
    artifacts_of_step,
)
from lifestream.step_names import Step

if TYPE_CHECKING:
    from cdk_app.lambda_step import LambdaStep
    from cdk_app.stack import LifeStreamStack


def grant_permissions(stack: LifeStreamStack) -> None:
    for part in stack.lambdas.values():
        _permit_lambda_step(stack, part)
    _permit_single_steps(stack)
    _permit_container(stack)
    _permit_dispatcher(stack)
    _permit_recovery(stack)
    _permit_eraser(stack)
    _permit_api(stack)
    if stack.webhook:
        _permit_secret(stack, stack.webhook.function)


def _permit_lambda_step(stack: LifeStreamStack, part: LambdaStep) -> None:
    role, spec, bucket = part.function, part.spec, stack.uploads.bucket
    allow_updating_rows(role, stack.jobs.table, spec.row_attributes)
    if spec.reads:
        allow_reading(role, bucket, *spec.reads)
    if spec.writes:
        allow_writing(role, bucket, *spec.writes)
    if spec.reads_uploads:
        allow_reading_versions(role, bucket, UPLOADS)
    if spec.lists_uploads:
        allow_listing_versions(role, bucket, UPLOADS)
    if spec.uses_api_keys:
        _permit_secret(stack, role)
    if spec.releases_slots:
        allow(role, "dynamodb:GetItem", on=stack.jobs.table.table_arn)
        stack.slots.table.grant(role, "dynamodb:UpdateItem")


def _permit_single_steps(stack: LifeStreamStack) -> None:
    """Grant what only one step needs: ExtractAudio aborts failed multipart uploads,
    IndexTranscript deletes the passages of older versions."""
    bucket = stack.uploads.bucket
    extract = stack.lambdas[Step.EXTRACT_AUDIO].function
    allow_aborting_uploads(extract, bucket, artifacts_of_step(Step.EXTRACT_AUDIO))
    index = stack.lambdas[Step.INDEX_TRANSCRIPT].function
    allow(index, "s3:DeleteObject", on=bucket.arn_for_objects(f"{INDEX}*"))


def _permit_container(stack: LifeStreamStack) -> None:
    role, bucket = stack.transcribe_speech.task_role, stack.uploads.bucket
    allow_reading(role, bucket, *CONTAINER_READS, MODELS)
    allow_writing(role, bucket, artifacts_of_step(Step.TRANSCRIBE_SPEECH))
    allow_updating_rows(role, stack.jobs.table, WRITTEN_BY_A_STEP)


def _permit_dispatcher(stack: LifeStreamStack) -> None:
    role, machine = stack.dispatcher.function, stack.workflow.state_machine
    allow(role, "dynamodb:GetItem", "dynamodb:PutItem", on=stack.jobs.table.table_arn)
    machine.grant_start_execution(role)
    machine.grant_execution(role, "states:DescribeExecution")
    if stack.config.max_day_dollars is not None:
        jobs = stack.jobs.table
        allow(role, "dynamodb:Query", on=f"{jobs.table_arn}/index/{RECENT_INDEX}")
        allow_updating_rows(role, jobs, WRITTEN_BY_DAY_CAP)
        stack.uploads.queue.grant(role, "sqs:SendMessage")


def _permit_recovery(stack: LifeStreamStack) -> None:
    machine, jobs = stack.workflow.state_machine, stack.jobs.table
    stack.recovery.grant(
        jobs=jobs,
        slots=stack.slots.table,
        dead_letter_queue=stack.uploads.dead_letter_queue,
        state_machine=machine,
        cluster=stack.transcribe_speech.cluster,
    )
    reconciler = stack.recovery.reconciler
    allow(reconciler, "dynamodb:Query", on=f"{jobs.table_arn}/index/{RECENT_INDEX}")
    stack.slots.table.grant(reconciler, "dynamodb:GetItem")
    stack.uploads.queue.grant(reconciler, "sqs:SendMessage")
    machine.grant_execution(reconciler, "states:StopExecution")
    allow_listing_versions(reconciler, stack.uploads.bucket, UPLOADS)


def _permit_eraser(stack: LifeStreamStack) -> None:
    """Allow deleting everything about jobs, and reading nothing of it but queue messages."""
    role, bucket = stack.erasure.function, stack.uploads.bucket
    allow_deleting_versions(role, bucket, *CONTENTS, OPEN_ERASURES)
    allow_reading(role, bucket, OPEN_ERASURES, RECEIPTS)
    allow_writing(role, bucket, OPEN_ERASURES, RECEIPTS)
    allow(role, "dynamodb:PutItem", on=stack.jobs.table.table_arn)
    stack.workflow.state_machine.grant_execution(role, "states:StopExecution")
    role.add_to_role_policy(tasks_of(stack.transcribe_speech.cluster))
    _permit_secret(stack, role)
    allow(role, "secretsmanager:GetSecretValue", on=stack.erasure.receipt_key.secret_arn)
    queues = [stack.uploads.dead_letter_queue]
    if stack.webhook:
        queues.append(stack.webhook.undelivered)
    for queue in queues:
        queue.grant(role, "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:DeleteMessage")
        queue.grant(role, "sqs:ChangeMessageVisibility", "sqs:SendMessage")


def _permit_api(stack: LifeStreamStack) -> None:
    """Grant what the routes need, and what a presigned address needs when it is used."""
    role, bucket = stack.api.function, stack.uploads.bucket
    _permit_jobs(stack, role)
    allow_reading_versions(role, bucket, UPLOADS)
    allow_writing(role, bucket, UPLOADS)
    allow_uploading_in_parts(role, bucket, UPLOADS)
    allow_reading(role, bucket, RESULTS, INDEX, VOICEPRINTS)
    allow_reading(role, bucket, artifacts_of_step(Step.TRANSCRIBE_SPEECH))  # voices to remember
    allow_listing(role, bucket, JOBS)  # the steps that a redrive would not repeat
    allow_writing(role, bucket, RESULTS, VOICEPRINTS)  # the names of speakers
    allow(role, "s3:DeleteObject", on=bucket.arn_for_objects(f"{VOICEPRINTS}*"))
    _permit_asking_for_erasures(stack, role)
    _permit_secret(stack, role)


def _permit_asking_for_erasures(stack: LifeStreamStack, role: lambda_.Function) -> None:
    """Allow seeing what an erasure would find, asking for it, and reading its receipt."""
    bucket = stack.uploads.bucket
    allow_listing_versions(role, bucket, *CONTENTS)
    allow_reading(role, bucket, OPEN_ERASURES, RECEIPTS)
    allow_writing(role, bucket, OPEN_ERASURES)
    allow(role, "lambda:InvokeFunction", on=stack.erasure.function.function_arn)
    allow(role, "secretsmanager:GetSecretValue", on=stack.erasure.receipt_key.secret_arn)


def _permit_jobs(stack: LifeStreamStack, role: lambda_.Function) -> None:
    """Allow accepting, listing, reading, cancelling and redriving jobs, and reading step times."""
    jobs, queue, dlq = stack.jobs.table, stack.uploads.queue, stack.uploads.dead_letter_queue
    allow(role, "dynamodb:GetItem", "dynamodb:PutItem", on=jobs.table_arn)
    allow(role, "dynamodb:Query", on=f"{jobs.table_arn}/index/{RECENT_INDEX}")
    allow_updating_rows(role, jobs, WRITTEN_BY_CANCEL)
    stack.workflow.state_machine.grant_execution(
        role, "states:StopExecution", "states:GetExecutionHistory"
    )
    queue.grant(role, "sqs:SendMessage")
    dlq.grant(role, "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage")


def _permit_secret(stack: LifeStreamStack, role: lambda_.Function) -> None:
    allow(role, "secretsmanager:GetSecretValue", on=stack.api_keys.secret.secret_arn)
