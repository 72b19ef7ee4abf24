"""Filters in the order in which the kernels read them, and sums by taps in the order of the filters.

The taps of a filter's channels are neighbours, in a panel those of several filters: one is the other transposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.packing import panels
from .....kernels.compiled.tables import MOVE_FIELDS, TRANSPOSE_FIELDS
from .....kernels.compiled.vectors import Vectors
from .addresses import address
from .calls import Native, Numbers, cut, owners
from .moves import clear, contiguous
from .plan import PLANS, Plan

VALUE = 0.5
"""Nanoseconds of a value."""
Taps = tuple[int, ...]
Pieces = tuple[tuple[int, int], ...]
"""Neighbouring filters that are a panel together: the first, and how many; each begins at whole vectors."""


class Packing(NamedTuple):
    """How filters become panels: the native function, its table for each panel, the filters and where the panels come
    to lie."""

    name: str
    tables: Numbers
    filters: Array
    panels: Array


def packing(filters: Array, pieces: Pieces, vectors: Vectors, native: Native) -> Packing:
    """Of filters (K, C, FH, FW), whose values lie side by side: each piece of them is a panel in which their values of
    a tap and a channel are neighbours, as `packed` of `kernels/compiled/packing.py` makes them."""
    _, C, FH, FW = filters.shape
    total = _room(pieces, FH * FW * C, vectors, native)
    plan = _into_panels(filters.shape, filters.strides[0], pieces, vectors)
    return Packing("transpose", native.at(plan, x=filters, out=total), filters, total)


def turned_packing(
    weight: Array,
    pieces: Pieces,
    vectors: Vectors,
    native: Native,
    rows: Sequence[int] | None = None,
    columns: Sequence[int] | None = None,
) -> Packing:
    """As `packing`, for the way from K channels back to C: filters (C, K, rows, columns) of weight (K, C, FH, FW). Some
    taps may be asked for alone, each as far from the one before it; by default all, turned by 180 degrees."""
    K, _, FH, FW = weight.shape
    down, across = (tuple(range(size)[::-1] if given is None else given) for size, given in ((FH, rows), (FW, columns)))
    taps = len(down) * len(across)
    if taps < FH * FW:
        weight = contiguous(weight[:, :, _every(down), _every(across)], native)
        down, across = tuple(range(len(down))), tuple(range(len(across)))
    total = _room(pieces, taps * K, vectors, native)
    # Single taps lie as they are wanted: only the panels are cut.
    name, work_out = ("move", _into_columns) if taps == 1 else ("transpose", _into_turned)
    plan = work_out(K, down, across, weight.strides, pieces, vectors)
    return Packing(name, native.at(plan, x=weight, out=total), weight, total)


def packed(filters: Array, vectors: Vectors, native: Native) -> Array:
    """What `packing` makes of filters, in panels as wide as can be."""
    pieces = whole_panels(len(filters), vectors)
    return carried_out(packing(filters, pieces, vectors, native), native)


def turned_and_packed(weight: Array, vectors: Vectors, native: Native) -> Array:
    """The same of `turned_packing`, all taps."""
    pieces = whole_panels(weight.shape[1], vectors)
    return carried_out(turned_packing(weight, pieces, vectors, native), native)


def carried_out(packing: Packing, native: Native) -> Array:
    """The panels."""
    hands = native.hands(len(packing.tables), VALUE * packing.panels.size)
    native.carry_out(packing.name, packing.tables, owners(len(packing.tables), hands))
    return packing.panels


@lru_cache(PLANS)
def whole_panels(K: int, vectors: Vectors) -> Pieces:
    """Of K filters, all but the last one as wide as can be."""
    return tuple((first, width) for first, width, _ in panels(K, vectors))


def by_tap(filters: Array, native: Native) -> Array:
    """Filters (C, 1, FH, FW) of channels that are kept apart, whose values lie side by side, as (FH*FW, C)."""
    C, _, FH, FW = filters.shape
    total = native.empty((FH * FW, C))
    plan = _into_taps(C, FH * FW, filters.strides[0], native.hands(C, VALUE * filters.size), native.vectors.lanes)
    native.carry_out("transpose", native.at(plan, x=filters, out=total), plan.owners)
    return total


def _every(taps: Sequence[int]) -> slice:
    """Taps, each as far from the one before it, as a view finds them."""
    step = taps[1] - taps[0] if len(taps) > 1 else 1
    end = taps[-1] + step
    return slice(taps[0], end if end >= 0 else None, step)


def unpacked(total: Array, found: Array, native: Native) -> None:
    """Write to filters `found` (K, C, FH, FW) values by tap, channel and filter (FH*FW, C, at least K)."""
    hands = native.hands(len(found), VALUE * found.size)
    plan = _out_of_sums(found.shape, 4 * total.shape[2], found.strides[0], hands, native.vectors)
    native.carry_out("transpose", native.at(plan, x=total, out=found), plan.owners)


@lru_cache(PLANS)
def _into_panels(shape: tuple[int, ...], step: int, pieces: Pieces, vectors: Vectors) -> Plan:
    """Of `packing`, for filters that lie so many bytes apart."""
    K, C, FH, FW = shape
    taps = FH * FW
    rows = step * np.arange(K)
    columns = [4 * vectors.whole(width) * _by_channel(taps, C) for _, width in pieces]
    tables = [
        (rows[first], 4 * first * taps * C, address(rows), address(places), width, taps * C, 1, 0, 0)
        for (first, width), places in zip(pieces, columns, strict=True)
    ]
    return Plan(np.array(tables, np.int64), TRANSPOSE_FIELDS, (rows, columns), owners(len(pieces), 1))


@lru_cache(PLANS)
def _into_turned(K: int, down: Taps, across: Taps, steps: tuple[int, ...], pieces: Pieces, vectors: Vectors) -> Plan:
    """Of `turned_packing`; the taps wanted are all that there are."""
    order = np.argsort(np.add.outer(np.multiply(down, len(across)), across), axis=None)
    taps = len(order)
    lanes = steps[1] * np.arange(sum(width for _, width in pieces))
    places = [4 * vectors.whole(width) * K * order for _, width in pieces]
    tables = [
        (
            lanes[first], 4 * first * taps * K, address(lanes), address(place),
            width, taps, K, steps[0], 4 * vectors.whole(width),
        )
        for (first, width), place in zip(pieces, places, strict=True)
    ]  # fmt: skip
    return Plan(np.array(tables, np.int64), TRANSPOSE_FIELDS, (lanes, places), owners(len(pieces), 1))


@lru_cache(PLANS)
def _into_columns(K: int, down: Taps, across: Taps, steps: tuple[int, ...], pieces: Pieces, vectors: Vectors) -> Plan:
    """The same of the only tap."""
    tables = [
        (steps[1] * first, 4 * first * K, 1, 1, K, width, 0, 0, steps[0], steps[1], 0, 0, 4 * vectors.whole(width), 4)
        for first, width in pieces
    ]
    return Plan(np.array(tables, np.int64), MOVE_FIELDS, (), owners(len(pieces), 1))


@lru_cache(PLANS)
def _into_taps(C: int, taps: int, step: int, hands: int, lanes: int) -> Plan:
    """Of `by_tap`: a call for each thread; filters lie so many bytes apart."""
    rows, columns = step * np.arange(C), 4 * C * np.arange(taps)
    tables = [
        (0, 4 * part.start, address(rows) + 8 * part.start, address(columns), part.stop - part.start, taps, 1, 0, 0)
        for part in cut(C, hands, lanes)
    ]
    return Plan(np.array(tables, np.int64), TRANSPOSE_FIELDS, (rows, columns), np.arange(len(tables)))


@lru_cache(PLANS)
def _out_of_sums(shape: tuple[int, ...], width: int, step: int, hands: int, vectors: Vectors) -> Plan:
    """Of `unpacked`: a call for each thread; sums of a channel take so many bytes, filters lie so many apart."""
    K, C, FH, FW = shape
    taps = FH * FW
    rows, columns = width * _by_channel(taps, C), step * np.arange(K)
    tables = [
        (4 * part.start, 0, address(rows), address(columns) + 8 * part.start, taps * C, part.stop - part.start, 1, 0, 0)
        for part in cut(K, hands, vectors.lanes)
    ]
    return Plan(np.array(tables, np.int64), TRANSPOSE_FIELDS, (rows, columns), np.arange(len(tables)))


def _by_channel(taps: int, C: int) -> Numbers:
    """Of each channel's taps, as they lie in a filter, the number among all taps' channels."""
    return np.add.outer(np.arange(C), C * np.arange(taps)).ravel()


def _room(pieces: Pieces, values: int, vectors: Vectors, native: Native) -> Array:
    """For panels of filters of so many values; zeros beyond the last filter."""
    first, width = pieces[-1]
    whole = vectors.whole(width)
    total = native.empty((values * (first + whole),))
    if whole > width:
        clear(total[values * first :].reshape(values, whole)[:, width:], native)
    return total
