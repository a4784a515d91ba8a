"""Where videos come in: the bucket, the ingest queue behind it, and its dead-letter queue."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.config import Config
from lifestream.domain.bucket_layout import INDEX, JOBS, MODELS, RESULTS, UPLOADS, VOICEPRINTS
from lifestream.domain.file_types import EXTENSIONS

QUEUE_NAME = "lifestream-video-processing"
MAX_RECEIVES = 3
VISIBILITY_TIMEOUT = Duration.minutes(15)
"""Of a receive, for which Lambda retries a throttled dispatcher (ADR 0021)."""
ACCESS_LOGS_KEPT = Duration.days(90)


class Uploads(Construct):
    """`bucket`, `queue`, `dead_letter_queue`."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.bucket = self._bucket(config)
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            queue_name=f"{QUEUE_NAME}-dlq-{config.stage}",
            retention_period=Duration.days(14),
            receive_message_wait_time=Duration.seconds(20),
            enforce_ssl=True,
            removal_policy=config.removal_policy,
        )
        self.queue = sqs.Queue(
            self,
            "IngestQueue",
            queue_name=f"{QUEUE_NAME}-{config.stage}",
            receive_message_wait_time=Duration.seconds(20),
            visibility_timeout=VISIBILITY_TIMEOUT,
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letter_queue, max_receive_count=MAX_RECEIVES
            ),
            enforce_ssl=True,
            removal_policy=config.removal_policy,
        )
        self._notify()

    def _bucket(self, config: Config) -> s3.Bucket:
        return s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            removal_policy=config.removal_policy,
            server_access_logs_bucket=self._access_logs(config),
            lifecycle_rules=lifecycle_rules(config),
            cors=[browser_uploads(config.browser_origins)] if config.browser_origins else None,
        )

    def _access_logs(self, config: Config) -> s3.Bucket | None:
        """Who read what, in `prod`. CloudFormation deletes no bucket that holds logs, and `dev` has
        to go when it is told to."""
        if config.stage != "prod":
            return None
        return s3.Bucket(
            self,
            "AccessLogs",
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            removal_policy=config.removal_policy,
            lifecycle_rules=[s3.LifecycleRule(expiration=ACCESS_LOGS_KEPT)],
        )

    def _notify(self) -> None:
        """On the L1 resource: the L2 way adds a custom resource with a Lambda function.

        S3 compares suffixes by case, hence both; the policy names the account instead of the
        bucket, because bucket and policy would otherwise wait for each other.
        """
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowUploadNotifications",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::*"},
                },
            )
        )
        resource = self.bucket.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError("the bucket has no CfnBucket")
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                self._rule(suffix) for name in EXTENSIONS for suffix in (name, name.upper())
            ]
        )
        resource.node.add_dependency(self.queue.node.find_child("Policy"))

    def _rule(self, suffix: str) -> s3.CfnBucket.QueueConfigurationProperty:
        rules = [
            s3.CfnBucket.FilterRuleProperty(name="prefix", value=UPLOADS),
            s3.CfnBucket.FilterRuleProperty(name="suffix", value=suffix),
        ]
        return s3.CfnBucket.QueueConfigurationProperty(
            event="s3:ObjectCreated:*",
            queue=self.queue.queue_arn,
            filter=s3.CfnBucket.NotificationFilterProperty(
                s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=rules)
            ),
        )


def lifecycle_rules(config: Config) -> list[s3.LifecycleRule]:
    """How long objects and old versions are kept. Old versions can be restored if a mistake may
    overwrite an object; they go within a day where people delete on purpose."""
    at_once = Duration.days(1)
    for_a_while = config.artifacts_kept
    old_versions_kept = {
        UPLOADS: for_a_while,
        RESULTS: for_a_while,
        INDEX: for_a_while,
        MODELS: for_a_while,
        JOBS: at_once,
        VOICEPRINTS: at_once,
    }
    return [
        s3.LifecycleRule(
            abort_incomplete_multipart_upload_after=Duration.days(2),
            expired_object_delete_marker=True,
        ),
        *(
            s3.LifecycleRule(
                prefix=prefix,
                expiration=config.artifacts_kept if prefix == JOBS else None,
                noncurrent_version_expiration=kept,
            )
            for prefix, kept in old_versions_kept.items()
        ),
    ]


def browser_uploads(origins: Sequence[str]) -> s3.CorsRule:
    """A page names the parts of a multipart upload by their ETag, so it has to see it.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html"""
    method = s3.HttpMethods
    return s3.CorsRule(
        allowed_origins=list(origins),
        allowed_methods=[method.PUT, method.POST, method.GET, method.HEAD],
        allowed_headers=["*"],
        exposed_headers=["ETag"],
        max_age=3600,
    )
