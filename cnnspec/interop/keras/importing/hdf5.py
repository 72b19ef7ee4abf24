"""Arrays and texts of a stranger's HDF5 file, read without trust.

HDF5 can name other files, compute values when they are read, unpack little into much and lead in circles. Keras needs
none of that: groups and arrays are reached by plain links, and arrays lie in the file as they are.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from ....files.reading import Malformed

DEEPEST = 32
"""Groups inside each other."""
MOST = 100_000
"""Arrays of a file."""
TEXT = 64 * 2**20
"""Characters of a text."""
PLAIN = "Keras writes plain arrays: load the model with it and save it again"
FAULTS = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError)
"""What h5py raises for a file that is damaged or unusual."""


class Hdf5:
    """An open file of which `size` bytes are there."""

    def __init__(self, stream: BinaryIO | io.BytesIO) -> None:
        self.size = stream.seek(0, 2)
        stream.seek(0)
        with unusual():
            self.root = h5py.File(stream, "r")
            self.known = sorted(self._names(self.root, "", 0, [0]))
            """The names of all arrays, from the root on."""

    def text(self, name: str, group: str = "/") -> str | None:
        """A text that a group of the file, by default its root, has under this name."""
        found = self._attribute(name, group)
        text = found.decode("utf-8", "replace") if isinstance(found, bytes) else found
        if not isinstance(text, str | None):
            raise Malformed(f"its `{name}` is no text")
        return text

    def texts(self, name: str) -> list[str]:
        """A list of texts at its root."""
        found = self._attribute(name, "/")
        if found is None:
            return []
        return [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in np.ravel(found)]

    def _attribute(self, name: str, group: str) -> Any:
        with unusual():
            held = self.root[group].attrs
            if name not in held:
                return None
            if held.get_id(name).get_storage_size() > TEXT:
                raise Malformed(f"its `{name}` has more than {TEXT:,} characters")
            return held[name]

    def _names(self, group: Any, path: str, depth: int, count: list[int]) -> Iterator[str]:
        if depth > DEEPEST:
            raise Malformed("its groups lie too deep in each other, or in a circle")
        for name in group:
            count[0] += 1
            if count[0] > MOST:
                raise Malformed(f"it holds more than {MOST:,} things")
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise Malformed(f"`{path}{name}` is a link to somewhere else, which is not followed", PLAIN)
            found = group.get(name, getclass=True)
            if found is h5py.Group:
                yield from self._names(group[name], f"{path}{name}/", depth + 1, count)
            elif found is h5py.Dataset:
                yield f"{path}{name}"

    def under(self, start: str) -> list[str]:
        """The arrays whose names begin so."""
        return self.known[bisect_left(self.known, start) : bisect_left(self.known, f"{start}\U0010ffff")]

    def array(self, name: str) -> NDArray[Any]:
        """The numbers of one array. Raises Malformed for one that does not lie in the file as it is."""
        with unusual():
            found = self.root[name]
            layout = found.id.get_create_plist().get_layout()
            if layout not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or found.external or found.is_virtual:
                raise Malformed(f"the numbers of `{name}` do not lie in the file as they are", PLAIN)
            if found.dtype.kind not in "fiu":
                raise Malformed(f"`{name}` holds {found.dtype}, no numbers")
            if found.nbytes > self.size or found.id.get_storage_size() < found.nbytes:
                raise Malformed(f"`{name}` claims {found.nbytes:,} bytes that are not there")
            return np.asarray(found[()])


@contextmanager
def unusual() -> Iterator[None]:
    """What h5py has against a file, as Malformed."""
    try:
        yield
    except FAULTS as fault:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise Malformed(f"its HDF5 is damaged or unusual: {reason}", "download or save it again") from fault
    except RecursionError:
        raise Malformed("its groups lie too deep in each other") from None
