"""A question in, the moments of the recordings that fit it out."""

from __future__ import annotations

from lifestream.aws import clients
from lifestream.aws.keys import load_keys
from lifestream.domain.ranking import fused_order
from lifestream.engines.embedding import load_embedder
from lifestream.engines.vector_index import EVERYTHING, Among, Hit, load_vector_index
from lifestream.settings import ClientSettings, IndexSettings, load

CANDIDATES = 100


def search(
    question: str, settings: ClientSettings, *, limit: int = 5, among: Among = EVERYTHING
) -> list[Hit]:
    """Best first: by meaning and by exact words, among the 100 nearest passages. Uses the engines
    that indexed: the same settings and keys must be here.

    Raises TransientError, ConfigurationError.
    """
    index_settings, keys = load(IndexSettings), load_keys(settings.api_keys_secret)
    embedder = load_embedder(index_settings, keys)
    index = load_vector_index(
        index_settings, keys, embedder, s3=clients.s3(), bucket=settings.bucket
    )
    nearest = index.search(embedder.embed([question])[0], limit=max(limit, CANDIDATES), among=among)
    order = fused_order(question, [hit.text for hit in nearest])
    return [nearest[position] for position in order[:limit]]
