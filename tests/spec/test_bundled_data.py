"""The data sets that come with cnnspec."""

from __future__ import annotations

import io

import numpy as np

from cnnspec.spec import bundled, load
from cnnspec.train.datasets import open_dataset

TEXT = "input: {{C: 1, H: {0}, W: {0}}}\nlayers: [flatten, {{dense: {{K: 10}}}}]\npreprocess: {{mode: gray}}\n"


def test_the_two_sets_are_of_the_same_digits() -> None:
    """`digits28` are those of `digits`, in their order: other hands are held out in both."""
    assert list(bundled.data()) == ["digits", "digits28", "iris"]
    small, large = (
        open_dataset(bundled.data()[name], load(io.StringIO(TEXT.format(side))))
        for name, side in (("digits", 8), ("digits28", 28))
    )
    (x, y), (other, labels) = (examples.read(np.arange(1797)) for examples in (small, large))
    assert np.array_equal(y, labels)
    assert set(np.unique(other)) <= {17 * level for level in range(16)}
    inked, known = (each.reshape(1797, -1).sum(axis=1) for each in (other, x))
    assert np.corrcoef(inked, known)[0, 1] > 0.3  # bolder ones are bolder still


def test_digits_are_white_on_black_and_lie_in_the_middle() -> None:
    """As MNIST's do: networks that have learned one of them read the other's."""
    examples = open_dataset(bundled.data()["digits28"], load(io.StringIO(TEXT.format(28))))
    x, _ = examples.read(np.arange(1797))
    frame = np.concatenate([x[:, 0, 0], x[:, 0, -1], x[:, 0, :, 0], x[:, 0, :, -1]], axis=1)
    assert np.median(frame) == 0
    places = np.arange(28)
    for axis in (2, 3):
        centre = (x.sum(axis=5 - axis)[:, 0] @ places) / x.sum(axis=(1, 2, 3))
        assert np.abs(centre - 13.5).max() < 1
