"""The micro-kernels of batch normalisation: each takes one vector of channels, of which fewer may be there."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from .emitter import F32, I64, begin
from .tables import FOUND, KEPT, KEPT_WIDE
from .vectors import Vectors

NUMBERS = ("eps", "share", "cells", "unbiased")
"""In float64: of the layer; the batch's share in the running statistics; how many cells there are, and by what their
variance is multiplied for that of what they are a sample of."""
SPREAD = ("x", "about", "rounds", "cell", "first", "second", "valid")
MOMENTS = ("x", "dy", "mean", "rounds", "cell", "first", "second", "valid")
FACTORS = (
    "about", "weight", "bias", "running_mean", "running_var", "kept", "wide", "sums", "parts", "row", "numbers",
    "valid",
)  # fmt: skip
SLOPES = ("wide", "found", "sums", "parts", "row", "numbers", "valid")
MIX = ("x", "y", "by_x", "by_y", "plus", "out", "rounds", "cell", "valid")


class Tile:
    """Writes one of them: `e` and its builder `b`, its whole numbers `a` by name; vectors of float32 and float64."""

    def __init__(self, module: Any, vectors: Vectors, name: str, arguments: tuple[str, ...], is_part: int) -> None:
        self.e, self.a = begin(module, f"channel_{name}_{vectors.lanes}_{is_part}", arguments, vectors.lanes)
        self.b = self.e.builder
        self._mask = self.e.mask(self.a["valid"]) if is_part else None
        self._doubles = ir.VectorType(ir.DoubleType(), vectors.lanes)

    def load(self, address: Any) -> Any:
        """The channels that there are, zeros beside them."""
        return self.e.load(address) if self._mask is None else self.e.load_part(address, self._mask)

    def store(self, value: Any, address: Any) -> None:
        if self._mask is None:
            self.e.store(value, address)
        else:
            self.e.store_part(value, address, self._mask)

    def load_wide(self, address: Any) -> Any:
        found = self.b.load(self.b.inttoptr(address, self._doubles.as_pointer()))
        found.align = 8
        return found

    def store_wide(self, value: Any, address: Any) -> None:
        self.b.store(value, self.b.inttoptr(address, self._doubles.as_pointer())).align = 8

    def widened(self, value: Any) -> Any:
        return self.b.fpext(value, self._doubles)

    def narrowed(self, value: Any) -> Any:
        return self.b.fptrunc(value, self.e.vector)

    def wide(self, value: float) -> Any:
        """One number over and over."""
        return ir.Constant(self._doubles, [value] * self.e.lanes)

    def number(self, name: str) -> Any:
        """One of `NUMBERS`, over and over."""
        at = self.e.at(self.a["numbers"], NUMBERS.index(name))
        return self.spread(self.b.load(self.b.inttoptr(at, ir.DoubleType().as_pointer())))

    def spread(self, value: Any) -> Any:
        """A float64 over and over."""
        first = self.b.insert_element(ir.Constant(self._doubles, ir.Undefined), value, ir.Constant(I64, 0))
        order = ir.Constant(ir.VectorType(ir.IntType(32), self.e.lanes), [0] * self.e.lanes)
        return self.b.shuffle_vector(first, ir.Constant(self._doubles, ir.Undefined), order)

    def root(self, value: Any) -> Any:
        name, kind = f"llvm.sqrt.v{self.e.lanes}f64", ir.FunctionType(self._doubles, [self._doubles])
        module = self.e.function.module
        return self.b.call(module.globals.get(name) or ir.Function(module, kind, name=name), [value])

    def row(self, of: str, names: tuple[str, ...], name: str, size: int = 1) -> Any:
        """The address of a row among those of an argument; rows of float64 have twice the size."""
        return self.b.add(self.a[of], self.b.mul(self.a["row"], self.e.number(size * names.index(name))))

    def add_to_sums(self, *values: Any) -> None:
        """float64 to those of the part."""
        for place, value in zip(("first", "second"), values, strict=True):
            self.store_wide(self.b.fadd(self.load_wide(self.a[place]), value), self.a[place])

    def sums_of_parts(self) -> tuple[Any, Any]:
        """Both sums, added up in the parts' order."""
        step = self.b.mul(self.a["row"], self.e.number(4))
        with self.e.loop(self.a["parts"], [self.wide(0)] * 2) as (part, totals):
            first = self.b.add(self.a["sums"], self.b.mul(step, part))
            for i, at in enumerate((first, self.b.add(first, self.b.mul(self.a["row"], self.e.number(2))))):
                totals[i] = self.b.fadd(totals[i], self.load_wide(at))
        return totals[0], totals[1]

    def cells(self, chains: int, arrays: tuple[str, ...], sums: int, add: Any) -> list[Any]:
        """So many sums over `rounds` times `chains` cells, of what `add` makes of them so far and a cell's values."""
        b, e, a = self.b, self.e, self.a
        with e.loop(a["rounds"], [e.zeros()] * (chains * sums) + [e.number(0)]) as (_, carried):
            at = carried[-1]
            for i in range(chains):
                place = slice(i * sums, (i + 1) * sums)
                carried[place] = add(carried[place], *(self.load(b.add(a[name], at)) for name in arrays))
                at = b.add(at, a["cell"])
            carried[-1] = at
        totals = carried[:sums]
        for i in range(1, chains):
            totals = [b.fadd(total, other) for total, other in zip(totals, carried[i * sums :], strict=False)]
        return totals


def emit_spread(module: Any, vectors: Vectors, chains: int, is_part: int) -> Any:
    """Adds to `first` the sum of x about a channel's value, to `second` that of the squares: those about the block's
    own mean, then what the mean itself is away."""
    t = Tile(module, vectors, f"spread_{chains}", SPREAD, is_part)
    b, e = t.b, t.e
    about = t.load(t.a["about"])
    (total,) = t.cells(chains, ("x",), 1, lambda sums, x: [b.fadd(sums[0], b.fsub(x, about))])
    count = b.sitofp(b.mul(t.a["rounds"], e.number(chains)), ir.DoubleType())
    share = b.fdiv(ir.Constant(ir.DoubleType(), 1), count)
    mean = b.fmul(total, e.spread(b.fptrunc(share, F32)))

    def square(sums: list[Any], x: Any) -> list[Any]:
        apart = b.fsub(b.fsub(x, about), mean)
        return [e.multiply_add(apart, apart, sums[0])]

    (squares,) = t.cells(chains, ("x",), 1, square)
    away = t.widened(total)
    t.add_to_sums(away, b.fadd(t.widened(squares), b.fmul(b.fmul(away, away), t.spread(share))))
    b.ret_void()
    return e.function


def emit_moments(module: Any, vectors: Vectors, chains: int, is_part: int) -> Any:
    """Adds to `first` the sum of dy, to `second` that of dy times x about the mean."""
    t = Tile(module, vectors, f"moments_{chains}", MOMENTS, is_part)
    b, e = t.b, t.e
    mean = t.load(t.a["mean"])

    def add(sums: list[Any], x: Any, dy: Any) -> list[Any]:
        return [b.fadd(sums[0], dy), e.multiply_add(dy, b.fsub(x, mean), sums[1])]

    t.add_to_sums(*map(t.widened, t.cells(chains, ("x", "dy"), 2, add)))
    b.ret_void()
    return e.function


def emit_factors(module: Any, vectors: Vectors, is_part: int) -> Any:
    """`KEPT` of the sums of all parts."""
    t = Tile(module, vectors, "factors", FACTORS, is_part)
    b, cells, share = t.b, t.number("cells"), t.number("share")
    weight, bias, old_mean, old_var = (
        t.widened(t.load(t.a[name])) for name in ("weight", "bias", "running_mean", "running_var")
    )
    first, second = t.sums_of_parts()
    away = b.fdiv(first, cells)
    mean = b.fadd(t.widened(t.load(t.a["about"])), away)
    variance = b.fsub(b.fdiv(second, cells), b.fmul(away, away))
    variance = b.select(b.fcmp_ordered("<", variance, t.wide(0)), t.wide(0), variance)
    scale = b.fdiv(t.wide(1), t.root(b.fadd(variance, t.number("eps"))))
    factor = b.fmul(weight, scale)

    def moved(old: Any, new: Any) -> Any:
        return b.fadd(b.fmul(b.fsub(t.wide(1), share), old), b.fmul(share, new))

    offset = b.fsub(bias, b.fmul(mean, factor))
    unbiased = b.fmul(variance, t.number("unbiased"))
    kept = (factor, offset, mean, moved(old_mean, mean), moved(old_var, unbiased))
    for name, value in zip(KEPT, kept, strict=True):
        t.e.store(t.narrowed(value), t.row("kept", KEPT, name))
    for name, value in zip(KEPT_WIDE, (mean, factor, scale), strict=True):
        t.store_wide(value, t.row("wide", KEPT_WIDE, name, size=2))
    b.ret_void()
    return t.e.function


def emit_slopes(module: Any, vectors: Vectors, is_part: int) -> Any:
    """`FOUND` of the sums of all parts."""
    t = Tile(module, vectors, "slopes", SLOPES, is_part)
    b, cells = t.b, t.number("cells")
    mean, factor, scale = (t.load_wide(t.row("wide", KEPT_WIDE, name, size=2)) for name in KEPT_WIDE)
    by_bias, about_rounded = t.sums_of_parts()
    by_factor = b.fadd(about_rounded, b.fmul(by_bias, b.fsub(t.widened(t.narrowed(mean)), mean)))
    slope = b.fneg(b.fmul(b.fmul(b.fmul(factor, scale), scale), b.fdiv(by_factor, cells)))
    plus = b.fneg(b.fadd(b.fmul(factor, b.fdiv(by_bias, cells)), b.fmul(slope, mean)))
    for name, value in zip(FOUND, (slope, plus, b.fmul(by_factor, scale), by_bias), strict=True):
        t.e.store(t.narrowed(value), t.row("found", FOUND, name))
    b.ret_void()
    return t.e.function


def emit_mix(module: Any, vectors: Vectors, has_y: bool, is_part: int) -> Any:
    """out = x*by_x + y*by_y + plus of `rounds` cells; without y where there is none."""
    t = Tile(module, vectors, f"mix_{has_y:d}", MIX, is_part)
    b, e, a = t.b, t.e, t.a
    by_x, by_y, plus = e.load(a["by_x"]), e.load(a["by_y"]) if has_y else None, e.load(a["plus"])
    with e.loop(a["rounds"], [e.number(0)]) as (_, places):
        at = places[0]
        value = e.multiply_add(t.load(b.add(a["x"], at)), by_x, plus)
        if has_y:
            value = e.multiply_add(t.load(b.add(a["y"], at)), by_y, value)
        t.store(value, b.add(a["out"], at))
        places[0] = b.add(at, a["cell"])
    b.ret_void()
    return e.function
