"""Findings of AwsSolutions that we accept, by resource, each with its reason.

A finding is the rule, with what it complains about in brackets; `<X>` is the ARN of resource X.
"""

from __future__ import annotations

from collections.abc import Iterator

from lifestream.step_names import Step

SECRET = "AWS cannot rotate the keys of OpenAI, Pinecone or Hugging Face."  # noqa: S105  # a reason
RECEIPT_KEY = "A rotated key would make every earlier receipt invalid."
PYTHON = "One Python in the cloud: the container has 3.13 too, and AWS supports it until June 2029."
SLOTS = "Holds the names of running executions; the reconciler repairs it within the hour."
ENVIRONMENT = "Names of buckets and tables and settings of the engines; keys are in the secret."
DEV = "`dev` is thrown away whole, and CloudFormation deletes no bucket that holds logs."
UNDELIVERED = "It is a dead-letter queue itself, as a destination, which CDK-nag does not see."
OF_AWS = "ECS manages the hosts with it; AWS extends the policy as the service grows."
AGENT = "CDK's policy of the ECS agent: it polls without a resource, as an instance not yet known."
REGISTRY = "`ecr:GetAuthorizationToken` has no resource."
TRACES = (
    "X-Ray's actions that send traces have no resource. In a private network, neither have"
    " Lambda's network interfaces, which the code may not touch."
)
TRACES_AND_TASKS = f"{TRACES} Listing tasks knows no task: a condition names the one cluster."
HOSTS = "The hosts of the one cluster; ECS makes their names at run time."
NO_RESOURCE = "Delivering logs and sending traces have no resource."
VERSIONS = "CDK's LambdaInvoke may invoke every version of the one function of the state."
REVISIONS = "The one task definition, in every revision: a running execution may need the last one."
EXECUTIONS = "The executions of the one state machine; their names are made at run time."
NEW_TASKS = "Tasks are tagged when they start, and have no name before; the cluster is named."
OBJECTS = "The objects below one prefix; their names are made at run time."

FUNCTIONS = (
    *(step for step in Step if step != Step.TRANSCRIBE_SPEECH),
    "Dispatcher",
    "Recovery/ExecutionEnded",
    "Recovery/Reconciler",
    "Erasure",
    "Webhook",
    "Api",
)
TRANSCRIPT = "jobs/*/TranscribeSpeech/*"
SUMMARY = "jobs/*/SummarizeTranscript/*"
INDEXED = "jobs/*/IndexTranscript/*"
PREFIXES = {
    Step.INSPECT_VIDEO: ["uploads/*", "jobs/*/InspectVideo/*", TRANSCRIPT],
    Step.EXTRACT_AUDIO: ["uploads/*", "jobs/*/ExtractAudio/*"],
    Step.SUMMARIZE_TRANSCRIPT: [TRANSCRIPT, SUMMARY],
    Step.INDEX_TRANSCRIPT: [TRANSCRIPT, INDEXED, "index/*"],
    Step.PUBLISH_RESULTS: [TRANSCRIPT, SUMMARY, INDEXED, "results/*", "voices/*", "voices/names/*"],
    Step.RECORD_SUCCESS: [],
    Step.RECORD_FAILURE: [TRANSCRIPT],
}
"""Prefixes that a step may read or write."""


ERASURES = ("erasures/open/*", "erasures/receipts/*")
API_PREFIXES = ("uploads/*", "results/*", "index/*", "voices/*", TRANSCRIPT, *ERASURES)
"""Prefixes that some route of the API reads or writes."""
SECOND_FACTOR = "Users choose: an organization that demands one signs in with its own provider."
PLUS = "Adaptive risk checks cost $0.02 per user and month, and the plan Plus has no free users."
DOCUMENTATION = "Swagger UI, which holds no data; people sign in on it."
EVERYWHERE = "People may use it from any country; who gets in is decided by the sign-in."
FIREWALL = "A web ACL costs $5 per month while idle. The API throttles, and the pages are static."
REQUEST_LOG = "The API logs its requests; CloudFront's log would add who loaded the public pages."
OWN_DOMAIN = "CloudFront's own certificate has no other policy; browsers agree on TLS 1.3."
HEALTH = "The health check, which shows nothing, so that a monitor needs no token."


def accepted() -> Iterator[tuple[str, str, str]]:
    """Return (resource, finding, reason) for each accepted finding."""
    yield "ApiKeys/Secret", "SMG4", SECRET
    yield "Erasure/ReceiptKey", "SMG4", RECEIPT_KEY
    yield "Slots/Table", "DDB3", SLOTS
    yield "Uploads/Bucket", "S1", DEV
    yield "Webhook/Undelivered", "SQS3", UNDELIVERED
    for function in FUNCTIONS:
        yield f"{function}/Function", "L1", PYTHON
        reason = TRACES_AND_TASKS if function.startswith(("Recovery/", "Erasure")) else TRACES
        yield f"{function}/FunctionServiceRole/DefaultPolicy", "IAM5[*]", reason
    for step, prefixes in PREFIXES.items():
        for prefix in prefixes:
            yield (
                f"{step}/FunctionServiceRole/DefaultPolicy",
                f"IAM5[<UploadsBucket>/{prefix}]",
                OBJECTS,
            )
    yield from _transcribe_speech()
    yield from _workflow()
    for function in ("ExecutionEnded", "Reconciler"):
        policy = f"Recovery/{function}/FunctionServiceRole/DefaultPolicy"
        yield policy, "IAM5[<WorkflowStateMachine>…]", EXECUTIONS
    policy = "Recovery/Reconciler/FunctionServiceRole/DefaultPolicy"
    yield policy, "IAM5[container-instance/<TranscribeSpeechCluster>/*]", HOSTS
    yield from _erasure()
    yield from _api()
    yield "Dashboard/Bucket", "S1", DEV
    yield "Dashboard/Distribution", "CFR1", EVERYWHERE
    yield "Dashboard/Distribution", "CFR2", FIREWALL
    yield "Dashboard/Distribution", "CFR3", REQUEST_LOG
    yield "Dashboard/Distribution", "CFR4", OWN_DOMAIN
    policy = "Dispatcher/FunctionServiceRole/DefaultPolicy"
    yield policy, "IAM5[<WorkflowStateMachine>…]", EXECUTIONS


def accepted_if_tagged() -> Iterator[tuple[str, str, str]]:
    policy = "Workflow/StateMachine/Role/DefaultPolicy"
    yield policy, "IAM5[task/<TranscribeSpeechCluster>/*]", NEW_TASKS


def _erasure() -> Iterator[tuple[str, str, str]]:
    policy = "Erasure/FunctionServiceRole/DefaultPolicy"
    for prefix in ("uploads/*", "jobs/*", "results/*", "index/*", "voices/*", *ERASURES):
        yield policy, f"IAM5[<UploadsBucket>/{prefix}]", OBJECTS
    yield policy, "IAM5[<WorkflowStateMachine>…]", EXECUTIONS


def _api() -> Iterator[tuple[str, str, str]]:
    policy = "Api/FunctionServiceRole/DefaultPolicy"
    for prefix in API_PREFIXES:
        yield policy, f"IAM5[<UploadsBucket>/{prefix}]", OBJECTS
    yield policy, "IAM5[<WorkflowStateMachine>…]", EXECUTIONS
    yield "SignIn/Pool", "COG2", SECOND_FACTOR
    yield "SignIn/Pool", "COG8", PLUS
    yield "Http/GET--v1--health", "APIG4", HEALTH
    yield "Http/GET--docs", "APIG4", DOCUMENTATION
    yield "Http/GET--docs--{proxy+}", "APIG4", DOCUMENTATION


def _transcribe_speech() -> Iterator[tuple[str, str, str]]:
    yield "TranscribeSpeech/Task", "ECS2", ENVIRONMENT
    for prefix in ("jobs/*/InspectVideo/*", "jobs/*/ExtractAudio/*", TRANSCRIPT, "models/*"):
        policy = "TranscribeSpeech/Task/TaskRole/DefaultPolicy"
        yield policy, f"IAM5[<UploadsBucket>/{prefix}]", OBJECTS
    yield "TranscribeSpeech/Task/ExecutionRole/DefaultPolicy", "IAM5[*]", REGISTRY
    yield (
        "TranscribeSpeech/Gpu/GpuRole",
        "IAM4[policy/AmazonECSInfrastructureRolePolicyForManagedInstances]",
        OF_AWS,
    )
    yield "TranscribeSpeech/Gpu/InstanceRole", "IAM5[*]", AGENT
    yield "TranscribeSpeech/Gpu/InstanceRole", "IAM5[container-instance/*]", AGENT


def _workflow() -> Iterator[tuple[str, str, str]]:
    policy = "Workflow/StateMachine/Role/DefaultPolicy"
    yield policy, "IAM5[*]", NO_RESOURCE
    yield policy, "IAM5[<TranscribeSpeechTask>…]", REVISIONS
    for step in PREFIXES:
        yield policy, f"IAM5[<{step}Function>:*]", VERSIONS
