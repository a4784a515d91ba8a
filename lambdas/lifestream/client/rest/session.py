"""Requests to the API: answers as models, problem documents as the errors that they name."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from pydantic import BaseModel, ValidationError
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util import Retry

from lifestream import errors
from lifestream.errors import (
    ConfigurationError,
    InternalError,
    NotSignedInError,
    PipelineError,
    TransientError,
)
from lifestream.rest.problems import Problem

Model = TypeVar("Model", bound=BaseModel)
SECONDS = 60
NOT_THE_API = "Check the address, and that the client is not older than the deployment."
BUSY = (429, 502, 503, 504)


class ApiSession:
    """Sends requests to one API. `http` adds the token."""

    def __init__(self, url: str, http: requests.Session) -> None:
        """Raises ConfigurationError for an address that would send the token unencrypted."""
        self._url = checked(url)
        self._http = http

    def ask(
        self,
        model: type[Model],
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: BaseModel | None = None,
        headers: dict[str, str] | None = None,
    ) -> Model:
        """Send a request, and return the answer. Unknown fields of newer versions are ignored.

        Raises the error that the API names, TransientError if it cannot be reached, or
        InternalError if something else answers.
        """
        response = self.send(method, path, query=query, body=body, headers=headers)
        try:
            return model.model_validate_json(response.content, extra="ignore")
        except ValidationError:
            host = urlsplit(self._url).hostname
            raise InternalError(
                f"{host} did not answer as the API of a LifeStream deployment", advice=NOT_THE_API
            ) from None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: BaseModel | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        known = {name: value for name, value in (query or {}).items() if value is not None}
        json = body.model_dump(mode="json") if body else None
        try:
            response = self._http.request(
                method, self._url + path, params=known, json=json, headers=headers, timeout=SECONDS
            )
        except AuthlibBaseError as error:
            raise NotSignedInError("the sign-in has ended") from error
        except requests.RequestException as error:
            raise unreachable(self._url, error) from error
        if not response.ok:
            raise problem_in(response)
        return response


class Bearer(AuthBase):
    """Adds the token. As a header of the session, a password in ~/.netrc would replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def with_retries(http: requests.Session) -> requests.Session:
    """Send a request again if the service is busy or the connection fails.

    Every request of the API may be repeated: what it does is done once.
    """
    retry = Retry(
        total=4, status_forcelist=BUSY, allowed_methods=None, backoff_factor=0.5,
        raise_on_status=False,
    )  # fmt: skip
    for scheme in ("http://", "https://"):
        http.mount(scheme, HTTPAdapter(max_retries=retry))
    return http


def checked(url: str) -> str:
    """Return the address without a slash at the end. Raises ConfigurationError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_computer(host))
    if not (host and is_safe):
        raise ConfigurationError(f"{url} is no address of an API: it has to begin with https://")
    return url.rstrip("/")


def _is_this_computer(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def unreachable(url: str, error: requests.RequestException) -> TransientError:
    return TransientError(f"{urlsplit(url).hostname} cannot be reached ({type(error).__name__})")


def problem_in(response: requests.Response) -> PipelineError:
    """Return the error that an answer describes. The gateway itself describes none."""
    try:
        problem = Problem.model_validate_json(response.content, extra="ignore")
    except ValidationError:
        return _gateway_error(response)
    kind = getattr(errors, problem.error, None)
    is_ours = isinstance(kind, type) and issubclass(kind, PipelineError)
    reasons = "; ".join(f"{field.field}: {field.reason}" for field in problem.fields)
    message = f"{problem.detail} ({reasons})" if reasons else problem.detail
    return (kind if is_ours and kind else InternalError)(message, advice=problem.advice)


def _gateway_error(response: requests.Response) -> PipelineError:
    host = urlsplit(response.url).hostname
    if response.status_code == requests.codes.unauthorized:
        return NotSignedInError(f"{host} does not accept the token: it has expired, or is foreign")
    if response.status_code in BUSY:
        return TransientError(f"{host} is busy ({response.status_code})")
    return InternalError(f"{host} answered {response.status_code} without a reason")
