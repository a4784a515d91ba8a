"""Every route in one resolver, and every error as a problem document."""

from __future__ import annotations

import hashlib
import time
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from botocore.exceptions import BotoCoreError, ClientError

from lifestream.api import (
    bodies,
    documentation,
    erasures,
    events,
    jobs,
    library,
    openapi,
    results,
    speakers,
    upload_parts,
    uploads,
)
from lifestream.api.access import (
    DOCUMENTATION,
    HEALTH,
    Caller,
    caller_of,
    needs_token,
    require_access,
)
from lifestream.api.problems import MEDIA_TYPE, RETRY_AFTER_SECONDS, problem_of
from lifestream.api.request_log import job_in, waits
from lifestream.aws import api_keys
from lifestream.aws.transient import why_transient
from lifestream.domain.metrics import Metric
from lifestream.errors import (
    InternalError,
    InvalidRequestError,
    KeyRefusedError,
    MethodNotAllowedError,
    PipelineError,
    RouteNotFoundError,
    TransientError,
    UsageError,
)
from lifestream.observability import emit, logger
from lifestream.rest.identity import Health, Me
from lifestream.rest.problems import InvalidField
from lifestream.settings import SignInSettings, load

OUR_RULE = "value_error"
"""Of a validator of ours, such as a rule about two fields, which no schema can describe."""
ALWAYS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


app = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=bodies.parse)
for routes in (
    uploads, upload_parts, jobs, erasures, results, events, library, speakers, documentation,
):  # fmt: skip
    app.include_router(routes.router)


def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request of an HTTP API, payload version 2.0. Raises nothing.

    The log has the job's id, but neither path nor query, which may hold names and questions.
    """
    asked, started = event["requestContext"], time.monotonic()
    logger.append_keys(
        method=asked["http"]["method"],
        request=asked.get("requestId"),
        job_id=job_in(event["rawPath"]),
    )
    response = _answered(event, context)
    seconds = round(time.monotonic() - started, 3)
    logger.info("request answered", extra={"status": response["statusCode"], "seconds": seconds})
    if not waits(event["rawPath"]):
        emit({Metric.API_SECONDS: seconds})
    return response


def _answered(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        if needs_token(event["rawPath"]):
            method = event["requestContext"]["http"]["method"]
            require_access(caller_of(event), method, event["rawPath"])
        event = bodies.with_json(event)
    except PipelineError as error:
        refusal = response_to(error)
        return {
            "statusCode": refusal.status_code,
            "headers": refusal.headers | {"Content-Type": MEDIA_TYPE},
            "body": refusal.body,
        }
    return app.resolve(event, context)


def with_headers(
    resolver: APIGatewayHttpResolver, next_middleware: NextMiddleware
) -> Response[Any]:
    """Add an ETag, and send no body that the client has already."""
    response: Response[Any] = next_middleware(resolver)
    response.headers = {**ALWAYS, **response.headers}
    event = resolver.current_event
    if event.http_method == "GET" and response.status_code == HTTPStatus.OK:
        tag = f'"{hashlib.sha256(str(response.body).encode()).hexdigest()[:32]}"'
        response.headers["ETag"] = tag
        if tag in (event.headers.get("if-none-match") or ""):
            response.status_code, response.body = HTTPStatus.NOT_MODIFIED, ""
    return response


@app.get(HEALTH, description="Check that the API runs, and where to sign in. Needs no token.")
def health() -> Health:
    sign_in = load(SignInSettings)
    return Health(stage=sign_in.stage, sign_in_url=sign_in.url, client_id=sign_in.client_id)


@app.get("/v1/me", description="Read who is signed in. Needs no role.")
def me() -> Me:
    caller: Caller = caller_of(app.current_event.raw_event)
    role = caller.role.name.lower() if caller.role else None
    return Me(id=caller.id, name=caller.name, role=role)


@app.get("/v1/openapi.json", description="Describe this API.")
def description() -> dict[str, Any]:
    return described()


@app.get(f"{DOCUMENTATION}/openapi.json", include_in_schema=False)
def description_for_the_page() -> dict[str, Any]:
    return documentation.with_sign_in(described())


@cache
def described() -> dict[str, Any]:
    """Return the API as OpenAPI 3.1."""
    return openapi.document(app, without_token=HEALTH)


def response_to(error: PipelineError, fields: tuple[InvalidField, ...] = ()) -> Response[str]:
    problem = problem_of(error, fields)
    waits = {"Retry-After": str(RETRY_AFTER_SECONDS)} if isinstance(error, TransientError) else {}
    return Response(problem.status, MEDIA_TYPE, problem.model_dump_json(), headers=ALWAYS | waits)


def response_to_refused_key(error: KeyRefusedError) -> Response[str]:
    """The next request reads the secret anew: the key may have been replaced."""
    api_keys.reset()
    return response_to(error)


def response_to_invalid(
    error: RequestValidationError | RequestUnsupportedContentType,
) -> Response[str]:
    fields = tuple(
        InvalidField(field=".".join(map(str, one["loc"])), reason=one["msg"])
        for one in error.errors()
    )
    named = ", ".join(field.field for field in fields)
    is_described = any(one["type"] != OUR_RULE for one in error.errors())
    kind = InvalidRequestError if is_described else UsageError
    return response_to(kind(f"invalid: {named}"), fields)


def response_to_unknown_route(_: NotFoundError) -> Response[str]:
    event = app.current_event
    route = f"{event.http_method} {event.path}"
    methods = openapi.methods_of(described(), event.path)
    if not methods or event.http_method in methods:  # then a name in the path is impossible
        return response_to(RouteNotFoundError(f"there is no {route}"))
    allowed = ", ".join(methods)
    response = response_to(MethodNotAllowedError(f"there is no {route}, only {allowed}"))
    response.headers["Allow"] = allowed
    return response


def response_to_aws(error: ClientError | BotoCoreError) -> Response[str]:
    reason = why_transient(error)
    return response_to(TransientError(reason)) if reason else response_to_bug(error)


def response_to_bug(error: Exception) -> Response[str]:
    """The message could quote a transcript, so only the log gets the error's name and place."""
    logger.error("request failed", extra={"error": type(error).__name__, "at": _place(error)})
    return response_to(InternalError("the server could not answer"))


def _place(error: Exception) -> str:
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""


app.use(middlewares=[with_headers])
app.exception_handler(PipelineError)(response_to)
app.exception_handler(KeyRefusedError)(response_to_refused_key)
app.exception_handler([RequestValidationError, RequestUnsupportedContentType])(response_to_invalid)
app.exception_handler(NotFoundError)(response_to_unknown_route)
app.exception_handler([ClientError, BotoCoreError])(response_to_aws)
app.exception_handler(Exception)(response_to_bug)
