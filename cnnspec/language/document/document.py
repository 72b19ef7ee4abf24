"""Node tree -> Document: which layers, blocks, branches and references stand where.

This is all that can be known without shapes and numbers: each word is resolved to a layer kind, a block or an
argument, each key is known. Values are left as nodes for `elaborate` to work out where they are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ...diagnostics import Diagnostic, Span
from ...diagnostics.collector import Collector
from ...layers import kinds
from ..sections.header import Header, Input
from ..syntax.nodes import Mapping, Node, Scalar, Sequence
from ..syntax.parser import parse
from ..syntax.path import descend
from ..syntax.source import Source
from ..syntax.tree import Block, Entry
from ..values.expression import IDENTIFIER
from ..values.field_reader import read
from ..values.field_types import field_types
from ..values.scope import LETTERS
from .pairs import FLAGS
from .resolver import NAME, Resolver
from .siblings import SIBLINGS

RESERVED = (*SIBLINGS, "from")
"""Words that cannot be a block's name."""
ARGUMENTS = 100


class Document(NamedTuple):
    """A spec as written. `root` gives the places of header keys. Where `input` is missing or mistaken, the header
    has a stand-in for it, and no shape `is_known`."""

    source: Source
    root: Mapping
    header: Header
    blocks: dict[str, Block]
    items: tuple[Entry, ...]
    is_known: bool = True

    def span(self, path: str) -> Span:
        """Where the value at a path is written, such as `train.augment.shift` or `layers.0.conv.F`; where it is not,
        the value that it is missing from."""
        return descend(self.root, path)[2].span

    def key_span(self, path: str) -> Span | None:
        """Where the last key of a path is written, if it is."""
        key = descend(self.root, path)[0]
        return key.span if key else None


def load(source: Source) -> tuple[Document | None, list[Diagnostic]]:
    """The document of a text, with every mistake that shows before shapes are known; None when it is no mapping."""
    root, said = parse(source)
    if not isinstance(root, Mapping):
        return None, said
    return of_root(source, root, said)


def of_root(source: Source, root: Mapping, said: Iterable[Diagnostic] = ()) -> tuple[Document, list[Diagnostic]]:
    """The document of a root that has been read, with every mistake after those that have been `said`."""
    found = Collector()
    found.extend(said)
    reader = DocumentReader(found)
    root = reader.keys(root)
    header = reader.header(root)
    reader.declare(root.get("blocks"))
    items = reader.layers(root.get("layers"), root)
    stand_in = header or Header(input=Input(C=1, H=1, W=1))
    return Document(source, root, stand_in, reader.resolver.blocks, items, header is not None), list(found)


class DocumentReader:
    """Reads the sections of a spec: blocks are declared first, so that they may be used before they are written."""

    def __init__(self, found: Collector) -> None:
        self.found = found
        self.resolver = Resolver(found)

    def keys(self, root: Mapping) -> Mapping:
        """The spec with each key as it was meant, where it can have been only one. The others are reported alone."""
        known = [*field_types(Header), "blocks", "layers"]
        items = []
        for key, node in root.items:
            meant = "" if key.text in known else self.resolver.unknown(key, root, known, "key")
            items.append((key._replace(text=meant) if meant else key, node))
        return Mapping(tuple(items), root.span)

    def header(self, root: Mapping) -> Header | None:
        rest = tuple((k, v) for k, v in root.items if k.text in field_types(Header))
        header, found = read(Header, Mapping(rest, root.span))
        if header is None:  # the layers can be checked all the same, if their input is known
            places = [d.span for d in found if d.span]
            sound = [(k, v) for k, v in rest if not any(k.span.up_to(v.span).covers(place) for place in places)]
            header, _ = read(Header, Mapping(tuple(sound), root.span))
        self.found.extend(found)
        return header

    def layers(self, node: Node | None, root: Mapping) -> tuple[Entry, ...]:
        if node is None:
            self.found.report(
                "E103",
                "`layers` is missing",
                root.span,
                help="`layers:` and a list, `- conv: {F: 3, K: 8}` ...",
            )
            return ()
        if not isinstance(node, Sequence) or not node.items:
            help = f"each layer begins with `- `: `- {_first_word(node)}`"
            self.found.report("E110", "`layers` takes a list of layers", node.span, help=help)
            return ()
        return self.resolver.items(node, ())

    # blocks

    def declare(self, node: Node | None) -> None:
        if node is None:
            return
        if not isinstance(node, Mapping):
            self.found.report("E110", "`blocks` takes a mapping of names to blocks", node.span)
            return
        for name, _ in node.items:
            if why := unfit_for_block(name.text):
                self.found.report("E109", f"a block cannot be called `{name.text}`", name.span, why)
            self.resolver.blocks[name.text] = Block(name)
        for name, body in node.items:
            self.parameters(self.resolver.blocks[name.text], body.get("args") if isinstance(body, Mapping) else None)
        for name, body in node.items:
            self.block(self.resolver.blocks[name.text], body)

    def block(self, block: Block, body: Node) -> None:
        if not isinstance(body, Mapping):
            self.found.report(
                "E110",
                f"block `{block.name.text}` takes a mapping",
                body.span,
                "`args` and `layers` stand here",
            )
            return
        for key, _ in body.items:
            if key.text not in ("args", "layers"):
                self.resolver.unknown(key, body, ["args", "layers"], "key")
        args = body.get("args")
        for i, (key, default) in enumerate(args.items[:ARGUMENTS] if isinstance(args, Mapping) else ()):
            if not (isinstance(default, Scalar) and default.plain and default.text == "required"):
                block.arguments[key.text] = (key, self.resolver.argument(default, tuple(block.arguments)[:i]) or ())
        layers = body.get("layers")
        if isinstance(layers, Sequence):
            block.items = self.resolver.items(layers, block.arguments)
        else:
            self.found.report(
                "E103", f"block `{block.name.text}` has no list of layers", body.span, help="`layers: [...]`"
            )

    def parameters(self, block: Block, node: Node | None) -> None:
        if node is None:
            return
        if not isinstance(node, Mapping):
            words = [item for item in (node.items if isinstance(node, Sequence) else ()) if isinstance(item, Scalar)]
            block.arguments.update((word.text, (word, None)) for word in words[:ARGUMENTS])  # as they were meant
            cure = ", ".join(f"{word.text}: required" for word in words[:4]) or "K: required"
            self.found.report(
                "E112", "`args` takes a mapping of names to defaults", node.span, help=f"`args: {{{cure}}}`"
            )
            return
        if len(node.items) > ARGUMENTS:
            self.found.report("E112", f"a block takes at most {ARGUMENTS} arguments", node.items[ARGUMENTS][0].span)
        for key, _ in node.items[:ARGUMENTS]:
            if why := unfit_for_argument(key.text):
                self.found.report("E112", f"an argument cannot be called `{key.text}`", key.span, why)
            block.arguments[key.text] = (key, None)


def _first_word(node: Node) -> str:
    """The first layer of what should have been a list of layers."""
    if isinstance(node, Mapping):
        return node.items[0][0].text.lstrip("-") + ": ..." if node.items else "relu"
    return node.text if isinstance(node, Scalar) and not node.is_null else "relu"


def unfit_for_block(name: str) -> str:
    """Why no block can be called `name`, or nothing."""
    if name in kinds():
        return "that is a layer kind"
    if name in RESERVED:
        return "in a list of layers that word has a meaning of its own"
    return "" if NAME.fullmatch(name) else "letters, digits, `_` and `-` make a name"


def unfit_for_argument(name: str) -> str:
    """Why no argument can be called `name`, or nothing."""
    if name in LETTERS:
        return "C, H and W are the arriving tensor's"
    if name in FLAGS:
        return "that word has a value of its own"
    return "" if re.fullmatch(IDENTIFIER, name) else "letters, digits and `_` make a name, a letter first"
