"""Weights in and out: `.safetensors` and `.npz` files, and values to start from.

Computation is in float32: F16 and BF16 are widened, F64 and whole numbers are rounded. `header` and `match` need
no NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from ..diagnostics import Diagnostic, FileError, errors
from ..files.pipes import kept
from ..files.reading import AnyPath, Malformed, blaming
from ..files.recognition import CHECKPOINT, NPZ, SAFETENSORS, ensured, look, pickled
from ..files.writing import ensure_writable, whole
from ..graph.layer import TensorSpec
from .initialisation import initial
from .matching import match, place
from .stored import StoredTensors, TensorInfo, described

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "StoredTensors",
    "TensorInfo",
    "ensure_savable",
    "fit",
    "header",
    "initial",
    "match",
    "read",
    "save",
    "take",
]


class Format(Protocol):
    """A module of `formats`: how one kind of file is read and written."""

    def header(self, path: AnyPath) -> dict[str, TensorInfo]: ...

    def read(self, path: AnyPath, mapped: bool) -> StoredTensors: ...

    def dump(self, tensors: Mapping[str, NDArray[Any]], stream: BinaryIO) -> None: ...


def _safetensors() -> Format:
    from .formats import safetensors

    return safetensors


def _npz() -> Format:
    from .formats import npz

    return npz


_FORMATS: dict[str, Callable[[], Format]] = {".safetensors": _safetensors, ".npz": _npz}
"""By suffix; a format's module is imported when a file of it is."""
MAPPED = 1 << 26
"""Bytes of a tensor above which it is not copied for the sake of its first byte's place."""
PART = 1 << 20
"""Values that are looked at together."""
_SUFFIXES = {SAFETENSORS: ".safetensors", NPZ: ".npz"}


def header(path: AnyPath) -> dict[str, TensorInfo]:
    """What the weights file at `path` holds, values unread; E403, E404 or E406 when it is unusable."""
    with kept():  # it is looked into before it is read
        return _format(path).header(path)


def read(path: AnyPath, mapped: bool = False) -> StoredTensors:
    """The tensors in the weights file at `path`, each read when it is asked for, or `mapped` where the format allows
    it; errors as `header`."""
    with kept():
        return _format(path).read(path, mapped)


def take(
    needed: Mapping[str, TensorSpec],
    source: AnyPath | Mapping[str, Any],
    warn: Callable[[Diagnostic], object] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """The network's tensors from a file, or from arrays by name, as `fit` gives them; its errors are raised.

    `warn` is called with each warning.
    """
    import numpy as np

    if isinstance(source, Mapping):
        arrays, found = fit(needed, {name: np.asarray(array) for name, array in source.items()}, "")
    else:
        arrays, found = fit(needed, read(source, mapped=True), str(source))
    if faults := errors(found):
        raise FileError(faults)
    if warn is not None:
        for warning in found:
            warn(warning)
    return arrays


def fit(
    needed: Mapping[str, TensorSpec], tensors: Mapping[str, NDArray[Any]], file: str
) -> tuple[dict[str, NDArray[np.float32]], list[Diagnostic]]:
    """The network's tensors out of those of `file`, under its names, in its shapes, and what `match` found.

    They may be views of the given ones, or of the mapped file: do not write to them. A tensor with NaN or
    infinity is E407. When a tensor is missing or misshapen, there are none.
    """
    import numpy as np

    header = described(tensors)
    found = match(needed, header, file)
    if errors(found):
        return {}, found
    arrays = {}
    for name, tensor in needed.items():
        with np.errstate(over="ignore"):
            array = np.require(tensors[place(name, tensor, header)], np.float32, "C")
            # A large one stays mapped, wherever it begins: a copy of it might be more than there is memory.
            array = array if array.nbytes > MAPPED else np.require(array, requirements="A")
        arrays[name] = array.reshape(tensor.shape)
        parts = (array.ravel()[i : i + PART] for i in range(0, array.size, PART))
        bad = array.size - sum(int(np.count_nonzero(np.isfinite(part))) for part in parts)
        if bad:
            message = f"weights for `{name.rpartition('.')[0]}` are not finite"
            why = f"{bad:,} of the {array.size:,} values of `{name}` are NaN or infinite in float32"
            found.append(Diagnostic("E407", message, file=file, why=why))
    return arrays, found


def save(tensors: Mapping[str, NDArray[Any]], path: AnyPath) -> None:
    """Writes the tensors to `path`, .safetensors or .npz by its suffix, whole or not at all.

    E405 for another suffix, E415 when it cannot be written. Equal tensors give equal bytes.
    """
    suffix = _written(path)
    with whole(path) as stream:
        _FORMATS[suffix]().dump(tensors, stream)


def ensure_savable(path: AnyPath) -> None:
    """Raises what `save` would raise for this name, before there is anything to save."""
    _written(path)
    ensure_writable(path)


def _written(path: AnyPath) -> str:
    """The suffix of a format that can be written; E405 for another one."""
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        message = f"cannot tell a weights format from the name `{Path(path).name or path}`"
        help = f"end it in {' or '.join(_FORMATS)}"
        raise FileError([Diagnostic("E405", message, file=str(path), help=help)])
    return suffix


def _format(path: AnyPath) -> Format:
    """By the file's content, and by its name where that says nothing."""
    path = Path(path)
    wanted = f"{' and '.join(_FORMATS)} files are read"
    with blaming(path):
        found = ensured(look(path), CHECKPOINT, *_SUFFIXES, cure=wanted)
        if found is CHECKPOINT:
            from shlex import quote

            cure = f"`cnnspec convert {quote(str(path))} -o {quote(path.stem)}.safetensors`"
            raise pickled("loading a pickle runs the code inside", cure)
        suffix = path.suffix.lower() if found is None else _SUFFIXES[found]
        if suffix not in _FORMATS:
            raise Malformed(f"`{path.name}` names no weights format", wanted)
    return _FORMATS[suffix]()
