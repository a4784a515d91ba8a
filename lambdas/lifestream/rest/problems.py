"""An error of the API: problem details. https://www.rfc-editor.org/rfc/rfc9457"""

from __future__ import annotations

from lifestream.domain.base import Frozen


class InvalidField(Frozen):
    """`field` is where it was, such as `query.limit`; `reason` is why it is invalid."""

    field: str
    reason: str


class Problem(Frozen):
    """Attributes: `error`: the name in `lifestream.errors`; `advice`: what to do."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    advice: str
    fields: tuple[InvalidField, ...] = ()
