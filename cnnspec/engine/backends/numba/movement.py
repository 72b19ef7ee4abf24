"""NumPy's calls that only move values, as native ones: then a plan's items need no interpreter for them."""

from __future__ import annotations

from functools import partial

import numpy as np

from ....graph.array import Array
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Call, Strip
from ...arrival import Arrival
from .native import NativeCall, function

AXES = 4


def native(call: Call, vectors: Vectors) -> Call:
    """The call itself, or a native one that moves the same float32 values: `copyto`, `fill`, an input's way in."""
    if not isinstance(call, partial) or call.keywords:
        return call
    owner = getattr(call.func, "__self__", None)
    if isinstance(owner, Arrival):
        [part] = call.args
        return _arriving(owner, part, vectors)
    if call.func is np.copyto:
        to, of = call.args
        return _moved(call, to, of, vectors)
    if isinstance(owner, np.ndarray) and call.func == owner.fill:
        return _moved(call, owner, call.args[0], vectors)
    return call


def moved_up(x: Array, by: int, vectors: Vectors) -> NativeCall:
    """The call that moves all rows of x (rows, values) `by` rows up, one after the other: over each other, which others
    of these calls are not for. The first ones are lost."""
    rows, values = x.shape
    steps = (0, 0, x.strides[0], x.strides[1])
    fields = (x[by:].ctypes.data, x.ctypes.data, 1, 1, rows - by, values, *steps, *steps)
    return NativeCall(function("move", vectors), fields, x)


def _arriving(arrival: Arrival, part: Strip, vectors: Vectors) -> NativeCall:
    """The call that brings some rows of an input, wherever that is by then."""
    _, H, W, C = arrival.place.shape
    out = part.of(arrival.place)
    row, plane = 4 * W, 4 * W * H
    fields = (
        *(arrival.address.ctypes.data, part.n0 * C * plane + part.r0 * row, out.ctypes.data),
        *(*out.shape, C * plane, plane, row, *out.strides[:3]),
    )
    return NativeCall(function("interleave", vectors), fields, arrival.address, out)


def _moved(call: Call, to: Array, of: Array | float, vectors: Vectors) -> Call:
    x = of if isinstance(of, np.ndarray) else np.full((), of, np.float32)
    if not (_is_plain(to) and _is_plain(x)) or np.may_share_memory(x, to):
        return call
    is_zero = not isinstance(of, np.ndarray) and x.tobytes() == bytes(4)
    shape, steps = _in_order(to, np.broadcast_to(x, to.shape))
    fields = (0 if is_zero else x.ctypes.data, to.ctypes.data, *shape, *steps[1], *steps[0])
    return NativeCall(function("move", vectors), fields, x, to)


def _in_order(*arrays: Array) -> tuple[list[int], list[list[int]]]:
    """Sizes and each array's steps in bytes along four axes, such that the first array is passed through from one
    neighbour to the next; axes that go on in all of them are one."""
    axes = [axis for axis, size in enumerate(arrays[0].shape) if size != 1]
    order = sorted(axes, key=lambda axis: [-abs(array.strides[axis]) for array in arrays])
    sizes = [arrays[0].shape[axis] for axis in order]
    steps = [[array.strides[axis] for axis in order] for array in arrays]
    for axis in reversed(range(len(sizes) - 1)):
        if all(step[axis] == sizes[axis + 1] * step[axis + 1] for step in steps):
            sizes[axis : axis + 2] = [sizes[axis] * sizes[axis + 1]]
            for step in steps:
                del step[axis]
    missing = AXES - len(sizes)
    return [1] * missing + sizes, [[0] * missing + step for step in steps]


def _is_plain(x: Array) -> bool:
    return x.dtype == np.float32 and x.ndim <= AXES
