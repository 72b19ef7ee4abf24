"""Random networks made without a text, whose steps tell of uses of blocks: alike, nearly alike, and not at all."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from cnnspec.graph.builder import GraphBuilder
from cnnspec.graph.graph import BlockUse, Graph
from cnnspec.layers import find

Kind = tuple[str, dict[str, Any]]
KINDS: tuple[Kind, ...] = (
    ("relu", {}),
    ("relu6", {}),
    ("identity", {}),
    ("conv", {"F": (1, 1)}),
    ("conv", {"F": (1, 1), "rounding": "exact"}),
    ("conv", {"F": (3, 3), "P": "same"}),
    ("conv", {"F": (3, 3), "P": 1, "bias": False}),
    ("maxpool", {"F": (3, 3), "S": (1, 1), "P": 1}),
    ("maxpool", {"F": (3, 3), "S": (1, 1), "P": (1, 1)}),
    ("upsample", {"factor": (1, 1), "mode": "bilinear"}),
    ("upsample", {"factor": (1, 1)}),
    ("layernorm", {"over": "C"}),
    ("layernorm", {"over": "all"}),
    ("batchnorm", {"eps": 1e-3}),
    ("batchnorm", {}),
    ("add", {}),
    ("mul", {}),
    ("concat", {}),
    ("concat", {"axis": "H"}),
)
JOINS = ("add", "mul", "concat")
DEEP = 3
"""Blocks in each other."""


class Network:
    """Grows by a layer or by a use of a block at a time."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.kinds = random.sample(KINDS, random.randint(2, 6))
        self.depths = random.choice([[4], [4, 4, 8], [2, 4, 8]])
        self.builder = GraphBuilder((4, 6, 6))
        self.names = ["input"]
        self.labels: set[str] = set()
        self.around: list[BlockUse] = []
        self.bodies: dict[str, list[Kind | None]] = {}
        self.counts: Counter[str] = Counter()

    def grow(self, steps: int) -> Graph:
        while len(self.names) <= steps:
            if self.random.random() < 0.4:
                self.use()
            else:
                self.layer(self.random.choice(self.kinds))
        return self.builder.build([self.names[-1]])

    def use(self) -> None:
        """A use of a block, most often with the layers of its first one."""
        level = len(self.around)
        block = f"{self.random.choice('pq')}{level}"
        label = self.free(f"{self.scope()}{self.random.choice(['s', 't.', 'stage1.'])}{len(self.labels)}")
        argument = ("K", str(self.random.choice(self.depths)))
        known = (argument,) if self.random.random() < 0.3 else ()
        is_named = self.random.random() < 0.6
        self.labels.add(label)
        self.around.append(BlockUse(label if is_named else "", block, len(self.labels), known))
        if block not in self.bodies or self.random.random() < 0.1:
            inner = [None] if level + 1 < DEEP else []
            self.bodies[block] = self.random.choices([*self.kinds, *inner], k=self.random.randint(1, 5))
        for kind in self.bodies[block]:
            if self.random.random() < 0.05:
                continue
            if kind is None:
                self.use()
            else:
                self.layer(kind)
        self.around.pop()

    def layer(self, what: Kind) -> None:
        kind, fields = what
        if kind == "conv":
            fields = {**fields, "K": self.random.choice(self.depths)}
        inputs = [self.earlier() for _ in range(self.random.choice([2, 2, 3]) if kind in JOINS else 1)]
        if kind in JOINS:
            along = {"C": 0, "H": 1}.get(fields.get("axis", "C" if kind == "concat" else ""))
            wanted, *others = ([*self.builder.value(name).shape] for name in inputs)
            for i, shape in enumerate(others, 1):
                if any(m != n for axis, (m, n) in enumerate(zip(wanted, shape, strict=True)) if axis != along):
                    inputs[i] = inputs[0]
        stem = f"{self.scope()}{kind}"
        self.counts[stem] += 1
        is_counted = self.random.random() < 0.85
        given = f"{self.scope()}{self.random.choice(['c', 'x', 'conv', 'relu'])}{self.random.randint(0, 9)}"
        name = self.free(f"{stem}{self.counts[stem]}" if is_counted else given)
        self.builder.add(find(kind).model_validate(fields), inputs, name, calls=tuple(self.around))
        self.names.append(name)

    def earlier(self) -> str:
        """The last tensor, or one from before it."""
        return self.names[-1] if self.random.random() < 0.8 else self.random.choice(self.names[-6:])

    def scope(self) -> str:
        return next((f"{use.label}." for use in reversed(self.around) if use.label), "")

    def free(self, name: str) -> str:
        while name in self.names or name in self.labels:
            name += "_"
        return name
