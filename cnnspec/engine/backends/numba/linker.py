"""Code -> functions to call. An image needs only memory; an object is linked by LLVM, a library of 50 MiB."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple

from ....machine.compiled_code import load
from . import processor
from .executable import executable, is_image

_PROTOTYPE = ctypes.CFUNCTYPE(None, ctypes.c_int64)


class NativeFunction(NamedTuple):
    """Takes the address of a table; it lets go of the interpreter meanwhile."""

    address: int
    call: Callable[[int], None]


_ENGINES: list[Any] = []
"""Code lives as long as its engine."""


def linked(name: str, code: bytes) -> NativeFunction | None:
    """The function `name` of some code; None for an image where the system lets nobody execute what he wrote."""
    address = executable(code) if is_image(code) else _by_llvm(name, code)
    return NativeFunction(address, _PROTOTYPE(address)) if address else None


def _by_llvm(name: str, code: bytes) -> int:
    binding = load("llvmlite.binding")
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), processor.target())
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _ENGINES.append(engine)
    address: int = engine.get_function_address(name)
    assert address, f"no {name} in its own code"
    return address
