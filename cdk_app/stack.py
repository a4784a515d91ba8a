"""Define the whole deployment on one page: its parts, and how they are connected."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Stack
from aws_cdk.aws_apigatewayv2 import HttpApi
from aws_cdk.aws_logs import ILogGroup
from constructs import Construct

from cdk_app.account_rules import apply_account_rules
from cdk_app.api import Api, http_api
from cdk_app.api_keys import ApiKeys
from cdk_app.config import Config
from cdk_app.container_step import ContainerStep
from cdk_app.dashboard import Dashboard
from cdk_app.dispatcher import Dispatcher
from cdk_app.erasure import Erasure
from cdk_app.job_table import JobTable
from cdk_app.lambda_step import LambdaStep
from cdk_app.monitoring import Monitoring
from cdk_app.permissions import grant_permissions
from cdk_app.queries import Queries
from cdk_app.recovery import Recovery
from cdk_app.sign_in import SignIn
from cdk_app.slots import SlotTable
from cdk_app.step_table import LAMBDA_STEPS
from cdk_app.uploads import Uploads
from cdk_app.webhook import Webhook
from cdk_app.workflow import Steps, Workflow
from lifestream.domain.bucket_layout import MODELS
from lifestream.step_names import Step


class LifeStreamStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(
            scope,
            construct_id,
            description="LifeStream: turns videos into transcripts, summaries and search",
        )
        self.config = config
        self.uploads = uploads = Uploads(self, "Uploads", config=config)
        self.jobs = JobTable(self, "Jobs", config=config)
        self.slots = SlotTable(self, "Slots", config=config)
        self.api_keys = ApiKeys(self, "ApiKeys", config=config)

        self.lambdas = {step: self._lambda_step(step) for step in LAMBDA_STEPS}
        self.transcribe_speech = ContainerStep(
            self,
            Step.TRANSCRIBE_SPEECH,
            config=config,
            environment=self._storage
            | {"MODELS_S3_PREFIX": MODELS.rstrip("/"), "AWS_DEFAULT_REGION": Aws.REGION},
        )
        self.workflow = Workflow(
            self,
            "Workflow",
            steps=Steps(self.lambdas, self.transcribe_speech, self.slots),
            dead_letter_queue=uploads.dead_letter_queue,
        )
        machine = self.workflow.state_machine
        self.dispatcher = Dispatcher(
            self,
            "Dispatcher",
            environment=self._storage | config.cost_environment,
            queue=uploads.queue,
            state_machine=machine,
            max_concurrency=config.max_dispatchers,
        )
        self.recovery = Recovery(
            self,
            "Recovery",
            environment=self._everything | config.cost_environment,
            state_machine=machine,
        )
        self.erasure = Erasure(
            self, "Erasure", config=config, environment=self._everything | self._secret
        )
        http = http_api(self, "Http", config=config)
        self.sign_in = SignIn(self, "SignIn", config=config)
        self.dashboard = Dashboard(
            self,
            "Dashboard",
            config=config,
            uploads=uploads,
            http=http,
            sign_in_url=self.sign_in.url,
        )
        self.sign_in.return_people_to(api_url=http.api_endpoint, dashboard_url=self.dashboard.url)
        self.api = self._api(http)
        self.webhook = self._webhook(config.webhook_url) if config.webhook_url else None
        if self.webhook:
            self.erasure.function.add_environment(
                "UNDELIVERED_QUEUE_URL", self.webhook.undelivered.queue_url
            )
        self.monitoring = Monitoring(self, "Monitoring", config=config)
        Queries(self, "Queries", groups=self._log_groups)
        grant_permissions(self)
        self._output_client_settings()
        apply_account_rules(self)  # the last: they concern every part

    def _lambda_step(self, step: Step) -> LambdaStep:
        spec, environment = LAMBDA_STEPS[step], dict(self._storage)
        if spec.uses_api_keys:
            environment |= self._secret
        if spec.releases_slots:
            environment |= self._slot_table
        return LambdaStep(self, step, environment=environment | spec.settings(self.config))

    def _webhook(self, url: str) -> Webhook:
        bucket = self.uploads.bucket
        return Webhook(self, "Webhook", url=url, bucket=bucket, environment=self._secret)

    def _api(self, http: HttpApi) -> Api:
        """Create the API, which reads the settings of summaries and search to answer questions."""
        engines = {
            "OPENAI_MODEL": self.config.openai_model,
            **self.config.summary,
            **self.config.index,
        }
        environment = self._queues | self._secret | self.config.cost_environment | engines
        environment["STATE_MACHINE_ARN"] = self.workflow.state_machine.state_machine_arn
        environment["ERASER_FUNCTION"] = self.erasure.function.function_name
        environment |= self.erasure.settings
        return Api(self, "Api", http=http, sign_in=self.sign_in, environment=environment)

    @property
    def _log_groups(self) -> list[ILogGroup]:
        """Return the log groups that contain ids of jobs."""
        functions = [
            *(part.function for part in self.lambdas.values()),
            self.dispatcher.function,
            *self.recovery.functions,
            self.erasure.function,
            self.api.function,
            *([self.webhook.function] if self.webhook else []),
        ]
        return [self.transcribe_speech.logs, *(function.log_group for function in functions)]

    @property
    def _storage(self) -> dict[str, str]:
        return {
            "AWS_S3_BUCKET_NAME": self.uploads.bucket.bucket_name,
            "JOBS_TABLE_NAME": self.jobs.table.table_name,
        }

    @property
    def _secret(self) -> dict[str, str]:
        return {"API_KEYS_SECRET": self.api_keys.secret.secret_arn}

    @property
    def _slot_table(self) -> dict[str, str]:
        return {"SLOTS_TABLE_NAME": self.slots.table.table_name}

    @property
    def _queues(self) -> dict[str, str]:
        return {
            **self._storage,
            "AWS_SQS_QUEUE_URL": self.uploads.queue.queue_url,
            "AWS_SQS_DLQ_URL": self.uploads.dead_letter_queue.queue_url,
        }

    @property
    def _everything(self) -> dict[str, str]:
        part = self.transcribe_speech
        known = {
            "CLUSTER_NAME": part.cluster.cluster_name,
            "CONTAINER_SECONDS": str(int(part.timeout.to_seconds())),
            "STATE_MACHINE_ARN": self.workflow.state_machine.state_machine_arn,
        }
        return self._queues | self._slot_table | known

    def _output_client_settings(self) -> None:
        """Output the settings that `lifestream --stage` reads: `AwsRegion` is `AWS_REGION`."""
        for name, value in {
            "AwsRegion": Aws.REGION,
            "AwsS3BucketName": self.uploads.bucket.bucket_name,
            "AwsSqsQueueUrl": self.uploads.queue.queue_url,
            "AwsSqsDlqUrl": self.uploads.dead_letter_queue.queue_url,
            "JobsTableName": self.jobs.table.table_name,
            "SlotsTableName": self.slots.table.table_name,
            "StateMachineArn": self.workflow.state_machine.state_machine_arn,
            "ApiKeysSecret": self.api_keys.secret.secret_arn,
            "EraserFunction": self.erasure.function.function_name,
            "ReceiptKeySecret": self.erasure.receipt_key.secret_arn,
            "ApiUrl": self.api.url,
            "DashboardUrl": self.dashboard.url,
            "DashboardBucket": self.dashboard.bucket.bucket_name,
            "UserPoolId": self.sign_in.pool.user_pool_id,
            "PeopleClientId": self.sign_in.people.user_pool_client_id,
            "MachinesClientId": self.sign_in.machines.user_pool_client_id,
            "SignInUrl": self.sign_in.url,
            "LogDays": str(self.config.log_days),
            "MaxGpuTasks": str(self.config.max_gpu_tasks),
            **self.monitoring.outputs,
            **{
                name.title().replace("_", ""): value
                for name, value in self.config.cost_environment.items()
            },
            **self.transcribe_speech.outputs,
        }.items():
            CfnOutput(self, name, value=value)
