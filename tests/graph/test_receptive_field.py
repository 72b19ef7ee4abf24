"""Receptive fields: windows composed, held against sets of cells that are followed one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.graph.layer import Layer
from cnnspec.graph.receptive_field import IDENTITY, LONGEST, ReceptiveField, compose, offset, periodic, union
from cnnspec.layers import find

Seen = Callable[[int], set[int]]
"""What one cell looks at, cell by cell: an independent definition of a layer."""


def row_reach(kind: str, size: int = 60, **fields: object) -> ReceptiveField:
    layer: Layer = find(kind).model_validate(fields)
    rows, _ = layer.receptive_field((1, size, size))
    assert rows is not None
    return rows


def window(F: int, S: int, D: int, P: int) -> tuple[ReceptiveField, Seen]:
    receptive_field = row_reach("conv", K=1, F=F, S=S, D=D, P=P)
    return receptive_field, lambda i: {i * S - P + t * D for t in range(F)}


def painted(F: int, S: int, D: int, P: int) -> tuple[ReceptiveField, Seen]:
    receptive_field = row_reach("deconv", K=1, F=F, S=S, D=D, P=P)
    return receptive_field, lambda i: {(i + P - t * D) // S for t in range(F) if (i + P - t * D) % S == 0}


def enlarged(factor: int) -> tuple[ReceptiveField, Seen]:
    return row_reach("upsample", factor=factor), lambda i: {i // factor}


def binned(size: int, out: int) -> tuple[ReceptiveField, Seen]:
    """Bins as `for` loops over cells: a cell is in bin i where they overlap."""
    receptive_field = row_reach("adaptiveavgpool", size, out=(out, out + 1))

    def seen(i: int) -> set[int]:
        first, end = i * size // out, (i + 1) * size
        return {cell for cell in range(first, first + size + 2) if cell * out < end}

    return receptive_field, seen


small = st.integers(1, 4)
paddings = st.integers(0, 3)
windows = st.builds(window, small, small, small, paddings)
undilated = st.builds(window, small, small, st.just(1), paddings)
layers = st.one_of(
    windows,
    st.builds(lambda F, S, P: painted(max(F, S), S, 1, P), small, small, paddings),
    st.builds(enlarged, small),
    st.builds(binned, st.integers(1, 12), st.integers(1, 6)),
)


def after(outer: Seen, inner: Seen) -> Seen:
    return lambda i: set().union(*(inner(cell) for cell in outer(i)))


def extents(receptive_field: ReceptiveField, cells: int = 40) -> list[tuple[int, int]]:
    return [(receptive_field.first(i), receptive_field.last(i)) for i in range(-cells, cells)]


def followed(seen: Seen, cells: int = 40) -> list[tuple[int, int]]:
    return [(min(seen(i)), max(seen(i))) for i in range(-cells, cells)]


@given(st.lists(layers, min_size=1, max_size=4))
@settings(deadline=None, max_examples=150)
def test_layers_one_behind_another(chain: list[tuple[ReceptiveField, Seen]]) -> None:
    field, seen = IDENTITY, lambda i: {i}
    for receptive_field, looks in chain:
        behind_it = receptive_field.after(field)
        if behind_it is None:
            return
        field, seen = behind_it, after(looks, seen)
    assert extents(field) == followed(seen)
    assert field.size == max(last - first + 1 for first, last in followed(seen, 2 * field.period))


@given(st.builds(painted, small, small, small, paddings))
@settings(deadline=None)
def test_transposed_convolution(layer: tuple[ReceptiveField, Seen]) -> None:
    """With taps apart, neighbours may look in any order, and cells between windows at nothing."""
    receptive_field, seen = layer
    for i in range(-20, 20):
        assert set(range(receptive_field.first(i), receptive_field.last(i) + 1)) >= seen(i)
        if seen(i):
            assert (receptive_field.first(i), receptive_field.last(i)) == (min(seen(i)), max(seen(i)))
        else:
            assert receptive_field.last(i) == receptive_field.first(i) - 1


@given(st.integers(1, 5), st.integers(1, 4), st.integers(2, 5), undilated)
@settings(deadline=None)
def test_window_over_a_dilated_transposed_convolution(
    F: int, S: int, D: int, over: tuple[ReceptiveField, Seen]
) -> None:
    receptive_field, looks = painted(F, S, D, 0)
    field = over[0].after(receptive_field)
    assert field is not None
    seen = after(over[1], looks)
    for i in range(-20, 20):
        assert set(range(field.first(i), field.last(i) + 1)) >= seen(i)
    if all(map(looks, range(S))):
        assert extents(field, 20) == followed(seen, 20)


def test_dilation_mixes_the_order() -> None:
    """Taps 3 apart, cells 2 apart: an odd cell is painted by the tap behind, from one cell earlier."""
    receptive_field = row_reach("deconv", K=1, F=2, S=2, D=3)
    assert [receptive_field.first(i) for i in range(4)] == [0, -1, 1, 0]
    assert not receptive_field.is_ordered
    assert receptive_field.hull(0, 1) == (-1, 0)
    assert receptive_field.hull(0, 2) == (-1, 1)
    assert row_reach("conv", K=1, F=3, S=2).is_ordered


def test_cell_that_nothing_paints_looks_at_nothing() -> None:
    """Also over cells in mixed order: it lies between two that look at something."""
    mixed, apart = row_reach("deconv", K=1, F=2, S=2, D=3), row_reach("deconv", K=1, F=1, S=2)
    assert (apart.first(1), apart.last(1)) == (1, 0)
    field = apart.after(mixed)
    assert field is not None
    assert extents(field, 2)[::2] == extents(mixed, 1)
    assert all(last < first for first, last in extents(field, 2)[1::2])
    assert field.size == mixed.size == 1


def test_pattern_behind_a_transposed_convolution() -> None:
    """U-Net in small: half the size and back; with a 3x3 window over it cells differ."""
    pooled = row_reach("maxpool", F=2)
    back = row_reach("deconv", K=1, F=2, S=2).after(pooled)
    assert back == ReceptiveField((0, 0), (1, 1), 2)
    assert back is not None
    assert row_reach("conv", K=1, F=3, P=1).after(back) == ReceptiveField((-2, 0), (1, 3), 2)
    wide = row_reach("conv", K=1, F=4).after(back)
    assert wide is not None
    assert (wide.period, wide.size) == (2, 6)


def test_paths_of_one_pace_are_taken_together() -> None:
    assert union([offset(-1), offset(2)]) == ReceptiveField((-1,), (2,), 1)
    assert union([ReceptiveField((0, 0), (1, 1), 2), IDENTITY]) == ReceptiveField((0, 0), (1, 1), 2)
    assert union([IDENTITY, IDENTITY]) is IDENTITY


def test_paths_of_different_pace_leave_the_longest() -> None:
    """Behind `maxpool: {F: 2}` and `conv: {F: 5}` of 8 cells there are 4 cells each."""
    pooled, convolved = row_reach("maxpool", 8, F=2), row_reach("conv", 8, K=1, F=5)
    assert union([pooled, convolved]) == convolved


def test_what_has_no_place_stays_so() -> None:
    assert union([None, IDENTITY]) is None
    assert union([]) is None
    assert compose(None, [IDENTITY]) is None
    assert compose(IDENTITY, [None]) is None
    assert compose(offset(1), [offset(1)]) == offset(2)


def test_cells_that_change_nothing_keep_the_field() -> None:
    field = row_reach("conv", K=1, F=3)
    assert IDENTITY.after(field) is field


@pytest.mark.parametrize("factor", [LONGEST + 1, 10**12])
def test_long_patterns_are_not_worked_out(factor: int) -> None:
    for kind, fields in (("upsample", {"factor": factor}), ("deconv", {"K": 1, "F": factor, "S": factor})):
        assert find(kind).model_validate(fields).receptive_field((1, 2, 2)) == (None, None)
    assert periodic(factor, 1, lambda i: (i, i)) is None


def test_patterns_that_grow_too_long_end() -> None:
    field: ReceptiveField | None = IDENTITY
    sizes = []
    while field is not None:
        sizes.append(field.period)
        field = row_reach("upsample", factor=4, mode="bilinear").after(field)
    assert sizes == [1, 4, 16, 64, 256]


def test_bilinear_mixes_two_cells_save_at_a_centre() -> None:
    assert extents(row_reach("upsample", factor=2, mode="bilinear"), 2) == [(-2, -1), (-1, 0), (-1, 0), (0, 1)]
    assert row_reach("upsample", factor=3, mode="bilinear") == ReceptiveField((-1, 0, 0), (0, 0, 1), 1)


@given(windows)
@settings(deadline=None)
def test_later_cells_look_later(layer: tuple[ReceptiveField, Seen]) -> None:
    assert all(a < b for a, b in pairwise(extents(layer[0])))
