"""The micro-kernels of layers that take each value for itself, or a cell's values together: a run of neighbours.

Cost: that of memory for joins; a function takes ten to thirty instructions a vector.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .emitter import F32, FLOAT, Emitter, begin
from .functions import OF_GRADIENT, OF_ONE, OF_TWO, exp, log
from .layout import FUNCTIONS, JOINS, PARAMETERS, SLOPES
from .vectors import Vectors

ONE = ("x", "out", "vectors", "rest", "parameters")
TWO = ("x", "y", "out", "vectors", "rest")
SLOPE = ("dy", "y", "out", "vectors", "rest", "parameters")
SHARES = ("x", "out", "vectors", "rest")
"""Addresses; whole vectors of the run, and values of its last part, perhaps none."""
Body = Callable[[Any, Callable[[Any], Any], Callable[[Any, Any], None]], None]
"""What is done at so many bytes from the run's begin, with how to load and to store there."""


def emit_one(module: Any, vectors: Vectors, which: int) -> Any:
    """A function of each value, put into an LLVM module once."""
    name = FUNCTIONS[which]
    e, a = begin(module, f"value_{name}_{vectors.lanes}", ONE, vectors.lanes)
    given = [e.repeat(e.at(a["parameters"], i, FLOAT)) for i in range(PARAMETERS)]

    def body(along: Any, load: Any, store: Any) -> None:
        store(OF_ONE[name](e, load(e.builder.add(a["x"], along)), given), e.builder.add(a["out"], along))

    along_run(e, a, body)
    e.builder.ret_void()
    return e.function


def emit_two(module: Any, vectors: Vectors, which: int) -> Any:
    """A function of two values each; of an odd number the second is the same for all, as a gate's for a cell."""
    name, is_same = JOINS[which // 2], bool(which % 2)
    e, a = begin(module, f"join_{name}_{vectors.lanes}_{is_same:d}", TWO, vectors.lanes)
    b = e.builder
    same = e.repeat(a["y"]) if is_same else None

    def body(along: Any, load: Any, store: Any) -> None:
        x, y = load(b.add(a["x"], along)), same if is_same else load(b.add(a["y"], along))
        store(OF_TWO[name](e, x, y), b.add(a["out"], along))

    along_run(e, a, body)
    b.ret_void()
    return e.function


def emit_slope(module: Any, vectors: Vectors, which: int) -> Any:
    """A gradient times a function's derivative, by the function's values."""
    name = SLOPES[which]
    e, a = begin(module, f"slope_{name}_{vectors.lanes}", SLOPE, vectors.lanes)
    b = e.builder
    given = [e.repeat(e.at(a["parameters"], i, FLOAT)) for i in range(PARAMETERS)]

    def body(along: Any, load: Any, store: Any) -> None:
        dy, y = load(b.add(a["dy"], along)), load(b.add(a["y"], along))
        store(OF_GRADIENT[name](e, dy, y, given), b.add(a["out"], along))

    along_run(e, a, body)
    b.ret_void()
    return e.function


def emit_shares(module: Any, vectors: Vectors, which: int) -> Any:
    """Softmax of a run: exp(x - largest) / sum. Its values are read twice, and its powers once. Or, where `which` is 1,
    its logarithm: x - largest - log(sum), by values that are read three times."""
    e, a = begin(module, f"shares_{vectors.lanes}_{which}", SHARES, vectors.lanes)
    b = e.builder
    lowest = e.constant(float("-inf"))
    largest, total = (b.alloca(e.vector) for _ in range(2))
    b.store(lowest, largest)
    b.store(e.zeros(), total)
    mask = e.mask(a["rest"])

    def find(along: Any, load: Any, store: Any) -> None:
        x, most = load(b.add(a["x"], along)), b.load(largest)
        x = x if load == e.load else b.select(mask, x, lowest)
        b.store(b.select(b.fcmp_ordered(">", x, most), x, most), largest)

    along_run(e, a, find)
    most = e.spread(e.largest(b.load(largest)))

    def raised(along: Any, load: Any, store: Any) -> None:
        y = exp(e, b.fsub(load(b.add(a["x"], along)), most))
        if which == 0:
            store(y, b.add(a["out"], along))
        b.store(b.fadd(b.load(total), y if load == e.load else b.select(mask, y, e.zeros())), total)

    along_run(e, a, raised)
    whole = e.total(b.load(total))
    share = e.spread(b.fdiv(F32(1.0), whole)) if which == 0 else log(e, e.spread(whole))

    def divided(along: Any, load: Any, store: Any) -> None:
        store(b.fmul(load(b.add(a["out"], along)), share), b.add(a["out"], along))

    def less(along: Any, load: Any, store: Any) -> None:
        store(b.fsub(b.fsub(load(b.add(a["x"], along)), most), share), b.add(a["out"], along))

    along_run(e, a, divided if which == 0 else less)
    b.ret_void()
    return e.function


def along_run(e: Emitter, a: dict[str, Any], body: Body) -> None:
    """A run vector by vector, and what is left of it."""
    b = e.builder
    width = e.number(e.lanes * FLOAT)
    with b.if_then(b.icmp_signed(">", a["vectors"], e.number(0))), e.loop(a["vectors"], []) as (i, _):
        body(b.mul(i, width), e.load, e.store)
    with b.if_then(b.icmp_signed(">", a["rest"], e.number(0))):
        mask = e.mask(a["rest"])
        body(
            b.mul(a["vectors"], width),
            lambda at: e.load_part(at, mask),
            lambda value, at: e.store_part(value, at, mask),
        )
