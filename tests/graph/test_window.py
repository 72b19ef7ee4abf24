"""The window's arithmetic against windows that are laid out one by one, and against PyTorch's."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnspec.graph.window import Sweep, bin_of, bins, same, same_upper, spread

floors = st.builds(
    Sweep,
    size=st.integers(1, 12),
    F=st.integers(1, 5),
    S=st.integers(1, 5),
    D=st.integers(1, 3),
    before=st.integers(0, 4),
    after=st.integers(0, 4),
    ceil=st.just(False),
)
ceils = st.builds(
    lambda size, F, S, P: Sweep(size, F, S, 1, min(P, F // 2), min(P, F // 2), ceil=True),
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 2),
)


def taps(sweep: Sweep, start: int) -> list[int]:
    """Cells below a window that starts at `start`; the input's own are 0 to size - 1."""
    return [start + tap * sweep.D for tap in range(sweep.F)]


def laid_out(sweep: Sweep) -> list[list[int]]:
    """All windows that lie on the padded input, one by one."""
    starts = range(-sweep.before, sweep.size + sweep.after, sweep.S)
    return [taps(sweep, start) for start in starts if taps(sweep, start)[-1] < sweep.size + sweep.after]


@given(floors)
def test_windows_are_counted(sweep: Sweep) -> None:
    windows = laid_out(sweep)
    assert max(0, sweep.outputs) == len(windows)
    assert sweep.overhang == 0
    assert sweep.extent == len(range(taps(sweep, 0)[0], taps(sweep, 0)[-1] + 1))
    assert sweep.first == taps(sweep, -sweep.before)[0]


@given(floors)
def test_cells_behind_the_last_window_are_counted(sweep: Sweep) -> None:
    windows = laid_out(sweep)
    if not windows:
        return
    behind = range(windows[-1][-1] + 1, sweep.size + sweep.after)
    assert sweep.left_over == len(behind)
    assert sweep.unread == len([cell for cell in behind if cell < sweep.size])


@given(ceils)
@example(Sweep(6, 3, 2, before=1, after=1, ceil=True))
@example(Sweep(5, 1, 4, ceil=True))
def test_ceil_lets_the_last_window_hang_over(sweep: Sweep) -> None:
    """As PyTorch: a window more, when cells are left and it still starts on the input or its left padding."""
    if sweep.travel < 0:
        return
    starts = [-sweep.before]
    while starts[-1] + sweep.F < sweep.size + sweep.after and starts[-1] + sweep.S < sweep.size:
        starts.append(starts[-1] + sweep.S)
    assert sweep.outputs == len(starts)
    assert sweep.overhang == max(0, starts[-1] + sweep.F - sweep.size - sweep.after)
    assert sweep.left_over == max(0, sweep.size + sweep.after - starts[-1] - sweep.F)


@pytest.mark.peers
@given(ceils)
@settings(deadline=None)
def test_ceil_is_that_of_pytorch(sweep: Sweep) -> None:
    import torch

    if sweep.travel >= 0:
        x = torch.zeros(1, 1, sweep.size)
        y = torch.nn.functional.max_pool1d(x, sweep.F, sweep.S, sweep.before, ceil_mode=True)
        assert sweep.outputs == y.shape[2]


def test_figures_of_alexnet() -> None:
    """(224 - 11 + 4)/4 + 1 = 55.25: one row of padding is never read; without padding an input of 227 fits."""
    sweep = Sweep(224, 11, 4, before=2, after=2)
    assert (sweep.outputs, sweep.left_over, sweep.unread) == (55, 1, 0)
    assert sweep.arithmetic() == "(224 - 11 + 4)/4 + 1"
    assert Sweep(224, 11, 4).unread == 1
    assert Sweep(227, 11, 4).left_over == 0


def test_window_that_does_not_fit() -> None:
    assert Sweep(5, 8, 8).outputs < 1
    assert Sweep(5, 3, D=3).travel == -2
    assert Sweep(5, 3, D=3).outputs < 1


def test_dilated_window_as_people_write_it() -> None:
    assert Sweep(8, 3, D=2).arithmetic() == "(8 - 5 + 0)/1 + 1"


@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 4))
def test_same_keeps_the_size(size: int, F: int, D: int) -> None:
    P = same(F, D)
    if P is None:
        assert F % 2 == 0
        assert all(Sweep(size, F, D=D, before=p, after=p).outputs != size for p in range(D * F))
    else:
        assert Sweep(size, F, D=D, before=P, after=P).outputs == size


@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 5), st.integers(1, 3))
def test_same_upper_is_the_least_padding(size: int, F: int, S: int, D: int) -> None:
    """ONNX SAME_UPPER: ceil(size/S) outputs, no cell of padding too many, the odd one behind."""
    before, after = same_upper(size, F, S, D)
    wanted = len(range(0, size, S))
    assert after - before in (0, 1)
    sweep = Sweep(size, F, S, D, before, after)
    assert sweep.outputs == wanted
    if before + after:
        assert Sweep(size, F, S, D, before, after - 1).outputs < wanted


@given(floors, st.integers(0, 3))
def test_spread_is_what_the_window_would_shrink(sweep: Sweep, extra: int) -> None:
    """A transposed window paints what a window of the same kind sweeps over."""
    size = spread(sweep.size, sweep.F, sweep.S, sweep.D, sweep.before, sweep.after, extra)
    if size > 0 and extra < sweep.S:
        back = Sweep(size, sweep.F, sweep.S, sweep.D, sweep.before, sweep.after)
        assert (back.outputs, back.left_over) == (sweep.size, extra)


@given(st.integers(1, 30), st.integers(1, 30))
def test_bins_cover_the_axis(size: int, out: int) -> None:
    """Bin i holds each cell of which a part lies between i*size/out and (i + 1)*size/out."""
    overlapping = [
        [c for c in range(size) if c * out < (i + 1) * size and (c + 1) * out > i * size] for i in range(out)
    ]
    assert [list(range(first, end)) for first, end in bins(size, out)] == overlapping
    assert [bin_of(size, out, i) for i in range(out)] == bins(size, out)
