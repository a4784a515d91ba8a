"""Get tokens from the local stack's Cognito, as a browser or a program gets them from AWS."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from cdk_app.local.session import EmbeddedAws
from cdk_app.local.users import User
from lifestream.domain.sign_in import CALLBACKS

SECONDS = 60


@dataclass(frozen=True)
class Tokens:
    access: str
    id: str
    refresh: str


class SignInFailedError(Exception):
    """The pages or the token endpoint refused. The message is their answer."""


def signed_in(aws: EmbeddedAws, user: User) -> Tokens:
    """Sign in on the pages, with a code and PKCE: https://www.rfc-editor.org/rfc/rfc7636"""
    verifier = secrets.token_urlsafe(40)
    return exchanged(aws, code_from_the_pages(aws, user, verifier), verifier)


def code_from_the_pages(aws: EmbeddedAws, user: User, verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": aws.outputs["PeopleClientId"],
        "redirect_uri": CALLBACKS[0],
        "scope": "openid",
        "state": secrets.token_urlsafe(),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    page = requests.get(f"{aws.api_url}/oauth2/authorize", asked, timeout=SECONDS)
    page.raise_for_status()
    form = asked | {"username": user.name, "password": user.password}
    answer = requests.post(f"{aws.api_url}/login", form, timeout=SECONDS, allow_redirects=False)
    if not answer.is_redirect:
        raise SignInFailedError(answer.text)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == [asked["state"]]
    return query["code"][0]


def exchanged(aws: EmbeddedAws, code: str, verifier: str) -> Tokens:
    return _tokens(aws, grant_type="authorization_code", code=code, code_verifier=verifier)


def refreshed(aws: EmbeddedAws, tokens: Tokens) -> Tokens:
    return _tokens(aws, grant_type="refresh_token", refresh_token=tokens.refresh)


def machine_token(aws: EmbeddedAws, *scopes: str) -> str:
    """Return an access token for a program: https://www.rfc-editor.org/rfc/rfc6749#section-4.4"""
    client = (
        aws.session()
        .client("cognito-idp")
        .describe_user_pool_client(
            UserPoolId=aws.outputs["UserPoolId"], ClientId=aws.outputs["MachinesClientId"]
        )["UserPoolClient"]
    )
    form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
    answer = _ask(aws, form, auth=(client["ClientId"], client["ClientSecret"]))
    return str(answer["access_token"])


def _tokens(aws: EmbeddedAws, **form: str) -> Tokens:
    known = {"client_id": aws.outputs["PeopleClientId"], "redirect_uri": CALLBACKS[0]}
    answer = _ask(aws, known | form)
    refresh = answer.get("refresh_token", form.get("refresh_token", ""))
    return Tokens(answer["access_token"], answer["id_token"], refresh)


def _ask(aws: EmbeddedAws, form: Mapping[str, str], **more: Any) -> dict[str, Any]:
    answer = requests.post(f"{aws.api_url}/oauth2/token", form, timeout=SECONDS, **more)
    if not answer.ok:
        raise SignInFailedError(answer.text)
    content: dict[str, Any] = answer.json()
    return content
