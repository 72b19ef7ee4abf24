"""What a word of a spec stands for, where that is defined, where else it is used, and how it gets another name.

Names are those of blocks, of their arguments and of layers. What a reference to a layer means, the walk over the spec
has found out; everything else can be seen in the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Literal, NamedTuple

from ..diagnostics import Edit, Fix, Span
from ..language.document.document import unfit_for_argument, unfit_for_block
from ..language.document.resolver import NAME
from ..language.elaboration.symbol_table import repeated
from ..language.elaboration.trace import Definition, Reference
from ..language.syntax.edits import apply
from ..language.syntax.nodes import Mapping, Node, Scalar, Sequence
from ..language.syntax.path import descend
from ..language.syntax.tree import ArgumentEntry, BlockCall, Entry, FromEntry, JoinEntry, LayerEntry
from ..language.values.arithmetic import within
from ..language.values.expression import ExpressionError, parse
from .reading import Reading, covers, read


class Name(NamedTuple):
    """A name by where it is defined. A layer without one is called by its kind and a number: that `is_counted`."""

    sort: Literal["layer", "block", "argument"]
    place: Span
    text: str
    is_counted: bool = False


class Occurrence(NamedTuple):
    """A place where a name is written: of a repeated block maybe with the number of a `repetition`."""

    name: Name
    span: Span
    repetition: int | None = None


class RenameError(Exception):
    """A name cannot be changed so; the text says why."""


def occurrences(reading: Reading) -> list[Occurrence]:
    """All places of all names, each once."""
    if reading.document is None:
        return []
    return list(dict.fromkeys([*_blocks(reading), *_arguments(reading), *_layers(reading)]))


def at(reading: Reading, line: int, column: int) -> list[Occurrence]:
    """What the word at a place stands for: in a block it may be several layers, one for each use."""
    found = [each for each in occurrences(reading) if covers(each.span, line, column)]
    smallest = min((_width(each.span) for each in found), default=None)
    return [each for each in found if _width(each.span) == smallest]


def definitions(reading: Reading, line: int, column: int) -> list[Span]:
    """Where the word at a place gets its meaning."""
    return list(dict.fromkeys(each.name.place for each in at(reading, line, column)))


def references(reading: Reading, line: int, column: int, with_definition: bool = True) -> list[Span]:
    """All places of what the word at a place stands for."""
    names = {each.name for each in at(reading, line, column)}
    spans = [each.span for each in occurrences(reading) if each.name in names]
    places = {name.place for name in names}
    return [span for span in dict.fromkeys(spans) if with_definition or span not in places]


def rename(reading: Reading, line: int, column: int, new: str) -> list[Edit]:
    """The edits that give another name to what stands at a place. Raises RenameError where the name cannot be had, or
    where it would make another network of the spec."""
    names = list(dict.fromkeys(each.name for each in at(reading, line, column)))
    if len(names) != 1:
        raise RenameError("several layers are meant here, one in each use of the block" if names else "no name is here")
    (name,) = names
    if why := _unfit(name, new):
        raise RenameError(why)
    found = [each for each in occurrences(reading) if each.name == name]
    edits = list(dict.fromkeys(Edit(each.span, _renamed(each, new)) for each in found))
    _ensure_the_same(reading, edits)
    return edits


def _renamed(occurrence: Occurrence, new: str) -> str:
    """What is written at a place: behind a repeated block its number goes on."""
    if occurrence.repetition is None or occurrence.span == occurrence.name.place:
        return new
    return repeated(new, occurrence.repetition)


def _unfit(name: Name, new: str) -> str:
    if name.is_counted:
        return f"`{name.text}` is counted: give the layer a `name`"
    if name.sort == "block":
        return unfit_for_block(new)
    if name.sort == "argument":
        return unfit_for_argument(new)
    return "" if NAME.fullmatch(new) else "a name has letters, digits, `_`, `-`, and dots between parts"


def _ensure_the_same(reading: Reading, edits: list[Edit]) -> None:
    """Raises RenameError where edits make new mistakes or another network."""
    text, _ = apply(reading.source, [Fix("", tuple(edits))])
    after = read(reading.source.file, text)
    news = Counter(_mistakes(after)) - Counter(_mistakes(reading))
    if news:
        raise RenameError(next(d.message for d in after.diagnostics if d.code in news))
    if _structure(after) != _structure(reading):
        raise RenameError("another layer is called so: the network would be another one")


def _mistakes(reading: Reading) -> Iterator[str]:
    """Those of the text itself: tensors in a weights file may well have other names then."""
    return (d.code for d in reading.diagnostics if d.severity == "error" and not d.code.startswith("E4"))


def _structure(reading: Reading) -> list[object]:
    """The network without its names."""
    numbers = {name: number for number, name in enumerate(reading.trace.steps)}
    return [
        (step.layer, [numbers.get(name) for name in step.inputs], step.shape) for step in reading.trace.steps.values()
    ]


def _width(span: Span) -> tuple[int, int]:
    return span.end_line - span.line, span.end_column - span.column


# blocks and arguments


def _blocks(reading: Reading) -> Iterator[Occurrence]:
    assert reading.document is not None
    for block in reading.document.blocks.values():
        yield Occurrence(Name("block", block.name.span, block.name.text), block.name.span)
    for entry, _ in reading.entries:
        if isinstance(entry, BlockCall):
            yield Occurrence(Name("block", entry.block.name.span, entry.block.name.text), entry.word.span)


def _arguments(reading: Reading) -> Iterator[Occurrence]:
    assert reading.document is not None
    names = {
        (block.name.text, key): Name("argument", scalar.span, key)
        for block in reading.document.blocks.values()
        for key, (scalar, _) in block.arguments.items()
    }
    yield from (Occurrence(name, name.place) for name in names.values())
    for block in reading.document.blocks.values():
        for _, default in block.arguments.values():
            for scalar in _leaves(default) if isinstance(default, Scalar | Sequence) else ():
                yield from _uses(names, block.name.text, scalar)
    for entry, block_name in reading.entries:
        if isinstance(entry, BlockCall):
            for key, _ in entry.arguments:
                yield Occurrence(names[entry.block.name.text, key.text], key.span)
        for scalar in _scalars(entry):
            yield from _uses(names, block_name, scalar)


def _uses(names: dict[tuple[str, str], Name], block: str, scalar: Scalar | None) -> Iterator[Occurrence]:
    """The arguments of a block that an expression uses."""
    if scalar is None:
        return
    try:
        uses = parse(scalar.text).uses
    except ExpressionError:
        return
    for use in uses:
        if (block, use.name) in names:
            yield Occurrence(names[block, use.name], within(scalar, use.start, use.end))


def _scalars(entry: Entry) -> Iterator[Scalar]:
    """The values of an entry that may hold arguments of the block around."""
    nodes: list[Node | None] = [entry.repeat, entry.expect]
    match entry:
        case JoinEntry():
            nodes += [node for _, node in entry.body.items]
            nodes += [branch for branch in entry.branches if isinstance(branch, Scalar)]
        case LayerEntry():
            nodes += [node for _, node in entry.body.items]
        case BlockCall():
            nodes += [value for _, value in entry.arguments if isinstance(value, Scalar | Sequence)]
        case ArgumentEntry() | FromEntry():
            nodes.append(entry.word)
    for node in nodes:
        yield from _leaves(node)


def _leaves(node: Node | None) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Sequence():
            for item in node.items:
                yield from _leaves(item)
        case Mapping():
            for _, value in node.items:
                yield from _leaves(value)


# layers


def _layers(reading: Reading) -> Iterator[Occurrence]:
    known = reading.trace.definitions
    for definition in known.values():
        yield Occurrence(_name(definition), _place(definition), definition.repetition)
    for reference in (*reading.trace.references, *_by_header(reading)):
        yield from _parts(reference, known)


def _name(definition: Definition) -> Name:
    given = definition.entry.name
    return Name("layer", _place(definition), (given.text if given else definition.own), given is None)


def _place(definition: Definition) -> Span:
    word = definition.entry.name or definition.entry.word
    return within(word, 0, len(word.text))


def _by_header(reading: Reading) -> Iterator[Reference]:
    """Names of layers in sections of the spec: layers that are frozen, outputs whose shapes are expected, and those
    that weights belong to which are typed."""
    assert reading.document is not None
    _, frozen, _ = descend(reading.document.root, "train.freeze")
    words = [item for item in frozen.items if isinstance(item, Scalar)] if isinstance(frozen, Sequence) else []
    for path in ("expect.output", "weights"):
        _, node, _ = descend(reading.document.root, path)
        words += [key for key, _ in node.items] if isinstance(node, Mapping) else []
    yield from (Reference(word, word.text) for word in words)


def _parts(reference: Reference, known: dict[str, Definition]) -> Iterator[Occurrence]:
    """The layer that a word names, and the uses of blocks around it that the word names too: `stage1.conv1`."""
    written = len(reference.full) - len(reference.scalar.text)
    for prefix in accumulate(reference.full.split("."), "{}.{}".format):
        definition = known.get(prefix)
        if definition is None:
            continue
        start = len(definition.prefix) - written
        if start >= 0:
            span = within(reference.scalar, start, start + len(definition.own))
            yield Occurrence(_name(definition), span, definition.repetition)
