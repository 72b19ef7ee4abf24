"""The formulas of `Explanation`: what may stand in one, its value, and the same with numbers in place of names.

    + - * / **, brackets, numbers, names, `pi`, and min, max, exp, log, sqrt, tanh, erf,
    above(a, b): 1 where a > b, else 0

They are Python's expressions, read by its parser; nothing is ever handed to `eval`.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import numpy as np

OPERATORS: dict[type[ast.operator | ast.unaryop], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": np.minimum,
    "max": np.maximum,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "erf": math.erf,
    "above": operator.gt,
}
CONSTANTS = {"pi": math.pi}


@lru_cache(1024)
def parse(formula: str) -> ast.expr:
    """The formula as a tree. Raises ValueError for anything that is not in the list above."""
    tree = ast.parse(formula, mode="eval").body
    for node in _nodes(tree):
        if not _is_known(node):
            raise ValueError(f"{formula!r}: {ast.unparse(node)!r} has no place in a formula")
    return tree


def names(formula: str) -> tuple[str, ...]:
    """Its names in their order, each once."""
    return tuple(
        dict.fromkeys(n.id for n in _nodes(parse(formula)) if isinstance(n, ast.Name) and n.id not in CONSTANTS)
    )


def value(formula: str, values: Mapping[str, float]) -> float:
    """The formula's value in float64; out of range it is infinite or NaN, as in NumPy."""
    known = {name: np.float64(number) for name, number in (CONSTANTS | dict(values)).items()}
    with np.errstate(all="ignore"):
        return float(_value(parse(formula), known))


def _value(node: ast.expr, values: Mapping[str, np.float64]) -> np.float64:
    match node:
        case ast.Constant(value=number):
            return np.float64(number)  # type: ignore[arg-type]
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=op, operand=operand):
            return np.float64(OPERATORS[type(op)](_value(operand, values)))
        case ast.BinOp(left=left, op=op, right=right):
            return np.float64(OPERATORS[type(op)](_value(left, values), _value(right, values)))
        case ast.Call(func=ast.Name(id=function), args=args):
            return np.float64(FUNCTIONS[function](*(_value(argument, values) for argument in args)))
    raise AssertionError(ast.dump(node))


def with_numbers(formula: str, written: Mapping[str, str]) -> str:
    """The formula with each name's number, as it is written, in its place."""
    text = formula
    found = [node for node in _nodes(parse(formula)) if isinstance(node, ast.Name) and node.id in written]
    for name in sorted(found, key=lambda node: -node.col_offset):
        before, after = text[: name.col_offset], text[name.end_col_offset :]
        text = f"{before}{_set_in(written[name.id], before, after)}{after}"
    return text


def _set_in(number: str, before: str, after: str) -> str:
    """A number below 0 stands in brackets beside an operator that would take its sign."""
    beside = before.rstrip().endswith(tuple("+-*/")) or after.lstrip().startswith("**")
    return f"({number})" if number.startswith("-") and beside else number


def _nodes(node: ast.expr) -> Iterator[ast.expr]:
    """All expressions in it in the order of the text, but for the names of functions."""
    yield node
    for child in node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _nodes(child)


def _is_known(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float()) | ast.Name():
            return True
        case ast.UnaryOp(op=ast.unaryop() as op):
            return type(op) in OPERATORS
        case ast.BinOp(op=ast.operator() as op):
            return type(op) in OPERATORS
        case ast.Call(func=ast.Name(id=function), keywords=[]):
            return function in FUNCTIONS
    return False
