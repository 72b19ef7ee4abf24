"""A window that slides along one axis: output size, padding, what it never reads.

The textbook's formula (W - F + 2P)/S + 1 is worked out here and nowhere else. Whole numbers only; sizes in cells.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Rounding = Literal["floor", "exact", "ceil"]


class AxisRange(NamedTuple):
    """So many cells of one axis, `step` apart; the step may be negative, and the length 0."""

    first: int
    step: int = 1
    length: int = 1


class SlidingWindow(NamedTuple):
    """One axis of a sliding window: `size` cells arrive, padded with `before` and `after`."""

    size: int
    F: int
    S: int = 1
    D: int = 1
    before: int = 0
    after: int = 0
    ceil: bool = False

    @property
    def extent(self) -> int:
        """Cells from the window's first to its last tap: D(F - 1) + 1."""
        return self.D * (self.F - 1) + 1

    @property
    def first(self) -> int:
        """Where the first window begins, below 0 in the padding."""
        return -self.before

    @property
    def travel(self) -> int:
        """Cells that the window can move: W - F + 2P, negative when it does not fit."""
        return self.size - self.extent + self.before + self.after

    @property
    def outputs(self) -> int:
        """(W - F + 2P)/S + 1 rounded down; with `ceil` rounded up, as PyTorch does it: the last window
        must still start inside the input or its left padding. Below 1 the window does not fit."""
        if not self.ceil:
            return self.travel // self.S + 1
        count = -(-self.travel // self.S) + 1
        return count - 1 if (count - 1) * self.S >= self.size + self.before else count

    @property
    def left_over(self) -> int:
        """Padded cells behind the last window that no window reads."""
        return max(0, self.travel - (self.outputs - 1) * self.S)

    @property
    def unread(self) -> int:
        """Cells of the input itself (not padding) behind the last window."""
        return max(0, self.left_over - self.after)

    @property
    def overhang(self) -> int:
        """Cells that the last window reaches past the padded input (`ceil` only)."""
        return max(0, (self.outputs - 1) * self.S - self.travel)

    def read_at(self, i: int) -> AxisRange:
        """The cells that the window reads for output cell i, those beside the input included."""
        return AxisRange(self.first + i * self.S, self.D, self.F)

    def inside(self, i: int, padding: bool = False) -> AxisRange:
        """Those of them that lie on the input, or with `padding` on the padded input."""
        start, D, F = self.read_at(i)
        before, after = (self.before, self.after) if padding else (0, 0)
        tap = max(0, -((start + before) // D))
        end = min(F, -((start - self.size - after) // D))
        return AxisRange(start + tap * D, D, max(0, end - tap))

    def arithmetic(self) -> str:
        """The formula with this axis' numbers, without the + 1's result."""
        return f"({self.size} - {self.extent} + {self.before + self.after})/{self.S} + 1"


SlidingWindows = tuple[SlidingWindow, SlidingWindow]
"""Along rows and along columns."""


def same(F: int, D: int = 1) -> int | None:
    """P = D(F - 1)/2 keeps the size at stride 1; None for an even window, which has no middle."""
    return D * (F - 1) // 2 if D * (F - 1) % 2 == 0 else None


def same_upper(size: int, F: int, S: int, D: int = 1) -> tuple[int, int]:
    """Padding for ceil(size / S) outputs, the odd cell behind (ONNX SAME_UPPER, TensorFlow SAME)."""
    total = max(0, (-(-size // S) - 1) * S + D * (F - 1) + 1 - size)
    return total // 2, total - total // 2


def transposed_size(size: int, F: int, S: int, D: int, before: int, after: int, extra: int) -> int:
    """Output size of a transposed window: (W - 1)S - 2P + D(F - 1) + 1 + extra."""
    return (size - 1) * S - before - after + D * (F - 1) + 1 + extra


def bins(size: int, out: int) -> list[tuple[int, int]]:
    """`size` cells in `out` bins (first, end) that cover them all; neighbours may share a cell, as in PyTorch."""
    return [bin_of(size, out, i) for i in range(out)]


def bin_of(size: int, out: int, i: int) -> tuple[int, int]:
    """First cell of bin i, and the one behind its last."""
    return i * size // out, -(-(i + 1) * size // out)


def tiles(cells: int, step: int) -> int:
    """Tiles of Winograd's F(m x m, 3 x 3), `step` = m cells apart, that cover an axis of output cells."""
    return -(-cells // step)
