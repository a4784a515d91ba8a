"""Create the user pool: who may call the API, and the pages where people sign in."""

from __future__ import annotations

from aws_cdk import Aws, Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from cdk_app.config import Config
from cdk_app.identity_providers import Provider, identity_providers
from lifestream.api.access import GROUPS, SCOPES, SIGNED_IN
from lifestream.domain.sign_in import CALLBACKS

ACCESS_TOKEN_LIFETIME = Duration.hours(1)
REFRESH_TOKEN_LIFETIME = Duration.days(30)
PASSWORD_POLICY = cognito.PasswordPolicy(
    min_length=12,
    require_lowercase=True,
    require_uppercase=True,
    require_digits=True,
    require_symbols=True,
    temp_password_validity=Duration.days(3),
)
WITHOUT_PASSWORDS = cognito.AuthFlow(user_password=False)
"""No flow that sends a password to Cognito's API. By default, a client allows two."""


class SignIn(Construct):
    """Exposes `pool`, its clients `people` and `machines`, and `url`, where people sign in.

    Nobody can sign up: an operator creates each user, or names a provider of an organization, and
    adds each user to a group. `people` exists after `return_people_to`, because the pages to which
    it returns need the `url`.
    """

    people: cognito.UserPoolClient

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self.pool = _pool(self, config)
        for name in GROUPS:
            cognito.UserPoolGroup(self, name.title(), user_pool=self.pool, group_name=name)
        self.machines = self._machines()
        self.url = self._pages(f"lifestream-{config.stage}-{Aws.ACCOUNT_ID}")

    def return_people_to(self, *, api_url: str, dashboard_url: str) -> None:
        """Create the client `people`, which returns to the dashboard and to the API's pages."""
        config = self._config
        origins = [dashboard_url, *config.browser_origins]
        documentation = [f"{url}{SIGNED_IN}" for url in (api_url, dashboard_url)]
        self.people = self._people(
            [*(f"{origin}/" for origin in origins), *documentation],
            list(identity_providers(self, self.pool, config)),
        )
        cognito.CfnManagedLoginBranding(  # without one, the pages show an error
            self,
            "Style",
            user_pool_id=self.pool.user_pool_id,
            client_id=self.people.user_pool_client_id,
            use_cognito_provided_values=True,
        )

    @property
    def settings(self) -> dict[str, str]:
        """Return what `lifestream.settings.SignInSettings` reads."""
        return {
            "STAGE": self._config.stage,
            "SIGN_IN_URL": self.url,
            "SIGN_IN_CLIENT_ID": self.people.user_pool_client_id,
        }

    def _people(self, pages: list[str], providers: list[Provider]) -> cognito.UserPoolClient:
        """Create the client of the command line and of web pages, which cannot keep a secret."""
        own = cognito.UserPoolClientIdentityProvider.COGNITO
        others = [
            cognito.UserPoolClientIdentityProvider.custom(provider.provider_name)
            for provider in providers
        ]
        client = self.pool.add_client(
            "People",
            generate_secret=False,
            auth_flows=WITHOUT_PASSWORDS,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID],
                callback_urls=[*CALLBACKS, *pages],
                logout_urls=[*CALLBACKS, *pages],
            ),
            supported_identity_providers=[own, *others],
            access_token_validity=ACCESS_TOKEN_LIFETIME,
            id_token_validity=ACCESS_TOKEN_LIFETIME,
            refresh_token_validity=REFRESH_TOKEN_LIFETIME,
            enable_token_revocation=True,
            prevent_user_existence_errors=True,
        )
        client.node.add_dependency(*providers)
        return client

    def _machines(self) -> cognito.UserPoolClient:
        """Create the client of programs. A token has those scopes that the program asks for."""
        [identifier] = {scope.partition("/")[0] for scope in SCOPES}
        scopes = [
            cognito.ResourceServerScope(
                scope_name=scope.partition("/")[2],
                scope_description=f"Do what the role {role.name.lower()} may do",
            )
            for scope, role in SCOPES.items()
        ]
        server = self.pool.add_resource_server("Api", identifier=identifier, scopes=scopes)
        return self.pool.add_client(
            "Machines",
            generate_secret=True,
            auth_flows=WITHOUT_PASSWORDS,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True),
                scopes=[cognito.OAuthScope.resource_server(server, scope) for scope in scopes],
            ),
            access_token_validity=ACCESS_TOKEN_LIFETIME,
        )

    def _pages(self, domain_prefix: str) -> str:
        """Create the sign-in pages, and return their address.

        The prefix is part of a public name, which no other account in the region may have.
        """
        domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=domain_prefix),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        return domain.base_url()


def _pool(scope: Construct, config: Config) -> cognito.UserPool:
    return cognito.UserPool(
        scope,
        "Pool",
        self_sign_up_enabled=False,
        sign_in_aliases=cognito.SignInAliases(username=True, email=True),
        sign_in_case_sensitive=False,
        account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
        password_policy=PASSWORD_POLICY,
        mfa=cognito.Mfa.OPTIONAL,
        mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
        feature_plan=cognito.FeaturePlan.ESSENTIALS,  # the cheapest one with managed login
        removal_policy=config.removal_policy,
    )
