"""Speed up moto and botocore: the same answers in less than half of the time."""

from __future__ import annotations

from functools import cache, partial
from typing import Any
from unittest.mock import patch

import boto3
import moto.s3.urls
import moto.sqs.models
from botocore import UNSIGNED
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader
from botocore.useragent import UserAgentString
from moto import backend_index
from moto.backend_index import backend_url_patterns
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.models import MockAWS
from moto.core.serialize import AttributePicker, AttributePickerContext
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.dynamodb.parsing.expressions import (  # type: ignore[attr-defined]  # it has no types
    UpdateExpressionParser,
)
from moto.s3.models import FakeKey, S3Backend

OURS = ("dynamodb", "s3", "sqs")
VALUE_TYPES = frozenset(("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"))
URLS: dict[type[BaseBackend], dict[str, Any]] = {}

_read_description = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
_list_services = Loader.list_available_services
_pick = AttributePicker.__call__
_build_urls = BaseBackend.__dict__["urls"].fget
_enable = MockAWS._enable_patching
_alias = EventAliaser._alias_event_name  # type: ignore[attr-defined]  # its stubs are public


@cache
def _services_below(paths: tuple[str, ...], type_name: str) -> list[str]:
    """Cache the list of services, because their model files do not change."""
    services: list[str] = _list_services(
        Loader(list(paths), include_default_search_paths=False), type_name
    )
    return services


def _services(loader: Loader, type_name: str) -> list[str]:
    return _services_below(tuple(loader.search_paths), type_name)


def unsigned(session: boto3.Session) -> boto3.Session:
    """Return the session, whose requests are not signed, because moto does not check signatures.

    Requests to S3 are signed: moto finds in their headers how the body is encoded.
    """
    for service in ("dynamodb", "sqs"):
        session.events.register_first(f"choose-signer.{service}", lambda **_: UNSIGNED)
    return session


@cache
def _known_alias(name: str) -> str:
    alias: str = _alias(EventAliaser(HierarchicalEmitter()), name)
    return alias


def _aliased(_emitter: EventAliaser, name: str) -> str:
    """Return the name that an event has now. Every request emits the same dozen events."""
    return _known_alias(name)


def install() -> None:
    """Install the shortcuts in this process."""
    # Every session reads its service models again. With the cache, each file is read once.
    patch.object(JSONFileLoader, "load_file", lambda _loader, path: _read_description(path)).start()
    patch.object(Loader, "list_available_services", _services).start()
    patch.object(EventAliaser, "_alias_event_name", _aliased).start()
    # For each request, botocore describes itself twice, and moto draws 52 random characters.
    patch.object(UserAgentString, "to_string", lambda _agent: "tests").start()
    patch.object(responses, "gen_amzn_requestid_long", _request_id).start()
    # moto copies every version in the bucket, including contents, to list the versions of one key.
    # A copy that shares the contents must not close them when it is deleted.
    patch.object(FakeKey, "__deepcopy__", lambda key, _memo: _listed(key), create=True).start()
    patch.object(FakeKey, "__del__", lambda _key: None).start()
    # moto registers the URLs of all services for requests that do not come from boto3.
    patch.object(MockAWS, "_enable_patching", _enable_patching).start()
    # moto compares a URL with those of all services, and looks up the methods of a class.
    backend_url_patterns.sort(key=lambda pattern: pattern[0] not in OURS)
    patch.object(responses, "method_names_from_class", cache(method_names_from_class)).start()
    for module in (responses, moto.sqs.models):
        patch.object(module, "camelcase_to_underscores", cache(camelcase_to_underscores)).start()
    patch.object(AttributePicker, "__call__", _picked).start()
    # moto parses an update twice, and works on copies of the result.
    parse = cache(UpdateExpressionParser.make)
    patch.object(UpdateExpressionParser, "make", parse).start()
    # moto reloads its module of S3 URLs for each bucket, because settings can change it. For each
    # request, it builds the URLs of the service again.
    patch.object(S3Backend, "_url_module", moto.s3.urls).start()
    patch.object(BaseBackend, "urls", property(_urls)).start()


def _enable_patching(mock: MockAWS, *, reset: bool = True) -> None:
    ours = [pattern for pattern in backend_url_patterns if pattern[0] in OURS]
    with patch.object(backend_index, "backend_url_patterns", ours):
        _enable(mock, reset=reset)


def _request_id(headers: dict[str, Any]) -> str:
    headers["x-amzn-requestid"] = "REQUEST"
    return "REQUEST"


def _urls(backend: BaseBackend) -> dict[str, Any]:
    kind = type(backend)
    if kind not in URLS:
        URLS[kind] = _build_urls(backend)
    return URLS[kind]


def _listed(key: FakeKey) -> FakeKey:
    listed: FakeKey = object.__new__(FakeKey)
    listed.__dict__ |= key.__dict__
    return listed


def _picked(picker: AttributePicker, context: AttributePickerContext) -> Any:
    """Pick a value of DynamoDB without moto's search for ten types in five spellings each."""
    if context.key in VALUE_TYPES and type(context.obj) is dict:
        return context.obj.get(context.key)
    return _pick(picker, context)
