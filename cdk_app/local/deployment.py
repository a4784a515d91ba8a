"""Deploy the template and its assets to the embedded AWS with CloudFormation, as `cdk deploy`
does."""

from __future__ import annotations

import io
import json
import marshal
import os
import time
import zipfile
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from typing import Any

import boto3

from cdk_app.local.synthesis import Assembly
from lifestream.settings import API_KEY_NAMES

POLL_SECONDS = 0.1
UNCHECKED = (1).to_bytes(4, "little")
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"


class DeploymentError(RuntimeError):
    """The deployment failed. The message has CloudFormation's reasons, one per line."""


def deploy(assembly: Assembly, session: boto3.Session, *, account: str) -> dict[str, str]:
    """Create the stack if it doesn't exist, store the API keys, and return the stack's outputs.

    A stack from an earlier run with the same state is not updated. The API keys are always those
    in the environment. Raises DeploymentError.
    """
    cloud_formation = session.client("cloudformation")
    outputs = _outputs(cloud_formation, assembly.stack)
    if outputs is None:
        outputs = _create(assembly, session, account)
    store_keys(session, outputs["ApiKeysSecret"], os.environ)
    return outputs


def _create(assembly: Assembly, session: boto3.Session, account: str) -> dict[str, str]:
    cloud_formation = session.client("cloudformation")
    session.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String")
    cloud_formation.create_stack(
        StackName=assembly.stack,
        TemplateURL=_publish_assets(assembly, session, account),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        OnFailure="DO_NOTHING",
    )
    _wait(cloud_formation, assembly.stack)
    return _outputs(cloud_formation, assembly.stack) or {}


def store_keys(session: boto3.Session, secret: str, environment: Mapping[str, str]) -> None:
    """Copy the API keys from the environment to the secret, which steps read here as on AWS."""
    keys = {name: environment.get(name, "") for name in API_KEY_NAMES}
    session.client("secretsmanager").put_secret_value(
        SecretId=secret, SecretString=json.dumps(keys)
    )


def zip_folder(folder: Path) -> bytes:
    """Return a zip of the folder, and of its modules compiled: no Lambda worker compiles them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder)
            if "__pycache__" in name.parts:
                continue
            archive.writestr(zipfile.ZipInfo(str(name)), path.read_bytes())
            if path.suffix == ".py":
                archive.writestr(zipfile.ZipInfo(cache_from_source(name)), _compiled(path))
    return buffer.getvalue()


def _compiled(module: Path) -> bytes:
    """Return the content of a `.pyc` file that Python uses whatever the time of the source is.

    Its format: https://peps.python.org/pep-0552/
    """
    code = SourceFileLoader(module.stem, str(module)).get_code(module.stem)
    return MAGIC_NUMBER + UNCHECKED + source_hash(module.read_bytes()) + marshal.dumps(code)


def _publish_assets(assembly: Assembly, session: boto3.Session, account: str) -> str:
    """Upload every file asset and return the template's URL."""
    s3, buckets, url = session.client("s3"), set(), ""
    zips: dict[Path, bytes] = {}
    for asset in assembly.files.values():
        source = (assembly.folder / asset["source"]["path"]).resolve()
        if source.is_dir():
            body = zips.get(source) or zips.setdefault(source, zip_folder(source))
        else:
            body = source.read_bytes()
        for destination in asset["destinations"].values():
            bucket, key = (
                _resolved(destination[name], account, session)
                for name in ("bucketName", "objectKey")
            )
            if bucket not in buckets:
                s3.create_bucket(Bucket=bucket)
                buckets.add(bucket)
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            if source.name.endswith(".template.json"):
                url = f"{s3.meta.endpoint_url}/{bucket}/{key}"
    return url


def _resolved(text: str, account: str, session: boto3.Session) -> str:
    text = text.replace("${AWS::AccountId}", account).replace("${AWS::Partition}", "aws")
    return text.replace("${AWS::Region}", session.region_name)


def _outputs(cloud_formation: Any, stack: str) -> dict[str, str] | None:
    try:
        described = cloud_formation.describe_stacks(StackName=stack)["Stacks"][0]
    except cloud_formation.exceptions.ClientError:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}


def _wait(cloud_formation: Any, stack: str) -> None:
    while True:
        status = cloud_formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(POLL_SECONDS)
    if status == "CREATE_COMPLETE":
        return
    events = cloud_formation.describe_stack_events(StackName=stack)["StackEvents"]
    reasons = [
        f"{e['LogicalResourceId']} ({e['ResourceType']}): {e.get('ResourceStatusReason')}"
        for e in events
        if e["ResourceStatus"].endswith("FAILED")
    ]
    raise DeploymentError("\n".join([f"{stack}: {status}", *reasons]))
