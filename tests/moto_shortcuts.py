"""Speed up moto and botocore: the same answers in less than half of the time."""

from __future__ import annotations

from functools import cache, partial
from typing import Any
from unittest.mock import patch

import moto.s3.urls
from botocore import useragent
from botocore.loaders import JSONFileLoader, Loader
from moto.backend_index import backend_url_patterns
from moto.core import responses
from moto.core.serialize import AttributePicker, AttributePickerContext
from moto.core.utils import method_names_from_class
from moto.s3.models import FakeKey, S3Backend

OURS = ("dynamodb", "s3", "sqs")
VALUE_TYPES = frozenset(("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"))

_read_description = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
_list_services = Loader.list_available_services
_pick = AttributePicker.__call__


@cache
def _services_below(paths: tuple[str, ...], type_name: str) -> list[str]:
    """Cache the list of services, because their model files do not change."""
    services: list[str] = _list_services(
        Loader(list(paths), include_default_search_paths=False), type_name
    )
    return services


def _services(loader: Loader, type_name: str) -> list[str]:
    return _services_below(tuple(loader.search_paths), type_name)


def install() -> None:
    """Install the shortcuts in this process."""
    # Every session reads its service models again. With the cache, each file is read once.
    patch.object(JSONFileLoader, "load_file", lambda _loader, path: _read_description(path)).start()
    patch.object(Loader, "list_available_services", _services).start()
    sanitize = cache(useragent.sanitize_user_agent_string_component)
    patch.object(useragent, "sanitize_user_agent_string_component", sanitize).start()
    # moto copies every version in the bucket, including contents, to list the versions of one key.
    # A copy that shares the contents must not close them when it is deleted.
    patch.object(FakeKey, "__deepcopy__", lambda key, _memo: _listed(key), create=True).start()
    patch.object(FakeKey, "__del__", lambda _key: None).start()
    # moto compares a URL with those of all services, and looks up the methods of a class.
    backend_url_patterns.sort(key=lambda pattern: pattern[0] not in OURS)
    patch.object(responses, "method_names_from_class", cache(method_names_from_class)).start()
    patch.object(AttributePicker, "__call__", _picked).start()
    # moto reloads its module of S3 URLs for each bucket, because settings can change it.
    patch.object(S3Backend, "_url_module", moto.s3.urls).start()


def _listed(key: FakeKey) -> FakeKey:
    listed: FakeKey = object.__new__(FakeKey)
    listed.__dict__ |= key.__dict__
    return listed


def _picked(picker: AttributePicker, context: AttributePickerContext) -> Any:
    """Pick a value of DynamoDB without moto's search for ten types in five spellings each."""
    if context.key in VALUE_TYPES and type(context.obj) is dict:
        return context.obj.get(context.key)
    return _pick(picker, context)
