"""The order in which a person would write a network: each branch whole, before the next one of its join."""

from __future__ import annotations

from ...graph.graph import Graph


def in_reading_order(graph: Graph) -> Graph:
    """The same network with its steps depth first: before a step all that its inputs need, one input after the other.

    So the branches of a join stand behind each other in the order in which it takes them, wherever the format that
    they came from had put them. What no step reads keeps its place among those that are read by none.
    """
    numbers = {step.name: number for number, step in enumerate(graph.steps)}
    inputs = [[numbers[name] for name in step.inputs if name in numbers] for step in graph.steps]
    read = {number for each in inputs for number in each}
    ends = [number for number, step in enumerate(graph.steps) if number not in read or step.name in graph.outputs]
    order: dict[int, None] = {}
    ahead = ends[::-1]
    while ahead:
        number = ahead[-1]
        missing = [] if number in order else [each for each in inputs[number] if each not in order]
        ahead.extend(reversed(missing))
        if not missing:
            order.setdefault(ahead.pop())
    return Graph(graph.input, tuple([graph.steps[number] for number in order]), graph.outputs)
