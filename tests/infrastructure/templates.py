"""The synthesized template, once for each deployment that switches describe, and its parts.

aws_cdk is imported inside functions, here and in the tests, because the import starts a Node
process, which only one of the test processes needs.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from cdk_app.local.synthesis import ROOT

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

OIDC = {
    "name": "Company",
    "issuer": "https://login.example.com",
    "client_id": "lifestream",
    "client_secret_name": "lifestream/oidc",
}
SAML = {"name": "University", "metadata_url": "https://idp.example.edu/metadata.xml"}
EVERYTHING = {
    "compute": "gpu",
    "stage": "prod",
    "webhook_url": "https://example.com/hook",
    "spot": "true",
    "oidc": json.dumps(OIDC),
    "saml": json.dumps(SAML),
    "max_job_dollars": "5",
    "max_day_dollars": "50",
    "daily_budget": "20",
}
"""Switches that create every resource of a deployment on GPUs."""
ORIGINS = ["https://videos.example.com", "http://localhost:5173"]
RETENTION = {
    "uploads": 365,
    "artifacts": 11,
    "results": 730,
    "index": 90,
    "old_versions": 12,
    "logs": 30,
}
OTHER_VALUES = {
    "browser_origins": json.dumps(ORIGINS),
    "index": json.dumps({"PINECONE_NAMESPACE": "prod"}),
    "gpu_instance_types": json.dumps(["g4dn.xlarge", "g5.xlarge"]),
    "alarm_topic_arn": "arn:aws:sns:us-east-1:123456789012:operators",
    "runbook": "https://wiki.example.com/runbook",
    "retention": json.dumps(RETENTION),
}
"""Switches that change one value each. They share a template, because a synthesis takes a CPU
second."""
STRICT = {
    "network": "private-with-nat",
    "kms": "customer",
    "permissions_boundary": "arn:aws:iam::123456789012:policy/Boundary",
    "tags": json.dumps({"CostCenter": "1234"}),
}
"""Switches that an organization may demand."""
WEBHOOK = {"webhook_url": EVERYTHING["webhook_url"]}
COMBINATIONS: list[dict[str, str]] = [
    {"compute": compute, "stage": stage} | network | kms | boundary | tags
    for compute in ("gpu", "cpu")
    for stage in ("dev", "prod")
    for network in (WEBHOOK, {"network": "private"}, WEBHOOK | {"network": STRICT["network"]})
    for kms in ({}, {"kms": "customer"})
    for boundary in ({}, {"permissions_boundary": STRICT["permissions_boundary"]})
    for tags in ({}, {"tags": STRICT["tags"]})
]
"""Every combination of the switches that change resources which other switches create."""
_TEMPLATES: dict[str, Template] = {}


@cache
def synthesized(**switches: str) -> Template:
    import aws_cdk as cdk
    from aws_cdk.assertions import Template

    from cdk_app.config import Config
    from cdk_app.preflight.plan import NO_ASSETS
    from cdk_app.stack import LifeStreamStack

    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(context=context | NO_ASSETS | switches)
    config = Config.from_context(app.node)
    deployment = config.model_dump_json()  # the same for a default as for the value spelled out
    if deployment not in _TEMPLATES:
        stack = LifeStreamStack(app, f"LifeStream-{config.stage}", config=config)
        _TEMPLATES[deployment] = Template.from_stack(stack)
    return _TEMPLATES[deployment]


def resources(template: Template, kind: str) -> list[dict[str, Any]]:
    found = template.find_resources(kind)
    return [resource["Properties"] for resource in found.values()]


def uploads_bucket(template: Template) -> tuple[str, dict[str, Any]]:
    """Return the logical id and the properties of the bucket that holds everything."""
    [found] = [
        (name, bucket["Properties"])
        for name, bucket in template.find_resources("AWS::S3::Bucket").items()
        if "VersioningConfiguration" in bucket["Properties"]
    ]
    return found


def queue(template: Template, name: str) -> dict[str, Any]:
    [found] = [q for q in resources(template, "AWS::SQS::Queue") if q["QueueName"] == name]
    return found


def definition(template: Template) -> dict[str, Any]:
    """Return the state machine, with each reference replaced by the name of its resource."""
    [machine] = resources(template, "AWS::StepFunctions::StateMachine")
    return render(machine["DefinitionString"])


def metrics_dashboard(template: Template) -> dict[str, Any]:
    """Return the metrics dashboard, with each reference replaced by the name of its resource."""
    [found] = resources(template, "AWS::CloudWatch::Dashboard")
    return render(found["DashboardBody"])


def render(joined: dict[str, Any]) -> dict[str, Any]:
    parts = joined["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else _name(part) for part in parts)
    rendered: dict[str, Any] = json.loads(text)
    return rendered


def _name(reference: dict[str, Any]) -> str:
    if "Ref" in reference:
        return "aws" if reference["Ref"] == "AWS::Partition" else str(reference["Ref"])
    return str(reference["Fn::GetAtt"][0])


def all_states(machine: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Yield all states, including those of branches."""
    states = dict(machine["States"])
    for state in machine["States"].values():
        for branch in state.get("Branches", ()):
            states |= all_states(branch)
    return states
