"""The base class of every frozen model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable model in which an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
