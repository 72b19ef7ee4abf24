"""A kernel in numba's Python -> code for this processor, which needs nothing of Python to run.

numba makes LLVM's instructions of the source; what takes the time, and much memory, is done once and kept.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

from ....kernels.compiled.vectors import Vectors
from ....machine.compiled_code import load
from . import processor
from .image import NoImageError, image

SOURCES = {
    "apply": ("values", "apply"),
    "assist": ("running", "assist"),
    "by_depthwise_filters": ("gradients", "by_depthwise_filters"),
    "by_filters": ("gradients", "by_filters"),
    "channel_response": ("channel_response", "channel_response"),
    "channel_taps": ("channel_taps", "channel_taps"),
    "convolution": ("convolution", "convolve"),
    "dense": ("dense", "dense"),
    "energy": ("windows", "energy"),
    "depthwise": ("windows", "depthwise"),
    "depthwise_3": ("windows", "depthwise_3"),
    "depthwise_3_2": ("windows", "depthwise_3_2"),
    "depthwise_5": ("windows", "depthwise_5"),
    "depthwise_5_2": ("windows", "depthwise_5_2"),
    "filters_to_places": ("transforms", "filters_to_places"),
    "from_places": ("winograd", "from_places"),
    "gather": ("running", "gather"),
    "gradient_to_places": ("transforms", "gradient_to_places"),
    "highest": ("highest", "highest"),
    "highest_back": ("highest", "highest_back"),
    "interleave": ("interleaving", "interleave"),
    "join": ("values", "join"),
    "largest": ("windows", "largest"),
    "lead": ("running", "lead"),
    "map_norm": ("map_norm", "map_norm"),
    "map_statistics": ("map_norm", "map_statistics"),
    "move": ("movement", "move"),
    "narrow_convolution": ("narrow_convolution", "convolve_narrow"),
    "normalise": ("batch_norm", "normalise"),
    "normalise_back": ("batch_norm", "normalise_back"),
    "place_products": ("place_products", "place_products"),
    "places_to_filters": ("transforms", "places_to_filters"),
    "repeat": ("running", "repeat"),
    "resample": ("resampling", "resample"),
    "run": ("running", "run"),
    "run_norm": ("run_norm", "run_norm"),
    "shares": ("values", "shares"),
    "sequence": ("running", "sequence"),
    "slope": ("values", "slope"),
    "squared_norm": ("updates", "squared_norm"),
    "to_places": ("transforms", "to_places"),
    "transpose": ("transposition", "transpose"),
    "total": ("windows", "total"),
    "update": ("updates", "update"),
}
"""By the kernel's name: its file in `kernels/compiled`, and the function there that makes it for some vectors."""

ENTRY = """
define void @{name}(i64 %table) {{
  %result = alloca ptr
  %error = alloca ptr
  %status = call i32 @"{inner}"(ptr %result, ptr %error, i64 %table)
  ret void
}}
"""
"""numba's own calling convention behind C's."""


def compiled(name: str, vectors: Vectors) -> bytes:
    """The code of a kernel: an image where its object gives one, else the object."""
    module = _module(name, vectors)
    if processor.runs_images():
        with suppress(NoImageError):
            return image(_object(module, anywhere=True), name)
    return _object(module)


def compiled_object(name: str, vectors: Vectors) -> bytes:
    """The object code of a kernel, for LLVM to link."""
    return _object(_module(name, vectors))


def _object(module: Any, *, anywhere: bool = False) -> bytes:
    code: bytes = processor.target(anywhere=anywhere).emit_object(module)
    return code


def _module(name: str, vectors: Vectors) -> Any:
    """LLVM's instructions."""
    numba, binding = load("numba"), load("llvmlite.binding")
    file, function = SOURCES[name]
    source = getattr(import_module(f"cnnspec.kernels.compiled.{file}"), function)(vectors)
    options = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    kernel: Any = numba.njit(numba.void(numba.int64), **options)(source)
    signature = kernel.signatures[0]
    inner = kernel.overloads[signature].fndesc.llvm_func_name
    module = binding.parse_assembly(kernel.inspect_llvm(signature) + ENTRY.format(name=name, inner=inner))
    outside = [f.name for f in module.functions if f.is_declaration and not f.name.startswith(("llvm.", "mem"))]
    assert not outside, f"{name} needs {', '.join(outside)}"
    return module
