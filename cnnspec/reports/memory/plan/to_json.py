"""A memory plan for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from .plan import Allocation


def render(name: str, plan: Allocation) -> str:
    """One document, a tensor a line."""
    tensors = ",\n".join(f"    {json.dumps(asdict(tensor))}" for tensor in plan.tensors)
    totals = {"layers": plan.layers, "operations": plan.operations}
    totals |= {"arena_bytes": plan.arena, "at_once_bytes": plan.at_once, "apart_bytes": plan.apart}
    return (
        f'{{\n  "schema": 1,\n  "name": {json.dumps(name)},\n'
        f'  "tensors": [\n{tensors}\n  ],\n  "totals": {json.dumps(totals)}\n}}\n'
    )
