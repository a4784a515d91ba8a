"""The vendors' keys: from the environment where it has them, else from the deployment's secret."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from pydantic import SecretStr

from lifestream.aws import clients
from lifestream.aws.transient import why_transient
from lifestream.errors import ConfigurationError, KeyRefusedError, TransientError
from lifestream.settings import ApiKeys

MAX_AGE_SECONDS = 300
Done = TypeVar("Done")


def with_keys(work: Callable[[ApiKeys], Done]) -> Done:
    """Does the work; once more where a key is refused and the secret has a new one by now.

    Raises KeyRefusedError, and whatever the work raises.
    """
    api_keys = load_api_keys()
    try:
        return work(api_keys)
    except KeyRefusedError:
        _provider().clear_cache()  # type: ignore[no-untyped-call]  # Powertools forgot to
        fresh = load_api_keys()
        if fresh == api_keys:
            raise
    return work(fresh)


def load_api_keys(secret_name: str | None = None) -> ApiKeys:
    """Keys that are empty, as the secret holds them after the first deployment, count as absent.

    Read anew every five minutes, so that a rotated key is picked up without a deployment.
    Raises TransientError, ConfigurationError.
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


def _read_secret(name: str) -> dict[str, str]:
    provider = _provider()
    try:
        stored = provider.get(name, max_age=MAX_AGE_SECONDS, transform="json")
    except GetParameterError as error:
        if reason := why_transient(error.__context__):
            raise TransientError(reason) from error
        raise ConfigurationError(f"the secret {name} cannot be read") from error
    return stored if isinstance(stored, dict) else {}


@cache
def _provider() -> SecretsProvider:
    return SecretsProvider(boto3_client=clients.secrets_manager())


def reset() -> None:
    """Forget what Secrets Manager answered."""
    _provider.cache_clear()
