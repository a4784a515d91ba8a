"""The functions with their settings from the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_app.bundling import Requirements
from cdk_app.local.session import REGION, EmbeddedAws
from cdk_app.local.synthesis import synthesize
from lambda_runtime.machine import Paths


@dataclass(frozen=True)
class Function:
    """`memory` and `disk` in MB; `variables` are the function's own."""

    name: str
    handler: str
    memory: int
    disk: int
    requirements: Requirements
    variables: Mapping[str, str]
    credentials: Mapping[str, str] = field(repr=False)

    def environment(self, paths: Paths, runtime_api: str, python: str) -> dict[str, str]:
        """Return the function's variables and Lambda's "Defined runtime environment variables":
        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

        That page leaves out /var/lang/lib; AWS's images have it first, as do functions:
        https://github.com/aws/aws-lambda-base-images (Dockerfile.python-3.13).
        """
        libraries = (
            f"{paths.lang}/lib:/lib64:/usr/lib64:{paths.runtime}:{paths.runtime}/lib:"
            f"{paths.task}:{paths.task}/lib:/opt/lib"
        )
        return {
            "_HANDLER": self.handler,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{python}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/24/[$LATEST]0123456789abcdef",
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "LAMBDA_TASK_ROOT": paths.task,
            "LAMBDA_RUNTIME_DIR": paths.runtime,
            "LANG": "en_US.UTF-8",
            "LD_LIBRARY_PATH": libraries,
            "PATH": f"{paths.lang}/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
            "PYTHONPATH": paths.runtime,
            "TZ": ":UTC",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            **self.credentials,
            **self.variables,
        }


def deployed_functions(aws: EmbeddedAws, addresses: Mapping[str, str]) -> list[Function]:
    """Return the functions, each with credentials of its own role, so that permissions apply.

    `addresses` replace the default endpoints of AWS, OpenAI and Pinecone in the SDKs.
    """
    requirements = _requirements_by_handler()
    session = aws.session()
    listed = session.client("lambda").list_functions()["Functions"]
    return [
        Function(
            name=function["FunctionName"],
            handler=function["Handler"],
            memory=function["MemorySize"],
            disk=function["EphemeralStorage"]["Size"],
            requirements=requirements[function["Handler"]],
            variables={**function["Environment"]["Variables"], **addresses},
            credentials=_credentials(session.client("sts"), function["Role"]),
        )
        for function in listed
    ]


def _requirements_by_handler() -> dict[str, Requirements]:
    assembly = synthesize()
    functions = [
        resource["Properties"]
        for resource in assembly.template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function" and "Handler" in resource["Properties"]
    ]
    names = {asset: file.get("displayName") for asset, file in assembly.files.items()}
    return {
        function["Handler"]: Requirements(names[function["Code"]["S3Key"].removesuffix(".zip")])
        for function in functions
    }


def _credentials(sts: Any, role: str) -> dict[str, str]:
    keys = sts.assume_role(RoleArn=role, RoleSessionName="function")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
