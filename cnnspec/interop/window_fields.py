"""A window of another program's that slides over an image, in the letters of a layer: F, S, D, P and rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..graph.window import SlidingWindow, same, same_upper

if TYPE_CHECKING:
    from .onnx.node import OnnxNode

SIDES = ("top", "left", "bottom", "right")
"""In the order of ONNX's `pads`."""


@dataclass(frozen=True, slots=True)
class NodeWindow:
    """A window of F cells that moves by S over an image of `size` with `pads` around it; rows, then columns."""

    size: tuple[int, ...]
    F: tuple[int, ...]
    S: tuple[int, ...]
    D: tuple[int, ...]
    pads: tuple[int, ...]
    ceil: bool

    @classmethod
    def of(cls, node: OnnxNode, F: tuple[int, ...]) -> NodeWindow:
        S, D, pads = (tuple(node[name] or ()) for name in ("strides", "dilations", "pads"))
        _, *size = node.arriving[0]
        return cls(tuple(size), tuple(F), S or (1, 1), D or (1, 1), pads or (0, 0, 0, 0), bool(node["ceil_mode"]))

    def letters(self, stride: tuple[int, ...] = (1, 1)) -> dict[str, Any]:
        """F, and S and D where they are not what they are by default."""
        given = {"S": self.S} if stride != self.S else {}
        return {"F": self.F} | given | ({"D": self.D} if self.D != (1, 1) else {})

    def padding(self, upper: bool = False, is_same: bool = False) -> dict[str, Any]:
        """P in the shortest way that says the pads, `same-upper` only where it may be; what the other program calls
        the same, too, where there are none."""
        top, left, bottom, right = self.pads
        axes = tuple(zip(self.size, self.F, self.S, self.D, strict=True))
        if not any(self.pads) and not (is_same and max(self.F) == 1):
            return {}
        if (top, left) == (bottom, right):
            if (top, left) == tuple(same(F, D) for _, F, _, D in axes):
                return {"P": "same"}
            return {"P": top if top == left else (top, left)}
        if upper and ((top, bottom), (left, right)) == tuple(same_upper(*axis) for axis in axes):
            return {"P": "same-upper"}
        return {"P": {side: cells for side, cells in zip(SIDES, self.pads, strict=True) if cells}}

    def rounding(self) -> dict[str, str]:
        """What to do about cells that no window reads, where there are some."""
        if self.ceil:
            return {"rounding": "ceil"}
        befores, afters = self.pads[:2], self.pads[2:]
        windows = map(SlidingWindow, self.size, self.F, self.S, self.D, befores, afters)
        return {"rounding": "floor"} if any(window.left_over for window in windows) else {}
