"""The API behind the gateway, with tokens of the user pool: who gets in, and what they may do."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from api_tokens import (
    SignInFailedError,
    Tokens,
    code_from_the_pages,
    exchanged,
    machine_token,
    refreshed,
    signed_in,
)
from cdk_app.local.run import Outcome
from cdk_app.local.users import User, create_user
from lifestream.api.access import GROUPS
from local_stack import Pipeline
from pipeline.grants import Decision, physical_id

NO_JOB = "0" * 32


@pytest.fixture(scope="module")
def users(_deployed: Pipeline) -> dict[str, User]:
    """Return a user in each group, by the group's name."""
    return {group: create_user(_deployed.aws, group) for group in GROUPS}


@pytest.fixture(scope="module")
def tokens(_deployed: Pipeline, users: dict[str, User]) -> dict[str, Tokens]:
    return {group: signed_in(_deployed.aws, user) for group, user in users.items()}


def ask(pipeline: Pipeline, method: str, path: str, token: str | None, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(
        method, f"{pipeline.aws.api_url}{path}", headers=headers, timeout=60, **more
    )


def test_the_health_check_needs_no_token(pipeline: Pipeline) -> None:
    answer = ask(pipeline, "GET", "/v1/health", None)

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_the_health_check_and_the_outputs_say_where_to_sign_in(pipeline: Pipeline) -> None:
    outputs = pipeline.aws.outputs
    assert {outputs["ApiUrl"], outputs["SignInUrl"]} == {pipeline.aws.api_url}

    health = ask(pipeline, "GET", "/v1/health", None).json()

    assert health == {
        "status": "ok",
        "stage": "dev",
        "sign_in_url": pipeline.aws.api_url,
        "client_id": outputs["PeopleClientId"],
    }


def test_the_documentation_needs_no_token(pipeline: Pipeline) -> None:
    page = ask(pipeline, "GET", "/docs", None)
    described = ask(pipeline, "GET", "/docs/openapi.json", None).json()

    token = described["components"]["securitySchemes"]["token"]
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    sign_in = f"{pipeline.aws.api_url}/oauth2/authorize"
    assert token["flows"]["authorizationCode"]["authorizationUrl"] == sign_in


@pytest.mark.parametrize("path", ["/v1/me", "/v1/jobs", "/v1/nothing", "/v1/health/more"])
def test_nobody_gets_in_without_a_token(pipeline: Pipeline, path: str) -> None:
    for token in (None, "", "guessed", "a.b.c"):
        answer = ask(pipeline, "GET", path, token)

        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


@pytest.mark.parametrize("group", GROUPS)
def test_a_person_in_a_group_reads(
    pipeline: Pipeline, tokens: dict[str, Tokens], group: str
) -> None:
    me = ask(pipeline, "GET", "/v1/me", tokens[group].access)
    jobs = ask(pipeline, "GET", "/v1/jobs", tokens[group].access)

    assert (me.status_code, me.json()["name"], me.json()["role"]) == (200, group, group)
    assert jobs.status_code == 200
    assert jobs.headers["ETag"]


def test_a_person_reads_a_job_and_searches_it(
    pipeline: Pipeline, tokens: dict[str, Tokens], finished: Outcome
) -> None:
    token, job = tokens["viewer"].access, finished.job

    read = ask(pipeline, "GET", f"/v1/jobs/{job.job_id}", token).json()
    found = ask(pipeline, "GET", "/v1/search", token, params={"q": "problem"}).json()

    assert (read["status"], read["file_name"]) == ("SUCCEEDED", "finished.mp4")
    assert job.job_id in {passage["job_id"] for passage in found["passages"]}


def test_a_viewer_changes_nothing_and_an_editor_may(
    pipeline: Pipeline, tokens: dict[str, Tokens], finished: Outcome
) -> None:
    path = f"/v1/jobs/{finished.job.job_id}/cancel"

    refused = ask(pipeline, "POST", path, tokens["viewer"].access)
    accepted = ask(pipeline, "POST", path, tokens["editor"].access)

    assert (refused.status_code, refused.json()["error"]) == (403, "AccessDeniedError")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (accepted.status_code, accepted.json()["error"]) == (409, "JobStatusError")


def test_somebody_without_a_group_may_do_nothing(pipeline: Pipeline) -> None:
    aws = pipeline.aws
    cognito, pool = aws.session().client("cognito-idp"), aws.outputs["UserPoolId"]
    user = create_user(aws, "viewer")
    cognito.admin_remove_user_from_group(UserPoolId=pool, Username=user.name, GroupName="viewer")

    answer = ask(pipeline, "GET", "/v1/jobs", signed_in(aws, user).access)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=user.name, GroupName="viewer")

    assert answer.status_code == 403


@pytest.mark.attack
def test_an_altered_token_is_refused(pipeline: Pipeline, tokens: dict[str, Tokens]) -> None:
    head, claims, signature = tokens["viewer"].access.split(".")
    promoted = encoded(decoded(claims) | {"cognito:groups": ["admin"]})
    later = encoded(decoded(claims) | {"exp": int(time.time()) + 10**6})
    other = signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")
    unsigned = encoded(decoded(head) | {"alg": "none"})

    for token in (
        f"{head}.{promoted}.{signature}",
        f"{head}.{later}.{signature}",
        f"{head}.{claims}.{other}",
        f"{head}.{claims}.",
        f"{unsigned}.{claims}.",
    ):
        assert ask(pipeline, "GET", "/v1/me", token).status_code == 401


@pytest.mark.attack
def test_a_token_that_somebody_else_signed_is_refused(
    pipeline: Pipeline, tokens: dict[str, Tokens]
) -> None:
    """It has the claims of a real token, and the id of a real key."""
    head, claims, _ = tokens["admin"].access.split(".")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signature = key.sign(f"{head}.{claims}".encode(), padding.PKCS1v15(), SHA256())

    forged = f"{head}.{claims}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    assert ask(pipeline, "GET", "/v1/me", forged).status_code == 401


@pytest.mark.attack
def test_an_id_token_is_no_access_token(pipeline: Pipeline, tokens: dict[str, Tokens]) -> None:
    """The gateway accepts it, because it names the client; the function refuses it."""
    answer = ask(pipeline, "GET", "/v1/me", tokens["admin"].id)

    assert (answer.status_code, answer.json()["error"]) == (401, "NotSignedInError")


def decoded(part: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return content


def encoded(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_refreshed_token_has_the_same_role(pipeline: Pipeline, tokens: dict[str, Tokens]) -> None:
    token = refreshed(pipeline.aws, tokens["editor"]).access

    assert ask(pipeline, "GET", "/v1/me", token).json()["role"] == "editor"


@pytest.mark.attack
def test_the_pages_let_nobody_in_with_a_wrong_password_or_code(
    pipeline: Pipeline, users: dict[str, User]
) -> None:
    user = users["admin"]
    code = code_from_the_pages(pipeline.aws, user, "v" * 43)

    with pytest.raises(SignInFailedError, match="Incorrect username or password"):
        signed_in(pipeline.aws, replace(user, password=user.password[::-1]))
    with pytest.raises(SignInFailedError, match="invalid_grant"):
        exchanged(pipeline.aws, code, "w" * 43)
    with pytest.raises(SignInFailedError, match="invalid_grant"):
        exchanged(pipeline.aws, "guessed", "v" * 43)
    exchanged(pipeline.aws, code, "v" * 43)
    with pytest.raises(SignInFailedError, match="invalid_grant"):
        exchanged(pipeline.aws, code, "v" * 43)  # a code is used once


@pytest.mark.parametrize(
    ("scopes", "role"),
    [
        (["lifestream/read"], "viewer"),
        (["lifestream/write"], "editor"),
        (["lifestream/read", "lifestream/admin"], "admin"),
    ],
)
def test_a_machine_has_the_role_of_its_scopes(
    pipeline: Pipeline, scopes: list[str], role: str
) -> None:
    token = machine_token(pipeline.aws, *scopes)

    me = ask(pipeline, "GET", "/v1/me", token).json()
    write = ask(pipeline, "POST", f"/v1/jobs/{NO_JOB}/cancel", token)

    assert (me["name"], me["role"]) == (None, role)
    assert write.status_code == (403 if role == "viewer" else 404)


def test_a_machine_gets_no_scope_that_does_not_exist(pipeline: Pipeline) -> None:
    with pytest.raises(SignInFailedError, match="invalid_scope"):
        machine_token(pipeline.aws, "lifestream/everything")


def test_the_gateway_invokes_no_function_whose_policy_does_not_let_it(
    pipeline: Pipeline,
) -> None:
    session = pipeline.aws.session()
    functions, name = session.client("lambda"), physical_id(session, "ApiFunction")
    arn = functions.get_function(FunctionName=name)["Configuration"]["FunctionArn"]

    with without_policy(functions, name):
        answer = ask(pipeline, "GET", "/v1/health", None)

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    refused = Decision("apigateway.amazonaws.com", "lambda:InvokeFunction", arn, allowed=False)
    assert refused in pipeline.decisions.read()
    assert ask(pipeline, "GET", "/v1/health", None).status_code == 200


@contextmanager
def without_policy(functions: Any, name: str) -> Iterator[None]:
    """Remove the permissions of the function's own policy for one block."""
    policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    for statement in policy["Statement"]:
        functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    try:
        yield
    finally:
        for statement in policy["Statement"]:
            functions.add_permission(
                FunctionName=name,
                StatementId=statement["Sid"],
                Action=statement["Action"],
                Principal=statement["Principal"]["Service"],
                SourceArn=next(iter(statement["Condition"].values()))["AWS:SourceArn"],
            )
