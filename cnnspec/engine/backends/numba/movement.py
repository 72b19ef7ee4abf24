"""NumPy's calls that only move values, as native ones: then a plan's items need no interpreter for them."""

from __future__ import annotations

from functools import partial

import numpy as np

from ....graph.array import Array
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Call
from .native import NativeCall, function

AXES = 4


def native(call: Call, vectors: Vectors) -> Call:
    """The call itself, or a native one that moves the same float32 values: `copyto`, or `fill` with zeros."""
    if not isinstance(call, partial) or call.keywords:
        return call
    if call.func is np.copyto:
        to, of = call.args
        return _moved(call, to, of, vectors)
    to = getattr(call.func, "__self__", None)
    if isinstance(to, np.ndarray) and call.func == to.fill and isinstance(call.args[0], int) and call.args[0] == 0:
        return _moved(call, to, None, vectors)
    return call


def moved_up(x: Array, by: int, vectors: Vectors) -> NativeCall:
    """The call that moves all rows of x (rows, values) `by` rows up, one after the other: over each other, which others
    of these calls are not for. The first ones are lost."""
    rows, values = x.shape
    steps = (0, 0, x.strides[0], x.strides[1])
    fields = (x[by:].ctypes.data, x.ctypes.data, 1, 1, rows - by, values, *steps, *steps)
    return NativeCall(function("move", vectors), fields, x)


def _moved(call: Call, to: Array, of: object, vectors: Vectors) -> Call:
    if not _is_plain(to) or not (of is None or isinstance(of, np.ndarray)):
        return call
    x = to if of is None else np.broadcast_to(of, to.shape)
    if not _is_plain(x) or (of is not None and np.may_share_memory(x, to)):
        return call
    ones = (1,) * (AXES - to.ndim)
    steps = [(*(0 for _ in ones), *array.strides) for array in (x, to)]
    address = 0 if of is None else x.ctypes.data
    fields = (address, to.ctypes.data, *ones, *to.shape, *steps[0], *steps[1])
    return NativeCall(function("move", vectors), fields, x, to)


def _is_plain(x: Array) -> bool:
    return x.dtype == np.float32 and x.ndim <= AXES
