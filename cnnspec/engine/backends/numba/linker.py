"""Object code -> functions to call, by LLVM alone: numba, which takes most of a second to import, is not needed."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from ....kernels.compiled.vectors import Vectors, of_processor

_PROTOTYPE = ctypes.CFUNCTYPE(None, ctypes.c_int64)


class NativeFunction(NamedTuple):
    """Takes the address of a table; it lets go of the interpreter meanwhile."""

    address: int
    call: Callable[[int], None]


@cache
def target() -> Any:
    """This processor, as LLVM has it."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    triple = binding.Target.from_triple(binding.get_process_triple())
    return triple.create_target_machine(cpu=binding.get_host_cpu_name(), features=features, opt=3, jit=True)


@cache
def processor() -> str:
    """Its name and all that it can, and by which LLVM: code for one is not for another."""
    import llvmlite
    from llvmlite import binding

    described = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten(), binding.get_process_triple()
    return " ".join((*described, llvmlite.__version__))


@cache
def vectors() -> Vectors:
    """Those of this processor."""
    from llvmlite import binding

    has = frozenset(name for name, there in binding.get_host_cpu_features().items() if there)
    return of_processor(binding.get_process_triple().partition("-")[0], has)


_ENGINES: list[Any] = []
"""Code lives as long as its engine."""


def linked(name: str, code: bytes) -> NativeFunction:
    """The function `name` of some object code."""
    from llvmlite import binding

    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target())
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _ENGINES.append(engine)
    address = engine.get_function_address(name)
    assert address, f"no {name} in its own code"
    return NativeFunction(address, _PROTOTYPE(address))
