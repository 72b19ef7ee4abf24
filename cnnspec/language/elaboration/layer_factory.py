"""One layer of a document made: its fields worked out and checked, its complaints put in their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ...diagnostics import Diagnostic, Failure, Fix, Issue, Note, Span
from ...graph.layer import Layer
from ...graph.shape import Shape, times
from ..syntax.nodes import Node, Scalar
from ..syntax.source import Source
from ..syntax.tree import Entry, LayerEntry
from ..values.field_reader import FieldReader
from ..values.field_types import field_types
from ..values.scope import Scope, UnknownValue
from ..values.validation import validate_model


@dataclass(slots=True)
class LayerFactory:
    """Makes layers, equal ones once. `rounding` is the spec's own, for layers that say
    nothing."""

    rounding: str | None
    read: dict[tuple[object, ...], Layer] = field(default_factory=dict)
    made: dict[tuple[type[Layer], str], Layer] = field(default_factory=dict)

    def create(self, item: LayerEntry, scope: Scope) -> Layer:
        """The layer of an item. Raises `Failure` with every mistake, or `UnknownValue`.

        What an entry says hangs on its scope alone: with equal arguments and an equal arriving shape it is read once.
        """
        values = tuple(scope.arguments.values())
        place = (id(item), scope.arriving, values, tuple(map(type, values)))  # 1 and true are equal
        if place not in self.read:
            self.read[place] = self._create(item, scope)
        return self.read[place]

    def _create(self, item: LayerEntry, scope: Scope) -> Layer:
        reader = FieldReader(scope)
        values = reader.fields(item.layer, item.body)
        is_whole = len(values) == len(item.body.items)
        if is_whole and self.rounding and "rounding" in field_types(item.layer):
            values.setdefault("rounding", self.rounding)
        key = (item.layer, repr(values))
        if is_whole and key in self.made and not item.flawed:
            return self.made[key]
        layer, found = validate_model(item.layer, values, item.body)
        found = reader.found + found
        if item.flawed:  # what seems to be missing may be what was misspelt
            found = [d for d in found if d.code != "E103"]
        if found:
            raise Failure(replace(d, span=item.span) if d.span == item.body.span else d for d in found)
        if layer is None or item.flawed:
            raise UnknownValue
        return self.made.setdefault(key, layer)

    def join(self, layer: type[Layer]) -> Layer:
        """A layer without fields."""
        return self.made.setdefault((layer, ""), layer())


def to_diagnostic(
    issue: Issue, item: Entry, name: str, sources: Sequence[tuple[Shape | None, Span | None]], text: Source
) -> Diagnostic:
    """What a layer says of its input, at the field that it names. `sources` are the arriving shapes and the places
    that produced them."""
    span = item.word.span
    if issue.field and isinstance(item, LayerEntry):
        span = next((_cover(key, node) for key, node in item.body.items if key.text == issue.field), span)
    notes = [
        Note(place, f"produced {times(shape)} here")
        for shape, place in sources
        if issue.shows_input and place is not None and shape is not None
    ]
    message = issue.message.replace("{layer}", f"{item.word.text} `{name}`")
    return replace(issue, message=message).at(span, tuple(notes), tuple(_fixes(issue, item, text)))


def _fixes(issue: Issue, item: Entry, text: Source) -> Iterator[Fix]:
    """The cures of a layer as edits. Each changes what the network computes, so that none is sure."""
    from ..syntax.edits import insert_before, set_field  # only a finding needs them

    for key, value in issue.cures:
        edit = set_field(text, item.body, key, value) if isinstance(item, LayerEntry) else None
        if edit is not None:
            yield Fix(f"`{key}: {value}`", (edit,))
    if issue.before:
        yield Fix(f"insert `{issue.before}` before", (insert_before(text, item.span, issue.before),))


def _cover(key: Scalar, node: Node) -> Span:
    """From a key to the end of its value."""
    if node.span.end_line != key.span.line:
        return node.span
    return key.span.up_to(node.span)
