"""Create OpenAI's client and translate its errors into ours, for every OpenAI engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import SecretStr

from lifestream.errors import ConfigurationError, KeyRefusedError, PipelineError, TransientError

if TYPE_CHECKING:
    from openai import OpenAI

MAX_RETRIES = 2
TIMEOUT_SECONDS = 120.0


def client(key: SecretStr | None, base_url: str | None) -> OpenAI:
    """Return the client and its open connections. Raises ConfigurationError without a key."""
    if key is None:
        raise ConfigurationError("OPENAI_API_KEY is in neither the environment nor the secret")
    return _client(key.get_secret_value(), base_url)


@lru_cache(maxsize=2)
def _client(key: str, base_url: str | None) -> OpenAI:
    """A new client reads the certificates of all authorities and connects again."""
    from openai import OpenAI

    return OpenAI(api_key=key, base_url=base_url, max_retries=MAX_RETRIES, timeout=TIMEOUT_SECONDS)


def reset() -> None:
    """Forget the clients, as a new process would."""
    _client.cache_clear()


@contextmanager
def translated(unusable: type[PipelineError]) -> Iterator[None]:
    """Raise our error for OpenAI's.

    TransientError for what passes, ConfigurationError for what the deployment has to fix,
    `unusable` for requests that OpenAI refuses. The messages never hold the key.
    """
    import openai

    try:
        yield
    except openai.RateLimitError as error:
        if error.code == "insufficient_quota":
            raise ConfigurationError("the OpenAI account has no quota left") from None
        raise TransientError("OpenAI is limiting the request rate") from error
    except (openai.APIConnectionError, openai.InternalServerError) as error:
        raise TransientError(f"OpenAI cannot be reached: {type(error).__name__}") from error
    except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
        raise KeyRefusedError(f"OpenAI refuses the key (HTTP {error.status_code})") from None
    except openai.APIStatusError as error:
        raise unusable(f"OpenAI refuses the request (HTTP {error.status_code})") from error
