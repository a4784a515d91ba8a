"""Read the environment. No other module does."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from lifestream.errors import ConfigurationError, MissingSettingsError


class EnvSettings(BaseModel):
    """What is not given comes from the environment. An empty variable counts as not set.

    A plain pydantic model, because pydantic-settings alone takes a third of the time that the
    dispatcher's import may take (ADR 50).
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _read_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        fields = cls.model_fields.items()
        missing = [
            str(field.alias) for name, field in fields if not given.keys() & {name, field.alias}
        ]
        return given | {name: os.environ[name] for name in missing if os.environ.get(name)}

    @classmethod
    def variables(cls) -> list[str]:
        """Return the names of the environment variables that the class reads."""
        return [str(field.alias) for field in cls.model_fields.values()]


Settings = TypeVar("Settings", bound=EnvSettings)


def load(kind: type[Settings]) -> Settings:
    """Return the settings, read once per process.

    Raises MissingSettingsError, which names every missing variable, or ConfigurationError, which
    names every invalid one.
    """
    return cast("Settings", _read(kind))  # functools.cache forgets the type


def reset() -> None:
    """Forget what was read: the next `load` reads the environment again."""
    _read.cache_clear()


@cache
def _read(kind: type[EnvSettings]) -> EnvSettings:
    try:
        return kind()
    except ValidationError as error:
        problems = {str(e["loc"][0]): e for e in error.errors()}
        missing = sorted(name for name, e in problems.items() if e["type"] == "missing")
        if missing:
            raise MissingSettingsError(f"not set: {', '.join(missing)}") from None
        wrong = "; ".join(f"{name}: {e['msg']}" for name, e in sorted(problems.items()))
        raise ConfigurationError(f"invalid settings: {wrong}") from None
