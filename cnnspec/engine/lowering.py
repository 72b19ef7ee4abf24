"""Operations -> bound calls: what a lowering is, and the memory that it binds to.

A lowering binds work items: lists of calls that may run side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ..graph.array import Array
from ..graph.shape import is_image
from ..kernels.strips import Scratch
from .halo import Halo
from .memory_plan import Placement
from .schedule import Stage, WorkItem


@dataclass(frozen=True, slots=True)
class BoundMemory:
    """The arrays of a plan for n inputs: images (n, H, W, C), vectors (n, C)."""

    buffers: Mapping[str, Array]
    placements: Mapping[str, Placement]

    def padded(self, name: str) -> Array:
        """A tensor with its border."""
        place = self.placements[name]
        buffer = self.buffers[place.buffer]
        return buffer[..., place.first : place.first + place.shape[0]]

    def inner(self, name: str) -> Array:
        """A tensor without its border."""
        place, x = self.placements[name], self.padded(name)
        if not is_image(place.shape):
            return x
        top, left = place.halo.top, place.halo.left
        return x[:, top : top + place.shape[1], left : left + place.shape[2]]

    def around(self, name: str, halo: Halo) -> Array:
        """A tensor with the part of its border that `halo` asks for."""
        place = self.placements[name]
        own, (_, H, W) = place.halo, place.shape
        rows = slice(own.top - halo.top, own.top + H + halo.bottom)
        columns = slice(own.left - halo.left, own.left + W + halo.right)
        return self.padded(name)[:, rows, columns]

    def clear_border(self, name: str) -> WorkItem:
        """Calls that set a tensor's border to zero; none where nothing else ever lies in its memory."""
        place, x = self.placements[name], self.padded(name)
        halo = place.halo
        if not halo or place.is_kept:
            return []
        bottom, right = halo.top + place.shape[1], halo.left + place.shape[2]
        edges = (x[:, : halo.top], x[:, bottom:], x[:, halo.top : bottom, : halo.left], x[:, halo.top : bottom, right:])
        return [partial(edge.fill, 0) for edge in edges if edge.size]


class Lowering(Protocol):
    """Carries one operation out."""

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        """Work in order; the items of a stage hang on earlier stages only."""


def channels_first(x: Array) -> Array:
    """(n, H, W, C) as (n, C, H, W); a vector as it is."""
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x
