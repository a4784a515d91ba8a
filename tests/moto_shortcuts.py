"""Shortcuts through moto and botocore, which answer the same in less than half of the time."""

from __future__ import annotations

from functools import cache, partial
from typing import Any
from unittest.mock import patch

from botocore.loaders import JSONFileLoader
from moto.backend_index import backend_url_patterns
from moto.core import responses
from moto.core.serialize import AttributePicker, AttributePickerContext
from moto.core.utils import method_names_from_class
from moto.s3.models import FakeKey

OURS = ("dynamodb", "s3", "sqs")
VALUE_TYPES = frozenset(("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"))

_read_description = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
_pick = AttributePicker.__call__


def install() -> None:
    """For this process."""
    # Every session reads the descriptions of its services; a test process reads each file once.
    patch.object(JSONFileLoader, "load_file", lambda _loader, path: _read_description(path)).start()
    # moto copies every version in the bucket, contents included, whenever anybody lists the
    # versions of one key. A copy that shares the contents must not close them when it goes.
    patch.object(FakeKey, "__deepcopy__", lambda key, _memo: _listed(key), create=True).start()
    patch.object(FakeKey, "__del__", lambda _key: None).start()
    # moto compares an address with those of all services, and asks a class for its methods.
    backend_url_patterns.sort(key=lambda pattern: pattern[0] not in OURS)
    patch.object(responses, "method_names_from_class", cache(method_names_from_class)).start()
    patch.object(AttributePicker, "__call__", _picked).start()


def _listed(key: FakeKey) -> FakeKey:
    listed: FakeKey = object.__new__(FakeKey)
    listed.__dict__ |= key.__dict__
    return listed


def _picked(picker: AttributePicker, context: AttributePickerContext) -> Any:
    """A value of DynamoDB has one of ten types. moto looks for each in five spellings."""
    if context.key in VALUE_TYPES and type(context.obj) is dict:
        return context.obj.get(context.key)
    return _pick(picker, context)
