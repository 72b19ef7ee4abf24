"""Training steps of cnnspec and of PyTorch, each in a process of its own: `python -m benchmarks.trainers`.

It answers as `benchmarks.child` does. Both start from the same values and learn the same batch over and over by SGD
with momentum.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .child import main, peak_bytes, pools, timed

if TYPE_CHECKING:
    from cnnspec.graph.graph import Graph

RATE, MOMENTUM = 1e-3, 0.9
BITS = "binary_cross_entropy"
PACKAGES = {"cnnspec": ("numpy",), "cnnspec_numba": ("numpy",), "pytorch": ("torch",)}
WAYS = {"cnnspec": ("",), "cnnspec_numba": ("",), "pytorch": ("eager", "channels last")}

Values = Mapping[str, Any]
Step = Callable[[], float]
"""One step; the loss before it."""


class Session:
    """One trainer with one network."""

    def load(
        self, name: str, way: str, spec: str, input: list[int] | None, batch: int, threads: int, dtype: str
    ) -> dict[str, float]:
        """Import the trainer and make it ready; seconds that it took."""
        import numpy as np

        start = perf_counter()
        self.name = name
        graph = network(spec, input)
        values = {key: array.astype(dtype) for key, array in drawn(graph).items()}
        random = np.random.default_rng(batch)
        x = random.standard_normal((batch, *graph.input), np.float32).astype(dtype)
        y = answers(graph, batch, random).astype(dtype if loss(graph) == BITS else int)
        self.step, self.gradients = MAKERS[name](graph, values, x, y, threads, way)
        return {"load_seconds": perf_counter() - start}

    def first(self, file: str) -> float:
        """The loss of the first step, whose gradients are left in a file."""
        import numpy as np

        start = perf_counter()
        loss = self.step()
        self.last = perf_counter() - start
        np.savez(file, **self.gradients())
        return loss

    def round(self, seconds: float, most: int) -> dict[str, float]:
        found = timed(self.step, self.last, seconds, most)
        self.last = found["median"]
        return found

    def facts(self) -> dict[str, Any]:
        versions = {name: str(sys.modules[name].__version__) for name in PACKAGES[self.name]}
        return {"peak_bytes": peak_bytes(), "versions": versions, "pools": list(pools())}


def network(spec: str, input: list[int] | None) -> Graph:
    """A bundled network up to its scores, at another input where one is given, and without dropout: that draws
    numbers of its own, and what is drawn could not be compared."""
    from cnnspec import load

    graph = load(spec, tuple(input) if input else None).graph
    last = graph.by_name[graph.outputs[0]]
    if last.layer.output_kind != "scores":
        graph = graph.until(last.inputs[0])
    steps = [s._replace(layer=s.layer.model_copy(update={"p": 0.0})) if s.kind == "dropout" else s for s in graph.steps]
    return replace(graph, steps=tuple(steps))


def loss(graph: Graph) -> str:
    """What is learned: classes, or, of one score at each place, a bit there."""
    return BITS if graph.shape(graph.outputs[0])[0] == 1 else "cross_entropy"


def answers(graph: Graph, batch: int, random: Any) -> Any:
    """A label (N,), or bits (N, 1, H, W)."""
    shape = graph.shape(graph.outputs[0])
    return random.integers(0, 2, (batch, *shape)) if loss(graph) == BITS else random.integers(0, shape[0], batch)


def drawn(graph: Graph) -> Values:
    from .workload import value

    return {name: value(name, tensor) for name, tensor in graph.tensors.items()}


def ours(
    graph: Graph, values: Values, x: Any, y: Any, threads: int, way: str, backend: str = "numpy"
) -> tuple[Step, Callable[[], Values]]:
    from cnnspec.language.sections.train import Train
    from cnnspec.train.trainer import Trainer

    settings = Train(optimizer="sgd", momentum=MOMENTUM, loss=loss(graph))
    trainer = Trainer(graph, settings, values, threads, backend=backend)

    def step() -> float:
        return trainer.step(x, y, RATE).loss

    # The momentum, 0 at first, is the gradient after one step.
    return step, lambda: trainer.optimizer.slots["momentum"].named


def theirs(graph: Graph, values: Values, x: Any, y: Any, threads: int, way: str) -> tuple[Step, Callable[[], Values]]:
    import torch

    from .torch_network import filled

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    layout: Any = torch.channels_last if way == "channels last" else torch.contiguous_format
    module: Any = filled(graph, values).train().to(torch.from_numpy(x).dtype)
    module.to(memory_format=layout)
    optimizer = torch.optim.SGD(module.parameters(), RATE, MOMENTUM)
    given, wanted = torch.from_numpy(x).contiguous(memory_format=layout), torch.from_numpy(y)
    functional = torch.nn.functional
    measure = functional.binary_cross_entropy_with_logits if loss(graph) == BITS else functional.cross_entropy

    def step() -> float:
        optimizer.zero_grad()
        found = measure(module(given), wanted)
        found.backward()
        optimizer.step()
        return float(found.detach())

    def gradients() -> Values:
        return {name: tensor.grad.numpy() for name, tensor in module.held(graph) if tensor.grad is not None}

    return step, gradients


MAKERS: dict[str, Callable[..., tuple[Step, Callable[[], Values]]]] = {
    "cnnspec": ours,
    "cnnspec_numba": partial(ours, backend="numba"),
    "pytorch": theirs,
}

if __name__ == "__main__":
    main(Session())
