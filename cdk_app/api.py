"""Create the REST API: an HTTP API that checks tokens, in front of one function."""

from __future__ import annotations

import json

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk.aws_apigatewayv2_authorizers import HttpUserPoolAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from cdk_app.bundling import Requirements
from cdk_app.config import Config
from cdk_app.lambda_step import python_function
from cdk_app.logs import log_group
from cdk_app.sign_in import SignIn
from lifestream.api.access import DOCUMENTATION, HEALTH

TIMEOUT = Duration.seconds(29)
"""The HTTP API itself waits for 30 seconds."""
MEMORY = 1024
"""In MB, measured: after a search of 1,000 hours in the bucket's index, a process has 390 with the
built-in vectors and 530 with OpenAI's. The imports take 0.4 s of a whole CPU: 0.7 s of this share,
1.4 of half of it."""
REQUESTS_PER_SECOND = 50
BURST = 100
DOCUMENTATION_PER_SECOND = 5
DOCUMENTATION_BURST = 20
"""Everybody may read these pages, which have 0.5 MB, so they have a limit of their own."""
METHODS = [
    gateway.HttpMethod.GET,
    gateway.HttpMethod.POST,
    gateway.HttpMethod.PUT,
    gateway.HttpMethod.PATCH,
    gateway.HttpMethod.DELETE,
]
"""Not ANY: such a route demands a token of a browser's OPTIONS request, which never has one."""
ACCESS_LOG = {
    "time": "$context.requestTime",
    "request": "$context.requestId",
    "from": "$context.identity.sourceIp",
    "caller": "$context.authorizer.claims.sub",
    "route": "$context.routeKey",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "refused": "$context.authorizer.error",
    "failed": "$context.integrationErrorMessage",
}
"""Neither path nor query: they contain file names, questions and people's names. The function's
log has the same `request`."""


def http_api(scope: Construct, construct_id: str, *, config: Config) -> gateway.HttpApi:
    """Create the API without routes. The sign-in needs its address, and the routes the sign-in."""
    return gateway.HttpApi(
        scope,
        construct_id,
        api_name=f"lifestream-{config.stage}",
        create_default_stage=False,
        cors_preflight=_cors(config) if config.browser_origins else None,
    )


class Api(Construct):
    """Exposes `function`, `url` and `id`.

    Every route but the health check and the documentation needs an access token.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        http: gateway.HttpApi,
        sign_in: SignIn,
        environment: dict[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = python_function(
            self,
            handler="triggers.api.handler",
            requirements=Requirements.API,
            environment=environment | sign_in.settings,
            timeout=TIMEOUT,
            memory=MEMORY,
        )
        function = HttpLambdaIntegration("Function", self.function, scope_permission_to_route=False)
        _add_routes(http, function, sign_in)
        self._add_stage(http, _add_documentation(http, function))
        self.url = http.api_endpoint
        self.id = http.api_id

    def _add_stage(self, http: gateway.HttpApi, documentation: list[gateway.HttpRoute]) -> None:
        """Deploy each change at once. The limits hold for all callers together."""
        stage = gateway.CfnStage(
            self,
            "Stage",
            api_id=http.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=REQUESTS_PER_SECOND, throttling_burst_limit=BURST
            ),
            route_settings={
                f"GET {route.path}": {
                    "ThrottlingRateLimit": DOCUMENTATION_PER_SECOND,
                    "ThrottlingBurstLimit": DOCUMENTATION_BURST,
                }
                for route in documentation
            },
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group(Construct(self, "Access")).log_group_arn,
                format=json.dumps(ACCESS_LOG),
            ),
        )
        stage.node.add_dependency(*documentation)  # settings of a missing route are an error


def _add_routes(http: gateway.HttpApi, function: HttpLambdaIntegration, sign_in: SignIn) -> None:
    clients = [sign_in.people, sign_in.machines]
    http.add_routes(
        path="/v1/{proxy+}",
        methods=METHODS,
        integration=function,
        authorizer=HttpUserPoolAuthorizer("Token", sign_in.pool, user_pool_clients=clients),
    )
    http.add_routes(path=HEALTH, methods=[gateway.HttpMethod.GET], integration=function)


def _add_documentation(
    http: gateway.HttpApi, function: HttpLambdaIntegration
) -> list[gateway.HttpRoute]:
    return [
        route
        for path in (DOCUMENTATION, f"{DOCUMENTATION}/{{proxy+}}")
        for route in http.add_routes(
            path=path, methods=[gateway.HttpMethod.GET], integration=function
        )
    ]


def _cors(config: Config) -> gateway.CorsPreflightOptions:
    return gateway.CorsPreflightOptions(
        allow_origins=list(config.browser_origins),
        allow_methods=[gateway.CorsHttpMethod[method.name] for method in METHODS],
        allow_headers=["authorization", "content-type", "idempotency-key", "if-none-match"],
        expose_headers=["etag", "location", "retry-after"],
        max_age=Duration.hours(1),
    )
