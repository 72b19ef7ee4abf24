"""What a layer says of its input, at its place in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...diagnostics import NOWHERE, Diagnostic, Fix, Issue, Note, Span
from ...graph.builder import Value
from ...graph.shape import times
from ..syntax.nodes import Node, Scalar
from ..syntax.source import Source
from ..syntax.tree import Entry, LayerEntry


def placed(issue: Issue, item: Entry, name: str, tensors: Sequence[Value], text: Source) -> Diagnostic:
    """An issue of the layer `name`, at the field that it names. `tensors` are those that arrive."""
    span = item.word.span
    if issue.field and isinstance(item, LayerEntry):
        span = next((_cover(key, node) for key, node in item.body.items if key.text == issue.field), span)
    notes = [
        Note(tensor.span, f"produced {times(tensor.shape)} here")
        for tensor in tensors
        if issue.shows_input and tensor.span != NOWHERE
    ]
    message = issue.message.replace("{layer}", f"{item.word.text} `{name}`")
    return issue._replace(message=message).at(span, tuple(notes), tuple(_fixes(issue, item, text)))


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
