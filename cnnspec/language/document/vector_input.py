"""An input that is a vector, `{C: 13}`: what it is to be written as, since inputs are images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...diagnostics import Diagnostic, Edit, Fix
from ..syntax.edits import insert_before, set_field
from ..syntax.nodes import Mapping, Scalar, Sequence
from ..syntax.source import Source

OPENS = ("flatten", "reshape")
"""Layers that make a vector of what arrives."""


def told(findings: Iterable[Diagnostic], source: Source, root: Mapping) -> Iterator[Diagnostic]:
    """The findings about a header; where H and W of the input are missing, with an image that holds a vector."""
    given = root.get("input")
    C = given.get("C") if isinstance(given, Mapping) and len(given.items) == 1 else None
    for finding in findings:
        if isinstance(C, Scalar) and given is not None and (finding.code, finding.span) == ("E103", given.span):
            yield _told(finding, source, root, C)
        else:
            yield finding


def _told(finding: Diagnostic, source: Source, root: Mapping, C: Scalar) -> Diagnostic:
    given, layers = root.get("input"), root.get("layers")
    assert isinstance(given, Mapping)
    help = f"an image is `{{C: {C.text}, H: 224, W: 224}}`; a vector of {C.text} values is "
    help += f"`{{C: {C.text}, H: 1, W: 1}}`, with `flatten` as the first layer"
    edits = [edit for edit in (set_field(source, given, "H", "1"),) if edit is not None]
    edits = [Edit(edit.span, edit.text + edit.text.replace("H", "W")) for edit in edits]
    first = layers.items[0] if isinstance(layers, Sequence) and layers.items else None
    if first is not None and _word(first) not in OPENS:
        edits.append(insert_before(source, first.span, "flatten"))
    return replace(finding, help=help, fixes=(Fix("a vector, as an image of one cell", tuple(edits)),))


def _word(item: Scalar | Sequence | Mapping) -> str:
    """What an entry of a list of layers begins with."""
    if isinstance(item, Mapping):
        return item.items[0][0].text if item.items else ""
    return item.text if isinstance(item, Scalar) else ""
