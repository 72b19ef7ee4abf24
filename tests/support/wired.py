"""Small networks told by what each step reads."""

from __future__ import annotations

from hypothesis import strategies as st

from cnnspec.graph.builder import GraphBuilder
from cnnspec.graph.graph import Graph
from cnnspec.layers import find

wirings = st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=3), min_size=1, max_size=30)


def network(inputs: list[list[int]]) -> Graph:
    """A network whose step n reads the steps of these numbers, which are taken to lie before it; 0 is the input."""
    builder = GraphBuilder((1, 2, 2))
    names = ["input"]
    for number, read in enumerate(inputs, 1):
        arriving = [names[each % number] for each in read]
        layer = find("add" if len(read) > 1 else "relu")()
        names.append(builder.add(layer, arriving, f"n{number}").name)
    return builder.build([names[-1]])
