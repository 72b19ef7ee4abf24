"""Receptive fields: windows composed, held against sets of cells that are followed one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.graph.layer import Layer
from cnnspec.graph.receptive_field import CELL, LONGEST, Reach, behind, moved, repeating, together
from cnnspec.layers import find

Seen = Callable[[int], set[int]]
"""What one cell looks at, cell by cell: an independent definition of a layer."""


def row_reach(kind: str, size: int = 60, **fields: object) -> Reach:
    layer: Layer = find(kind).model_validate(fields)
    rows, _ = layer.reach((1, size, size))
    assert rows is not None
    return rows


def window(F: int, S: int, D: int, P: int) -> tuple[Reach, Seen]:
    reach = row_reach("conv", K=1, F=F, S=S, D=D, P=P)
    return reach, lambda i: {i * S - P + t * D for t in range(F)}


def painted(F: int, S: int, D: int, P: int) -> tuple[Reach, Seen]:
    reach = row_reach("deconv", K=1, F=F, S=S, D=D, P=P)
    return reach, lambda i: {(i + P - t * D) // S for t in range(F) if (i + P - t * D) % S == 0}


def enlarged(factor: int) -> tuple[Reach, Seen]:
    return row_reach("upsample", factor=factor), lambda i: {i // factor}


def binned(size: int, out: int) -> tuple[Reach, Seen]:
    """Bins as `for` loops over cells: a cell is in bin i where they overlap."""
    reach = row_reach("adaptiveavgpool", size, out=(out, out + 1))

    def seen(i: int) -> set[int]:
        first, end = i * size // out, (i + 1) * size
        return {cell for cell in range(first, first + size + 2) if cell * out < end}

    return reach, seen


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


def through(outer: Seen, inner: Seen) -> Seen:
    return lambda i: set().union(*(inner(cell) for cell in outer(i)))


def extents(reach: Reach, cells: int = 40) -> list[tuple[int, int]]:
    return [(reach.first(i), reach.last(i)) for i in range(-cells, cells)]


def followed(seen: Seen, cells: int = 40) -> list[tuple[int, int]]:
    return [(min(seen(i)), max(seen(i))) for i in range(-cells, cells)]


@given(st.lists(layers, min_size=1, max_size=4))
@settings(deadline=None, max_examples=150)
def test_layers_one_behind_another(chain: list[tuple[Reach, Seen]]) -> None:
    field, seen = CELL, lambda i: {i}
    for reach, looks in chain:
        behind_it = reach.through(field)
        if behind_it is None:
            return
        field, seen = behind_it, through(looks, seen)
    assert extents(field) == followed(seen)
    assert field.size == max(last - first + 1 for first, last in followed(seen, 2 * field.period))


@given(st.builds(painted, small, small, small, paddings))
@settings(deadline=None)
def test_transposed_convolution(layer: tuple[Reach, Seen]) -> None:
    """With taps apart, neighbours may look in any order, and cells between windows at nothing."""
    reach, seen = layer
    for i in range(-20, 20):
        assert set(range(reach.first(i), reach.last(i) + 1)) >= seen(i)
        if seen(i):
            assert (reach.first(i), reach.last(i)) == (min(seen(i)), max(seen(i)))
        else:
            assert reach.last(i) == reach.first(i) - 1


@given(st.integers(1, 5), st.integers(1, 4), st.integers(2, 5), undilated)
@settings(deadline=None)
def test_window_over_a_dilated_transposed_convolution(F: int, S: int, D: int, over: tuple[Reach, Seen]) -> None:
    reach, looks = painted(F, S, D, 0)
    field = over[0].through(reach)
    assert field is not None
    seen = through(over[1], looks)
    for i in range(-20, 20):
        assert set(range(field.first(i), field.last(i) + 1)) >= seen(i)
    if all(map(looks, range(S))):
        assert extents(field, 20) == followed(seen, 20)


def test_dilation_mixes_the_order() -> None:
    """Taps 3 apart, cells 2 apart: an odd cell is painted by the tap behind, from one cell earlier."""
    reach = row_reach("deconv", K=1, F=2, S=2, D=3)
    assert [reach.first(i) for i in range(4)] == [0, -1, 1, 0]
    assert not reach.is_ordered
    assert reach.hull(0, 1) == (-1, 0)
    assert reach.hull(0, 2) == (-1, 1)
    assert row_reach("conv", K=1, F=3, S=2).is_ordered


def test_cell_that_nothing_paints_looks_at_nothing() -> None:
    """Also over cells in mixed order: it lies between two that look at something."""
    mixed, apart = row_reach("deconv", K=1, F=2, S=2, D=3), row_reach("deconv", K=1, F=1, S=2)
    assert (apart.first(1), apart.last(1)) == (1, 0)
    field = apart.through(mixed)
    assert field is not None
    assert extents(field, 2)[::2] == extents(mixed, 1)
    assert all(last < first for first, last in extents(field, 2)[1::2])
    assert field.size == mixed.size == 1


def test_pattern_behind_a_transposed_convolution() -> None:
    """U-Net in small: half the size and back; with a 3x3 window over it cells differ."""
    pooled = row_reach("maxpool", F=2)
    back = row_reach("deconv", K=1, F=2, S=2).through(pooled)
    assert back == Reach((0, 0), (1, 1), 2)
    assert back is not None
    assert row_reach("conv", K=1, F=3, P=1).through(back) == Reach((-2, 0), (1, 3), 2)
    wide = row_reach("conv", K=1, F=4).through(back)
    assert wide is not None
    assert (wide.period, wide.size) == (2, 6)


def test_paths_of_one_pace_are_taken_together() -> None:
    assert together([moved(-1), moved(2)]) == Reach((-1,), (2,), 1)
    assert together([Reach((0, 0), (1, 1), 2), CELL]) == Reach((0, 0), (1, 1), 2)
    assert together([CELL, CELL]) is CELL


def test_paths_of_different_pace_leave_the_longest() -> None:
    """Behind `maxpool: {F: 2}` and `conv: {F: 5}` of 8 cells there are 4 cells each."""
    pooled, convolved = row_reach("maxpool", 8, F=2), row_reach("conv", 8, K=1, F=5)
    assert together([pooled, convolved]) == convolved


def test_what_has_no_place_stays_so() -> None:
    assert together([None, CELL]) is None
    assert together([]) is None
    assert behind(None, [CELL]) is None
    assert behind(CELL, [None]) is None
    assert behind(moved(1), [moved(1)]) == moved(2)


def test_cells_that_change_nothing_keep_the_field() -> None:
    field = row_reach("conv", K=1, F=3)
    assert CELL.through(field) is field


@pytest.mark.parametrize("factor", [LONGEST + 1, 10**12])
def test_long_patterns_are_not_worked_out(factor: int) -> None:
    for kind, fields in (("upsample", {"factor": factor}), ("deconv", {"K": 1, "F": factor, "S": factor})):
        assert find(kind).model_validate(fields).reach((1, 2, 2)) == (None, None)
    assert repeating(factor, 1, lambda i: (i, i)) is None


def test_patterns_that_grow_too_long_end() -> None:
    field: Reach | None = CELL
    sizes = []
    while field is not None:
        sizes.append(field.period)
        field = row_reach("upsample", factor=4, mode="bilinear").through(field)
    assert sizes == [1, 4, 16, 64, 256]


def test_bilinear_mixes_two_cells_save_at_a_centre() -> None:
    assert extents(row_reach("upsample", factor=2, mode="bilinear"), 2) == [(-2, -1), (-1, 0), (-1, 0), (0, 1)]
    assert row_reach("upsample", factor=3, mode="bilinear") == Reach((-1, 0, 0), (0, 0, 1), 1)


@given(windows)
@settings(deadline=None)
def test_later_cells_look_later(layer: tuple[Reach, Seen]) -> None:
    assert all(a < b for a, b in pairwise(extents(layer[0])))
