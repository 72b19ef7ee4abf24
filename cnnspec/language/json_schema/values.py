"""Forms of fields -> JSON Schema: a number may also be an expression, a word may be a block's argument."""

from __future__ import annotations

from dataclasses import dataclass, replace
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel

from ..values.expression import IDENTIFIER
from ..values.field_types import Form, forms

Schema = dict[str, Any]

AXIS_LETTERS = ("F", "S", "D")
LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}

_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_SIGN = "(?://|[-+*/%])"


@dataclass(frozen=True, slots=True)
class Names:
    """The names that have a value somewhere: letters in arithmetic, arguments also in place of a word.

    `arguments` is None in a block whose arguments are not known: any name will do. `title` is what arithmetic over
    these names is called among the definitions.
    """

    title: str
    letters: tuple[str, ...] = ()
    arguments: tuple[str, ...] | None = ()

    def per_axis(self) -> Names:
        """The same with the layer's own letters."""
        return replace(self, title=f"{self.title}-per-axis", letters=(*self.letters, *AXIS_LETTERS))

    def pattern(self) -> str:
        return IDENTIFIER if self.arguments is None else "|".join((*self.letters, *self.arguments))

    def argument(self) -> list[Schema]:
        """What may stand for a word that an argument holds."""
        if self.arguments is None:
            return [{"type": "string", "pattern": f"^{IDENTIFIER}$"}]
        return [{"enum": list(self.arguments)}] if self.arguments else []


def expression(names: Names) -> Schema:
    """Arithmetic over names. Brackets need not match here; a number by itself needs no quotes and may have none."""
    cases = [names.pattern()] if names.pattern() else []
    terms = f"(?:{'|'.join([_NUMBER, *cases])})"
    operand = rf"[-+(\s]*{terms}[)\s]*"
    return {"type": "string", "pattern": rf"^(?![-+]?{_NUMBER}$){operand}(?:{_SIGN}{operand})*$"}


def reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def value(form: Form, names: Names) -> Schema:
    """What may stand in a field."""
    choices = _choices(form, names.per_axis() if form.per_axis else names)
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _choices(form: Form, names: Names) -> list[Schema]:
    choices = _scalars(form, names)
    if form.items:
        choices += _choices(form.items[0], names) if form.both else []
        size = {"minItems": 1} if form.endless else {"minItems": len(form.items), "maxItems": len(form.items)}
        choices.append({"type": "array", "items": value(form.items[0], names), **size})
    if form.model:
        choices.append(mapping(form.model, names))
    if form.entries:
        choices.append({"type": "object", "additionalProperties": value(form.entries, names)})
    return choices


def _scalars(form: Form, names: Names) -> list[Schema]:
    choices: list[Schema] = []
    if form.words:
        choices.append({"enum": sorted(form.words)})
    if form.flag:
        choices.append({"type": "boolean"})
    if form.words or form.flag:
        choices += names.argument()
    if form.number:
        limits = {LIMITS[name]: limit for name, limit in form.limits}
        choices += [{"type": "integer" if form.whole else "number", **limits}, reference(names.title)]
    if form.pattern:
        choices.append({"type": "string", "pattern": f"^(?:{form.pattern})$"})
    if form.text:
        choices.append(TEXT)
    if form.null:
        choices.append({"type": "null"})
    return choices


TEXT: Schema = {"type": ["string", "number", "boolean"]}
"""A scalar that is taken as it is written."""


def mapping(model: type[BaseModel], names: Names) -> Schema:
    """A model's fields."""
    known = forms(model)
    properties = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        properties[key] = value(known[key], names)
        if info.description:
            properties[key]["description"] = info.description
        default = info.get_default(call_default_factory=True)
        if default is not None and not info.is_required():
            properties[key]["default"] = _plain(default)
    required = [info.alias or name for name, info in model.model_fields.items() if info.is_required()]
    return {
        "type": "object",
        "description": cleandoc(model.__doc__ or ""),
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _plain(default: Any) -> Any:
    if isinstance(default, BaseModel):
        return default.model_dump(exclude_defaults=True)
    if isinstance(default, tuple):
        return default[0] if len(set(default)) == 1 else list(default)
    return default
