"""Where nodes are drawn: none on another, every edge along the way, a single way straight."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.reports.diagram.diagram import diagram
from cnnspec.reports.diagram.layout import Layout, lay_out
from cnnspec.reports.summary.summary import summarise
from cnnspec.spec import bundled, check

Sizes = dict[str, tuple[float, float]]
Edges = list[tuple[str, str]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Sizes, Edges]:
    """Nodes of many sizes, edges that all lead on; every node but the first hangs on one before."""
    count = draw(st.integers(1, 14))
    side = st.floats(5, 200)
    sizes = {f"n{i}": (draw(side), draw(side)) for i in range(count)}
    edges: Edges = []
    for i in range(1, count):
        sources = draw(st.sets(st.integers(0, i - 1), min_size=1, max_size=3))
        edges += [(f"n{source}", f"n{i}") for source in sorted(sources)]
    return sizes, edges


def hold(layout: Layout, sizes: Sizes, edges: Edges) -> None:
    boxes = layout.boxes
    assert boxes.keys() == sizes.keys()
    for a, b in combinations(boxes.values(), 2):
        apart = abs(a.breadth - b.breadth) >= (a.across + b.across) / 2
        behind = a.depth + a.along <= b.depth or b.depth + b.along <= a.depth
        assert apart or behind
    for box in boxes.values():
        assert box.breadth - box.across / 2 >= -1e-6
        assert box.breadth + box.across / 2 <= layout.breadth + 1e-6
        assert 0 <= box.depth <= box.depth + box.along <= layout.depth + 1e-6
    for source, target in edges:
        route = layout.routes[source, target]
        assert route[0] == (boxes[source].breadth, boxes[source].depth + boxes[source].along)
        assert route[-1] == (boxes[target].breadth, boxes[target].depth)
        assert all(a[1] <= b[1] + 1e-6 for a, b in pairwise(route))


@settings(deadline=None, max_examples=100)
@given(graphs())
def test_any_graph_is_laid_out(graph: tuple[Sizes, Edges]) -> None:
    hold(lay_out(*graph), *graph)


@pytest.mark.parametrize("name", bundled.names())
@pytest.mark.parametrize("depth", [None, 0])
def test_every_bundled_network_is_laid_out(name: str, depth: int | None) -> None:
    summary = summarise(check(name))
    assert summary is not None
    drawn = diagram(summary, depth)
    sizes = {node.key: (8.0 * len(node.kind or node.title), 40.0) for node in drawn.nodes}
    hold(lay_out(sizes, drawn.edges), sizes, list(drawn.edges))


def test_a_chain_is_a_straight_line_beside_a_long_edge() -> None:
    sizes = {f"n{i}": (40.0 + 10 * i, 20.0) for i in range(6)}
    edges = [(f"n{i}", f"n{i + 1}") for i in range(5)] + [("n0", "n5")]
    layout = lay_out(sizes, edges)
    assert len({round(box.breadth, 6) for box in layout.boxes.values()}) == 1
    bends = layout.routes["n0", "n5"][1:-1]
    assert len({round(breadth, 6) for breadth, _ in bends}) == 1


def test_branches_stand_around_their_source() -> None:
    sizes = dict.fromkeys("abcde", (40.0, 20.0))
    boxes = lay_out(sizes, [("a", "b"), ("a", "c"), ("a", "d"), ("b", "e"), ("c", "e"), ("d", "e")]).boxes
    assert boxes["a"].breadth == pytest.approx(boxes["c"].breadth)
    assert boxes["e"].breadth == pytest.approx(boxes["c"].breadth)
    assert boxes["c"].breadth - boxes["b"].breadth == pytest.approx(boxes["d"].breadth - boxes["c"].breadth)
