"""What the micro-kernels are written with: LLVM's instructions for vectors of float32, addresses as whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

I64, I32, F32 = ir.IntType(64), ir.IntType(32), ir.FloatType()
Value = Any
FLOAT = 4
"""Bytes of a float32."""


def begin(module: Any, name: str, arguments: Sequence[str], lanes: int) -> tuple[Emitter, dict[str, Value]]:
    """A micro-kernel put into an LLVM module: what writes its function, and its whole numbers by their names."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * len(arguments)), name=name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    return Emitter(function, lanes), dict(zip(arguments, function.args, strict=True))


class Emitter:
    """Writes a function of whole numbers, which gives nothing back."""

    def __init__(self, function: Any, lanes: int) -> None:
        self.function = function
        self.lanes = lanes
        self.vector = ir.VectorType(F32, lanes)
        self.builder: Any = ir.IRBuilder(function.append_basic_block("entry"))

    def number(self, value: int) -> Value:
        return ir.Constant(I64, value)

    def zeros(self) -> Value:
        return ir.Constant(self.vector, [0.0] * self.lanes)

    def constant(self, value: float) -> Value:
        """A vector of one number over and over."""
        return ir.Constant(self.vector, [value] * self.lanes)

    def at(self, address: Value, index: Value | int = 0, size: int = 8) -> Value:
        """The address `index` places of `size` bytes further."""
        b = self.builder
        if isinstance(index, int):
            return address if index == 0 else b.add(address, self.number(index * size))
        return b.add(address, b.mul(index, self.number(size)))

    def load(self, address: Value) -> Value:
        """A vector from an address of any alignment."""
        found = self.builder.load(self.builder.inttoptr(address, self.vector.as_pointer()))
        found.align = 1
        return found

    def load_number(self, address: Value) -> Value:
        return self.builder.load(self.builder.inttoptr(address, I64.as_pointer()))

    def repeat(self, address: Value) -> Value:
        """A vector of one value over and over."""
        return self.spread(self.builder.load(self.builder.inttoptr(address, F32.as_pointer())))

    def load_value(self, address: Value) -> Value:
        """One float32 from an address of any alignment."""
        found = self.builder.load(self.builder.inttoptr(address, F32.as_pointer()))
        found.align = 1
        return found

    def total(self, x: Value) -> Value:
        """The sum of a vector's values, by halves."""
        function = self._declared(f"llvm.vector.reduce.fadd.v{self.lanes}f32", F32, [F32, self.vector])
        return self.builder.call(function, [ir.Constant(F32, -0.0), x], fastmath=("reassoc",))

    def store(self, value: Value, address: Value) -> None:
        self.builder.store(value, self.builder.inttoptr(address, self.vector.as_pointer())).align = FLOAT

    def mask(self, valid: Value) -> Value:
        """The first `valid` lanes."""
        return self.builder.icmp_signed("<", self._lanes(list(range(self.lanes))), self.spread_number(valid))

    def between(self, first: Value, end: Value) -> Value:
        """The lanes from one number on and before another."""
        b = self.builder
        beside = b.xor(self.mask(first), ir.Constant(ir.VectorType(ir.IntType(1), self.lanes), [1] * self.lanes))
        return b.and_(beside, self.mask(end))

    def load_part(self, address: Value, mask: Value) -> Value:
        """The lanes of a mask, zeros beside them: what is not wanted is not read."""
        bits = ir.VectorType(ir.IntType(1), self.lanes)
        pointer = self.builder.inttoptr(address, self.vector.as_pointer())
        name = f"llvm.masked.load.v{self.lanes}f32.p0"
        function = self._declared(name, self.vector, [pointer.type, I32, bits, self.vector])
        return self.builder.call(function, [pointer, ir.Constant(I32, 1), mask, self.zeros()])

    def store_part(self, value: Value, address: Value, mask: Value) -> None:
        """The lanes of a mask; what lies beside them stays."""
        bits = ir.VectorType(ir.IntType(1), self.lanes)
        pointer = self.builder.inttoptr(address, self.vector.as_pointer())
        name = f"llvm.masked.store.v{self.lanes}f32.p0"
        function = self._declared(name, ir.VoidType(), [self.vector, pointer.type, I32, bits])
        self.builder.call(function, [value, pointer, ir.Constant(I32, FLOAT), mask])

    def whole_numbers(self, value: int) -> Value:
        """A vector of one whole number over and over, of 32 bits each."""
        return self._lanes([value] * self.lanes)

    def spread_number(self, value: Value) -> Value:
        """The same of a whole number that is not known beforehand."""
        b, kind = self.builder, ir.VectorType(I32, self.lanes)
        first = b.insert_element(ir.Constant(kind, ir.Undefined), b.trunc(value, I32), ir.Constant(I32, 0))
        return b.shuffle_vector(first, ir.Constant(kind, ir.Undefined), self.whole_numbers(0))

    def load_bytes(self, address: Value, mask: Value | None = None) -> Value:
        """Whole numbers of 32 bits, of a byte each in memory; with a mask its lanes alone."""
        kind, bits = (ir.VectorType(ir.IntType(size), self.lanes) for size in (8, 1))
        pointer = self.builder.inttoptr(address, kind.as_pointer())
        if mask is None:
            found = self.builder.load(pointer)
            found.align = 1
        else:
            name = f"llvm.masked.load.v{self.lanes}i8.p0"
            function = self._declared(name, kind, [pointer.type, I32, bits, kind])
            nothing = ir.Constant(kind, [0] * self.lanes)
            found = self.builder.call(function, [pointer, ir.Constant(I32, 1), mask, nothing])
        return self.builder.zext(found, ir.VectorType(I32, self.lanes))

    def store_bytes(self, value: Value, address: Value, mask: Value | None = None) -> None:
        """Whole numbers as a byte each; with a mask its lanes alone."""
        kind, bits = (ir.VectorType(ir.IntType(size), self.lanes) for size in (8, 1))
        value = self.builder.trunc(value, kind)
        pointer = self.builder.inttoptr(address, kind.as_pointer())
        if mask is None:
            self.builder.store(value, pointer).align = 1
        else:
            name = f"llvm.masked.store.v{self.lanes}i8.p0"
            function = self._declared(name, ir.VoidType(), [kind, pointer.type, I32, bits])
            self.builder.call(function, [value, pointer, ir.Constant(I32, 1), mask])

    def multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        """a*b + c, rounded once where the processor can."""
        function = self._declared(f"llvm.fmuladd.v{self.lanes}f32", self.vector, [self.vector] * 3)
        return self.builder.call(function, [a, b, c])

    def unary(self, name: str, x: Value) -> Value:
        """One of LLVM's own functions of a vector."""
        return self.builder.call(self._declared(f"llvm.{name}.v{self.lanes}f32", self.vector, [self.vector]), [x])

    def signed(self, x: Value, like: Value) -> Value:
        """x with the sign of another."""
        function = self._declared(f"llvm.copysign.v{self.lanes}f32", self.vector, [self.vector] * 2)
        return self.builder.call(function, [x, like])

    def largest(self, x: Value) -> Value:
        """The largest of a vector's values; what is no number may be passed over."""
        function = self._declared(f"llvm.vector.reduce.fmax.v{self.lanes}f32", F32, [self.vector])
        return self.builder.call(function, [x])

    def spread(self, value: Value) -> Value:
        """A vector of one value over and over."""
        b = self.builder
        first = b.insert_element(ir.Constant(self.vector, ir.Undefined), value, ir.Constant(I32, 0))
        return b.shuffle_vector(first, ir.Constant(self.vector, ir.Undefined), self._lanes([0] * self.lanes))

    def clamp(self, x: Value, low: Value, high: Value) -> Value:
        """x within limits; what is no number stays so."""
        b = self.builder
        x = b.select(b.fcmp_ordered(">", low, x), low, x)
        return b.select(b.fcmp_ordered("<", high, x), high, x)

    def choose(
        self, condition: Value, then: Callable[[], list[Value]], other: Callable[[], list[Value]]
    ) -> list[Value]:
        """The values of one of two ways."""
        b = self.builder
        with b.if_else(condition) as (yes, no):
            with yes:
                ours, ours_end = then(), b.block
            with no:
                theirs, theirs_end = other(), b.block
        chosen = []
        for one, two in zip(ours, theirs, strict=True):
            phi = b.phi(one.type)
            phi.add_incoming(one, ours_end)
            phi.add_incoming(two, theirs_end)
            chosen.append(phi)
        return chosen

    @contextmanager
    def loop(self, count: Value, carried: Sequence[Value]) -> Iterator[tuple[Value, list[Value]]]:
        """A loop of at least one round: its number, and values that each round gives to the next. The block changes
        the list to what it gives; behind it, the list holds what the last round gave."""
        b = self.builder
        before, body = b.block, self.function.append_basic_block()
        behind = self.function.append_basic_block()
        b.branch(body)
        b.position_at_end(body)
        index = b.phi(I64)
        index.add_incoming(self.number(0), before)
        phis = [b.phi(value.type) for value in carried]
        for phi, value in zip(phis, carried, strict=True):
            phi.add_incoming(value, before)
        values: list[Value] = list(phis)
        yield index, values
        following = b.add(index, self.number(1))
        index.add_incoming(following, b.block)
        for phi, value in zip(phis, values, strict=True):
            phi.add_incoming(value, b.block)
        b.cbranch(b.icmp_signed("<", following, count), body, behind)
        b.position_at_end(behind)

    def _lanes(self, values: list[int]) -> Value:
        return ir.Constant(ir.VectorType(I32, self.lanes), values)

    def _declared(self, name: str, result: Any, arguments: list[Any]) -> Value:
        module = self.function.module
        return module.globals.get(name) or ir.Function(module, ir.FunctionType(result, arguments), name=name)
