"""Find what an earlier stack left behind: a stack that cannot be updated, or resources whose names
are taken.

If a resource that the template names already exists, CloudFormation fails to create the stack
("already exists").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lifestream.client.doctor.findings import Finding, failed, ok, warning

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient

WHAT = "earlier stack"
# `cdk deploy` deletes a stack with this status itself (aws-cdk, `isCreationFailure`).
CREATION_FAILED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
NAME_PROPERTIES = {
    "AWS::SQS::Queue": "QueueName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
}
NOT_FOUND = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchEntity",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)


def check_leftovers(
    session: boto3.Session, stack: str, template: Mapping[str, Any], account: str
) -> Iterator[Finding]:
    status = stack_status(session.client("cloudformation"), stack)
    yield finding_for(stack, status)
    if status is None or status in CREATION_FAILED:
        pseudo = {
            "AWS::AccountId": account,
            "AWS::Region": session.region_name,
            "AWS::Partition": "aws",
        }
        yield from taken_names(session, template, pseudo)


def stack_status(cloud_formation: CloudFormationClient, stack: str) -> str | None:
    """Return the stack's status, or None if it doesn't exist (CloudFormation's ValidationError)."""
    try:
        return cloud_formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise


def finding_for(stack: str, status: str | None) -> Finding:
    if status is None:
        return ok(WHAT, f"none: {stack} will be created")
    if status in CREATION_FAILED:
        detail = f"{stack} is {status}: its creation failed"
        return warning(WHAT, detail, "Read its events to learn why; `make deploy` deletes it first")
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        return failed(WHAT, f"{stack} is {status}", "Wait until that has ended")
    if status == "DELETE_FAILED":
        return failed(WHAT, f"{stack} is {status}", f"Delete it: {_delete(stack)}")
    if status == "UPDATE_ROLLBACK_FAILED":
        command = f"aws cloudformation continue-update-rollback --stack-name {stack}"
        return failed(WHAT, f"{stack} is {status}", f"Repair it: {command}")
    return ok(WHAT, f"{stack} is {status}: it will be updated")


def _delete(stack: str) -> str:
    return (
        f"aws cloudformation delete-stack --stack-name {stack} --deletion-mode FORCE_DELETE_STACK"
    )


def taken_names(
    session: boto3.Session, template: Mapping[str, Any], pseudo: Mapping[str, str]
) -> Iterator[Finding]:
    names = list(named_resources(template, pseudo))
    taken = [(kind, name) for kind, name in names if IS_TAKEN[kind](session, name)]
    for kind, name in taken:
        advice = "An earlier stack left it behind. Delete it if you don't need its contents"
        yield failed("name", f"{kind} {name} is taken: creating the stack would fail", advice)
    if not taken:
        yield ok("names", f"{len(names)} fixed names, none of them taken")


def named_resources(
    template: Mapping[str, Any], pseudo: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the type and name of every resource that the template names."""
    for resource in template["Resources"].values():
        given = resource.get("Properties", {}).get(NAME_PROPERTIES.get(resource["Type"], ""))
        if given is not None and (name := resolved(given, pseudo)):
            yield resource["Type"], name


def resolved(value: Any, pseudo: Mapping[str, str]) -> str | None:
    """Resolve a template value, or return None if it is known only after the deployment."""
    match value:
        case str():
            return value
        case {"Ref": ref}:
            return pseudo.get(ref)
        case {"Fn::Join": [separator, parts]}:
            texts = [resolved(part, pseudo) for part in parts]
            return None if None in texts else str(separator).join(filter(None, texts))
    return None


def _exists(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_FOUND:
            return False
        if error.response["Error"]["Code"] == "403":  # the bucket belongs to another account
            return True
        raise
    return True


def _has_log_group(session: boto3.Session, name: str) -> bool:
    found = session.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in found)


IS_TAKEN: dict[str, Callable[[boto3.Session, str], bool]] = {
    "AWS::SQS::Queue": lambda s, n: _exists(lambda: s.client("sqs").get_queue_url(QueueName=n)),
    "AWS::S3::Bucket": lambda s, n: _exists(lambda: s.client("s3").head_bucket(Bucket=n)),
    "AWS::DynamoDB::Table": lambda s, n: _exists(
        lambda: s.client("dynamodb").describe_table(TableName=n)
    ),
    "AWS::IAM::Role": lambda s, n: _exists(lambda: s.client("iam").get_role(RoleName=n)),
    "AWS::Logs::LogGroup": _has_log_group,
}
