"""Speed up moto and botocore: the same answers in less than half of the time."""

from __future__ import annotations

import io
import pickle
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from functools import cache, partial
from http.client import HTTPMessage
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote_to_bytes, urlsplit

import boto3
import moto.s3.urls
import moto.sqs.models
from botocore import UNSIGNED
from botocore.auth import AUTH_TYPE_MAPS, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader
from botocore.useragent import UserAgentString
from moto import backend_index
from moto.backend_index import backend_url_patterns
from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.models import MockAWS
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.serialize import AttributePicker, AttributePickerContext
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined]  # it has no types
    DepthFirstTraverser,
    Node,
)
from moto.dynamodb.parsing.expressions import (  # type: ignore[attr-defined]  # it has no types
    UpdateExpressionParser,
)
from moto.s3.models import FakeKey, S3Backend
from moto.s3.responses import S3Response

OURS = ("dynamodb", "s3", "sqs")
VALUE_TYPES = frozenset(("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"))
S3_SIGNERS = {"v4": "unchecked", "s3v4": "unchecked"}
"""botocore signs presigned URLs, because tests read them."""
PROCESSED: dict[tuple[type, type], bool] = {}
"""Whether a traverser of a type processes a node of a type."""

_read_description = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
_list_services = Loader.list_available_services
_pick = AttributePicker.__call__
_enable = MockAWS._enable_patching
_lex = ConditionExpressionParser._lex_condition_expression
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
    """Return the session, whose requests are not signed, because moto does not check signatures."""
    for service in ("dynamodb", "sqs"):
        session.events.register_first(f"choose-signer.{service}", lambda **_: UNSIGNED)
    session.events.register_first("choose-signer.s3", _s3_signer)
    return session


def _s3_signer(*, signature_version: str, **_: Any) -> Any:
    return S3_SIGNERS.get(signature_version)


class Unchecked(S3SigV4Auth):
    """Adds the headers of a signed request to S3, in which moto finds how the body is encoded."""

    def canonical_request(self, request: AWSRequest) -> str:
        return ""

    def signature(self, string_to_sign: str, request: AWSRequest) -> str:
        return "unchecked"

    def headers_to_sign(self, request: AWSRequest) -> HTTPMessage:
        return HTTPMessage()


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
    # moto parses an update twice, and works on copies of the result. Its ten walks through a copy
    # list the types to process at each node.
    parse = cache(UpdateExpressionParser.make)
    patch.object(UpdateExpressionParser, "make", parse).start()
    patch.object(validators, "deepcopy", _copied).start()
    patch.object(DepthFirstTraverser, "traverse_node_recursively", _traversed).start()
    # moto parses a condition twice, and compiles its patterns for each word.
    patch.object(ConditionExpressionParser, "_lex_condition_expression", _lexed).start()
    # moto reloads its module of S3 URLs for each bucket, because settings can change it. For each
    # request, it builds the URLs of the service again, and matches the host five times.
    patch.object(S3Backend, "_url_module", moto.s3.urls).start()
    urls = _once_each(type, BaseBackend.__dict__["urls"].fget)
    patch.object(BaseBackend, "urls", property(urls)).start()
    in_host = _once_each(
        lambda request: request.headers["host"], S3Response.subdomain_based_buckets
    )
    patch.object(S3Response, "subdomain_based_buckets", staticmethod(in_host)).start()
    AUTH_TYPE_MAPS["unchecked"] = Unchecked
    # For each request, moto lets werkzeug's test client build a description with all its options.
    patch.object(Request, "from_primitives", classmethod(_request)).start()


def _enable_patching(mock: MockAWS, *, reset: bool = True) -> None:
    ours = [pattern for pattern in backend_url_patterns if pattern[0] in OURS]
    with patch.object(backend_index, "backend_url_patterns", ours):
        _enable(mock, reset=reset)


def _request_id(headers: dict[str, Any]) -> str:
    headers["x-amzn-requestid"] = "REQUEST"
    return "REQUEST"


def _request(kind: type[Request], method: str, url: str, headers: Any, body: Any = None) -> Request:
    """Describe a request from botocore as a WSGI server does (PEP 3333)."""
    address = urlsplit(url)
    content = body.read() if hasattr(body, "read") else body or b""
    content = content.encode() if isinstance(content, str) else content
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(address.path).decode("latin-1"),
        "RAW_URI": f"{address.path}?{address.query}" if address.query else address.path,
        "QUERY_STRING": address.query,
        "SERVER_NAME": address.hostname,
        "SERVER_PORT": str(address.port or 443),
        "HTTP_HOST": address.netloc,
        "wsgi.url_scheme": address.scheme,
        "wsgi.input": io.BytesIO(content),
    }
    given = {key: _text(value) for key, value in headers.items()}
    environ |= {environ_key_for_header(key): value for key, value in given.items()}
    environ["CONTENT_LENGTH"] = str(len(content))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
        environ_key_for_header(key): key
        for key in given
        if should_preserve_original_header_name(key)
    }
    return kind(environ)


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _once_each(key: Callable[[Any], Any], compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function, which is called once for all arguments with the same key."""
    known: dict[Any, Any] = {}

    def remembered(argument: Any) -> Any:
        at = key(argument)
        if at not in known:
            known[at] = compute(argument)
        return known[at]

    return remembered


_words = _once_each(lambda parser: parser.condition_expression, _lex)


def _lexed(parser: ConditionExpressionParser) -> Any:
    """Return a copy of the words of a condition, because moto removes them while it parses."""
    return deque(_words(parser))


@cache
def _pickled(expression: Node) -> bytes:
    return pickle.dumps(expression)


def _copied(node: Any) -> Any:
    """Copy an expression, which is parsed once and never changes, in a fifth of the time."""
    if isinstance(node, Node):
        return pickle.loads(_pickled(node))  # noqa: S301  # made here
    return deepcopy(node)


def _traversed(traverser: DepthFirstTraverser, node: Any, place: int = -1) -> Any:
    """Process the nodes below a node, and then the node, as moto does."""
    kinds = type(traverser), type(node)
    if kinds not in PROCESSED:
        PROCESSED[kinds] = isinstance(node, traverser.nodes_to_be_processed())
    for index, child in enumerate(getattr(node, "children", None) or ()):
        traverser.pre_processing_of_child(node, index)
        _traversed(traverser, child, index)
    if not PROCESSED[kinds]:
        return node
    processed, parent = traverser.process(node), node.parent
    processed.parent = parent
    if parent:
        parent.children[place] = processed
    return processed


def _listed(key: FakeKey) -> FakeKey:
    listed: FakeKey = object.__new__(FakeKey)
    listed.__dict__ |= key.__dict__
    return listed


def _picked(picker: AttributePicker, context: AttributePickerContext) -> Any:
    """Pick a value of DynamoDB without moto's search for ten types in five spellings each."""
    if context.key in VALUE_TYPES and type(context.obj) is dict:
        return context.obj.get(context.key)
    return _pick(picker, context)
