"""Random changes of images against plain loops, Pillow, and themselves."""

from __future__ import annotations

from math import cos, floor, radians, sin
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cnnspec.train.datasets.augment import PIECE, Augment, rotated, shifted

Images = NDArray[np.float32]
BLANK = np.array([-1, 7], np.float32)


def images(n: int = 5, C: int = 2, H: int = 6, W: int = 9) -> Images:
    return np.random.default_rng(0).random((n, C, H, W), np.float32)


def cell(x: Images, c: int, row: int, column: int) -> float:
    """A cell of an image (C, H, W), blank outside."""
    inside = 0 <= row < x.shape[1] and 0 <= column < x.shape[2]
    return float(x[c, row, column]) if inside else float(BLANK[c])


def turned(x: Images, degrees: float) -> Any:
    """An image turned counter-clockwise, cell by cell."""
    C, H, W = x.shape
    y, centre = np.empty(x.shape), ((H - 1) / 2, (W - 1) / 2)
    s, k = sin(radians(degrees)), cos(radians(degrees))
    for c, i, j in np.ndindex(C, H, W):
        down, right = i - centre[0], j - centre[1]
        row, column = k * down + s * right + centre[0], k * right - s * down + centre[1]
        i0, j0 = floor(row), floor(column)
        y[c, i, j] = sum(
            (1 - abs(row - i0 - di)) * (1 - abs(column - j0 - dj)) * cell(x, c, i0 + di, j0 + dj)
            for di in (0, 1)
            for dj in (0, 1)
        )
    return y


def test_shift_moves_whole_cells() -> None:
    x, moves = images(), np.array([[0, 0], [1, -2], [-3, 1], [6, 0], [0, -20]])
    y = shifted(x, moves, BLANK)
    for picture, found, (down, right) in zip(x, y, moves, strict=True):
        for c, i, j in np.ndindex(*picture.shape):
            assert found[c, i, j] == np.float32(cell(picture, c, i - down, j - right))


@pytest.mark.parametrize(("H", "W"), [(6, 9), (1, 5), (1, 1)])
def test_rotation_by_its_definition(H: int, W: int) -> None:
    x, degrees = images(8, 2, H, W), np.array([0, 10, -10, 33, 90, -135, 180, 360.0])
    y = rotated(x, degrees, BLANK)
    expected = [turned(picture, angle) for picture, angle in zip(x, degrees, strict=True)]
    np.testing.assert_allclose(y, expected, rtol=0, atol=2e-5)


def test_rotation_turns_as_pillow_does() -> None:
    """Away from the edges, which Pillow extends before it fills in."""
    x = images(3, 1, 20, 30)
    for angle in (7.5, -20.0):
        y = rotated(x, np.full(3, angle), BLANK[:1])
        for found, picture in zip(y, x, strict=True):
            pillow = Image.fromarray(picture[0]).rotate(angle, Image.Resampling.BILINEAR)
            np.testing.assert_allclose(found[0, 8:12, 8:22], np.asarray(pillow)[8:12, 8:22], rtol=0, atol=1e-5)


def test_a_quarter_turn_is_exact() -> None:
    x = images(4, 2, 5, 5)
    np.testing.assert_allclose(rotated(x, np.full(4, 90.0), BLANK), np.rot90(x, axes=(2, 3)), rtol=0, atol=2e-6)


def test_rotation_in_pieces_is_rotation_at_once() -> None:
    x, degrees = images(9, 2, 40, 40), np.linspace(-30, 30, 9)
    assert x[:, 0].size > PIECE
    alone = [rotated(x[i : i + 1], degrees[i : i + 1], BLANK)[0] for i in range(9)]
    assert np.array_equal(rotated(x, degrees, BLANK), alone)


ALL = {"shift": 2, "crop": 3, "flip": True, "rotate": 15.0}


@pytest.mark.parametrize("change", [{}, *({key: value} for key, value in ALL.items()), ALL], ids=str)
def test_equal_seeds_give_equal_images(change: dict[str, Any]) -> None:
    x = images(50)
    before = x.copy()
    augment = Augment(BLANK, **change)
    first, again, other = (augment(x, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(x, before)
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (not change)
    assert first.dtype == np.float32
    assert first.shape == x.shape
    assert first.flags.c_contiguous


def test_flip_mirrors_about_half() -> None:
    x = images(400)
    y = Augment(BLANK, flip=True)(x, np.random.default_rng(0))
    kept, mirrored = ((y == z).all((1, 2, 3)) for z in (x, x[..., ::-1]))
    assert (kept ^ mirrored).all()
    assert 150 < kept.sum() < 250


@pytest.mark.parametrize(("change", "reach"), [({"shift": 2}, 2), ({"crop": 1}, 1), ({"shift": 1, "crop": 2}, 3)])
def test_moves_reach_as_far_as_they_should(change: dict[str, Any], reach: int) -> None:
    """A single cell of an image is found again in every place within reach, along both axes."""
    x = np.zeros((2000, 1, 9, 9), np.float32)
    x[:, :, 4, 4] = 1
    y = Augment(np.zeros(1, np.float32), **change)(x, np.random.default_rng(0))
    _, _, rows, columns = np.nonzero(y)
    assert len(rows) == 2000
    side = {*range(4 - reach, 5 + reach)}
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == {(i, j) for i in side for j in side}


def test_rotation_reaches_as_far_as_it_should() -> None:
    x = np.zeros((2000, 1, 41, 41), np.float32)
    x[:, :, 20, 40] = 1
    y = Augment(np.zeros(1, np.float32), rotate=20)(x, np.random.default_rng(0))
    rows = (y.sum((1, 3)) * np.arange(41)).sum(1) / y.sum((1, 2, 3))
    angle = np.degrees(np.arcsin((20 - rows) / 20))
    assert -21 < angle.min() < -19
    assert 19 < angle.max() < 21
