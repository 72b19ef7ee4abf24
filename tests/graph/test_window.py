"""The window's arithmetic against windows that are laid out one by one, and against PyTorch's."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnspec.graph.window import SlidingWindow, bin_of, bins, same, same_upper, transposed_size

floors = st.builds(
    SlidingWindow,
    size=st.integers(1, 12),
    F=st.integers(1, 5),
    S=st.integers(1, 5),
    D=st.integers(1, 3),
    before=st.integers(0, 4),
    after=st.integers(0, 4),
    ceil=st.just(False),
)
ceils = st.builds(
    lambda size, F, S, P: SlidingWindow(size, F, S, 1, min(P, F // 2), min(P, F // 2), ceil=True),
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 2),
)


def taps(window: SlidingWindow, start: int) -> list[int]:
    """Cells below a window that starts at `start`; the input's own are 0 to size - 1."""
    return [start + tap * window.D for tap in range(window.F)]


def laid_out(window: SlidingWindow) -> list[list[int]]:
    """All windows that lie on the padded input, one by one."""
    starts = range(-window.before, window.size + window.after, window.S)
    return [taps(window, start) for start in starts if taps(window, start)[-1] < window.size + window.after]


@given(floors)
def test_windows_are_counted(window: SlidingWindow) -> None:
    windows = laid_out(window)
    assert max(0, window.outputs) == len(windows)
    assert window.overhang == 0
    assert window.extent == len(range(taps(window, 0)[0], taps(window, 0)[-1] + 1))
    assert window.first == taps(window, -window.before)[0]


@given(floors)
def test_cells_behind_the_last_window_are_counted(window: SlidingWindow) -> None:
    windows = laid_out(window)
    if not windows:
        return
    behind = range(windows[-1][-1] + 1, window.size + window.after)
    assert window.left_over == len(behind)
    assert window.unread == len([cell for cell in behind if cell < window.size])


@given(ceils)
@example(SlidingWindow(6, 3, 2, before=1, after=1, ceil=True))
@example(SlidingWindow(5, 1, 4, ceil=True))
def test_ceil_lets_the_last_window_hang_over(window: SlidingWindow) -> None:
    """As PyTorch: a window more, when cells are left and it still starts on the input or its left padding."""
    if window.travel < 0:
        return
    starts = [-window.before]
    while starts[-1] + window.F < window.size + window.after and starts[-1] + window.S < window.size:
        starts.append(starts[-1] + window.S)
    assert window.outputs == len(starts)
    assert window.overhang == max(0, starts[-1] + window.F - window.size - window.after)
    assert window.left_over == max(0, window.size + window.after - starts[-1] - window.F)


@pytest.mark.peers
@given(ceils)
@settings(deadline=None)
def test_ceil_is_that_of_pytorch(window: SlidingWindow) -> None:
    import torch

    if window.travel >= 0:
        x = torch.zeros(1, 1, window.size)
        y = torch.nn.functional.max_pool1d(x, window.F, window.S, window.before, ceil_mode=True)
        assert window.outputs == y.shape[2]


def test_figures_of_alexnet() -> None:
    """(224 - 11 + 4)/4 + 1 = 55.25: one row of padding is never read; without padding an input of 227 fits."""
    window = SlidingWindow(224, 11, 4, before=2, after=2)
    assert (window.outputs, window.left_over, window.unread) == (55, 1, 0)
    assert window.arithmetic() == "(224 - 11 + 4)/4 + 1"
    assert SlidingWindow(224, 11, 4).unread == 1
    assert SlidingWindow(227, 11, 4).left_over == 0


def test_window_that_does_not_fit() -> None:
    assert SlidingWindow(5, 8, 8).outputs < 1
    assert SlidingWindow(5, 3, D=3).travel == -2
    assert SlidingWindow(5, 3, D=3).outputs < 1


def test_dilated_window_as_people_write_it() -> None:
    assert SlidingWindow(8, 3, D=2).arithmetic() == "(8 - 5 + 0)/1 + 1"


@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 4))
def test_same_keeps_the_size(size: int, F: int, D: int) -> None:
    P = same(F, D)
    if P is None:
        assert F % 2 == 0
        assert all(SlidingWindow(size, F, D=D, before=p, after=p).outputs != size for p in range(D * F))
    else:
        assert SlidingWindow(size, F, D=D, before=P, after=P).outputs == size


@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 5), st.integers(1, 3))
def test_same_upper_is_the_least_padding(size: int, F: int, S: int, D: int) -> None:
    """ONNX SAME_UPPER: ceil(size/S) outputs, no cell of padding too many, the odd one behind."""
    before, after = same_upper(size, F, S, D)
    wanted = len(range(0, size, S))
    assert after - before in (0, 1)
    window = SlidingWindow(size, F, S, D, before, after)
    assert window.outputs == wanted
    if before + after:
        assert SlidingWindow(size, F, S, D, before, after - 1).outputs < wanted


@given(floors, st.integers(0, 3))
def test_spread_is_what_the_window_would_shrink(window: SlidingWindow, extra: int) -> None:
    """A transposed window paints what a window of the same kind sweeps over."""
    size = transposed_size(window.size, window.F, window.S, window.D, window.before, window.after, extra)
    if size > 0 and extra < window.S:
        back = SlidingWindow(size, window.F, window.S, window.D, window.before, window.after)
        assert (back.outputs, back.left_over) == (window.size, extra)


@given(st.integers(1, 30), st.integers(1, 30))
def test_bins_cover_the_axis(size: int, out: int) -> None:
    """Bin i holds each cell of which a part lies between i*size/out and (i + 1)*size/out."""
    overlapping = [
        [c for c in range(size) if c * out < (i + 1) * size and (c + 1) * out > i * size] for i in range(out)
    ]
    assert [list(range(first, end)) for first, end in bins(size, out)] == overlapping
    assert [bin_of(size, out, i) for i in range(out)] == bins(size, out)
