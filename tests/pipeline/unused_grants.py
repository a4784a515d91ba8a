"""Grants that no run of the tests needs, and why they are there all the same.

A row stands for every grant of one of its principals, actions and resources, written as in the
template (see grants.py). The test fails when a row covers a grant that is used, or names
something for which there is no unused grant any more.
"""

from __future__ import annotations

from typing import NamedTuple


class Unused(NamedTuple):
    """Names are separated by spaces."""

    principals: str
    actions: str
    resources: str
    reason: str

    def covers(self, principal: str, action: str, resource: str) -> bool:
        return (
            principal in self.principals.split()
            and action in self.actions.split()
            and resource in self.resources.split()
        )


TRIGGERS = "Dispatcher CaretakersExecutionEnded CaretakersReconciler"
READERS = "InspectVideo ExtractAudio SummarizeTranscript IndexTranscript PublishResults"
RECORDERS = "RecordSuccess RecordFailure"
CONTAINER = "TranscribeSpeechTaskTask"
FOLDERS = (
    "UploadsBucket/jobs/* UploadsBucket/uploads/* UploadsBucket/voices/* UploadsBucket/models/* "
    "UploadsBucket/index/*"
)
WRITTEN = (
    "UploadsBucket/jobs/*/InspectVideo/* UploadsBucket/jobs/*/ExtractAudio/* "
    "UploadsBucket/jobs/*/TranscribeSpeech/* UploadsBucket/jobs/*/SummarizeTranscript/* "
    "UploadsBucket/jobs/*/IndexTranscript/* UploadsBucket/results/* UploadsBucket/index/*"
)

UNUSED = (
    # What AWS does by itself, and the local stack without asking or not at all.
    Unused(
        f"{TRIGGERS} {READERS} {RECORDERS}",
        "managed-policy",
        "AWSLambdaBasicExecutionRole",
        "Lambda writes the function's log",
    ),
    Unused(
        "TranscribeSpeechTaskExecution",
        "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer",
        "repository/cdk-hnb659fds-container-assets-${AccountId}-${Region}",
        "ECS pulls the image",
    ),
    Unused(
        "TranscribeSpeechTaskExecution",
        "ecr:GetAuthorizationToken",
        "*",
        "ECS pulls the image; the action knows no resource",
    ),
    Unused(
        "TranscribeSpeechTaskExecution",
        "logs:CreateLogStream logs:PutLogEvents",
        "TranscribeSpeechLogs",
        "ECS writes the container's log",
    ),
    Unused(
        "TranscribeSpeechGpuGpu",
        "managed-policy",
        "AmazonECSInfrastructureRolePolicyForManagedInstances",
        "ECS starts and ends the hosts",
    ),
    Unused(
        "TranscribeSpeechGpuInstance",
        "ecs:DiscoverPollEndpoint ecs:RegisterContainerInstance ecs:Poll ecs:PutSystemLogEvents "
        "ecs:StartTelemetrySession ecs:SubmitAttachmentStateChanges ecs:SubmitTaskStateChange",
        "* TranscribeSpeechCluster container-instance/*",
        "the host's ECS agent",
    ),
    Unused(
        "WorkflowStateMachine",
        "logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups "
        "logs:DescribeResourcePolicies logs:GetLogDelivery logs:ListLogDeliveries "
        "logs:PutResourcePolicy logs:UpdateLogDelivery",
        "*",
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html lists them so",
    ),
    Unused(
        "events.amazonaws.com",
        "lambda:InvokeFunction",
        "CaretakersReconcilerFunction",
        "its rule comes round once an hour",
    ),
    # What happens too rarely for a test.
    Unused(
        "CaretakersReconciler",
        "dynamodb:PutItem",
        "JobsTable",
        "a row that vanishes while it is looked at is made again",
    ),
    Unused(
        "ExtractAudio",
        "s3:Abort*",
        "UploadsBucket/jobs/*/ExtractAudio/*",
        "an upload in parts that fails is given up; the audio of a clip has one part",
    ),
    # What CDK grants along with what is needed.
    Unused(
        "WorkflowStateMachine",
        "lambda:InvokeFunction",
        "InspectVideoFunction:* ExtractAudioFunction:* SummarizeTranscriptFunction:* "
        "IndexTranscriptFunction:* PublishResultsFunction:* RecordSuccessFunction:* "
        "RecordFailureFunction:*",
        "LambdaInvoke grants the versions of a function too",
    ),
    Unused(
        "Dispatcher",
        "sqs:ChangeMessageVisibility sqs:GetQueueUrl",
        "UploadsIngestQueue",
        "SqsEventSource grants what any consumer may need",
    ),
    Unused(
        f"{READERS} {RECORDERS} {CONTAINER} {TRIGGERS}",
        "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem",
        "JobsTable/index/*",
        "Table.grant grants the indexes too",
    ),
    Unused(
        "CaretakersReconciler", "dynamodb:Query", "JobsTable", "Table.grant grants the table too"
    ),
    Unused(
        "SummarizeTranscript IndexTranscript",
        "secretsmanager:DescribeSecret",
        "ApiKeysSecret",
        "Secret.grant_read",
    ),
    Unused(
        f"{READERS} {RECORDERS} {CONTAINER}",
        "s3:GetBucket*",
        f"UploadsBucket {FOLDERS}",
        "Bucket.grant_read",
    ),
    Unused(
        f"{READERS} {RECORDERS} {CONTAINER}",
        "s3:GetObject*",
        "UploadsBucket",
        "Bucket.grant_read allows each action on bucket and objects",
    ),
    Unused(
        f"{READERS} {RECORDERS} {CONTAINER}",
        "s3:List*",
        FOLDERS,
        "Bucket.grant_read allows each action on bucket and objects",
    ),
    Unused(
        "RecordSuccess", "s3:GetObject* s3:List*", "UploadsBucket UploadsBucket/jobs/*", "no need"
    ),
    Unused("IndexTranscript", "s3:GetObject*", "UploadsBucket/index/*", "only people search"),
    Unused(
        f"{READERS} {CONTAINER}",
        "s3:PutObjectLegalHold s3:PutObjectRetention s3:PutObjectTagging "
        "s3:PutObjectVersionTagging",
        WRITTEN,
        "Bucket.grant_put",
    ),
    Unused(
        "InspectVideo SummarizeTranscript IndexTranscript PublishResults TranscribeSpeechTaskTask",
        "s3:Abort*",
        WRITTEN.replace("UploadsBucket/jobs/*/ExtractAudio/* ", ""),
        "Bucket.grant_put; nothing is uploaded in parts",
    ),
    Unused(
        "IndexTranscript",
        "s3:Abort* s3:DeleteObject* s3:PutObject s3:PutObjectLegalHold s3:PutObjectRetention "
        "s3:PutObjectTagging s3:PutObjectVersionTagging",
        "UploadsBucket",
        "Bucket.grant_read_write allows each action on bucket and objects",
    ),
)
