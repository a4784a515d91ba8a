"""The vendors' keys: from the environment where it has them, else from the deployment's secret."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from pydantic import SecretStr

from lifestream.aws import clients
from lifestream.errors import ConfigurationError
from lifestream.settings import Keys

MAX_AGE_SECONDS = 300


def load_keys(secret_name: str | None = None) -> Keys:
    """Keys that are empty, as the secret holds them after the first deployment, count as absent.

    Read anew every five minutes, so that a rotated key is picked up without a deployment.
    """
    from_environment = Keys()
    secret_name = secret_name or from_environment.secret_name
    if secret_name is None:
        return from_environment
    stored = _read_secret(secret_name)
    missing = {
        name: SecretStr(stored[field.alias])
        for name, field in Keys.model_fields.items()
        if field.alias and getattr(from_environment, name) is None and stored.get(field.alias)
    }
    return from_environment.model_copy(update=missing)


def _read_secret(name: str) -> dict[str, str]:
    provider = _provider()
    try:
        stored = provider.get(name, max_age=MAX_AGE_SECONDS, transform="json")
    except GetParameterError as error:
        raise ConfigurationError(f"the secret {name} cannot be read") from error
    return stored if isinstance(stored, dict) else {}


@cache
def _provider() -> SecretsProvider:
    return SecretsProvider(boto3_client=clients.secrets_manager())
