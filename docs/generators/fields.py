"""List the fields of the published schemas and of the settings as Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lifestream.settings import EnvSettings, costs, deployment, engines

Schema = dict[str, Any]
LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "length ≥ {}",
    "maxLength": "length ≤ {}",
    "pattern": "`{}`",
}


def schema_tables(schemas: Mapping[str, Schema]) -> str:
    """One heading per file, one table per object in it. `schemas`: JSON Schema by file name.

    An object that several files share is listed once, where it is first used.
    """
    listed: set[str] = set()
    parts: list[str] = []
    for file_name, schema in schemas.items():
        parts.append(f"## [{file_name}]({file_name})")
        for name, model in {schema["title"]: schema, **schema.get("$defs", {})}.items():
            if name not in listed:
                parts.append(_section("###", name, model))
                listed.add(name)
    return "\n\n".join(parts)


def settings_tables() -> str:
    """One heading and one table per settings class, in the order of the modules."""
    models = (
        kind.model_json_schema()
        for module in (engines, costs, deployment)
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, EnvSettings)
        and kind.__module__ == module.__name__
    )
    return "\n\n".join(_section("##", model["title"], model) for model in models)


def _section(level: str, name: str, model: Schema) -> str:
    return "\n\n".join(filter(None, [f"{level} {name}", model.get("description"), _table(model)]))


def _table(model: Schema) -> str:
    if "properties" not in model:
        return f"One of {_type(model)}."
    required = model.get("required", ())
    rows = [
        f"| `{name}` | {_type(field)} | {'required' if name in required else _default(field)} |"
        for name, field in model["properties"].items()
    ]
    return "\n".join(["| Name | Type | Default |", "|---|---|---|", *rows])


def _default(field: Schema) -> str:
    default = field.get("default")
    return "" if default is None or isinstance(default, dict) else f"`{json.dumps(default)}`"


def _type(field: Schema) -> str:
    """Like `string, length ≤ 200 or null`. The name of an object links to its table."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(map(_type, field["anyOf"]))
    if "const" in field or "enum" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    limits = [text.format(field[name]) for name, text in LIMITS.items() if name in field]
    return ", ".join([_shape(field), *limits])


def _shape(field: Schema) -> str:
    match field:
        case {"type": "array", "items": items}:
            return f"array of {_type(items)}"
        case {"type": "object", "additionalProperties": dict() as values}:
            return f"object, values {_type(values)}"
        case {"type": kind, "format": form}:
            return f"{kind} ({form})"
        case _:
            return str(field.get("type", "any"))
