"""Read the vendors' API keys from the environment or from the deployment's secret."""

from __future__ import annotations

from functools import cache
from typing import Literal

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from pydantic import SecretStr

from lifestream.aws import clients
from lifestream.aws.transient import why_transient
from lifestream.errors import ConfigurationError, MissingSettingsError, TransientError
from lifestream.settings import ApiKeys, ReceiptSettings

MAX_AGE_SECONDS = 60
"""How long a key is cached. The state machine waits longer before it retries a refused key."""


def load_api_keys(secret_name: str | None = None) -> ApiKeys:
    """Return the API keys. Those in the environment take precedence over those in the secret.

    An empty key, as in the secret of a new deployment, counts as missing. Keys are cached for a
    minute, and forgotten when a vendor refuses one, so a rotated key needs no new deployment.

    Raises TransientError if Secrets Manager is busy, ConfigurationError if the secret cannot be
    read.
    """
    from_environment = ApiKeys()
    secret_name = secret_name or from_environment.secret_name
    if secret_name is None:
        return from_environment
    stored = _read_secret(secret_name)
    missing = {
        name: SecretStr(stored[field.alias])
        for name, field in ApiKeys.model_fields.items()
        if field.alias and getattr(from_environment, name) is None and stored.get(field.alias)
    }
    return from_environment.model_copy(update=missing)


def load_receipt_key(secret_name: str | None = None) -> bytes:
    """Return the key that signs the receipts of erasures: RECEIPT_KEY, or else a secret.

    AWS made the key when the stage was deployed. Raises like `load_api_keys`, and
    MissingSettingsError if neither is set.
    """
    settings = ReceiptSettings()
    if settings.receipt_key:
        return settings.receipt_key.get_secret_value().encode()
    name = secret_name or settings.secret_name
    if name is None:
        raise MissingSettingsError(
            "RECEIPT_KEY_SECRET is not set: an older version deployed this stage. Deploy it again"
        )
    return str(_read(name)).encode()


def _read_secret(name: str) -> dict[str, str]:
    stored = _read(name, transform="json")
    return stored if isinstance(stored, dict) else {}


def _read(name: str, transform: Literal["json"] | None = None) -> object:
    provider = _provider()
    try:
        return provider.get(name, max_age=MAX_AGE_SECONDS, transform=transform)
    except GetParameterError as error:
        if reason := why_transient(error.__context__):
            raise TransientError(reason) from error
        raise ConfigurationError(f"the secret {name} cannot be read") from error


@cache
def _provider() -> SecretsProvider:
    return SecretsProvider(boto3_client=clients.secrets_manager())


def reset() -> None:
    """Forget the cached secret."""
    _provider.cache_clear()
