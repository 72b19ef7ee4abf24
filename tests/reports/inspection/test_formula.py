"""Formulas: what they may hold, their values, and how numbers are set into them."""

from __future__ import annotations

import math

import pytest

from cnnspec.reports.inspection import formula


def test_names_stand_in_their_order_and_once() -> None:
    assert formula.names("(x - mean) / sqrt(var + eps) * weight + x") == ("x", "mean", "var", "eps", "weight")
    assert formula.names("x * pi") == ("x",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3 * 4 ** 2 / 8 - 1", 7.0),
        ("-x", -0.5),
        ("min(x, 0) + max(x, 0)", 0.5),
        ("exp(log(x)) + sqrt(x * x)", 1.0),
        ("tanh(x)", math.tanh(0.5)),
        ("erf(x / sqrt(2))", math.erf(0.5 / math.sqrt(2))),
        ("pi * 2", 2 * math.pi),
    ],
)
def test_values_are_those_of_arithmetic(text: str, expected: float) -> None:
    assert formula.value(text, {"x": 0.5}) == pytest.approx(expected, rel=1e-15)


def test_out_of_range_is_infinite_and_no_error() -> None:
    assert formula.value("1 / x", {"x": 0.0}) == math.inf
    assert formula.value("1 / (1 + exp(-x))", {"x": -1000.0}) == 0
    assert math.isnan(formula.value("log(x)", {"x": -1.0}))


@pytest.mark.parametrize(
    "text",
    ["x.real", "__import__('os')", "x[0]", "lambda: 1", "x if x else 1", "sum(x)", "max(x, y=1)", "'a'", "x % 2"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has no place in a formula"):
        formula.parse(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x", "-1.5"),
        ("max(0, x)", "max(0, -1.5)"),
        ("sum + x", "2 + (-1.5)"),
        ("x + sum", "-1.5 + 2"),
        ("x ** sum", "(-1.5) ** 2"),
        ("exp(-x)", "exp(-(-1.5))"),
    ],
)
def test_numbers_stand_where_the_names_stood(text: str, shown: str) -> None:
    assert formula.with_numbers(text, {"x": "-1.5", "sum": "2"}) == shown
