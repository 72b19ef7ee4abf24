"""Numbers are written short, and read as the same numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.language.syntax.nodes import word
from cnnspec.language.values.arithmetic import number
from cnnspec.language.values.numeral import numeral
from cnnspec.language.values.scope import Scope


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (3, "3"),
        (-3, "-3"),
        (3.0, "3"),
        (0.5, "0.5"),
        (0.05, "0.05"),
        (1e-3, "1e-3"),
        (1e-05, "1e-5"),
        (0.0125, "0.0125"),
        (1 / 255, "1/255"),
        (2 / 3, "2/3"),
        (-1 / 3, "-1/3"),
        (0.485, "0.485"),
        (123456789.125, "123456789.125"),
        (1234567 / 8, "154320.875"),
        (float("inf"), "inf"),
    ],
)
def test_written(value: float, written: str) -> None:
    assert numeral(value) == written


@given(st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6) | st.integers(-(10**12), 10**12))
def test_read_again(value: float) -> None:
    found = number(word(numeral(value)), Scope())
    assert float(found) == value
