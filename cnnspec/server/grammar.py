"""What may stand where in a spec: at each place the keys and words that are known there, each with its manual page.

A `Place` is followed from the root along keys and items. Completion offers what a place knows, hovering tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from typing import Literal, NamedTuple

from pydantic import BaseModel

from ..graph.layer import Join
from ..language import keywords
from ..language.sections.header import Header
from ..language.syntax.nodes import Scalar, Sequence, word
from ..language.syntax.tree import Argument, Block
from ..language.values.field_types import FieldType, field_types
from ..language.values.names import AXIS_LETTERS
from ..language.values.scope import LETTERS, Scope
from ..layers import find, kinds
from ..reports.manual import pages
from .spot import Path

Sort = Literal["layer", "block", "field", "key", "word", "name", "argument", "letter"]


class Offer(NamedTuple):
    """A word that may stand at a place: its sort, a line on it, the manual page that tells more, and what is to be
    written behind it, with `$1`, `$2` where something is to be filled in. One with a word `beside` stands only beside
    that."""

    word: str
    sort: Sort
    about: str = ""
    page: str = ""
    behind: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Known:
    """What a spec has given names to. `names` are those of layers before some place, as they may be written in a block
    (`""` is the spec itself), each with its shape."""

    blocks: Mapping[str, Block]
    names: Callable[[str], Mapping[str, str]]

    def arguments(self, block: str) -> list[str]:
        return list(self.blocks[block].arguments) if block in self.blocks else []


class Place:
    """A place of which nothing is known."""

    def at(self, step: str | int) -> Place:
        """The place below a key, or of an item."""
        return Place()

    def keys(self) -> Iterator[Offer]:
        """The keys of a mapping here."""
        return iter(())

    def words(self) -> Iterator[Offer]:
        """What may stand here in one word."""
        return iter(())


def place(path: Path, known: Known) -> Place:
    """The place at the end of a path."""
    start: Place = Root(known)
    return reduce(lambda here, step: here.at(step), path, start)


@dataclass(frozen=True)
class Root(Place):
    known: Known

    def at(self, step: str | int) -> Place:
        if step == "layers":
            return Layers(self.known, "")
        if step == "blocks":
            return Blocks(self.known)
        if step == "outputs":
            return Names(self.known, "")
        type = field_types(Header).get(str(step))
        return Value(self.known, type, str(step)) if type else Place()

    def keys(self) -> Iterator[Offer]:
        bodies = {"layers": "\n  - $1", "blocks": "\n  ${1:name}:\n    args: {$2}\n    layers:\n      - $3"}
        bodies |= {"input": " {C: $1, H: $2, W: $3}", "cnnspec": " 1"}
        for key, about in keywords.top().items():
            yield Offer(key, "key", about, key, ":" + bodies.get(key, " "))


@dataclass(frozen=True)
class Blocks(Place):
    """The mapping of names to blocks."""

    known: Known

    def at(self, step: str | int) -> Place:
        return Body(self.known, str(step))


@dataclass(frozen=True)
class Body(Place):
    """A block: its arguments and its layers."""

    known: Known
    block: str

    def at(self, step: str | int) -> Place:
        if step == "layers":
            return Layers(self.known, self.block)
        return Arguments(self.known, self.block) if step == "args" else Place()

    def keys(self) -> Iterator[Offer]:
        bodies = {"args": ": {$1}", "layers": ":\n  - $1"}
        for key, about in keywords.BLOCK.items():
            yield Offer(key, "key", about, key, bodies[key])


@dataclass(frozen=True)
class Arguments(Place):
    """The arguments of a block with their defaults."""

    known: Known
    block: str

    def at(self, step: str | int) -> Place:
        return Given(self.known, self.block, "required")


@dataclass(frozen=True)
class Layers(Place):
    """A list of layers in a block, or in the spec itself; an item of it is one of them."""

    known: Known
    block: str

    def at(self, step: str | int) -> Place:
        return Layer(self.known, self.block)


@dataclass(frozen=True)
class Layer(Place):
    """One entry of a list of layers."""

    known: Known
    block: str

    def at(self, step: str | int) -> Place:
        step = str(step)
        if step == "from":
            return Names(self.known, self.block)
        if step in keywords.BESIDE:
            return Numbers(self.known, self.block) if step != "name" else Place()
        if (join := joins_with().get(step)) and step not in self.known.blocks:
            return Section(self.known, find(join), join, self.block).at(step)
        if step in kinds():
            layer = find(step)
            if issubclass(layer, Join):
                return Branches(self.known, self.block)
            return Section(self.known, layer, step, self.block)
        return Call(self.known, self.block, step) if step in self.known.blocks else Place()

    def keys(self) -> Iterator[Offer]:
        yield from self._layers()
        for key, about in keywords.BESIDE.items():
            yield Offer(key, "key", about, key, ": ")
        for join in dict.fromkeys(joins_with().values()):
            fields = Section(self.known, find(join), join, self.block).keys()
            yield from (offer._replace(beside=join) for offer in fields)
        yield Offer("from", "key", keywords.FROM, "from", ": ")

    def words(self) -> Iterator[Offer]:
        yield from self._layers()
        yield Offer("from", "key", keywords.FROM, "from", ": ")
        for name in self.known.arguments(self.block):
            yield Offer(name, "argument", f"an argument of `{self.block}`")

    def _layers(self) -> Iterator[Offer]:
        for name, block in self.known.blocks.items():
            needed = [key for key, (_, default) in block.arguments.items() if default is None]
            yield Offer(name, "block", signature(block), "", _mapping(needed))
        for kind in kinds():
            layer = find(kind)
            needed = [info.alias or name for name, info in layer.model_fields.items() if info.is_required()]
            behind = ": [$1, $2]" if issubclass(layer, Join) else _mapping(needed)
            yield Offer(kind, "layer", pages.summary(kind), kind, behind)


@cache
def joins_with() -> dict[str, str]:
    """The fields that stand beside joins, each with the join that has it."""
    joins = [kind for kind in kinds() if issubclass(find(kind), Join)]
    return {field: join for join in joins for field in field_types(find(join))}


def _mapping(keys: list[str]) -> str:
    """Fields that must be filled in."""
    inner = ", ".join(f"{key}: ${number}" for number, key in enumerate(keys, 1))
    return f": {{{inner}}}" if keys else ""


def signature(block: Block) -> str:
    """A block with its arguments, as it is called: `residual: {K: required, S: 1}`."""
    arguments = ", ".join(f"{name}: {_short(default)}" for name, (_, default) in block.arguments.items())
    return f"{block.name.text}: {{{arguments}}}"


def _short(default: Argument | None) -> str:
    """An argument's default; layers are only hinted at."""
    if default is None:
        return "required"
    if isinstance(default, Sequence):
        return f"[{', '.join(item.text for item in default.items if isinstance(item, Scalar))}]"
    return default.text if isinstance(default, Scalar) else "[...]" if default else "[]"


@dataclass(frozen=True)
class Branches(Place):
    """The branches of a join: a list, or a mapping with labels. Each is a list of layers or a name."""

    known: Known
    block: str

    def at(self, step: str | int) -> Place:
        return Branch(self.known, self.block)


@dataclass(frozen=True)
class Branch(Place):
    known: Known
    block: str

    def at(self, step: str | int) -> Place:
        return Layer(self.known, self.block)

    def words(self) -> Iterator[Offer]:
        yield from Names(self.known, self.block).words()
        for name in self.known.arguments(self.block):
            yield Offer(name, "argument", f"an argument of `{self.block}`")


@dataclass(frozen=True)
class Names(Place):
    """The name of an earlier layer; a list of them is one too."""

    known: Known
    block: str

    def at(self, step: str | int) -> Place:
        return self

    def words(self) -> Iterator[Offer]:
        for name, shape in self.known.names(self.block).items():
            yield Offer(name, "name", shape)


@dataclass(frozen=True)
class Call(Place):
    """The arguments that a use of a block gives."""

    known: Known
    block: str
    called: str

    def at(self, step: str | int) -> Place:
        return Given(self.known, self.block)

    def keys(self) -> Iterator[Offer]:
        for name, (_, default) in self.known.blocks[self.called].arguments.items():
            about = _short(default) if default is None else f"default {_short(default)}"
            yield Offer(name, "argument", f"{about}; an argument of `{self.called}`", "", ": ")


@dataclass(frozen=True)
class Numbers(Place):
    """Arithmetic over the arguments of the block around and what arrives."""

    known: Known
    block: str

    def at(self, step: str | int) -> Place:
        return self

    def words(self) -> Iterator[Offer]:
        for name in self.known.arguments(self.block):
            yield Offer(name, "argument", f"an argument of `{self.block}`")
        for letter in LETTERS:
            yield Offer(letter, "letter", keywords.letters()[letter], letter)


@dataclass(frozen=True)
class Given(Numbers):
    """The value of an argument: a number, a word, a name, or a list of layers."""

    word: str = ""

    def at(self, step: str | int) -> Place:
        return Layer(self.known, self.block)

    def words(self) -> Iterator[Offer]:
        if self.word:
            yield Offer(self.word, "word", "each use of the block has to give it")
        yield from super().words()
        yield from Names(self.known, self.block).words()


@dataclass(frozen=True)
class Section(Place):
    """The fields of a layer, or of a section of the spec, which is called `owner` in the manual."""

    known: Known
    model: type[BaseModel]
    owner: str
    block: str | None = None

    def at(self, step: str | int) -> Place:
        type = field_types(self.model).get(str(step))
        if type is None:
            return Place()
        if f"{self.owner}.{step}" == "train.freeze":
            return Names(self.known, "")
        return Value(self.known, type, f"{self.owner}.{step}", self.block)

    def keys(self) -> Iterator[Offer]:
        for entry in pages.entries(self.model):
            if "." not in entry.name:
                given = "required" if entry.default is None else f"default {entry.default}" if entry.default else ""
                about = "; ".join(filter(None, (entry.takes, given, entry.description)))
                is_letter = self.block is not None and entry.name in keywords.LETTERS
                page = entry.name if is_letter else f"{self.owner}.{entry.name}"
                yield Offer(entry.name, "field", about, page, ": ")


@dataclass(frozen=True)
class Value(Place):
    """The value of a field. In a layer, where a block (or `""`) is around, it may be arithmetic."""

    known: Known
    type: FieldType
    page: str
    block: str | None = None

    def at(self, step: str | int) -> Place:
        if isinstance(step, str) and self.type.model is not None:
            return Section(self.known, self.type.model, self.page, self.block).at(step)
        return self

    def keys(self) -> Iterator[Offer]:
        if self.type.model is not None:
            yield from Section(self.known, self.type.model, self.page, self.block).keys()

    def words(self) -> Iterator[Offer]:
        flags = [flag for flag in ("true", "false") if self._takes(flag) and not self._takes("1")]
        for word_ in (*sorted(self.type.words), *flags):
            yield Offer(word_, "word", "", self.page)
        if self.block is not None and self._takes("1"):
            yield from Numbers(self.known, self.block).words()
            for letter in AXIS_LETTERS if self.type.per_axis else ():
                yield Offer(letter, "letter", f"the layer's own: {keywords.letters()[letter]}", letter)

    def _takes(self, text: str) -> bool:
        return self.type.reads(word(text), Scope())
