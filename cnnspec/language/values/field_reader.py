"""A mapping in YAML -> the values of a pydantic model's fields, guided by their types.

Words stay words, arithmetic is worked out, text is taken as written; what the types cannot say
(bounds, combinations) is then checked by the model itself. Every mistake becomes a Diagnostic at its place.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from typing import Any, TypeVar

from pydantic import BaseModel

from ...diagnostics import Diagnostic, Failure
from ...diagnostics.collector import Collector
from ...graph.layer import Layer
from ..syntax.nodes import Mapping, Node
from .field_types import FieldType, Slot, field_types
from .scope import Scope, UnknownValue
from .validation import validate_model

M = TypeVar("M", bound=BaseModel)


class FieldReader:
    """Reads the fields of one model in one scope; mistakes go to `found`."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.found = Collector()

    def fields(self, model: type[BaseModel], body: Mapping) -> dict[str, Any]:
        """The values of `body`, whose keys are all the model's; mistakes go to `found`.

        A value that hangs on an earlier mistake is left out, as a mistaken one is.
        """
        known = field_types(model)
        values: dict[str, Any] = {}
        for key, node in sorted(body.items, key=lambda item: known[item[0].text].per_axis):
            type = known[key.text]
            axes = self._axes(model, body, values) if type.per_axis else (self.scope, self.scope)
            try:
                values[key.text] = Slot(key.text, type, axes).read(node)
            except Failure as failure:
                self.found.extend(failure.diagnostics)
            except UnknownValue:
                continue
        return values

    def value(self, name: str, node: Node, type: FieldType) -> Any:
        """The value of one node. Raises `Failure`, or `UnknownValue`."""
        return Slot(name, type, (self.scope, self.scope)).read(node)

    def _axes(self, model: type[BaseModel], body: Mapping, values: MappingABC[str, Any]) -> tuple[Scope, Scope]:
        """The scopes of rows and of columns, in which the layer's own letters have their values."""
        own = model.letters(values) if issubclass(model, Layer) else {}
        written = {key.text for key, _ in body.items if not field_types(model)[key.text].per_axis}
        required = {name for name, info in model.model_fields.items() if info.is_required()}
        hidden = frozenset((written | required) - values.keys())

        def scope(axis: int) -> Scope:
            arguments = {**self.scope.along(axis).arguments, **{letter: pair[axis] for letter, pair in own.items()}}
            return Scope(arguments, self.scope.arriving, self.scope.within, self.scope.used, hidden, self.scope.sizes)

        return scope(0), scope(1)


def read(model: type[M], body: Mapping) -> tuple[M | None, list[Diagnostic]]:
    """A model from its YAML mapping, where no tensor arrives, with every mistake found; None when there is any."""
    reader = FieldReader(Scope(arriving=()))
    made, found = validate_model(model, reader.fields(model, body), body)
    reader.found.extend(found)
    return made, list(reader.found)
