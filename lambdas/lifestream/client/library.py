"""A question in, the moments of the recordings that fit it out."""

from __future__ import annotations

from lifestream.aws import clients
from lifestream.aws.keys import load_keys
from lifestream.engines.embedding import load_embedder
from lifestream.engines.vector_index import Hit, load_vector_index
from lifestream.settings import ClientSettings, IndexSettings, load


def search(question: str, settings: ClientSettings, *, limit: int = 5) -> list[Hit]:
    """Nearest first. Uses the engines that indexed: the same settings and keys must be here.

    Raises TransientError, ConfigurationError.
    """
    index_settings, keys = load(IndexSettings), load_keys(settings.api_keys_secret)
    embedder = load_embedder(index_settings, keys)
    index = load_vector_index(
        index_settings, keys, embedder, s3=clients.s3(), bucket=settings.bucket
    )
    return index.search(embedder.embed([question])[0], limit=limit)
