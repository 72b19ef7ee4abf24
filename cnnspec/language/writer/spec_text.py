"""A graph and its header -> the text of a spec, from which they can be read again."""

from __future__ import annotations

from collections.abc import Iterator

from ...diagnostics import SpecError, errors
from ...graph.graph import INPUT, Graph, Step
from ..document.document import load
from ..elaboration.elaborate import elaborate
from ..sections.header import Header
from ..syntax.emitter import WIDTH, block, indented
from ..syntax.nodes import mapping
from ..syntax.source import read
from .blocks import with_blocks
from .entries import Entries
from .lines import Block, FromLine, Pages, Reference
from .names import Naming
from .references import Shadowed
from .sections import groups, suited
from .tree import Tree
from .uses import Uses, no_uses, uses_of

FILE = "<yaml>"
"""What stands for the file's name in diagnostics."""


def write(graph: Graph, header: Header | None = None) -> str:
    """A spec of this graph. Reading it gives the same steps, in the same order, and the same header.

    Blocks are kept where the steps tell of their uses and a block can say the same. Raises SpecError for a network
    that the language cannot say (a layer's name with a space in it, more than 20,000 layers), with what is found when
    its text is read.
    """
    suitable = suited(header, graph, graph.steps[-1].name if graph.steps else INPUT)
    uses, refused = uses_of(graph), set[str]()
    while True:
        try:
            return _written(graph, suitable, uses)
        except Shadowed as shadowed:
            refused.add(shadowed.block)
            uses = uses_of(graph, without=refused)
        except SpecError:
            if not uses.blocks:
                raise
            uses = no_uses(graph)  # without blocks nothing is nested deep


def _written(graph: Graph, header: Header, uses: Uses) -> str:
    before, *behind = groups(header)
    sections = [block(before), *_pages(graph, header, uses), *map(block, behind)]
    spec = "\n\n".join("\n".join(lines) for lines in sections) + "\n"
    ensure_same(graph, spec)
    return spec


def _pages(graph: Graph, header: Header, uses: Uses) -> Iterator[list[str]]:
    """The lines of text of the blocks, if there are any, and of the layers."""
    pages, naming = _named(graph, header, uses)
    entries = Entries(pages, naming, header.rounding)
    if pages.blocks:
        yield ["blocks:", *indented(line for each in pages.blocks for line in _block(each, entries))]
    yield ["layers:", *indented(block(entries.layers(pages.lines), WIDTH - 2))]


def _block(written: Block, entries: Entries) -> list[str]:
    arguments = block(mapping([("args", entries.arguments(written))]), WIDTH - 4) if written.arguments else []
    layers = block(entries.layers(written.lines), WIDTH - 6)
    return [f"{written.name}:", *indented([*arguments, "layers:", *indented(layers)])]


def _named(graph: Graph, header: Header, uses: Uses) -> tuple[Pages, Naming]:
    """The pages of a graph, and which names are to be written in them."""
    tree = Tree(graph, uses)
    lines = tree.lines() or [FromLine(Reference((INPUT,)))]
    outputs = (number for number, step in enumerate(graph.steps, 1) if step.name in (header.outputs or ()))
    naming, labels = Naming(referred=frozenset({*tree.references.referred, *outputs})), frozenset(uses.labels())
    while True:
        pages = with_blocks(lines, uses.blocks, naming)
        corrected = naming.corrected(pages, graph, labels)
        if corrected == naming:
            return pages, naming
        naming = corrected


def ensure_same(graph: Graph, spec: str) -> None:
    """Read a text and hold it against the graph that it was written from. Raises SpecError."""
    document, found = load(read(FILE, spec.encode("utf-8", "surrogatepass")))
    if document is None or errors(found):
        raise SpecError(found)
    elaborated = elaborate(document)
    if elaborated.graph is None or errors(elaborated.diagnostics):
        raise SpecError(elaborated.diagnostics)
    assert [_said(step) for step in elaborated.graph.steps] == [_said(step) for step in graph.steps]
    assert elaborated.graph.outputs == graph.outputs


def _said(step: Step) -> tuple[object, ...]:
    return step.name, step.layer, step.inputs
