"""Encrypt everything that the stack stores with one customer managed key (`-c kms=customer`).

The key's policy lets nobody use the key directly. Principals of the account may use it through S3,
SQS, DynamoDB, Secrets Manager and SNS, if their own policies allow that, too. Those of the stack's
roles do, for exactly the services that each role calls (ADR 81).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from aws_cdk import Aws, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from cdk_app.config import Config
from cdk_app.network import actions_of, policies
from cdk_app.uploads import ACCESS_LOGS

READ = ("kms:Decrypt",)
WRITE = ("kms:Decrypt", "kms:GenerateDataKey")
ROW = ("kms:Decrypt", "kms:DescribeKey")
CHANGED_ROW = (*ROW, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
NEEDS: Mapping[str, tuple[str, ...]] = {
    "s3:GetObject": READ,
    "s3:GetObjectVersion": READ,
    "s3:PutObject": WRITE,
    "sqs:ReceiveMessage": READ,
    "sqs:SendMessage": WRITE,
    "sns:Publish": WRITE,
    "secretsmanager:GetSecretValue": READ,
    "secretsmanager:PutSecretValue": WRITE,
    "dynamodb:BatchGetItem": ROW,
    "dynamodb:GetItem": ROW,
    "dynamodb:Query": ROW,
    "dynamodb:Scan": ROW,
    "dynamodb:BatchWriteItem": CHANGED_ROW,
    "dynamodb:DeleteItem": CHANGED_ROW,
    "dynamodb:PutItem": CHANGED_ROW,
    "dynamodb:UpdateItem": CHANGED_ROW,
}
"""What an action on an encrypted resource needs of its key, as each service documents it:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""
ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateKeyDescription",
]
"""Neither decryption nor encryption."""


def encrypt_everything(stack: Stack, *, config: Config) -> None:
    """Create the key and use it for each bucket, queue, table, secret, log group and topic.

    The bucket of access logs keeps S3's own encryption, because S3 delivers logs to no other:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    key = _key(stack, config)
    for resource in stack.node.find_all():
        _use(key, resource)
    if any(isinstance(node, cloudfront.CfnDistribution) for node in stack.node.find_all()):
        key.add_to_resource_policy(_pages())
    for service in sorted(_senders(stack)):
        _permit_service(key, service)
    for policy in policies(stack):
        policy.add_statements(*_statements(key, NEEDS.keys() & set(actions_of(policy))))


def _key(stack: Stack, config: Config) -> kms.Key:
    through = [f"{name}.{Aws.REGION}.amazonaws.com" for name in sorted(_services(NEEDS))]
    account = iam.AccountRootPrincipal()
    return kms.Key(
        stack,
        "Key",
        description=f"Encrypts what LifeStream stores in {config.stage}",
        enable_key_rotation=True,
        removal_policy=config.removal_policy,
        policy=iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    sid="Administration",
                    principals=[account],
                    actions=ADMINISTRATION,
                    resources=["*"],
                ),
                iam.PolicyStatement(
                    sid="UseThroughServices",
                    principals=[account],
                    actions=list(CHANGED_ROW),
                    resources=["*"],
                    conditions={"StringEquals": {"kms:ViaService": through}},
                ),
                iam.PolicyStatement(
                    sid="GrantsOfDynamoDb",
                    principals=[account],
                    actions=["kms:CreateGrant"],
                    resources=["*"],
                    conditions={
                        "StringEquals": {"kms:ViaService": f"dynamodb.{Aws.REGION}.amazonaws.com"},
                        "Bool": {"kms:GrantIsForAWSResource": "true"},
                    },
                ),
                _logs_of(stack),
            ]
        ),
    )


def _logs_of(stack: Stack) -> iam.PolicyStatement:
    """Allow CloudWatch Logs to encrypt the stack's log groups, whose names begin with the stack's:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group"
    name = {"kms:EncryptionContext:aws:logs:arn": f"{groups}:{stack.stack_name}-*"}
    return iam.PolicyStatement(
        sid="Logs",
        principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
        actions=list(CHANGED_ROW),
        resources=["*"],
        conditions={"ArnLike": name},
    )


def _pages() -> iam.PolicyStatement:
    """Allow CloudFront to read the pages. The one distribution cannot be named, because it needs
    the bucket, which needs the key:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """
    ours = f"arn:{Aws.PARTITION}:cloudfront::{Aws.ACCOUNT_ID}:distribution/*"
    return iam.PolicyStatement(
        sid="Pages",
        principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
        actions=list(READ),
        resources=["*"],
        conditions={"ArnLike": {"aws:SourceArn": ours}},
    )


def _use(key: kms.Key, resource: IConstruct) -> None:
    match resource:
        case s3.CfnBucket() if ACCESS_LOGS not in resource.node.path.split("/"):
            resource.bucket_encryption = _of_bucket(key)
        case sqs.CfnQueue():
            resource.kms_master_key_id = key.key_arn
            resource.sqs_managed_sse_enabled = None
        case dynamodb.CfnTable():
            resource.sse_specification = dynamodb.CfnTable.SSESpecificationProperty(
                sse_enabled=True, sse_type="KMS", kms_master_key_id=key.key_arn
            )
        case secretsmanager.CfnSecret() | logs.CfnLogGroup():
            resource.kms_key_id = key.key_arn
        case sns.CfnTopic():
            resource.kms_master_key_id = key.key_arn
        case _:
            pass


def _of_bucket(key: kms.Key) -> s3.CfnBucket.BucketEncryptionProperty:
    """A bucket key saves a request to KMS per object."""
    default = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
        sse_algorithm="aws:kms", kms_master_key_id=key.key_arn
    )
    rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(
        bucket_key_enabled=True, server_side_encryption_by_default=default
    )
    return s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule])


def _senders(stack: Stack) -> Iterator[str]:
    """Return the AWS services that send to a queue or a topic of the stack."""
    for node in stack.node.find_all():
        if isinstance(node, sns.CfnTopic):
            yield "cloudwatch.amazonaws.com"  # alarms need no statement in the topic's policy
        if isinstance(node, sqs.QueuePolicy | sns.TopicPolicy):
            for statement in node.document.to_json()["Statement"]:
                principal = statement["Principal"]
                if isinstance(principal, dict) and "Service" in principal:
                    yield from _listed(principal["Service"])


def _permit_service(key: kms.Key, service: str) -> None:
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service)],
            actions=list(WRITE),
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )


def _statements(key: kms.Key, actions: Iterable[str]) -> Iterator[iam.PolicyStatement]:
    """Return one statement per service: the key may be used through this service only."""
    actions = list(actions)
    for service in sorted(_services(actions)):
        needed = {need for a in actions if a.startswith(f"{service}:") for need in NEEDS[a]}
        yield iam.PolicyStatement(
            actions=sorted(needed),
            resources=[key.key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com"}
            },
        )


def _services(actions: Iterable[str]) -> set[str]:
    return {action.partition(":")[0] for action in actions}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
