"""The REST API and its sign-in, as the template defines them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from cdk_app.bundling import SOURCE, Requirements, bundle
from infrastructure.templates import EVERYTHING, OIDC, ORIGINS, OTHER_VALUES, SAML, resources
from lifestream.api.access import GROUPS, HEALTH, SCOPES, needs_token
from lifestream.api.app import app
from lifestream.domain.sign_in import CALLBACKS
from lifestream.settings import ClientSettings, SignInSettings

if TYPE_CHECKING:
    from pathlib import Path

    from aws_cdk.assertions import Template

    Synthesize = Callable[..., Template]

OF_DOCUMENTATION = {"GET /docs", "GET /docs/{proxy+}"}
OPTIONAL = {"AWS_REGION", "WHISPER_MODEL"}
"""Lambda sets the region; options are checked before an upload if the model is known."""


def test_every_route_but_the_health_check_and_the_documentation_needs_a_token(
    template: Template,
) -> None:
    [authorizer] = template.find_resources("AWS::ApiGatewayV2::Authorizer")
    routes = {route["RouteKey"]: route for route in resources(template, "AWS::ApiGatewayV2::Route")}
    open_routes = {key for key, route in routes.items() if route["AuthorizationType"] != "JWT"}

    assert open_routes == {f"GET {HEALTH}", *OF_DOCUMENTATION}
    assert not any(needs_token(key.partition(" ")[2]) for key in open_routes)
    for key in routes.keys() - open_routes:
        assert routes[key]["AuthorizerId"] == {"Ref": authorizer}


def test_tokens_are_those_of_the_pool_for_one_of_its_two_clients(template: Template) -> None:
    [pool] = template.find_resources("AWS::Cognito::UserPool")
    clients = template.find_resources("AWS::Cognito::UserPoolClient")
    [authorizer] = resources(template, "AWS::ApiGatewayV2::Authorizer")
    jwt = authorizer["JwtConfiguration"]

    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert {audience["Ref"] for audience in jwt["Audience"]} == clients.keys()
    assert jwt["Issuer"] == {
        "Fn::Join": [
            "",
            [
                "https://cognito-idp.",
                {"Ref": "AWS::Region"},
                ".amazonaws.com/",
                {"Ref": pool},
            ],
        ]
    }


def test_the_documentation_has_a_limit_of_its_own(template: Template) -> None:
    """It is the only answer of some size that everybody may read."""
    [stage] = resources(template, "AWS::ApiGatewayV2::Stage")
    [other] = template.find_resources("AWS::ApiGatewayV2::Stage").values()
    limits = stage["RouteSettings"]

    assert limits.keys() == OF_DOCUMENTATION
    for limit in limits.values():
        assert (
            limit["ThrottlingRateLimit"] <= stage["DefaultRouteSettings"]["ThrottlingRateLimit"] / 5
        )
    routes = template.find_resources("AWS::ApiGatewayV2::Route")
    assert {
        routes[name]["Properties"]["RouteKey"] for name in other["DependsOn"]
    } == OF_DOCUMENTATION


def test_the_gateway_passes_on_the_method_of_every_route(template: Template) -> None:
    routes = [route["RouteKey"] for route in resources(template, "AWS::ApiGatewayV2::Route")]
    passed_on = {key.partition(" ")[0] for key in routes if key.endswith(" /v1/{proxy+}")}

    needed = {route.method for route in app._static_routes + app._dynamic_routes}
    assert needed <= passed_on
    assert "OPTIONS" not in passed_on  # a browser sends it without a token, and the gateway answers
    assert "ANY" not in passed_on


def test_one_function_answers_with_payload_2_in_less_time_than_the_gateway_waits(
    template: Template,
) -> None:
    [function] = [f for f in resources(template, "AWS::Lambda::Function") if is_api(f)]

    for integration in resources(template, "AWS::ApiGatewayV2::Integration"):
        assert integration["IntegrationType"] == "AWS_PROXY"
        assert integration["PayloadFormatVersion"] == "2.0"
    assert function["Timeout"] < 30
    assert function["Architectures"] == ["arm64"]


def test_only_this_api_may_invoke_the_function(template: Template) -> None:
    [api] = template.find_resources("AWS::ApiGatewayV2::Api")
    permissions = [
        permission
        for permission in resources(template, "AWS::Lambda::Permission")
        if permission["Principal"] == "apigateway.amazonaws.com"
    ]

    assert permissions
    for permission in permissions:
        assert {"Ref": api} in permission["SourceArn"]["Fn::Join"][1]


def test_requests_are_limited_and_logged_without_what_they_contain(template: Template) -> None:
    [stage] = resources(template, "AWS::ApiGatewayV2::Stage")
    limits = stage["DefaultRouteSettings"]
    fields = json.loads(stage["AccessLogSettings"]["Format"])

    assert stage["StageName"] == "$default"
    assert 0 < limits["ThrottlingRateLimit"] <= limits["ThrottlingBurstLimit"]
    destination = stage["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0]
    assert destination in template.find_resources("AWS::Logs::LogGroup")
    logged = set(fields.values())
    assert {"$context.requestId", "$context.status", "$context.authorizer.claims.sub"} <= logged
    assert not logged & {"$context.path", "$context.protocol", "$context.authorizer.claims.email"}


def test_failures_and_slow_answers_of_the_api_raise_an_alarm(template: Template) -> None:
    [api] = template.find_resources("AWS::ApiGatewayV2::Api")
    alarms = {a["MetricName"]: a for a in resources(template, "AWS::CloudWatch::Alarm")}
    errors, latency = alarms["5xx"], alarms["ApiSeconds"]

    assert errors["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": api}}]
    assert (errors["Namespace"], errors["Statistic"]) == ("AWS/ApiGateway", "Sum")
    assert latency["ExtendedStatistic"] == "p95"


def test_pages_may_call_the_api_only_from_the_origins_that_are_named(
    synthesize: Synthesize, template: Template
) -> None:
    [api] = resources(synthesize(**OTHER_VALUES), "AWS::ApiGatewayV2::Api")
    [closed] = resources(template, "AWS::ApiGatewayV2::Api")

    assert api["CorsConfiguration"]["AllowOrigins"] == ORIGINS
    assert "authorization" in api["CorsConfiguration"]["AllowHeaders"]
    assert "AllowCredentials" not in api["CorsConfiguration"]
    assert "CorsConfiguration" not in closed


def test_the_function_gets_every_setting_of_a_client(synthesize: Synthesize) -> None:
    template = synthesize(**OTHER_VALUES)
    [function] = [f for f in resources(template, "AWS::Lambda::Function") if is_api(f)]
    variables = function["Environment"]["Variables"]

    needed = {*ClientSettings.variables(), *SignInSettings.variables()}
    assert needed - OPTIONAL <= variables.keys()
    assert variables["PINECONE_NAMESPACE"] == "prod"


def is_api(function: dict[str, Any]) -> bool:
    return bool(function["Handler"] == "triggers.api.handler")


def test_nobody_signs_up_and_passwords_are_strong(template: Template) -> None:
    [pool] = resources(template, "AWS::Cognito::UserPool")
    policy = pool["Policies"]["PasswordPolicy"]

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert policy["MinimumLength"] >= 12
    for characters in ("Lowercase", "Uppercase", "Numbers", "Symbols"):
        assert policy[f"Require{characters}"] is True
    assert pool["MfaConfiguration"] == "OPTIONAL"


def test_groups_and_scopes_are_those_that_the_api_reads(template: Template) -> None:
    groups = {group["GroupName"] for group in resources(template, "AWS::Cognito::UserPoolGroup")}
    [server] = resources(template, "AWS::Cognito::UserPoolResourceServer")
    scopes = {f"{server['Identifier']}/{scope['ScopeName']}" for scope in server["Scopes"]}

    assert groups == set(GROUPS)
    assert scopes == set(SCOPES)


def test_people_sign_in_on_the_pages_of_cognito_only(synthesize: Synthesize) -> None:
    """Their client has no secret, because a program on a laptop cannot keep one."""
    template = synthesize(**OTHER_VALUES)
    client = client_of(template, "code")

    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    [api] = template.find_resources("AWS::ApiGatewayV2::Api")
    [distribution] = template.find_resources("AWS::CloudFront::Distribution")
    address = {"Fn::GetAtt": [api, "ApiEndpoint"]}
    host = {"Fn::GetAtt": [distribution, "DomainName"]}
    pages = [
        {"Fn::Join": ["", ["https://", host, "/"]]},
        *(f"{origin}/" for origin in ORIGINS),
        {"Fn::Join": ["", [address, "/docs/signed-in"]]},
        {"Fn::Join": ["", ["https://", host, "/docs/signed-in"]]},
    ]
    assert client["CallbackURLs"] == client["LogoutURLs"] == [*CALLBACKS, *pages]
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_people_sign_in_with_the_account_of_their_organization(synthesize: Synthesize) -> None:
    template = synthesize(**EVERYTHING)
    providers = template.find_resources("AWS::Cognito::UserPoolIdentityProvider")
    known = {p["Properties"]["ProviderName"]: p["Properties"] for p in providers.values()}
    oidc, saml = known[OIDC["name"]], known[SAML["name"]]
    clients = template.find_resources("AWS::Cognito::UserPoolClient").values()
    [client] = [c for c in clients if "code" in c["Properties"]["AllowedOAuthFlows"]]
    supported = client["Properties"]["SupportedIdentityProviders"]

    assert (oidc["ProviderType"], saml["ProviderType"]) == ("OIDC", "SAML")
    assert oidc["ProviderDetails"]["oidc_issuer"] == OIDC["issuer"]
    assert saml["ProviderDetails"]["MetadataURL"] == SAML["metadata_url"]
    assert supported == ["COGNITO", *({"Ref": name} for name in providers)]
    assert set(client["DependsOn"]) == providers.keys()
    for provider in known.values():
        assert provider["AttributeMapping"] == {"email": "email"}


def test_the_secret_of_the_provider_is_not_in_the_template(synthesize: Synthesize) -> None:
    template = synthesize(**EVERYTHING)
    [oidc] = [
        provider["ProviderDetails"]
        for provider in resources(template, "AWS::Cognito::UserPoolIdentityProvider")
        if provider["ProviderType"] == "OIDC"
    ]

    name = OIDC["client_secret_name"]
    assert oidc["client_secret"] == f"{{{{resolve:secretsmanager:{name}:SecretString:::}}}}"


def test_without_a_provider_people_have_users_of_the_pool(template: Template) -> None:
    assert not template.find_resources("AWS::Cognito::UserPoolIdentityProvider")
    assert client_of(template, "code")["SupportedIdentityProviders"] == ["COGNITO"]


@pytest.mark.parametrize(
    ("switch", "wrong"),
    [
        ("oidc", OIDC | {"issuer": "http://login.example.com"}),
        ("oidc", OIDC | {"client_secret": "s3cret"}),
        ("oidc", {"name": "Company"}),
        ("saml", SAML | {"name": "Our_University"}),
        ("saml", SAML | {"metadata_url": "https://ada:pw@idp.example.edu/"}),
    ],
)
def test_a_wrong_provider_is_refused_before_a_deployment(
    synthesize: Synthesize, switch: str, wrong: dict[str, str]
) -> None:
    with pytest.raises(SystemExit, match=f"invalid switches: -c {switch}"):
        synthesize(**{switch: json.dumps(wrong)})


def test_machines_have_a_secret_and_no_other_flow(template: Template) -> None:
    client = client_of(template, "client_credentials")

    assert client["GenerateSecret"] is True
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert len(client["AllowedOAuthScopes"]) == len(SCOPES)
    assert "CallbackURLs" not in client


def client_of(template: Template, flow: str) -> dict[str, Any]:
    clients = resources(template, "AWS::Cognito::UserPoolClient")
    [found] = [client for client in clients if flow in client["AllowedOAuthFlows"]]
    return found


def test_the_pages_have_a_style_and_an_address_of_the_account_and_stage(
    synthesize: Synthesize,
) -> None:
    """Managed login shows an error for a client without a style."""
    template = synthesize(stage="prod")
    [domain] = resources(template, "AWS::Cognito::UserPoolDomain")
    [style] = resources(template, "AWS::Cognito::ManagedLoginBranding")

    assert domain["ManagedLoginVersion"] == 2
    assert domain["Domain"] == {
        "Fn::Join": ["", ["lifestream-prod-", {"Ref": "AWS::AccountId"}]],
    }
    assert style["UseCognitoProvidedValues"] is True


@pytest.mark.parametrize("requirements", Requirements)
def test_only_the_api_contains_the_client_and_never_its_commands(
    requirements: Requirements, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdk_app.bundling.subprocess.run", lambda *_, **__: None)

    bundle(requirements, tmp_path)

    assert (tmp_path / "lifestream/step.py").read_bytes() == (
        SOURCE / "lifestream/step.py"
    ).read_bytes()
    assert (tmp_path / "lifestream/client").exists() == (requirements == Requirements.API)
    assert not (tmp_path / "lifestream/client/commands").exists()
    assert not (tmp_path / "lifestream/client/doctor").exists()
