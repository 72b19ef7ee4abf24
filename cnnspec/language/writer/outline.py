"""The lines of a graph as they are compared: each with what it must have in common with others, and its width."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from ..syntax.emitter import WIDTH, flow
from ..syntax.nodes import Mapping, Node, Scalar, mapping, word
from ..syntax.nodes import Sequence as SequenceNode
from .arguments import is_pair
from .entries import SHORT
from .lines import JoinLine, LayerLine, Line, Lines
from .sections import default_nodes

NAMED = 16
"""What a name takes on a line."""
SIDE = 2
"""Layers of a shortcut at most."""


@dataclass(slots=True, eq=False)
class Item:
    """A line of a list: layer, join with its branches, or use of a block with its body. It stands for the steps number
    `first` to `last`; `width` is what it takes on one line."""

    token: Hashable
    first: int
    last: int
    width: int
    fields: tuple[Node, ...] = ()
    lists: list[list[Item]] = field(default_factory=list)
    own: list[bool] = field(default_factory=list)
    """Of a join, which of its lists must be alike; the others are shortcuts."""
    named: tuple[bool, ...] = ()
    """Of these, which are names of tensors."""
    has_filters: bool = False
    is_depthwise: bool = False
    use: Found | None = None

    @property
    def lines(self) -> int:
        if self.width <= SHORT or not self.lists or self.use:
            return 1
        return 1 + sum(_written(branch) for branch in self.lists)


@dataclass(slots=True, eq=False)
class Found:
    """A use that was found: the block's number, and the label that it may have."""

    block: int
    label: str


def items_of(lines: Lines) -> list[Item]:
    return [_item(line) for line in lines]


def _item(line: Line) -> Item:
    match line:
        case JoinLine():
            lists = [items_of(each) if isinstance(each, list) else [] for each in line.branches]
            number = line.steps[0]
            first = min([item.first for branch in lists for item in branch], default=number)
            width = 8 + sum(4 + width_of(branch) for branch in lists)
            own = _own(line, lists)
            named = tuple(not isinstance(each, list) for each, is_own in zip(line.branches, own, strict=True) if is_own)
            item = Item(None, first, number, width, tuple(line.fields.values()), lists, own, named)
            item.token = joined(line.kind, item)
            return item
        case LayerLine():
            token: Hashable = (line.kind, tuple((key, _form(node, key)) for key, node in line.fields.items()))
            usual = default_nodes(line.kind)
            width = len(line.kind) + 2
            if written := [(key, node) for key, node in line.fields.items() if node != usual.get(key)]:
                width += len(flow(mapping(written))) + NAMED
            is_depthwise = line.depths != (1,) and line.fields.get("G") == word(str(line.depths[0]))
            number = line.steps[0]
            fields = tuple(line.fields.values())
            item = Item(token, number, number, width, fields)
            item.has_filters, item.is_depthwise = {"F", "G"} <= line.fields.keys(), is_depthwise
            return item
        case _:
            return Item(object(), 0, -1, 20)


def _own(line: JoinLine, lists: list[list[Item]]) -> list[bool]:
    """Which branches of joins must be alike: a short one of two may be another."""
    own = [True] * len(lists)
    if len(lists) == 2:
        short, long = sorted(range(2), key=lambda i: len(lists[i]))
        own[short] = not (len(lists[short]) <= SIDE and len(lists[long]) > len(lists[short]))
    return own


def joined(kind: str, item: Item) -> Hashable:
    """What joins must have in common."""
    branches = (
        tuple(each.token for each in items) if is_own else ()
        for items, is_own in zip(item.lists, item.own, strict=True)
    )
    return kind, (tuple(branches), item.named, item.fields)


def kind_of(item: Item) -> str:
    return str(item.token[0]) if isinstance(item.token, tuple) else ""


def _form(node: Node, letter: str = "") -> Hashable:
    """What the values of a field must have in common; one number may be two, of rows and of columns."""
    if is_pair(letter, node):
        return ""
    match node:
        case SequenceNode(items):
            return tuple(map(_form, items))
        case Mapping(items):
            return tuple((key.text, _form(value)) for key, value in items)
        case Scalar():
            return node.text if node.is_null else ""


def width_of(items: Sequence[Item]) -> int:
    return sum(item.width + 2 for item in items)


def _written(items: Sequence[Item]) -> int:
    """Lines of a branch."""
    return 1 if width_of(items) <= WIDTH - 20 else 1 + sum(item.lines for item in items)


def common(items: Sequence[Item]) -> Iterator[Item]:
    """All lines that uses have in common, those of branches before their join; no shortcuts."""
    for item in items:
        for number, branch in enumerate(item.lists):
            if item.use or item.own[number]:
                yield from common(branch)
        if not item.use:
            yield item


def values(items: Sequence[Item]) -> Iterator[Node]:
    for item in common(items):
        yield from item.fields
