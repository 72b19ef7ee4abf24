"""What arrives at a step: the last tensor that all paths from the network's input to it go through."""

from __future__ import annotations

from ...graph.graph import INPUT, Graph


def dominators(graph: Graph) -> list[int]:
    """The immediate dominator of each step, steps counted from 1; the input, number 0, is its own.

    For a step over one tensor that is the tensor, for a join the first common ancestor of its inputs in the tree of
    dominators. Each node of it keeps a shortcut towards the root, so that the way up takes log n steps (Myers 1983).
    """
    numbers = {INPUT: 0} | {step.name: number for number, step in enumerate(graph.steps, 1)}
    parents, shortcuts, depths = [0], [0], [0]

    def common(a: int, b: int) -> int:
        if depths[a] < depths[b]:
            a, b = b, a
        while depths[a] > depths[b]:
            a = shortcuts[a] if depths[shortcuts[a]] >= depths[b] else parents[a]
        while a != b:
            a, b = (shortcuts[a], shortcuts[b]) if shortcuts[a] != shortcuts[b] else (parents[a], parents[b])
        return a

    for step in graph.steps:
        first, *others = (numbers[name] for name in step.inputs)
        for other in others:
            first = common(first, other)
        near = shortcuts[first]
        is_even = depths[first] - depths[near] == depths[near] - depths[shortcuts[near]]
        parents.append(first)
        depths.append(depths[first] + 1)
        shortcuts.append(shortcuts[near] if is_even else first)
    return parents
