"""Create the bucket, the ingest queue that it notifies of uploads, and the dead-letter queue."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_app.config import Config
from lifestream.domain.bucket_layout import (
    HOLDS,
    INDEX,
    JOBS,
    MODELS,
    RESULTS,
    UPLOADS,
    VOICEPRINTS,
)
from lifestream.domain.file_types import EXTENSIONS

QUEUE_NAME = "lifestream-video-processing"
MAX_RECEIVES = 3
VISIBILITY_TIMEOUT = Duration.minutes(15)
"""Of each receive. Lambda retries a throttled dispatcher for this long (ADR 0021)."""
ACCESS_LOGS = "AccessLogs"
ACCESS_LOG_RETENTION = Duration.days(90)
DASHBOARDS = "https://*.cloudfront.net"
"""The dashboard's origin is one of these. Its distribution needs the bucket's name, so the bucket
cannot need the distribution's (ADR 62)."""


class Uploads(Construct):
    """Exposes `bucket`, its `access_logs`, `queue` and `dead_letter_queue`."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.access_logs = self._access_logs(config)
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
            server_access_logs_bucket=self.access_logs,
            lifecycle_rules=lifecycle_rules(config),
            cors=[browser_uploads([DASHBOARDS, *config.browser_origins])],
        )

    def _access_logs(self, config: Config) -> s3.Bucket | None:
        """Create the bucket for access logs, in `prod` only.

        CloudFormation deletes only empty buckets, so access logs would keep `dev` from being
        deleted.
        """
        if config.stage != "prod":
            return None
        return s3.Bucket(
            self,
            ACCESS_LOGS,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            removal_policy=config.removal_policy,
            lifecycle_rules=[s3.LifecycleRule(expiration=ACCESS_LOG_RETENTION)],
        )

    def _notify(self) -> None:
        """Notify the queue of uploads.

        The L1 resource is configured, because the L2 method adds a custom resource with a Lambda
        function. S3's suffixes are case-sensitive, so each is listed in both cases. The policy
        names the account instead of the bucket, to avoid a circular dependency.
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
                self._notification(suffix) for name in EXTENSIONS for suffix in (name, name.upper())
            ]
        )
        resource.node.add_dependency(self.queue.node.find_child("Policy"))

    def _notification(self, suffix: str) -> s3.CfnBucket.QueueConfigurationProperty:
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
    """Return the rules that expire objects and their old versions.

    Old versions are kept if an object may be overwritten by mistake, and for a day if people
    delete objects on purpose. No rule matches the copies of a legal hold, or receipts.
    """
    a_day, restorable = Duration.days(1), config.old_version_retention
    wanted = config.retention
    expiration = {UPLOADS: wanted.uploads, RESULTS: wanted.results, INDEX: wanted.index}
    old_version_retention = {
        UPLOADS: restorable,
        RESULTS: restorable,
        INDEX: restorable,
        MODELS: restorable,
        JOBS: a_day,
        VOICEPRINTS: a_day,
        HOLDS: a_day,
    }
    return [
        s3.LifecycleRule(
            abort_incomplete_multipart_upload_after=Duration.days(2),
            expired_object_delete_marker=True,
        ),
        s3.LifecycleRule(
            prefix=JOBS,
            expiration=config.artifact_retention,
            noncurrent_version_expiration=old_version_retention.pop(JOBS),
        ),
        *(
            s3.LifecycleRule(
                prefix=prefix,
                expiration=Duration.days(days) if (days := expiration.get(prefix)) else None,
                noncurrent_version_expiration=retention,
            )
            for prefix, retention in old_version_retention.items()
        ),
    ]


def browser_uploads(origins: Sequence[str]) -> s3.CorsRule:
    """Return the CORS rule that lets pages of these origins upload.

    A page needs the ETag of each part to complete a multipart upload:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    method = s3.HttpMethods
    return s3.CorsRule(
        allowed_origins=list(origins),
        allowed_methods=[method.PUT, method.POST, method.GET, method.HEAD],
        allowed_headers=["*"],
        exposed_headers=["ETag"],
        max_age=3600,
    )
