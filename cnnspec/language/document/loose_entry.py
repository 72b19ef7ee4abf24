"""Entries of layers that are written as in other places: `conv(3, 8)`, `conv F=3 K=8`, `maxpool: 2`. They are refused,
with the line that they should be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..syntax.nodes import Node, Scalar
from ..syntax.nodes import Sequence as SequenceNode
from ..values.unknown_field import suggested

LENGTH = 200
"""So long a text is worth the reading."""

_ENTRY = re.compile(r"([A-Za-z_][\w-]*)(?:\s*[:,]?\s*([({\[])(.*?)[)}\]]?\s*|[\s:,]+(.*))", re.DOTALL)
_PIECE = re.compile(
    r"\s*(?:([A-Za-z_]\w*)\s*[=:]\s*)?((?:\([^()]*\)|\[[^][]*\]|[^\s,;=:()\[\]{}])+)\s*(?:[,;]|(?=\s)|$)"
)


_OPEN = re.compile(r"[A-Za-z_][\w-]*\([^()]*")


class LooseEntry(NamedTuple):
    """A word with what is written behind it: values with the names of fields, or "" for those without."""

    word: str
    fields: tuple[tuple[str, str], ...]


class Signature(NamedTuple):
    """What a layer or block takes: the name it has here, its fields, and those of them that must be given. `is_ours`
    where the name is no other framework's, whose order of values may differ."""

    name: str
    fields: Sequence[str]
    required: Sequence[str]
    is_ours: bool = True


class Cure(NamedTuple):
    """An entry as it should be; `is_sure` when it can have been meant in no other way."""

    text: str
    is_sure: bool


def parsed(text: str) -> LooseEntry | None:
    """A text that is a word with values behind it, in brackets or not; None for any other."""
    found = _ENTRY.fullmatch(text) if len(text) <= LENGTH else None
    if found is None:
        return None
    rest = found[3] if found[2] else found[4]
    fields, at = [], 0
    while rest[at:].strip():
        piece = _PIECE.match(rest, at)
        if piece is None:
            return None
        fields.append((piece[1] or "", piece[2]))
        at = piece.end()
    if not found[2] and not any(name for name, _ in fields):
        return None  # some words
    return LooseEntry(found[1], tuple(fields))


def rejoined(nodes: Sequence[Node]) -> Iterator[Node]:
    """The items of a list, with those made one that a comma within brackets has parted: `conv(3` and `8)`."""
    waiting: list[Scalar] = []
    for node in nodes:
        if isinstance(node, Scalar) and node.plain and (waiting or _OPEN.fullmatch(node.text)):
            waiting.append(node)
            if node.text.count(")") and len(waiting) > 1:
                yield Scalar(", ".join(part.text for part in waiting), True, waiting[0].span.up_to(node.span))
                waiting = []
            continue
        yield from waiting
        waiting = []
        yield node
    yield from waiting


def readings(word: str, node: Node) -> Iterator[LooseEntry]:
    """What stands in place of a layer's fields, read as values of them: a list as one value, then as several."""
    if isinstance(node, SequenceNode):
        items = [item.text for item in node.items if isinstance(item, Scalar) and item.plain and not item.is_null]
        if len(items) == len(node.items):
            yield LooseEntry(word, (("", f"[{', '.join(items)}]"),))
            yield LooseEntry(word, tuple(("", item) for item in items))
    elif isinstance(node, Scalar) and node.plain:
        entry = parsed(f"{word} {node.text}")
        yield entry or LooseEntry(word, (("", node.text),))


def written(entry: LooseEntry, of: Signature) -> Cure | None:
    """The entry as it should be; None where values have no names that can be told."""
    from ..values.synonyms import is_exact  # only a mistake needs it

    names = {name: name if name in of.fields else suggested(name, list(of.fields)) for name, _ in entry.fields if name}
    named = {names[name] or name: value for name, value in entry.fields if name}
    bare = [value for name, value in entry.fields if not name]
    optional = list(of.fields) if not of.required and len(of.fields) == 1 else []
    wanted = [field for field in of.required or optional if field not in named]
    is_told = len(bare) == len(wanted) or not bare
    if not is_told or (len(bare) > 1 and not of.is_ours) or not all(map(_is_value, bare)):
        return None
    given = [*zip(wanted, bare, strict=False), *named.items()]
    fields = ", ".join(f"{name}: {_listed(value)}" for name, value in given)
    is_known = all(name in of.fields or is_exact(name, near or "") for name, near in names.items())
    return Cure(f"{of.name}: {{{fields}}}" if fields else of.name, len(bare) < 2 and is_known)


def example(of: Signature) -> str:
    """How fields are written, where their values cannot be told."""
    known = ", ".join(f"{key}: ..." for key in of.required)
    return f"{of.name}: {{{known}}}" if known else of.name


def _is_value(text: str) -> bool:
    """Whether a text without a name is a number, or arithmetic with one, or a list."""
    return bool(re.search(r"[0-9]|^\[.", text)) and re.fullmatch(r"[-\w.+*/%() ,\[\]]+", text) is not None


def _listed(value: str) -> str:
    """A pair as a list."""
    return f"[{value[1:-1]}]" if re.fullmatch(r"\([^()]*,[^()]*\)", value) else value
