"""The formats that networks are imported from."""

from __future__ import annotations

from ..files.reading import AnyPath, blaming
from ..files.recognition import HDF5, KERAS, ONNX, TEXT, Kind, look, refusal
from .imported import Imported
from .importer import Importer, Wish


class OnnxModels:
    title = "ONNX"
    suffixes: tuple[str, ...] = (".onnx",)
    kinds: tuple[Kind, ...] = (ONNX,)
    package = "onnx"
    has_numbers_apart = False

    def read(self, path: AnyPath, wish: Wish) -> Imported:
        from .onnx.importing.model import of_file

        return of_file(path, wish)


class KerasModels:
    title = "Keras"
    suffixes: tuple[str, ...] = (".keras", ".h5", ".hdf5")
    kinds: tuple[Kind, ...] = (KERAS, HDF5)
    package = "h5py"
    has_numbers_apart = False

    def read(self, path: AnyPath, wish: Wish) -> Imported:
        from .keras.importing.model import of_file

        return of_file(path, wish)


class DarknetNetworks:
    title = "Darknet"
    suffixes: tuple[str, ...] = (".cfg",)
    kinds: tuple[Kind, ...] = ()
    package = ""
    has_numbers_apart = True

    def read(self, path: AnyPath, wish: Wish) -> Imported:
        from .darknet.importing.model import of_file

        return of_file(path, wish)


IMPORTERS: tuple[Importer, ...] = (OnnxModels(), KerasModels(), DarknetNetworks())
"""A format is added here, and nowhere else."""


def importer(path: AnyPath) -> Importer:
    """The format of a file: by its content, and by its name where that says nothing.

    Raises FileError: E403 and E404 for a file that cannot be read or is of no such format.
    """
    from pathlib import Path

    suffix = Path(path).suffix.lower()
    found = look(path)
    for each in IMPORTERS:
        if found in each.kinds if found not in (None, TEXT) else suffix in each.suffixes:
            return each
    if found is None:  # an ONNX model need not begin as most do
        return IMPORTERS[0]
    titles = ", ".join(each.title for each in IMPORTERS)
    with blaming(path):
        raise refusal(found, f"`cnnspec import` takes models of {titles}")
