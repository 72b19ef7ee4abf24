"""The largest value of each bin, where bins are of several sizes: ONNX has no operator for that, so programs cut bins
out and put what they make of them together again, along the rows and then the columns."""

from __future__ import annotations

from typing import NamedTuple

from ....graph.window import bins
from .neighbours import Neighbours
from .static import Node

Found = tuple[Node, list[Node]]
ROWS, COLUMNS = 2, 3


class _Cut(NamedTuple):
    """An axis of `x` in so many bins, and the nodes that do it before the last one."""

    x: str
    bins: int
    inner: list[Node]


def adaptivemaxpool(near: Neighbours, node: Node) -> Found | None:
    columns = _cut(near, node, COLUMNS)
    between = near.makers.get(columns.x) if columns else None
    if columns is None or between is None or near.reads[columns.x] != columns.bins:
        return None
    rows = _cut(near, between, ROWS)
    if rows is None:
        return None
    found = near.layer(node, "adaptivemaxpool", {"out": (rows.bins, columns.bins)}, rows.x)
    return found, [*columns.inner, between, *rows.inner]


def _cut(near: Neighbours, node: Node, axis: int) -> _Cut | None:
    """The bins of an axis: each cut out, and of it the largest value; more than one put behind each other."""
    is_several = node.op == "Concat" and node.attributes.get("axis") in (axis, axis - 4)
    pools = [near.inner(name, "MaxPool") for name in node.inputs] if is_several else [node]
    slices = [near.inner(pool.inputs[0], "Slice") if pool else None for pool in pools]
    sources = {cut.inputs[0] for cut in slices if cut}
    if len(sources) != 1:
        return None
    (x,) = sources
    shape, inner = near.shape(x), list[Node]()
    if len(shape) != 4 or len(near.shape(node.output)) != 4:
        return None
    for pool, cut, (first, end) in zip(pools, slices, bins(shape[axis], len(pools)), strict=True):
        if pool is None or cut is None or not _is_bin(near, pool, cut, axis, first, end):
            return None
        inner += [cut] if pool is node else [pool, cut]
    return _Cut(x, len(pools), inner)


def _is_bin(near: Neighbours, pool: Node, cut: Node, axis: int, first: int, end: int) -> bool:
    """Whether a node makes the largest value of the cells from `first` up to `end`, and others of no others."""
    told = [near.array(cut, index) for index in (1, 2, 3)]
    if any(array is None or array.size != 1 for array in told) or len(cut.inputs) > 4:
        return False
    size = near.shape(cut.inputs[0])[axis]
    begin, stop, along = (int(array.reshape(-1)[0]) for array in told if array is not None)
    kernel = [end - first if each == axis else 1 for each in (ROWS, COLUMNS)]
    said = pool.attributes
    plain = [1, 1] == (said.get("strides") or [1, 1]) == (said.get("dilations") or [1, 1])
    is_padded = any(said.get("pads") or ()) or said.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
    is_cut = along in (axis, axis - 4) and (begin, min(stop, size)) == (first, end)
    return is_cut and said.get("kernel_shape") == kernel and plain and not is_padded and len(pool.outputs) == 1
