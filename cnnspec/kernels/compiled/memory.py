"""What kernels in numba's Python use beside whole numbers: memory by address, and the micro-kernels.

numba has no types: what touches it stands here, and in the files of the kernels that are compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

from .emitter import I32, I64
from .layout import LINE

Kernel = Callable[[int], None]


def fields(names: Sequence[str]) -> Any:
    """A function of a table's address and a name that gives the whole number that the table has under it."""

    @intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
    def field(typing: Any, table: Any, name: Any) -> Any:
        place = names.index(name.literal_value) * 8

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            at = builder.add(arguments[0], ir.Constant(I64, place))
            return builder.load(builder.inttoptr(at, I64.as_pointer()))

        return types.int64(types.int64, name), emit

    return field


def addresses(names: Sequence[str]) -> Any:
    """A function of a table's address, a name and a place along three axes: the address that the table has under the
    name, and as many of its steps, `_n`, `_a` and `_b` behind the name, further."""

    @intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
    def at(typing: Any, table: Any, name: Any, i: Any, j: Any, k: Any) -> Any:
        places = [names.index(f"{name.literal_value}{axis}") * 8 for axis in ("", "_n", "_a", "_b")]

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            table, _, *place = arguments
            found, *steps = (
                builder.load(builder.inttoptr(builder.add(table, ir.Constant(I64, each)), I64.as_pointer()))
                for each in places
            )
            for count, step in zip(place, steps, strict=True):
                found = builder.add(found, builder.mul(count, step))
            return found

        return types.int64(types.int64, name, types.int64, types.int64, types.int64), emit

    return at


@intrinsic  # type: ignore[untyped-decorator]
def number(typing: Any, table: Any, index: Any) -> Any:
    """The whole number at a place of a table."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = builder.add(arguments[0], builder.mul(arguments[1], ir.Constant(I64, 8)))
        return builder.load(builder.inttoptr(at, I64.as_pointer()))

    return types.int64(types.int64, types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def put(typing: Any, address: Any, index: Any, value: Any) -> Any:
    """Write a whole number to a place of a table."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = builder.add(arguments[0], builder.mul(arguments[1], ir.Constant(I64, 8)))
        builder.store(arguments[2], builder.inttoptr(at, I64.as_pointer()))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def copy_value(typing: Any, source: Any, target: Any) -> Any:
    """The 4 bytes at an address to another."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, target = (builder.inttoptr(address, I32.as_pointer()) for address in arguments)
        builder.store(builder.load(source), target)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def copy_line(typing: Any, source: Any, target: Any) -> Any:
    """The 64 bytes at an address to another."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        line = ir.VectorType(I32, LINE // 4).as_pointer()
        source, target = (builder.inttoptr(address, line) for address in arguments)
        found = builder.load(source)
        found.align = 4
        builder.store(found, target).align = 4
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def put_zero(typing: Any, target: Any) -> Any:
    """4 bytes of zeros to an address."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(ir.Constant(I32, 0), builder.inttoptr(arguments[0], I32.as_pointer()))
        return context.get_dummy_value()

    return types.void(types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def put_zero_line(typing: Any, target: Any) -> Any:
    """64 bytes of zeros to an address."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        line = ir.VectorType(I32, LINE // 4)
        target = builder.inttoptr(arguments[0], line.as_pointer())
        builder.store(ir.Constant(line, [0] * (LINE // 4)), target).align = 4
        return context.get_dummy_value()

    return types.void(types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def call(typing: Any, function: Any, table: Any) -> Any:
    """Call a native function, by its address, with its table."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [I64])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [arguments[1]])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def read(typing: Any, address: Any) -> Any:
    """The whole number at an address that other threads write to."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(builder.inttoptr(arguments[0], I64.as_pointer()), "seq_cst", 8)

    return types.int64(types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def write(typing: Any, address: Any, value: Any) -> Any:
    """Write a whole number that other threads read; all that was written before is there for them too."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[1], builder.inttoptr(arguments[0], I64.as_pointer()), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), emit


@intrinsic  # type: ignore[untyped-decorator]
def replace_if(typing: Any, address: Any, old: Any, new: Any) -> Any:
    """Replace the whole number at an address if it is still the old one; whether it was."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = builder.inttoptr(arguments[0], I64.as_pointer())
        return builder.extract_value(builder.cmpxchg(at, *arguments[1:], "seq_cst", "seq_cst"), 1)

    return types.boolean(types.int64, types.int64, types.int64), emit


PAUSES = {"x86_64": ("llvm.x86.sse2.pause", ()), "aarch64": ("llvm.aarch64.hint", (ir.Constant(I32, 1),))}
"""By the architecture: the instruction that tells a processor that it waits for another one."""


@intrinsic  # type: ignore[untyped-decorator]
def pause(typing: Any) -> Any:
    """Wait for some ten nanoseconds, without getting in the way of the core that is waited for."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        module = builder.module
        name, given = PAUSES.get(module.triple.partition("-")[0], ("", ()))
        if name:
            kind = ir.FunctionType(ir.VoidType(), [I32] * len(given))
            builder.call(module.globals.get(name) or ir.Function(module, kind, name=name), given)
        return context.get_dummy_value()

    return types.void(), emit


@register_jitable(inline="always")  # type: ignore[untyped-decorator]
def changed(address: int, value: int, looks: int, patience: int, give_way: int) -> bool:
    """Wait until the whole number at an address is another one than a value; False where it stays too long. Others may
    have the core, by the system's call for that, each time when it was looked at `looks` times, and `patience` times
    in all."""
    for _ in range(patience):
        for _ in range(looks):
            if read(address) != value:
                return True
            pause()
        call(give_way, 0)
    return False


def micro_kernel(emit_one: Callable[[Any, int], Any], sizes: range, count: int) -> Any:
    """A function of a size and `count` whole numbers: the micro-kernel of that size, one of several."""

    @intrinsic  # type: ignore[untyped-decorator]
    def call(typing: Any, size: Any, arguments: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            numbers = [builder.extract_value(given[1], i) for i in range(count)]
            kernels = {size: emit_one(builder.module, size) for size in sizes}
            behind = builder.append_basic_block()
            switch = builder.switch(given[0], behind)
            for size, kernel in kernels.items():
                block = builder.append_basic_block()
                switch.add_case(ir.Constant(I64, size), block)
                with builder.goto_block(block):
                    builder.call(kernel, numbers)
                    builder.branch(behind)
            builder.position_at_end(behind)
            return context.get_dummy_value()

        return types.void(types.int64, types.UniTuple(types.int64, count)), emit

    return call
