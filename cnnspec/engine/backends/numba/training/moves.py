"""Arrays of float32 copied and filled with zeros by native code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from .....graph.array import Array
from .....kernels.compiled.tables import MOVE_FIELDS
from .calls import Native, cut
from .plan import PLANS, Plan

VALUE = 0.4
"""Nanoseconds of a value."""
AXES = 4
Steps = tuple[int, ...]


def put(values: Array, target: Array, native: Native) -> None:
    """Copy values to an array of their shape. They have no memory in common."""
    if values.dtype == target.dtype == np.float32 and values.ndim <= AXES:
        hands = native.hands(target.size, VALUE * target.size)
        plan = _plan(target.shape, values.strides, target.strides, hands)
        native.carry_out("move", native.at(plan, x=values, out=target), plan.owners)
    else:
        native.by_numpy(np.copyto, target, values)


def contiguous(x: Array, native: Native) -> Array:
    """x itself, or a copy, of which the last axis is innermost."""
    if x.flags.c_contiguous:
        return x
    found = native.empty(x.shape, x.dtype)
    put(x, found, native)
    return found


def clear(target: Array, native: Native) -> None:
    """Fill an array of up to 4 axes with zeros."""
    hands = native.hands(target.size, VALUE * target.size)
    plan = _plan(target.shape, (0,) * target.ndim, target.strides, hands, is_zero=True)
    native.carry_out("move", native.at(plan, out=target), plan.owners)


def zeros(shape: Sequence[int], native: Native, dtype: DTypeLike = np.float32) -> Array:
    """A new array full of them, of any type whose zeros are bytes of 0, and of a multiple of 4 bytes."""
    found = native.empty(shape, dtype)
    clear(found.reshape(-1).view(np.float32), native)
    return found


@lru_cache(PLANS)
def _plan(shape: Steps, x_steps: Steps, out_steps: Steps, hands: int, is_zero: bool = False) -> Plan:
    """A call for each thread, which has some of the first axis."""
    axes = _joined([axis for axis in zip(shape, x_steps, out_steps, strict=True) if axis[0] > 1], is_zero)
    axes = [(1, 0, 0)] * (AXES - len(axes)) + axes
    which = next((i for i, (size, *_) in enumerate(axes) if size > 1), AXES - 1)
    count, x_step, out_step = axes[which]
    tables = np.empty((0, len(MOVE_FIELDS)), np.int64)
    if prod(shape):
        rows = []
        for part in cut(count, hands, 16 if which == AXES - 1 else 1):
            own = [*axes]
            own[which] = part.stop - part.start, x_step, out_step
            sizes, x, out = zip(*own, strict=True)
            rows.append((x_step * part.start, out_step * part.start, *sizes, *x, *out))
        tables = np.array(rows, np.int64)
    if is_zero:
        tables[:, 0] = 0
    return Plan(tables, MOVE_FIELDS, (), np.arange(len(tables)))


def _joined(axes: list[tuple[int, int, int]], is_zero: bool) -> list[tuple[int, int, int]]:
    """Axes in the order in which they lie in the target; neighbours of which one goes on where the other ends are
    one."""
    found: list[tuple[int, int, int]] = []
    for size, x, out in sorted(axes, key=lambda axis: axis[2]):
        if found and out == found[-1][0] * found[-1][2] and (is_zero or x == found[-1][0] * found[-1][1]):
            found[-1] = (found[-1][0] * size, *found[-1][1:])
        else:
            found.append((size, x, out))
    return found[::-1]
