"""A PyTorch module as a spec: written as ONNX in memory, with its names and batch norms, and imported from there."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..diagnostics import Diagnostic, FileError
from ..diagnostics.missing_package import needed
from ..files.reading import AnyPath
from ..graph.shape import Shape
from .imported import Imported
from .importer import Wish
from .torch_pooling import adaptive_pooling_written


def from_torch(module: Any, shape: Shape, path: AnyPath | None = None, *, verify: bool = True) -> Imported:
    """A `torch.nn.Module` that takes one image (C, H, W), signal (C, W) or vector (C,), as a spec.

    Its tensors have their names in the state_dict, and are float32 whatever they are there. With a `path` the spec is
    written there, and its weights beside it.
    The module is taken as it runs, not as it is trained, and stays as it was. Both are held against each other on
    random inputs, unless `verify` is off. Raises FileError: E417 without the packages torch and onnx, E415 for a path
    that cannot be written, E430 for a module that PyTorch cannot write as ONNX, E431 for operations that are no layers,
    E432 where the spec computes something else.
    """
    torch: Any = needed("reading PyTorch modules", "torch")
    needed("reading PyTorch modules", "onnx")
    from .onnx.importing.faults import broken
    from .onnx.importing.model import imported
    from .onnx.importing.model_file import parsed

    is_shape = isinstance(shape, Sequence) and 1 <= len(shape) <= 3 and all(isinstance(size, int) for size in shape)
    if not isinstance(module, torch.nn.Module) or not is_shape or min(shape) < 1:
        raise TypeError("from_torch takes a torch.nn.Module and the shape (C, H, W), (C, W) or (C,) of its input")
    name, data = type(module).__name__, io.BytesIO()
    with _as_it_runs(module), adaptive_pooling_written(torch), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                module,
                (torch.zeros(1, *shape, dtype=_numbers(module)),),
                data,
                dynamo=False,  # the other one wants more packages, and folds batch norms
                training=torch.onnx.TrainingMode.PRESERVE,
                do_constant_folding=False,
            )
        except MemoryError:
            raise
        except Exception as fault:  # whatever a module raises when it is traced
            raise broken(name, "PyTorch cannot write the module as ONNX", str(fault), "") from fault
    try:
        found = imported(parsed(data.getvalue(), name), name, Wish(_weights(path), verify=verify), is_file=False)
    except FileError as fault:
        raise FileError([_in_python(each) for each in fault.diagnostics]) from fault
    if path is not None:
        from .importing import write_spec

        write_spec(found, path)
    return found


def _in_python(found: Diagnostic) -> Diagnostic:
    """A finding without the command's options, which a call does not have."""
    help = "" if found.code == "E431" else found.help.replace("`--no-verify` writes", "`verify=False` gives")
    return replace(found, help=help)


def _weights(path: AnyPath | None) -> str:
    from ..spec.naming import spec_name

    return "" if path is None else f"{spec_name(Path(path))}.safetensors"


def _numbers(module: Any) -> Any:
    """The type of fractions that a module computes with; None, which is PyTorch's own, for one that holds none."""
    held = (tensor for tensors in (module.parameters(), module.buffers()) for tensor in tensors)
    return next((tensor.dtype for tensor in held if tensor.is_floating_point()), None)


@contextmanager
def _as_it_runs(module: Any) -> Iterator[None]:
    """All parts of a module in evaluation, and then as they were."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
