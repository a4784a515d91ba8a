"""Grants that no test run needs, each with the reason why it exists.

A row stands for every grant of one of its principals, actions and resources, written as in the
template (see grants.py). The test fails if a row covers a grant that is used, or contains a name
that no unused grant has any more.
"""

from __future__ import annotations

from typing import NamedTuple


class Unused(NamedTuple):
    """A row. Names are separated by spaces."""

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


FUNCTIONS = (
    "Dispatcher RecoveryExecutionEnded RecoveryReconciler InspectVideo ExtractAudio "
    "SummarizeTranscript IndexTranscript PublishResults RecordSuccess RecordFailure Api Erasure"
)

UNUSED = (
    # Actions of AWS itself, which the local stack skips or does without checking permissions.
    Unused(
        FUNCTIONS,
        "logs:CreateLogStream logs:PutLogEvents",
        " ".join(f"{name}Logs" for name in FUNCTIONS.split()),
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
        "TranscribeSpeechVpcRejectedIAM",
        "logs:CreateLogStream logs:DescribeLogStreams logs:PutLogEvents",
        "TranscribeSpeechRejectedTrafficLogs",
        "VPC Flow Logs writes what was refused",
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
        "WorkflowStateMachine",
        "xray:GetSamplingRules xray:GetSamplingTargets xray:PutTelemetryRecords "
        "xray:PutTraceSegments",
        "*",
        "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html",
    ),
    Unused(
        "events.amazonaws.com",
        "lambda:InvokeFunction",
        "RecoveryReconcilerFunction ErasureFunction",
        "its rule comes round once an hour",
    ),
    Unused(
        FUNCTIONS,
        "xray:PutTelemetryRecords xray:PutTraceSegments",
        "*",
        "Lambda sends the function's traces",
    ),
    # Actions that are too rare for a test.
    Unused(
        "RecoveryReconciler",
        "ecs:DescribeContainerInstances",
        "container-instance/TranscribeSpeechCluster/*",
        "hosts are described if there are any; the local stack has none",
    ),
    Unused(
        "RecoveryReconciler",
        "dynamodb:PutItem",
        "JobsTable",
        "a row that vanishes while it is looked at is made again",
    ),
    Unused(
        "ExtractAudio",
        "s3:AbortMultipartUpload",
        "UploadsBucket/jobs/*/ExtractAudio/*",
        "an upload in parts that fails is given up; the audio of a clip has one part",
    ),
    Unused(
        "Erasure",
        "sqs:SendMessage",
        "UploadsDeadLetterQueue",
        "an event about several uploads, of which one is erased",
    ),
    # AWS checks both actions for each version. MiniStack checks the first one for the first version
    # of a request, which is an upload, and the second one for the others.
    Unused(
        "Erasure",
        "s3:DeleteObject",
        "UploadsBucket/jobs/* UploadsBucket/results/* UploadsBucket/index/* UploadsBucket/voices/*",
        "the first version of a request is an upload",
    ),
    Unused(
        "Erasure",
        "s3:DeleteObjectVersion",
        "UploadsBucket/uploads/*",
        "a job has one version of its upload",
    ),
    # Permissions that CDK adds to the needed ones.
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
)
