"""The settings to train a spec with: its `train` section, with the values that the command line puts in their place.

An option is written `train.epochs=5` or `train.augment.shift=2`. It becomes a node of the spec, on a line of its own
behind the last one, so it is read and checked as if it stood there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..diagnostics import Diagnostic, Span, SpecError, errors
from ..diagnostics.wording import clipped
from ..graph.graph import Graph
from .document.document import Document
from .elaboration.expectations import check_train
from .sections.header import Header
from .sections.train import Train
from .syntax.emitter import flow
from .syntax.nodes import Mapping as MappingNode
from .syntax.nodes import Node, Scalar, of_data
from .syntax.parser import parse
from .syntax.source import Source
from .values.field_reader import read
from .values.field_types import field_types

SECTION = "train"


def configure(
    document: Document,
    graph: Graph,
    options: Sequence[str] = (),
    freeze: Sequence[str] = (),
    values: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Train, tuple[Diagnostic, ...]]:
    """The settings to train `graph` with, and warnings about them. `freeze` are patterns of `--freeze`, `values` are
    settings as data: numbers, texts, true and false, lists and mappings of them.

    Raises SpecError with the diagnostics that a spec would get; one about an option or a value names it in place of the
    file. ValueError for other data.
    """
    body, found, shown = document.root, list[Diagnostic](), list[str]()
    lines = len(document.source.lines)
    for option in options:
        body, said = _with(body, option, lines + len(shown))
        found += said
        shown.append(f"--set {option}")
    given = dict(values) | ({"freeze": freeze} if freeze else {})
    for key, value in given.items():
        node = of_data(value, Span(lines + len(shown) + 1, 1, lines + len(shown) + 1, 1))
        body = _inserted(body, [Scalar(word, True, node.span) for word in (SECTION, key)], node)
        patterns = " ".join(f"--freeze {pattern}" for pattern in freeze)
        shown.append(patterns if value is freeze else f"{SECTION}.{key}={flow(node)}")
    known = field_types(Header)
    header, said = read(Header, MappingNode(tuple((k, v) for k, v in body.items if k.text in known), body.span))
    found += said
    if header is not None and not found:
        found += check_train(header.train or Train(), body, graph)
    placed = tuple(_placed(diagnostic, document, shown) for diagnostic in found)
    if header is None or errors(placed):
        raise SpecError(placed)
    return header.train or Train(), placed


def _with(root: MappingNode, option: str, number: int) -> tuple[MappingNode, list[Diagnostic]]:
    """The spec with an option in it, that lies behind line `number`."""
    name, sign, value = " ".join(option.splitlines()).partition("=")
    keys = name.strip().split(".")
    if not sign or len(keys) < 2 or keys[0] != SECTION or not all(keys):
        place = Span(number + 1, 1, number + 1, 1)
        known = keys[0] in field_types(Train) and sign
        help = f"`train.{'.'.join(keys)}={value}`" if known else "`--set train.epochs=5`; `explain train` lists them"
        return root, [Diagnostic("E102", f"`{clipped(option)}` sets nothing that is known", span=place, help=help)]
    node, found = parse(Source("", "\n" * number + f"{'.'.join(keys)}: {value}"))
    if not isinstance(node, MappingNode) or not node.items:
        return root, found
    key, written = node.items[0]
    return _inserted(root, [key._replace(text=part) for part in keys], written), found


def _inserted(body: MappingNode, keys: Sequence[Scalar], value: Node) -> MappingNode:
    key, *rest = keys
    inner = body.get(key.text)
    if rest:
        value = _inserted(inner if isinstance(inner, MappingNode) else MappingNode((), key.span), rest, value)
    kept = tuple((k, v) for k, v in body.items if k.text != key.text)
    return MappingNode((*kept, (key, value)), body.span)


def _placed(diagnostic: Diagnostic, document: Document, shown: Sequence[str]) -> Diagnostic:
    """A finding in the spec's file; or, when it is about an option, at that."""
    span, lines = diagnostic.span, len(document.source.lines)
    if span is not None and span.line > lines:
        return replace(diagnostic, file=clipped(shown[span.line - lines - 1]), span=None)
    return replace(diagnostic, file=document.source.file, span=None if span == document.root.span else span)
