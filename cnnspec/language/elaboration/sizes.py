"""Sizes of earlier layers in arithmetic: `stem.H` is the height of what the layer `stem` makes."""

from __future__ import annotations

from collections.abc import Iterator

from ..syntax.nodes import Mapping, Node, Scalar, Sequence
from ..syntax.tree import BlockCall, Entry, LayerEntry
from ..values.arithmetic import within
from ..values.expression import ExpressionError, Name, parse
from ..values.scope import LETTERS, Scope, WordArgument
from .context import Context
from .references import References


class Sizes:
    """Finds what the entries of a document say of earlier layers, and makes scopes that know it, equal ones once."""

    def __init__(self, references: References) -> None:
        self.references = references
        self._asked: dict[Entry, tuple[tuple[Scalar, Name], ...]] = {}
        self._scopes: dict[tuple[Scope, tuple[tuple[str, int | None], ...]], Scope] = {}

    def known(self, entry: Entry, here: Context) -> Context:
        """Where an entry stands, with the sizes that it asks for; those of layers that are missing are reported."""
        asked = self._asked.get(entry)
        if asked is None:
            asked = self._asked[entry] = _asked(entry)
        if not asked:
            return here
        found: dict[str, int | None] = {}
        for scalar, use in asked:
            head, letter = use.name.rpartition(".")[::2]
            if self._is_word(entry, scalar, use, head, here):
                continue
            place = within(scalar, use.start, use.start + len(head))
            shape = self.references.find(Scalar(head, True, place), here).shape
            if shape is None or letter in LETTERS[: len(shape)]:
                found[use.name] = None if shape is None else shape[LETTERS.index(letter)]
        key = (here.scope, tuple(found.items()))
        if key not in self._scopes:
            self._scopes[key] = here.scope.knowing(found)
        return here._replace(scope=self._scopes[key])

    def _is_word(self, entry: Entry, scalar: Scalar, use: Name, head: str, here: Context) -> bool:
        """Whether what looks like a size is the name of a layer that is given to a block."""
        if not isinstance(entry, BlockCall) or scalar.text != use.name:
            return False
        value = here.scope.argument(head)
        word, places = (value.scalar.text, value.places) if isinstance(value, WordArgument) else (head, here.names)
        table = self.references.table
        return table.find(use.name, here.names) is not None or table.find(word, places) is None


def _asked(entry: Entry) -> tuple[tuple[Scalar, Name], ...]:
    """The sizes in an entry's own arithmetic, with the scalars that they stand in."""
    nodes: list[Node] = [node for node in (entry.expect, entry.repeat) if node is not None]
    if isinstance(entry, LayerEntry):
        nodes.append(entry.body)
    if isinstance(entry, BlockCall):
        nodes += [argument for _, argument in entry.arguments if isinstance(argument, Scalar | Sequence)]
    return tuple(found for node in nodes for scalar in _scalars(node) for found in _uses(scalar))


def _scalars(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Sequence():
            for item in node.items:
                yield from _scalars(item)
        case Mapping():
            for _, item in node.items:
                yield from _scalars(item)


def _uses(scalar: Scalar) -> Iterator[tuple[Scalar, Name]]:
    if "." not in scalar.text:
        return
    try:
        uses = parse(scalar.text).uses
    except ExpressionError:
        return
    yield from ((scalar, use) for use in uses if "." in use.name)
