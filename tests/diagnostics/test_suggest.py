"""Suggestions and the order of findings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.diagnostics import Diagnostic, Span, closest, ordered
from cnnspec.diagnostics.suggest import SLIPS, _slips
from cnnspec.layers import kinds


def distance(a: str, b: str) -> int:
    """Optimal string alignment, the whole table."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            ways = [table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1])]
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                ways.append(table[i - 2, j - 2] + 1)
            table[i, j] = min(ways)
    return table[len(a), len(b)]


words = st.text("abc", max_size=8)


@given(words, words, st.integers(1, SLIPS))
def test_slips_are_counted_up_to_a_bound(a: str, b: str, most: int) -> None:
    assert _slips(a, b, most) == min(distance(a, b), most + 1)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("covn", "conv"),
        ("Conv", "conv"),
        ("RELU", "relu"),
        ("rel", "relu"),
        ("max_pool", "maxpool"),
        ("bathcnorm", "batchnorm"),
        ("globalaveragepool", "globalavgpool"),
        ("lstm", None),
        ("x", None),
        ("", None),
        ("conv" * 50, None),
    ],
)
def test_layer_that_was_meant(word: str, meant: str | None) -> None:
    assert closest(word, kinds()) == meant


def test_case_is_forgiven_before_slips() -> None:
    assert closest("k", ["P", "K", "S"]) == "K"
    assert closest("p", ["P", "K", "S"]) == "P"


def test_findings_come_in_the_order_of_the_text_and_once() -> None:
    late, early = (Diagnostic("E101", "x", "a.yaml", Span(line, 1, line, 2)) for line in (10, 9))
    other, whole = Diagnostic("E101", "x", "b.yaml", early.span), Diagnostic("E003", "x", "a.yaml")
    assert list(ordered([other, whole, late, early, late])) == [early, late, whole, other]
