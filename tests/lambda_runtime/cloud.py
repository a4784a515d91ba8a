"""The services that functions use: AWS, OpenAI and Pinecone, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from builders import a_draft
from cdk_app.bundling import Requirements
from cdk_app.local.session import EmbeddedAws, embedded_aws
from fakes import Answer, LocalEndpoint, chat_completion
from lambda_runtime.functions import Function, deployed_functions
from lifestream.aws.artifacts import Artifacts
from lifestream.aws.job_table import JobTable
from lifestream.domain.job import ProcessingJob
from pinecone_server import PineconeServer

DIMENSION = 1536
QUOTE = "The biggest problem is the search."
KEYS = {"OPENAI_API_KEY": "sk-canary-key", "PINECONE_API_KEY": "pc-canary-key"}


@dataclass(frozen=True)
class Cloud:
    """The deployed stack. `functions`: by handler."""

    aws: EmbeddedAws
    pinecone: PineconeServer
    functions: dict[str, Function]

    @property
    def bucket(self) -> str:
        return self.aws.outputs["AwsS3BucketName"]

    @property
    def s3(self) -> Any:
        return self.aws.session().client("s3")

    @property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.s3, self.bucket)

    @property
    def job_table(self) -> JobTable:
        dynamodb = self.aws.session().resource("dynamodb")
        return JobTable(dynamodb.Table(self.aws.outputs["JobsTableName"]))

    def upload(self, key: str, content: bytes) -> ProcessingJob:
        """Upload a video and write the job's row, as the dispatcher does."""
        put = self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        job = ProcessingJob.for_upload(
            bucket=self.bucket, key=key, version_id=put["VersionId"], etag=put["ETag"].strip('"')
        )
        self.job_table.accept(job)
        return job


@contextmanager
def running_cloud() -> Iterator[Cloud]:
    """Run the services. Uploads send no notifications, because the tests invoke the functions."""
    openai, pinecone = LocalEndpoint(_answer_as_openai), PineconeServer(dimension=DIMENSION)
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack:
        for name, value in KEYS.items():
            environment.setenv(name, value)
        stack.enter_context(openai.running())
        stack.enter_context(pinecone.endpoint.running())
        aws = stack.enter_context(embedded_aws())
        addresses = {
            "AWS_ENDPOINT_URL": aws.endpoint,
            "OPENAI_BASE_URL": f"{openai.url}/v1",
            "PINECONE_CONTROLLER_HOST": pinecone.endpoint.url,
        }
        functions = {f.handler: f for f in deployed_functions(aws, addresses)}
        webhook = _webhook_like(functions["triggers.execution_ended.handler"])
        cloud = Cloud(aws, pinecone, functions | {webhook.handler: webhook})
        cloud.s3.put_bucket_notification_configuration(
            Bucket=cloud.bucket, NotificationConfiguration={}
        )
        yield cloud


def _webhook_like(function: Function) -> Function:
    """Return a Webhook function, which is deployed only with `-c webhook_url=`."""
    return replace(
        function,
        handler="triggers.webhook.handler",
        requirements=Requirements.WEBHOOK,
        variables={"WEBHOOK_URL": "https://example.com/", "API_KEYS_SECRET": "none"},
        memory=256,
    )


def _answer_as_openai(path: str, request: dict[str, Any]) -> Answer:
    if path.endswith("/embeddings"):
        vector = [1.0] + [0.0] * (DIMENSION - 1)
        data = [
            {"object": "embedding", "index": number, "embedding": vector}
            for number, _ in enumerate(request["input"])
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return 200, {"object": "list", "model": request["model"], "data": data, "usage": usage}
    point = {"text": "The search is the main problem.", "segment_ids": [5], "quote": QUOTE}
    return chat_completion(a_draft(key_points=[point]).model_dump_json())
