"""Let people sign in with their organization's account, through OpenID Connect or SAML 2.0."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import SecretValue
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from cdk_app.config import Config, OidcProvider, SamlProvider

MAPPING = cognito.AttributeMapping(email=cognito.ProviderAttribute.other("email"))
SCOPES = ["openid", "email", "profile"]
Provider = cognito.UserPoolIdentityProviderOidc | cognito.UserPoolIdentityProviderSaml


def identity_providers(
    scope: Construct, pool: cognito.UserPool, config: Config
) -> Iterator[Provider]:
    """Create the providers that the switches name. Whoever signs in belongs to no group yet."""
    if config.oidc:
        yield _oidc(scope, pool, config.oidc)
    if config.saml:
        yield _saml(scope, pool, config.saml)


def _oidc(
    scope: Construct, pool: cognito.UserPool, provider: OidcProvider
) -> cognito.UserPoolIdentityProviderOidc:
    """CloudFormation reads the client's secret when it deploys; the template has its name only."""
    secret = SecretValue.secrets_manager(provider.client_secret_name)
    return cognito.UserPoolIdentityProviderOidc(
        scope,
        "Oidc",
        user_pool=pool,
        name=provider.name,
        issuer_url=provider.issuer,
        client_id=provider.client_id,
        client_secret=secret.unsafe_unwrap(),
        scopes=SCOPES,
        attribute_mapping=MAPPING,
    )


def _saml(
    scope: Construct, pool: cognito.UserPool, provider: SamlProvider
) -> cognito.UserPoolIdentityProviderSaml:
    return cognito.UserPoolIdentityProviderSaml(
        scope,
        "Saml",
        user_pool=pool,
        name=provider.name,
        metadata=cognito.UserPoolIdentityProviderSamlMetadata.url(provider.metadata_url),
        attribute_mapping=MAPPING,
    )
