"""Check that OpenAI, Pinecone and Hugging Face accept the keys, with free, read-only calls.

A missing key is not an error: it switches off what needs it. If a vendor cannot be reached, the
key is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from lifestream.client.doctor.findings import Finding, failed, note, ok, warning
from lifestream.engines.embedding.openai import DIMENSIONS
from lifestream.errors import ConfigurationError, KeyRefusedError, PipelineError, TransientError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from lifestream.client.doctor.deployed import DeployedStage
    from lifestream.engines.vector_index.pinecone import PineconeIndex
    from lifestream.settings import ApiKeys, IndexSettings

OPENAI, PINECONE, HUGGING_FACE = "OpenAI key", "Pinecone key", "Hugging Face token"
TIMEOUT_SECONDS = 20.0
RENEW = "Put a valid one into the stack's secret: aws secretsmanager put-secret-value"
NOT_KNOWN = "The key could not be checked: try again later"
NOT_INSTALLED = "Install it where this command runs: pip install '.[steps,models]'"


def check_vendors(stage: DeployedStage) -> Iterator[Finding]:
    keys = stage.keys
    openai = partial(openai_answers, stage.summary.openai_base_url)
    yield attempt(OPENAI, "OPENAI_API_KEY", keys.openai_api_key, openai)
    pinecone = partial(pinecone_answers, stage.index, embedding_dimension(stage.index, keys))
    yield attempt(PINECONE, "PINECONE_API_KEY", keys.pinecone_api_key, pinecone)
    yield attempt(HUGGING_FACE, "HUGGINGFACE_TOKEN", keys.huggingface_token, hugging_face_answers)


def attempt(
    what: str, name: str, key: SecretStr | None, answer: Callable[[SecretStr], str]
) -> Finding:
    """Check one key. `answer` calls the vendor and describes its answer, or raises our errors."""
    if key is None:
        return note(what, f"{name} is not set")
    try:
        return ok(what, f"accepted{answer(key)}")
    except KeyRefusedError as error:
        return failed(what, f"refused: {error}", f"{RENEW} ({name})")
    except ConfigurationError as error:
        return failed(what, str(error), "Correct what the message names, then deploy again")
    except PipelineError as error:  # no network, or an endpoint that has no list of models
        return warning(what, f"not tried: {error}", NOT_KNOWN)
    except ImportError as error:
        return warning(what, f"not tried: {error.name} is not installed", NOT_INSTALLED)


def openai_answers(base_url: str | None, key: SecretStr) -> str:
    """List the models. A restricted key needs the permission to read models."""
    from lifestream.engines.openai.client import client, translated

    patient = client(key, base_url).with_options(timeout=TIMEOUT_SECONDS)
    with translated(PipelineError):
        patient.models.list()
    return ""


def pinecone_answers(settings: IndexSettings, dimension: int, key: SecretStr) -> str:
    """Describe the index. Raises ConfigurationError if its vectors have another dimension."""
    name = settings.pinecone_index_name
    found = pinecone_index(settings, dimension, key).existing_dimension()
    if found is None:
        return f"; the first job creates the index {name!r} with {dimension} dimensions"
    if found != dimension:
        raise ConfigurationError(
            f"the index {name!r} has {found} dimensions, but the embedder has {dimension}: use "
            "another index with -c index='{\"PINECONE_INDEX_NAME\": …}'"
        )
    return f"; the index {name!r} has {dimension} dimensions, like the embedder"


def pinecone_index(settings: IndexSettings, dimension: int, key: SecretStr) -> PineconeIndex:
    from lifestream.engines.vector_index.pinecone import PineconeIndex

    return PineconeIndex(
        key,
        index=settings.pinecone_index_name,
        region=settings.pinecone_environment,
        dimension=dimension,
        namespace=settings.pinecone_namespace,
    )


def embedding_dimension(settings: IndexSettings, keys: ApiKeys) -> int:
    """Return the embedder's dimension. Raises ConfigurationError for an unknown model."""
    engine = settings.embedding_engine
    if engine == "openai" or (engine == "auto" and keys.openai_api_key):
        if settings.embedding_model not in DIMENSIONS:
            raise ConfigurationError(f"unknown EMBEDDING_MODEL {settings.embedding_model!r}")
        return DIMENSIONS[settings.embedding_model]
    from lifestream.engines.embedding.wordllama import WordLlama

    return WordLlama.dimension


def hugging_face_answers(key: SecretStr) -> str:
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        HfApi().whoami(key.get_secret_value())
    except HfHubHTTPError as error:
        if error.response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise KeyRefusedError("Hugging Face rejects the token") from None
        raise TransientError(f"Hugging Face answered HTTP {error.response.status_code}") from error
    except httpx.HTTPError as error:
        raise TransientError(f"Hugging Face cannot be reached: {type(error).__name__}") from error
    return "; only `lifestream models` needs it"
