"""What is drawn of a network: nodes and edges; blocks are folded to one node, and so are equal blocks in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...graph.graph import INPUT, Step
from ...graph.layer import Family
from ...graph.shape import Shape
from ..summary import hyperparameters
from ..summary.summary import Summary

MOST = 40
"""Layers up to which a network is drawn layer by layer if nothing else is asked for."""


class Node(NamedTuple):
    """A layer, or a folded block: `key` tells it from all others, `kind` is the layer with its fields or the block's
    name, `layers` are the names of those in it, and `times` so many equal blocks stand in a row. Its shape is that of
    the last one's output."""

    key: str
    title: str
    kind: str
    shape: Shape
    family: Family | None
    params: int
    macs: int
    layers: tuple[str, ...] = ()
    times: int = 1


class Edge(NamedTuple):
    source: str
    target: str


class Diagram(NamedTuple):
    """The nodes in an order in which they run, the input first."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def diagram(summary: Summary, depth: int | None = None) -> Diagram:
    """The diagram of a network whose summary has a row for each layer. `depth` is how many levels of block calls are
    told apart before a call becomes one node: 1 folds every block, 0 none; by default blocks are folded where there
    are more than 40 layers."""
    if depth is None:
        depth = 1 if len(summary.steps) > MOST else 0
    home = {INPUT: INPUT} | {step.name: _key(step, depth) for step in summary.steps}
    nodes = [Node(INPUT, INPUT, "", summary.input, None, 0, 0, (INPUT,)), *_nodes(summary, home, depth)]
    edges = dict.fromkeys(
        Edge(home[source], home[step.name])
        for step in summary.steps
        for source in step.inputs
        if home[source] != home[step.name]
    )
    return _repeats_folded(Diagram(summary.name, tuple(nodes), tuple(edges)))


def _key(step: Step, depth: int) -> str:
    """A layer's own name, which has no blank, or the number of the call that it is folded into."""
    return f"call {step.calls[depth - 1].number}" if 0 < depth <= len(step.calls) else step.name


def _nodes(summary: Summary, home: dict[str, str], depth: int) -> Iterator[Node]:
    groups: dict[str, list[int]] = {}
    for i, step in enumerate(summary.steps):
        groups.setdefault(home[step.name], []).append(i)
    for key, members in groups.items():
        steps, rows = [summary.steps[i] for i in members], [summary.rows[i] for i in members]
        last = steps[-1]
        params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
        names = tuple(step.name for step in steps)
        if key == last.name:
            said = hyperparameters.kind(rows[-1])
            yield Node(key, last.name, said, last.shape, last.layer.family, params, macs, names)
        else:
            call = last.calls[depth - 1]
            yield Node(key, call.label or call.block, call.block, last.shape, None, params, macs, names)


def _repeats_folded(drawn: Diagram) -> Diagram:
    """Equal blocks of which each goes only to the next become one node."""
    into, out = _neighbours(drawn.edges)
    nodes: list[Node] = []
    home: dict[str, str] = {}
    previous = ""
    for node in drawn.nodes:
        follows = into.get(node.key) == [previous] and out[previous] == [node.key]
        if follows and _equal(nodes[-1], node):
            last = nodes[-1]
            params, macs = last.params + node.params, last.macs + node.macs
            layers = last.layers + node.layers
            nodes[-1] = last._replace(times=last.times + 1, params=params, macs=macs, layers=layers)
        else:
            nodes.append(node)
        home[node.key] = nodes[-1].key
        previous = node.key
    edges = dict.fromkeys(Edge(home[a], home[b]) for a, b in drawn.edges if home[a] != home[b])
    return drawn._replace(nodes=tuple(nodes), edges=tuple(edges))


def _neighbours(edges: Sequence[Edge]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The sources of each node, and its targets."""
    into: dict[str, list[str]] = {}
    out: dict[str, list[str]] = {}
    for source, target in edges:
        into.setdefault(target, []).append(source)
        out.setdefault(source, []).append(target)
    return into, out


def _equal(folded: Node, node: Node) -> bool:
    return (
        node.family is None
        and folded.kind == node.kind != ""
        and folded.shape == node.shape
        and folded.params == node.params * folded.times
        and folded.macs == node.macs * folded.times
    )


def shares(nodes: Sequence[Node]) -> tuple[int, int]:
    """The most params and the most MACs of a node, which the longest bars stand for."""
    return max((node.params for node in nodes), default=0), max((node.macs for node in nodes), default=0)
