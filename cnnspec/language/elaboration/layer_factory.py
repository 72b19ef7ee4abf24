"""One layer of a document made: its fields worked out and checked, its complaints put in their place."""

from __future__ import annotations

from dataclasses import replace

from ...diagnostics import Failure
from ...graph.layer import Layer
from ...graph.shape import Shape
from ..syntax.tree import LayerEntry
from ..values.field_reader import FieldReader
from ..values.field_types import field_types
from ..values.scope import Scope, UnknownValue
from ..values.validation import validate_model


class LayerFactory:
    """Makes layers, equal ones once. `rounding` is the spec's own, for layers that say nothing."""

    def __init__(self, rounding: str | None) -> None:
        self.rounding = rounding
        self.read: dict[tuple[LayerEntry, Scope, Shape | None], Layer] = {}
        self.made: dict[tuple[type[Layer], str], Layer] = {}

    def create(self, item: LayerEntry, scope: Scope, arriving: Shape | None) -> Layer:
        """The layer of an item. Raises `Failure` with every mistake, or `UnknownValue`.

        What an entry says hangs on its scope alone: in one scope and with an equal arriving shape it is read once.
        """
        place = (item, scope, arriving)
        layer = self.read.get(place)
        if layer is None:
            layer = self.read[place] = self._create(item, scope.at(arriving))
        return layer

    def _create(self, item: LayerEntry, scope: Scope) -> Layer:
        reader = FieldReader(scope)
        values = reader.fields(item.layer, item.body)
        is_whole = len(values) == len(item.body.items)
        if is_whole and self.rounding and "rounding" in field_types(item.layer):
            values.setdefault("rounding", self.rounding)
        key = (item.layer, repr(values))
        if is_whole and key in self.made and not item.flawed and not item.guessed:
            return self.made[key]
        layer, found = validate_model(item.layer, values, item.body)
        found = [*reader.found, *found]
        if item.flawed:  # what seems to be missing may be what was misspelt
            found = [d for d in found if d.code != "E103"]
        if found:
            raise Failure(replace(d, span=item.span) if d.span == item.body.span else d for d in found)
        if layer is None or item.flawed or item.guessed:
            raise UnknownValue
        return self.made.setdefault(key, layer)
