"""What layers are called by the file that they come from, where that says something.

A tensor is called by its layer and what it is there (`layer1.0.conv1.weight`); else PyTorch's older exporter calls
nodes by the modules around them (`/layer1/layer1.0/conv1/Conv`). `onnx::Conv_193` or `Conv_12` say nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from .lowering import Origin
from .parameters import layer_of

NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
"""What the language takes as a name."""
LONGEST = 200
SCOPED = re.compile(r"/(.+)/[A-Za-z]+(_[0-9]+)?")
"""A node's name that begins with modules and ends with its operator."""


def told(origins: Mapping[str, Origin], ours: bool) -> dict[str, str]:
    """The names of those steps that have one that says something, each once. In files of `ours` nodes are called as
    layers."""
    found = {step: own if ours and _fits(own := origin.node) else _told(origin) for step, origin in origins.items()}
    counts = Counter(found.values())
    return {step: name for step, name in found.items() if name and counts[name] == 1}


def _told(origin: Origin) -> str:
    if not origin.tensors:
        return ""
    for name in (_layer(origin.tensors), _modules(origin.node)):
        if _fits(name):
            return name
    return ""


def _layer(tensors: Iterable[str]) -> str:
    """What tensors are called together."""
    stems = {*map(layer_of, tensors)}
    return stems.pop().replace("/", ".") if len(stems) == 1 else ""


def _modules(node: str) -> str:
    """The modules around a node; each is called by itself, or by all around it."""
    match = SCOPED.fullmatch(node)
    parts: list[str] = []
    for part in match[1].split("/") if match else ():
        if parts and part.startswith(f"{parts[-1]}."):
            parts.pop()
        parts.append(part)
    return ".".join(parts)


def _fits(name: str) -> bool:
    return bool(NAME.fullmatch(name)) and len(name) <= LONGEST and name != "input"
