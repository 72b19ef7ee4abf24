"""Arithmetic in fields: exact values, precise refusals, and an end in every case."""

from __future__ import annotations

import ast
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnnspec.language.values.expression import MAX_TERM, MAX_VALUE, ExpressionError, Number, evaluate, parse, whole

SCOPE: dict[str, Number] = {"C": 7, "H": 28, "F": 5, "half": Fraction(1, 2), "_x1": -3, "zero": 0}


def value(text: str) -> Number:
    return evaluate(parse(text), SCOPE.__getitem__)


def refusal(text: str, work: Callable[[str], object] = value) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        work(text)
    assert 0 <= caught.value.start <= caught.value.end <= len(text)
    assert str(caught.value) == caught.value.issue.message
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("64", 64),
        ("0", 0),
        ("4*C", 28),
        ("(F-1)/2", 2),
        ("C/2", Fraction(7, 2)),
        ("C//2", 3),
        ("C%4", 3),
        ("-C//2", -4),
        ("-C%4", 1),
        ("- C", -7),
        ("--C", 7),
        ("+C", 7),
        ("2 - 3 - 4", -5),
        ("24 / 4 / 2", 3),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("(7/2)*2", Fraction(7)),
        ("3.0", Fraction(3)),
        ("0.5", Fraction(1, 2)),
        ("1e-3", Fraction(1, 1000)),
        ("1E2", Fraction(100)),
        ("2.5e+1", Fraction(25)),
        ("C * half", Fraction(7, 2)),
        ("7.0 // 2", Fraction(3)),
        ("7.5 % 2", Fraction(3, 2)),
        ("2 + 1.0", Fraction(3)),
        ("127/255", Fraction(127, 255)),
        ("_x1", -3),
        ("\tC\n+ 1 ", 8),
        ("1000000000000", MAX_VALUE),
        ("1e-24", Fraction(1, MAX_TERM)),
    ],
)
def test_values(text: str, expected: Number) -> None:
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "caret", "piece"),
    [
        ("", "", "number or a name is missing"),
        (" ", "", "number or a name is missing"),
        ("1 +", "", "number or a name is missing"),
        ("* 3", "*", "number or a name is missing"),
        ("()", ")", "number or a name is missing"),
        ("(C", "(", "never closed"),
        ("C)", ")", "closes nothing"),
        ("(C H)", "H", "operator is missing before `H`"),
        ("3 4", "4", "operator is missing before `4`"),
        ("2(3)", "(", "operator is missing before `(`"),
        ("f(x)", "(", "calls"),
        ("9**9**9", "**", "powers"),
        ("F^2", "^", "powers"),
        ("x.y", ".y", "attributes"),
        ("f().x", "(", "calls"),
        ("x[0]", "[", "subscripts"),
        ("K = 3", "=", "comparisons"),
        ("a <= b", "<", "comparisons"),
        ("a if b", "if", "conditions"),
        ("a and b", "and", "conditions"),
        ("a iffy", "iffy", "operator is missing"),
        ("$x", "$", "not part of the arithmetic"),
        ("C × 2", "×", "operators are"),
        ("1,000", ",", "not part of the arithmetic"),
        ("C\u00a0+1", "\u00a0", "not part of the arithmetic"),
        ("٣", "٣", "not part of the arithmetic"),
        ("010", "010", "write 10"),
        ("0x1F", "0x1F", "decimal digits"),
        ("4C", "4C", "a `*` between"),
        (".5", ".5", "write 0.5"),
        ("5.", "5.", "write 5.0"),
        ("1_000", "1_000", "without `_`"),
        ("1..2", "1..2", "not a decimal number"),
    ],
)
def test_what_cannot_be_read(text: str, caret: str, piece: str) -> None:
    error = refusal(text)
    assert error.issue.code == "E105"
    assert text[error.start : error.end] == caret
    assert piece in error.issue.message + error.issue.help


@pytest.mark.parametrize(
    ("text", "caret", "piece"),
    [
        ("C/zero", "zero", "7 / 0"),
        ("C // (1-1)", "(1-1)", "7 // 0"),
        ("C % 0.0", "0.0", "7 % 0"),
        ("1000000000001", "1000000000001", "10^12"),
        ("9" * 200, "9" * 200, "10^12"),
        ("1e13", "1e13", "10^12"),
        ("1e999999999", "1e999999999", "out of bounds"),
        ("1e-25", "1e-25", "10^24"),
        ("0." + "1" * 25, "0." + "1" * 25, "10^24"),
        ("2 + 1000000*1000001", "1000000*1000001", "`1000000 * 1000001` is out of bounds"),
        ("0 - 1000000*1000001", "1000000*1000001", "out of bounds"),
        ("1/1000000000000/1000000000000/2", "1/1000000000000/1000000000000/2", "10^24"),
        ("1000000000000.5", "1000000000000.5", "10^12"),
    ],
)
def test_what_has_no_value(text: str, caret: str, piece: str) -> None:
    error = refusal(text)
    assert error.issue.code == "E106"
    assert text[error.start : error.end] == caret
    assert piece in error.issue.message + error.issue.why


def test_length_and_nesting_are_bounded() -> None:
    assert value("1+" * 99 + "10") == 109
    assert refusal("1+" * 99 + "100").issue.code == "E105"
    for left, right in (("(", ")"), ("-", ""), ("-(", ")")):
        levels = 32 // len(left)
        assert abs(value(left * levels + "1" + right * levels)) == 1
        assert "nested" in refusal(left * (levels + 1) + "1" + right * (levels + 1)).issue.message
    assert "10,001" in refusal("(" * 10_001).issue.message


def test_names_and_their_places() -> None:
    expression = parse("(H + C) * C - 2")
    assert expression.names == {"C", "H"}
    assert expression.where("C") == (5, 6)
    assert expression.where("H") == (1, 2)
    assert [use.start for use in expression.uses] == [1, 5, 10]
    assert parse("1/255").names == frozenset()


def test_the_lookups_own_error_goes_through() -> None:
    with pytest.raises(KeyError, match="Q"):
        value("C + Q")


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("C/2", "C/2 = 7/2 = 3.5 is not a whole number", "`//` divides and rounds down"),
        ("7/2", "7/2 = 3.5 is not a whole number", "`//` divides and rounds down"),
        ("C/3", "C/3 = 7/3 ≈ 2.33333 is not a whole number", "`//` divides and rounds down"),
        ("C*half", "C*half = 7/2 = 3.5 is not a whole number", ""),
        ("3.5", "3.5 is not a whole number", ""),
        ("3.0", "3.0 is a decimal, not a whole number", "write 3"),
        ("-3.0", "-3.0 is a decimal, not a whole number", "write -3"),
        ("C*1.0", "C*1.0 = 7.0 is a decimal, not a whole number", "leave decimals out: `C/2`, not `C*0.5`"),
    ],
)
def test_whole_says_what_is_not(text: str, message: str, help: str) -> None:
    error = refusal(text, lambda written: whole(value(written), written))
    assert (error.issue.code, error.issue.message, error.issue.help) == ("E106", message, help)
    assert (error.start, error.end) == (0, len(text))


def test_whole() -> None:
    assert whole(value("(F-1)/2")) == 2
    with pytest.raises(ExpressionError, match=r"^7/2 = 3\.5 is not"):
        whole(Fraction(7, 2))
    with pytest.raises(ExpressionError, match=r"^3\.0 is a decimal"):
        whole(Fraction(3))


def oracle(node: ast.expr) -> Number:
    """Python's own reading of the text, in fractions; raises ZeroDivisionError and OverflowError."""
    match node:
        case ast.Constant(value=int() as number):
            result: Number = number
        case ast.Constant(value=float() as number):
            result = Fraction(repr(number))
        case ast.Name(id=name):
            result = SCOPE[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            result = -oracle(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            result = oracle(operand)
        case ast.BinOp(left=left, op=op, right=right):
            result = combined(oracle(left), op, oracle(right))
        case _:
            raise AssertionError(ast.dump(node))
    exact = Fraction(result)
    if abs(exact) > 10**12 or max(abs(exact.numerator), exact.denominator) > 10**24:
        raise OverflowError
    return result


def combined(left: Number, op: ast.operator, right: Number) -> Number:
    inexact = isinstance(left, Fraction) or isinstance(right, Fraction)
    one, other = Fraction(left), Fraction(right)
    match op:
        case ast.Add():
            exact = one + other
        case ast.Sub():
            exact = one - other
        case ast.Mult():
            exact = one * other
        case ast.Div():
            exact = one / other
            inexact = inexact or exact.denominator != 1
        case ast.FloorDiv():
            exact = Fraction((one / other).__floor__())
        case _:
            exact = one - other * (one / other).__floor__()
    return exact if inexact else exact.numerator


atoms = st.one_of(
    st.integers(0, 300).map(str),
    st.sampled_from(["0.5", "2.0", "0.25", "1e-3", "999999999999", "1000000000000", *SCOPE]),
)
texts = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", " - ", " // "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        inner.map("+ {}".format),
    ),
    max_leaves=12,
).filter(lambda text: len(text) <= 200)


@given(texts)
@example("-7//2%4")
def test_agrees_with_pythons_reading(text: str) -> None:
    try:
        expected = oracle(ast.parse(text, mode="eval").body)
    except (ZeroDivisionError, OverflowError):
        assert refusal(text).issue.code == "E106"
        return
    result = value(text)
    assert result == expected
    assert type(result) is type(expected)


@given(st.text("0129.eE+-*/%() \nCHx_[]{}=<>!,\"'é", max_size=30))
def test_any_text_has_a_value_or_a_refusal(text: str) -> None:
    try:
        result = Fraction(evaluate(parse(text), lambda _: 3))
    except ExpressionError:
        assert refusal(text, lambda again: evaluate(parse(again), lambda _: 3)).issue.code in ("E105", "E106")
    else:
        assert abs(result) <= MAX_VALUE


def test_fields_of_many_layers_are_read_once() -> None:
    """A text is parsed the first time that it is met."""
    texts = ("64", "4*C", "(F-1)/2")
    for text in texts:
        value(text)
    before = parse.cache_info()
    for _ in range(1000):
        for text in texts:
            value(text)
    after = parse.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (0, 3000)
