"""A graph and its header -> the text of a spec, from which they can be read again."""

from __future__ import annotations

from ...diagnostics import SpecError, errors
from ...graph.graph import INPUT, Graph, Step
from ...graph.layer import Join
from ..document.document import load
from ..elaboration.elaborate import elaborate
from ..sections.header import Header, Input
from ..syntax.emitter import block, indented
from ..syntax.nodes import Mapping, Node, Sequence, mapping, sequence, text, word
from ..syntax.source import read
from .sections import groups, section, suited

FILE = "<yaml>"
"""What stands for the file's name in diagnostics."""


def write(graph: Graph, header: Header | None = None) -> str:
    """A spec of this graph. Reading it gives the same steps, in the same order, and the same header.

    Raises SpecError for a network that the language cannot say (a layer's name with a space in it, more than 20,000
    layers), with what is found when its text is read.
    """
    C, H, W = graph.input
    end = graph.steps[-1].name if graph.steps else INPUT
    header = suited(header or Header(input=Input(C=C, H=H, W=W)), graph, end)
    before, *behind = groups(header)
    layers = ["layers:", *indented(block(entries(graph, header)))]
    spec = "\n\n".join("\n".join(lines) for lines in (block(before), layers, *map(block, behind))) + "\n"
    ensure_same(graph, spec)
    return spec


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


def entries(graph: Graph, header: Header) -> Sequence:
    """The list of layers."""
    items: list[Node] = []
    flow = INPUT
    for step in graph.steps:
        is_join = isinstance(step.layer, Join)
        if not is_join and step.inputs != (flow,):
            items.append(mapping([("from", text(step.inputs[0]))]))
        body = sequence(sequence() if name == flow else text(name) for name in step.inputs)
        items.append(mapping([(step.kind, body if is_join else fields(step, header)), ("name", text(step.name))]))
        flow = step.name
    return sequence(items or [mapping([("from", text(INPUT))])])


def fields(step: Step, header: Header) -> Mapping:
    """A layer's fields, without the rounding that is the spec's own."""
    written = section(step.layer)
    if header.rounding is None:
        return written
    own = ("rounding", word(header.rounding))
    return mapping((key.text, node) for key, node in written.items if (key.text, node) != own)
