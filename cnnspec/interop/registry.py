"""The formats that networks are exported to, by name."""

from __future__ import annotations

from pathlib import Path

from ..diagnostics import FileError
from ..files.reading import AnyPath
from .exporter import Exporter
from .keras.exporter import Keras
from .numpy.exporter import NumPy
from .onnx.exporter import ONNX
from .pytorch.exporter import PyTorch

EXPORTERS: dict[str, Exporter] = {exporter.name: exporter for exporter in (ONNX(), PyTorch(), NumPy(), Keras())}
"""A format is added here, and nowhere else."""


def exporter(path: AnyPath, name: str | None = None) -> Exporter:
    """The format called `name`, by default the one that the file's name ends in.

    Raises FileError (E405) for an ending that no format has, or several, ValueError for a name that none has.
    """
    if name is not None:
        if name not in EXPORTERS:
            raise ValueError(f"no format is called {name!r}; there is {', '.join(EXPORTERS)}")
        return EXPORTERS[name]
    path = Path(path)
    fitting = [known for known in EXPORTERS.values() if path.suffix.lower() in known.suffixes]
    if len(fitting) == 1:
        return fitting[0]
    message = f"cannot tell a format from the name `{path.name or path}`"
    if fitting:
        ways = " or ".join(f"`--to {known.name}`" for known in fitting)
        why = f"{len(fitting)} formats end in {path.suffix.lower()}"
        raise FileError.about(path, "E405", message, why, f"say which: {ways}")
    endings = " or ".join(dict.fromkeys(suffix for known in EXPORTERS.values() for suffix in known.suffixes))
    raise FileError.about(path, "E405", message, help=f"end it in {endings}")
