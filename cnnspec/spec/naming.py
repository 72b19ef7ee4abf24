"""What a spec is called that does not say so itself, and what its layers are called."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ..diagnostics import closest
from ..graph.graph import INPUT, Graph

MARK = ".cnn"
"""What the name of a file may end in before its suffix, to say that it is a spec."""


def spec_name(file: str | PathLike[str]) -> str:
    """The name of a spec after its file: `net` of `folder/net.yaml` and of `net.cnn.yaml`."""
    stem = Path(file).stem
    return stem.removesuffix(MARK) or stem


def ensure_named(graph: Graph, name: str, network: str) -> None:
    """Raises ValueError where `name` is neither `input` nor a layer of the graph of a network."""
    if name != INPUT and name not in graph.by_name:
        near = closest(name, [INPUT, *graph.by_name])
        raise ValueError(f"no layer '{name}' in {network}." + (f" Did you mean '{near}'?" if near else ""))
