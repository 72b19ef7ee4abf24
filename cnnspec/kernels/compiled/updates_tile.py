"""The micro-kernels of a step of weights, and of the gradient's squares: over values that lie side by side.

Cost: that of reading and writing the weights, of reading the gradient, of both for what is remembered of each weight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from .emitter import FLOAT, Emitter, begin
from .layout import UPDATE_NUMBERS, UPDATES
from .values_tile import along_run
from .vectors import Vectors

UPDATE = ("w", "g", "first", "second", "vectors", "rest", "numbers")
"""Addresses, of slots also those that the rule does not have; whole vectors, and values of the last part, perhaps none;
where `UPDATE_NUMBERS` are."""
SQUARES = ("g", "out", "rounds", "vectors", "rest")
"""Addresses, of a float64 the second; rounds of `CHAINS` vectors, and what is left."""
CHAINS = 4
"""Sums beside each other: one alone would wait for its last addition."""
Rule = Callable[[Emitter, dict[str, Any], Any, Any, Sequence[Any]], tuple[Any, list[Any]]]
"""From the step's numbers, a weight, its gradient and its slots to the new weight and its new slots."""


def sgd(e: Emitter, by: dict[str, Any], w: Any, g: Any, slots: Sequence[Any]) -> tuple[Any, list[Any]]:
    return _along(e, by, w, g), []


def momentum(e: Emitter, by: dict[str, Any], w: Any, g: Any, slots: Sequence[Any]) -> tuple[Any, list[Any]]:
    v = e.multiply_add(slots[0], by["momentum"], g)
    return _along(e, by, w, v), [v]


def nesterov(e: Emitter, by: dict[str, Any], w: Any, g: Any, slots: Sequence[Any]) -> tuple[Any, list[Any]]:
    v = e.multiply_add(slots[0], by["momentum"], g)
    return _along(e, by, w, e.multiply_add(v, by["momentum"], g)), [v]


def adam(e: Emitter, by: dict[str, Any], w: Any, g: Any, slots: Sequence[Any]) -> tuple[Any, list[Any]]:
    b = e.builder
    m = e.multiply_add(b.fsub(g, slots[0]), by["new"], slots[0])
    v = e.multiply_add(b.fmul(g, g), by["new_squares"], b.fmul(slots[1], by["old_squares"]))
    root = e.multiply_add(e.unary("sqrt", v), by["by_root"], by["eps"])
    return _along(e, by, b.fmul(w, by["keep"]), b.fdiv(m, root)), [m, v]


def _along(e: Emitter, by: dict[str, Any], w: Any, way: Any) -> Any:
    """w - rate*way."""
    return e.multiply_add(e.builder.fneg(way), by["rate"], w)


RULES: dict[str, Rule] = {"sgd": sgd, "momentum": momentum, "nesterov": nesterov, "adam": adam}
SLOTS = {"sgd": 0, "momentum": 1, "nesterov": 1, "adam": 2}


def emit_update(module: Any, vectors: Vectors, which: int) -> Any:
    """A rule, put into an LLVM module once; of an odd number it adds decay to the gradient."""
    name, decays = UPDATES[which // 2], bool(which % 2)
    e, a = begin(module, f"update_{name}_{vectors.lanes}_{decays:d}", UPDATE, vectors.lanes)
    b = e.builder
    by = {number: e.repeat(e.at(a["numbers"], i, FLOAT)) for i, number in enumerate(UPDATE_NUMBERS)}
    slots = [a["first"], a["second"]][: SLOTS[name]]

    def body(along: Any, load: Any, store: Any) -> None:
        w, g, *old = (load(b.add(at, along)) for at in (a["w"], a["g"], *slots))
        g = b.fmul(g, by["shrink"])
        if decays:
            g = e.multiply_add(w, by["decay"], g)
        moved, new = RULES[name](e, by, w, g, old)
        for value, at in zip((moved, *new), (a["w"], *slots), strict=True):
            store(value, b.add(at, along))

    along_run(e, a, body)
    b.ret_void()
    return e.function


def emit_squares(module: Any, vectors: Vectors, which: int) -> Any:
    """The sum of squares of a run: those of each lane and chain by itself, then all of them by halves."""
    e, a = begin(module, f"squares_{vectors.lanes}", SQUARES, vectors.lanes)
    b = e.builder
    totals = [b.alloca(e.vector) for _ in range(CHAINS)]
    for total in totals:
        b.store(e.zeros(), total)

    def add(value: Any, total: Any) -> None:
        b.store(e.multiply_add(value, value, b.load(total)), total)

    width = e.lanes * FLOAT
    with b.if_then(b.icmp_signed(">", a["rounds"], e.number(0))), e.loop(a["rounds"], []) as (i, _):
        at = e.at(a["g"], i, CHAINS * width)
        for chain, total in enumerate(totals):
            add(e.load(e.at(at, chain, width)), total)
    a["left"] = e.at(a["g"], a["rounds"], CHAINS * width)
    along_run(e, a, lambda along, load, store: add(load(b.add(a["left"], along)), totals[0]))
    ours, theirs = (b.fadd(b.load(totals[i]), b.load(totals[i + 2])) for i in range(2))
    found = b.fpext(e.total(b.fadd(ours, theirs)), ir.DoubleType())
    b.store(found, b.inttoptr(a["out"], ir.DoubleType().as_pointer()))
    b.ret_void()
    return e.function
