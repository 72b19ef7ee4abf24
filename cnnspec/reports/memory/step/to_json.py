"""What a step of training takes in memory, for programs."""

from __future__ import annotations

import json

from ....train.step_memory import StepMemory


def render(name: str, memory: StepMemory) -> str:
    """One document; sizes in bytes."""
    sizes = {
        "weights": memory.weights,
        "gradients": memory.gradients,
        "optimizer": memory.state,
        "examples": memory.examples,
        "scratch": memory.scratch,
        "between_layers": memory.between,
        "total": memory.total,
    }
    peak = {"layer": memory.at, "way": "back" if memory.backward else "forward"}
    document = {
        "schema": 1,
        "name": name,
        "batch": memory.batch,
        "threads": memory.workers,
        "bytes": sizes,
        "peak": peak,
    }
    return f"{json.dumps(document, indent=2)}\n"
