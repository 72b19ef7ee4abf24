"""One network with every example of every layer kind, each on a branch of its own behind the input."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.graph.layer import Example
from cnnspec.layers import find, kinds
from cnnspec.spec import Spec

HEAD = "name: every kind\ninput: {C: 2, H: 9, W: 11}\nlayers:\n"


def examples() -> list[Example]:
    return [e for kind in kinds() for e in find(kind).examples if isinstance(e.produces, tuple)]


def text() -> str:
    names = [f"example{i}" for i in range(len(examples()))]
    items = [line for name, example in zip(names, examples(), strict=True) for line in _branch(name, example)]
    return f"{HEAD}{''.join(f'  - {item}{chr(10)}' for item in items)}outputs: [{', '.join(names)}]\n"


def alone(example: Example) -> str:
    """A network that ends with an example."""
    _, *items = _branch("example", example)
    return f"{HEAD}{''.join(f'  - {item}{chr(10)}' for item in items)}"


def _branch(name: str, example: Example) -> Iterator[str]:
    """The input in the shape that the example takes, then the example."""
    C, *size = example.arriving
    yield "from: input"
    yield f"conv: {{F: 1, K: {C}}}"
    yield f"adaptiveavgpool: {{out: {size or [1, 1]}}}"
    if not size:
        yield "flatten"
    item = example.item if ":" in example.yaml else f"{{{example.yaml}: {{}}}}"
    yield f"{item[:-1]}, name: {name}}}"


def weights(spec: Spec) -> dict[str, object]:
    """Random arrays, of which a variance is positive."""
    import numpy as np

    random = np.random.default_rng(0)
    drawn = {name: random.normal(size=tensor.shape).astype(np.float32) for name, tensor in spec.graph.tensors.items()}
    return {name: abs(array) + 1 if name.endswith("running_var") else array for name, array in drawn.items()}
