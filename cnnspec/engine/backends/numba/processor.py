"""The processor that code is compiled for: as the system describes it, else as LLVM does, which takes much memory."""

from __future__ import annotations

import platform
import sys
from functools import cache
from typing import Any

from ....kernels.compiled.vectors import Vectors, of_processor
from ....machine.compiled_code import load, version
from ....machine.hardware import instructions


@cache
def described() -> str:
    """All that tells processors apart, and by which LLVM: code for one is not for another."""
    found = instructions()
    if found.sets:
        names = *found.model, *sorted(found.sets)
    else:
        binding = _llvm()
        names = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    others = sys.platform, platform.machine(), sys.maxsize, version("llvmlite")
    return " ".join(map(str, (*names, *others)))


@cache
def vectors() -> Vectors:
    """Those of this processor."""
    sets = instructions().sets
    if not sets:
        sets = frozenset(name for name, there in _llvm().get_host_cpu_features().items() if there)
    return of_processor(platform.machine(), sets)


def runs_images() -> bool:
    """Whether `image.py` knows this processor's objects."""
    return sys.platform == "linux" and platform.machine() == "x86_64" and sys.maxsize > 2**32


@cache
def target(*, anywhere: bool = False) -> Any:
    """This processor, as LLVM has it. Its code may lie `anywhere` as it is, or is linked to an address."""
    binding = _llvm()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    triple = binding.Target.from_triple(binding.get_process_triple())
    model = {"reloc": "pic", "codemodel": "small"} if anywhere else {"jit": True}
    return triple.create_target_machine(cpu=binding.get_host_cpu_name(), features=features, opt=3, **model)


def _llvm() -> Any:
    return load("llvmlite.binding")
