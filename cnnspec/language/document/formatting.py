"""The one layout of a spec: each layer on a line of its own, without braces that it does not need; then its text's.

Nothing but the layout changes. Comments stay, and so does the choice between `{F: 3, K: 8}` and a line for each field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...diagnostics import Edit, Fix, Span, SpecError
from ..syntax.edits import apply
from ..syntax.emitter import WIDTH
from ..syntax.layout import INDENT, is_flow, laid_out, same
from ..syntax.nodes import Mapping, Node, Scalar, Sequence
from ..syntax.parser import parse
from ..syntax.source import Source


def formatted(source: Source) -> str:
    """The text of a spec in its layout. Raises SpecError for a text that cannot be read as YAML.

    A text that would then say anything else than before is left as it is.
    """
    root = _root(source)
    text = laid_out(source, root)
    if any(list(changes(source, root)) for changes in (_layers_apart, _without_braces)):
        for changes in (_layers_apart, _without_braces):
            read = Source(source.file, text)
            text, _ = apply(read, changes(read, _root(read)))
        read = Source(source.file, text)
        text = laid_out(read, _root(read))
    if not same(source.text, text):
        return source.text
    return text.replace("\n", "\r\n") if "\r\n" in source.text else text


def _root(source: Source) -> Mapping:
    root, found = parse(source)
    if not isinstance(root, Mapping) or found:
        raise SpecError(found)
    return root


def _layers_apart(source: Source, root: Mapping) -> Iterator[Fix]:
    """Lists of layers in `[ ]`, each layer on a line of its own: that of the spec, those of blocks that are long."""
    if is_flow(source, root):
        return
    yield from _apart(source, root, is_short_enough=0)
    blocks = root.get("blocks")
    if isinstance(blocks, Mapping) and not is_flow(source, blocks):
        for _, block in blocks.items:
            if isinstance(block, Mapping) and not is_flow(source, block):
                yield from _apart(source, block, is_short_enough=WIDTH)


def _apart(source: Source, body: Mapping, is_short_enough: int) -> Iterator[Fix]:
    key, layers = next(((key, node) for key, node in body.items if key.text == "layers"), (None, None))
    if key is None or not isinstance(layers, Sequence) or not layers.items or not is_flow(source, layers):
        return
    if layers.span.line == layers.span.end_line and layers.span.end_column <= is_short_enough + 1:
        return
    indent = " " * (key.span.column - 1 + INDENT)
    starts = [source.offset(*item.span.start) for item in layers.items]
    ends = [source.offset(*item.span.end) for item in layers.items]
    opened, closed = source.offset(*layers.span.start) + 1, source.offset(*layers.span.end) - 1
    lines = [f"{indent}{remark}" for remark in _remarks(source.text[opened : starts[0]])]
    for start, end, following in zip(starts, ends, [*starts[1:], closed], strict=True):
        gap = source.text[end:following]
        beside, *below = [*_remarks(gap.partition("\n")[0]), *_remarks(gap.partition("\n")[2])] or [""]
        if "#" not in gap.partition("\n")[0]:
            beside, below = "", [*filter(None, [beside]), *below]
        item = re.sub(r"\s*[\r\n]\s*", f"\n{indent}{' ' * 2 * INDENT}", source.text[start:end])
        lines.append(f"{indent}- {item}{'  ' if beside else ''}{beside}")
        lines += [f"{indent}{remark}" for remark in below]
    yield Fix("", (Edit(layers.span, "\n" + "\n".join(lines)),))


def _remarks(gap: str) -> list[str]:
    """The comments between two items."""
    return [found.rstrip() for found in re.findall("#.*", gap)]


def _without_braces(source: Source, node: Node) -> Iterator[Fix]:
    """`- {conv: {F: 3}}` as `- conv: {F: 3}`: an item with one key, of a list that is written in lines."""
    if isinstance(node, Scalar) or is_flow(source, node):
        return
    for item in node.items if isinstance(node, Sequence) else [value for _, value in node.items]:
        if isinstance(node, Sequence) and isinstance(item, Mapping) and is_flow(source, item) and len(item.items) == 1:
            yield from _unbraced(source, item)
        else:
            yield from _without_braces(source, item)


def _unbraced(source: Source, item: Mapping) -> Iterator[Fix]:
    ((key, value),) = item.items
    before = Span(*item.span.start, *key.span.start)
    behind = Span(*value.span.end, *item.span.end)
    between = source.text[source.offset(*key.span.end) : source.offset(*value.span.start)]
    around = [source.text[source.offset(*gap.start) : source.offset(*gap.end)] for gap in (before, behind)]
    is_plain = between.strip() == ":" and [gap.strip() for gap in around] == ["{", "}"]
    if is_plain and not re.search("[\r\n]", "".join([between, *around])):
        yield Fix("", (Edit(before, ""), Edit(behind, "")))
