"""Weights to go on from: those of a file where they fit, fresh ones for the rest, such as a new head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..diagnostics import FileError, errors
from ..files.reading import AnyPath
from ..graph.layer import Style, TensorSpec
from . import fit, initial, read
from .matching import match, misfit, place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Start(NamedTuple):
    """The network's tensors, and the names of those that the file did not give: it `lacks` them, or has them in
    another shape (`misshapen`)."""

    tensors: dict[str, NDArray[np.float32]]
    lacks: tuple[str, ...]
    misshapen: tuple[str, ...]


def transfer(needed: Mapping[str, TensorSpec], path: AnyPath, style: Style, seed: int) -> Start:
    """The tensors of the file at `path`, and fresh ones, as `initial` draws them, for those that it does not give.

    The arrays may be written to. Raises FileError: E401 or E402 when nothing in the file fits, E407 for values that
    are not finite, and what `read` raises.
    """
    stored = read(path)
    places = {name: place(name, tensor, stored.header) for name, tensor in needed.items()}
    lacks = tuple(name for name, at in places.items() if at not in stored.header)
    misshapen = tuple(
        name
        for name, at in places.items()
        if name not in lacks and misfit(name, needed[name], stored.header[at], str(path))
    )
    rest = {name: needed[name] for name in (*lacks, *misshapen)}
    if needed and len(rest) == len(needed):
        raise FileError(errors(match(needed, stored.header, str(path))))
    arrays, found = fit({name: tensor for name, tensor in needed.items() if name not in rest}, stored, str(path))
    if faults := errors(found):
        raise FileError(faults)
    fresh = initial(rest, style, seed)
    return Start({name: fresh[name] if name in fresh else arrays[name].copy() for name in needed}, lacks, misshapen)
