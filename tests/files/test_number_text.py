"""Numbers in tables, and the order in which people count, also for texts that nobody would write."""

from __future__ import annotations

import pytest

from cnnspec.files.natural_order import natural
from cnnspec.files.number_text import NUMBER


@pytest.mark.parametrize("text", ["1", "-1", "+1.", "1.5", ".5", "-.5e3", "1e-5", "007", "1.e+3"])
def test_numbers(text: str) -> None:
    assert NUMBER.fullmatch(text)
    float(text)


@pytest.mark.parametrize("text", ["", ".", "e5", "1e", "1.2.3", "0x3", "nan", "inf", "1_000", "1 2", "３"])
def test_no_numbers(text: str) -> None:
    assert not NUMBER.fullmatch(text)


@pytest.mark.parametrize("text", ["1" * 10**6 + "x", "1." + "1" * 10**6 + "x", "1e" + "1" * 10**6 + "x"])
def test_a_long_one_takes_no_longer_than_it_is(text: str) -> None:
    """By trying each of its digits anew, this would take hours."""
    assert not NUMBER.fullmatch(text)


def test_natural_order() -> None:
    names = ["b", "10.png", "2.png", "02.png", "a10", "a9", "A1", "7" * 5000 + "x", "6" * 5001]
    assert sorted(names, key=natural) == [
        "02.png", "2.png", "10.png", "7" * 5000 + "x", "6" * 5001, "A1", "a9", "a10", "b",
    ]  # fmt: skip
