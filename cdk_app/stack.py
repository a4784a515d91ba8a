"""The whole deployment: parts, how they are connected, and what each may do."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Duration, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_app.api_keys import ApiKeys
from cdk_app.bundling import Requirements
from cdk_app.config import Config
from cdk_app.container_step import ContainerStep
from cdk_app.dispatcher import Dispatcher
from cdk_app.grants import (
    allow,
    allow_giving_up_parts,
    allow_reading,
    allow_reading_versions,
    allow_updating_rows,
    allow_writing,
    artifacts_of,
)
from cdk_app.job_table import JobTable
from cdk_app.lambda_step import LambdaStep
from cdk_app.monitoring import Monitoring
from cdk_app.recovery import Recovery
from cdk_app.slots import SlotTable
from cdk_app.uploads import Uploads
from cdk_app.webhook import Webhook
from cdk_app.workflow import Steps, Workflow
from lifestream.aws.job_table import (
    RECENT_INDEX,
    WRITTEN_BY_A_STEP,
    WRITTEN_BY_FAILURE,
    WRITTEN_BY_SUCCESS,
)
from lifestream.domain.job import UPLOADS_PREFIX
from lifestream.step_names import Step

READS = {
    Step.INSPECT_VIDEO: (Step.INSPECT_VIDEO, Step.TRANSCRIBE_SPEECH),
    Step.EXTRACT_AUDIO: (Step.EXTRACT_AUDIO,),
    Step.TRANSCRIBE_SPEECH: (Step.INSPECT_VIDEO, Step.EXTRACT_AUDIO, Step.TRANSCRIBE_SPEECH),
    Step.SUMMARIZE_TRANSCRIPT: (Step.TRANSCRIBE_SPEECH, Step.SUMMARIZE_TRANSCRIPT),
    Step.INDEX_TRANSCRIPT: (Step.TRANSCRIBE_SPEECH, Step.INDEX_TRANSCRIPT),
    Step.PUBLISH_RESULTS: (
        Step.TRANSCRIBE_SPEECH,
        Step.SUMMARIZE_TRANSCRIPT,
        Step.INDEX_TRANSCRIPT,
    ),
    Step.RECORD_FAILURE: (Step.TRANSCRIBE_SPEECH,),
}
"""Step → whose artifacts it reads, those of other jobs too. Each writes its own alone."""
UPDATES = {Step.RECORD_SUCCESS: WRITTEN_BY_SUCCESS, Step.RECORD_FAILURE: WRITTEN_BY_FAILURE}
"""Step → which attributes of a row it writes, where not those of every step."""


class LifeStreamStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id, description="LifeStream: video in, knowledge out")
        self.uploads = Uploads(self, "Uploads", config=config)
        self.jobs = JobTable(self, "Jobs", config=config)
        self.slots = SlotTable(self, "Slots", config=config)
        self.api_keys = ApiKeys(self, "ApiKeys", config=config)
        self._environment = {
            "AWS_S3_BUCKET_NAME": self.uploads.bucket.bucket_name,
            "JOBS_TABLE_NAME": self.jobs.table.table_name,
        }
        self.lambdas = self._lambda_steps(config)
        self.transcribe_speech = ContainerStep(
            self,
            Step.TRANSCRIBE_SPEECH,
            config=config,
            environment=self._environment
            | {"MODELS_S3_PREFIX": "models", "AWS_DEFAULT_REGION": Aws.REGION},
        )
        self.workflow = Workflow(
            self,
            "Workflow",
            steps=Steps(
                lambdas=self.lambdas,
                transcribe_speech=self.transcribe_speech,
                slots=self.slots,
            ),
            dead_letter_queue=self.uploads.dead_letter_queue,
        )
        self.dispatcher = Dispatcher(
            self,
            "Dispatcher",
            environment=self._environment,
            queue=self.uploads.queue,
            state_machine=self.workflow.state_machine,
            max_concurrency=config.max_dispatchers,
        )
        self.recovery = Recovery(
            self,
            "Caretakers",
            environment=self._environment
            | {
                "SLOTS_TABLE_NAME": self.slots.table.table_name,
                "AWS_SQS_QUEUE_URL": self.uploads.queue.queue_url,
                "AWS_SQS_DLQ_URL": self.uploads.dead_letter_queue.queue_url,
                "CLUSTER_NAME": self.transcribe_speech.cluster.cluster_name,
            },
            state_machine=self.workflow.state_machine,
        )
        self.webhook = (
            Webhook(
                self,
                "Webhook",
                url=config.webhook_url,
                bucket=self.uploads.bucket,
                environment={"API_KEYS_SECRET": self.api_keys.secret.secret_arn},
            )
            if config.webhook_url
            else None
        )
        Monitoring(
            self,
            "Monitoring",
            dead_letter_queue=self.uploads.dead_letter_queue,
            state_machine=self.workflow.state_machine,
            recovery=self.recovery,
            webhook=self.webhook,
        )
        self._grant()
        self._tell(config)

    def _lambda_steps(self, config: Config) -> dict[Step, LambdaStep]:
        common = self._environment
        with_keys = common | {"API_KEYS_SECRET": self.api_keys.secret.secret_arn}
        steps = (
            LambdaStep(
                self,
                Step.INSPECT_VIDEO,
                environment=common | config.speech_environment,
                requirements=Requirements.MEDIA,
                timeout=Duration.minutes(2),
                memory=1769,
            ),
            LambdaStep(
                self,
                Step.EXTRACT_AUDIO,
                environment=common,
                requirements=Requirements.MEDIA,
                timeout=Duration.minutes(15),
                memory=1769,
                disk=Size.gibibytes(5),
            ),
            LambdaStep(
                self,
                Step.SUMMARIZE_TRANSCRIPT,
                environment=with_keys | {"OPENAI_MODEL": config.openai_model, **config.summary},
                requirements=Requirements.SUMMARY,
                timeout=Duration.minutes(15),
                memory=1024,
            ),
            LambdaStep(
                self,
                Step.INDEX_TRANSCRIPT,
                environment=with_keys | config.index,
                requirements=Requirements.INDEX,
                timeout=Duration.minutes(15),
                memory=1024,
            ),
            LambdaStep(
                self,
                Step.PUBLISH_RESULTS,
                environment=common | config.speech_environment,
                timeout=Duration.minutes(5),
                memory=1024,
            ),
            LambdaStep(self, Step.RECORD_SUCCESS, environment=common, timeout=Duration.seconds(60)),
            LambdaStep(
                self,
                Step.RECORD_FAILURE,
                environment=common | {"SLOTS_TABLE_NAME": self.slots.table.table_name},
                timeout=Duration.seconds(60),
            ),
        )
        return {part.step: part for part in steps}

    def _grant(self) -> None:
        """Each step may do what its own file does, and nothing else."""
        bucket, table, secret = self.uploads.bucket, self.jobs.table, self.api_keys.secret
        roles = {step: part.function for step, part in self.lambdas.items()}
        for step, role in roles.items():
            allow_updating_rows(role, table, UPDATES.get(step, WRITTEN_BY_A_STEP))
            if step in READS:
                allow_reading(role, bucket, *map(artifacts_of, READS[step]))
        for step in (Step.INSPECT_VIDEO, Step.EXTRACT_AUDIO):
            allow_reading_versions(roles[step], bucket, UPLOADS_PREFIX)
        for step in (
            Step.INSPECT_VIDEO,
            Step.EXTRACT_AUDIO,
            Step.SUMMARIZE_TRANSCRIPT,
            Step.INDEX_TRANSCRIPT,
        ):
            allow_writing(roles[step], bucket, artifacts_of(step))
        allow_giving_up_parts(roles[Step.EXTRACT_AUDIO], bucket, artifacts_of(Step.EXTRACT_AUDIO))
        for step in (Step.SUMMARIZE_TRANSCRIPT, Step.INDEX_TRANSCRIPT):
            allow(roles[step], "secretsmanager:GetSecretValue", on=secret.secret_arn)
        allow_writing(roles[Step.INDEX_TRANSCRIPT], bucket, "index/")
        allow(roles[Step.INDEX_TRANSCRIPT], "s3:DeleteObject", on=bucket.arn_for_objects("index/*"))
        allow_writing(roles[Step.PUBLISH_RESULTS], bucket, "results/")
        allow_reading(roles[Step.PUBLISH_RESULTS], bucket, "voices/")
        container = self.transcribe_speech.task_role
        read = map(artifacts_of, READS[Step.TRANSCRIBE_SPEECH])
        allow_reading(container, bucket, *read, "models/")
        allow_writing(container, bucket, artifacts_of(Step.TRANSCRIBE_SPEECH))
        allow_updating_rows(container, table, WRITTEN_BY_A_STEP)
        dispatcher = self.dispatcher.function
        allow(dispatcher, "dynamodb:GetItem", "dynamodb:PutItem", on=table.table_arn)
        machine = self.workflow.state_machine
        machine.grant_start_execution(dispatcher)
        machine.grant_execution(dispatcher, "states:DescribeExecution")
        allow(roles[Step.RECORD_FAILURE], "dynamodb:GetItem", on=table.table_arn)
        self.slots.table.grant(roles[Step.RECORD_FAILURE], "dynamodb:UpdateItem")
        self._grant_listing(roles[Step.INDEX_TRANSCRIPT])
        self._grant_recovery()

        if self.webhook:
            allow(self.webhook.function, "secretsmanager:GetSecretValue", on=secret.secret_arn)

    def _grant_recovery(self) -> None:
        machine = self.workflow.state_machine
        self.recovery.grant(
            jobs=self.jobs.table,
            slots=self.slots.table,
            dead_letter_queue=self.uploads.dead_letter_queue,
            state_machine=machine,
            cluster=self.transcribe_speech.cluster,
        )
        reconciler = self.recovery.reconciler
        allow(reconciler, "dynamodb:Query", on=f"{self.jobs.table.table_arn}/index/{RECENT_INDEX}")
        self.slots.table.grant(reconciler, "dynamodb:GetItem")
        self.uploads.queue.grant(reconciler, "sqs:SendMessage")
        machine.grant_execution(reconciler, "states:StopExecution")
        self._grant_listing(reconciler)

    def _grant_listing(self, function: lambda_.Function) -> None:
        """Which versions of a video there are, not what they hold."""
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucketVersions"],
                resources=[self.uploads.bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": f"{UPLOADS_PREFIX}*"}},
            )
        )

    def _tell(self, config: Config) -> None:
        """What the client needs to know; the names are those of its settings."""
        for name, value in {
            "AwsRegion": Aws.REGION,
            "AwsS3BucketName": self.uploads.bucket.bucket_name,
            "AwsSqsQueueUrl": self.uploads.queue.queue_url,
            "AwsSqsDlqUrl": self.uploads.dead_letter_queue.queue_url,
            "JobsTableName": self.jobs.table.table_name,
            "SlotsTableName": self.slots.table.table_name,
            "StateMachineArn": self.workflow.state_machine.state_machine_arn,
            "ApiKeysSecret": self.api_keys.secret.secret_arn,
            "MaxGpuTasks": str(config.max_gpu_tasks),
            **self.transcribe_speech.outputs,
        }.items():
            CfnOutput(self, name, value=value)
