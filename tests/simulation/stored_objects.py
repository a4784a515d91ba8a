"""Read objects from moto's memory, which is hundreds of times faster than S3's API."""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey

from conftest import BUCKET


class StoredObjects:
    def read(self, key: str) -> bytes:
        """Return the newest version. Raises KeyError."""
        stored = _keys()[key]
        if not isinstance(stored, FakeKey):
            raise KeyError(key)
        content: bytes = stored.value
        return content

    def below(self, prefix: str) -> list[str]:
        """Return the keys with the prefix, in order."""
        keys = _keys()
        found = (key for key in keys if key.startswith(prefix))
        return sorted(key for key in found if isinstance(keys[key], FakeKey))


def _keys() -> Any:
    return get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys
