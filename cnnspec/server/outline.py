"""The outline of a spec: its keys, its blocks, its layers with what is in them; and what of it can be folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..diagnostics import Span
from ..language.syntax.nodes import Mapping, Node, Scalar, Sequence
from ..language.syntax.tree import Argument, Block, BlockCall, Branch, Entry, JoinEntry
from .facts import shapes
from .reading import Reading


@dataclass(frozen=True)
class Symbol:
    """A part of a spec: all of it stands at `span`, its name at `place`."""

    name: str
    sort: Literal["key", "block", "argument", "layer"]
    about: str
    span: Span
    place: Span
    inner: tuple[Symbol, ...] = ()


def outline(reading: Reading) -> list[Symbol]:
    """The keys at the top of a spec, with blocks and layers below them."""
    document = reading.document
    if document is None:
        return []
    below = {
        "layers": tuple(_entries(reading, document.items)),
        "blocks": tuple(_block(reading, block, document.root) for block in document.blocks.values()),
    }
    return [_key(key, value, below.get(key.text, ())) for key, value in document.root.items]


def _key(key: Scalar, value: Node, inner: tuple[Symbol, ...]) -> Symbol:
    about = value.text if isinstance(value, Scalar) else ""
    return Symbol(key.text, "key", about, key.span.up_to(value.span), key.span, inner)


def _block(reading: Reading, block: Block, root: Mapping) -> Symbol:
    blocks = root.get("blocks")
    body = blocks.get(block.name.text) if isinstance(blocks, Mapping) else None
    span = block.name.span.up_to(body.span) if body is not None else block.name.span
    arguments = [Symbol(key.text, "argument", "", key.span, key.span) for key, _ in block.arguments.values()]
    layers = _entries(reading, block.items)
    return Symbol(block.name.text, "block", "", span, block.name.span, (*arguments, *layers))


def _entries(reading: Reading, entries: tuple[Entry, ...]) -> Iterator[Symbol]:
    for entry in entries:
        if not entry.word.text:
            continue
        about = ", ".join(filter(None, (entry.word.text if entry.name else "", *shapes(reading, entry)[:1])))
        inner = tuple(symbol for part in _parts(entry) for symbol in _inside(reading, part))
        yield Symbol((entry.name or entry.word).text, "layer", about, entry.span, entry.word.span, inner)


def _parts(entry: Entry) -> tuple[Branch | Argument, ...]:
    if isinstance(entry, JoinEntry):
        return entry.branches
    return tuple(argument for _, argument in entry.arguments) if isinstance(entry, BlockCall) else ()


def _inside(reading: Reading, part: Branch | Argument) -> Iterator[Symbol]:
    if not isinstance(part, Scalar | Sequence):
        yield from _entries(reading, part)


def folds(reading: Reading) -> list[tuple[int, int]]:
    """The first and last line of each list and mapping that is written over several lines."""
    found = _folds(reading.document.root) if reading.document is not None else ()
    return sorted({fold for fold in found if fold[0] < fold[1]})


def _folds(node: Node) -> Iterator[tuple[int, int]]:
    if isinstance(node, Mapping):
        for key, value in node.items:
            yield key.span.line, value.span.end_line
            yield from _folds(value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield item.span.line, item.span.end_line
            yield from _folds(item)
