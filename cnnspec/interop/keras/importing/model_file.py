"""A Keras file -> its configuration as data, and the arrays of each layer: `.keras` is a zip of texts and an HDF5 file,
`.h5` is one HDF5 file."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from numpy.typing import NDArray

from ....files.reading import AnyPath, Malformed, blaming, opened
from ....files.recognition import HDF5, KERAS, ensure
from ....files.zip_records import end_records
from ...faults import ALONE, broken
from .hdf5 import Hdf5

TEXT = 64 * 2**20
"""Bytes of a configuration."""
FREE, RATIO = 64 * 2**20, 100
"""Unpacked bytes up to which any compression is believed; beyond, at most so many times the file."""
MEMBERS = 100
ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error, NotImplementedError)
TOPOLOGY = "save the whole model with `model.save`, not its weights alone"
Place = tuple[str, ...]
"""The names of the nested models around a layer, then its own."""


@dataclass(frozen=True, slots=True)
class KerasFile:
    """The configuration, the version of Keras that wrote it, and where the arrays of layers are."""

    config: dict[str, Any]
    version: str
    hdf5: Hdf5
    find: Callable[[Hdf5, Place, Place], dict[str, str]]
    packed: bytes = b""
    """The HDF5 file that was in a zip."""

    def arrays(self, counted: Place, named: Place) -> dict[str, NDArray[Any]]:
        """A layer's arrays: by their names in `.h5`, by their numbers in `.keras`. There a layer's place is told by
        classes and counters, here by names. Raises Malformed."""
        return {key: self.hdf5.array(name) for key, name in self.find(self.hdf5, counted, named).items()}


@contextmanager
def reading(path: AnyPath) -> Iterator[KerasFile]:
    """The model in a file, as long as its arrays are read. Raises FileError: E403, E404 or E430."""
    with blaming(path), opened(path) as stream:
        if ensure(stream, KERAS, HDF5, cure="`cnnspec import` takes .keras and .h5 files") is KERAS:
            file = _zipped(stream, str(path))
        else:
            file = _plain(stream, str(path))
        with closing(file.hdf5.root):
            yield file


def _plain(stream: BinaryIO, path: str) -> KerasFile:
    hdf5 = Hdf5(stream)
    text = hdf5.text("model_config")
    if text is None:
        raise broken(path, ALONE, "there is no `model_config`", TOPOLOGY)
    return KerasFile(_config(text, path), hdf5.text("keras_version") or "", hdf5, by_name)


def _zipped(stream: BinaryIO, path: str) -> KerasFile:
    size = stream.seek(0, 2)
    if end_records(stream, size) is None:
        raise Malformed("it is cut off: the list of its members, at its end, is not there", "download or save it again")
    try:
        with zipfile.ZipFile(stream) as archive:
            if len(archive.infolist()) > MEMBERS:
                raise Malformed(f"it holds more than {MEMBERS} members")
            config = _member(archive, "config.json", TEXT)
            about = _member(archive, "metadata.json", TEXT)
            if "model.weights.json" in archive.namelist():
                raise Malformed("its weights lie in several files, which are not read", "save it without sharding")
            weights = _member(archive, "model.weights.h5", max(FREE, RATIO * size))
    except ZIP_FAULTS as fault:
        raise Malformed(f"its archive is damaged or unusual: {fault}", "download or save it again") from fault
    version = _config(about.decode("utf-8", "replace"), path).get("keras_version")
    found = _config(config.decode("utf-8", "replace"), path)
    return KerasFile(found, version if isinstance(version, str) else "", Hdf5(io.BytesIO(weights)), by_count, weights)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member's bytes, as long as they are not too many, whatever the archive says of them."""
    count = archive.namelist().count(name)
    if count != 1:
        raise Malformed(
            f"it has {count} times `{name}`" if count else f"it has no `{name}`", "download or save it again"
        )
    with archive.open(name) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise Malformed(f"its `{name}` would unpack to more than {most:,} bytes")
    return data


def _config(text: str, path: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise broken(path, "the model's configuration is no JSON", str(fault)) from fault
    if not isinstance(found, dict):
        raise broken(path, "the model's configuration is no JSON object")
    return found


def by_count(hdf5: Hdf5, counted: Place, named: Place) -> dict[str, str]:
    """In `.keras`: `layers/conv2d_1/vars/0`, inside a nested model `layers/functional/layers/conv2d/vars/0`."""
    place = "".join(f"layers/{part}/" for part in counted) + "vars/"
    return {name.removeprefix(place): name for name in hdf5.under(place)}


def by_name(hdf5: Hdf5, counted: Place, named: Place) -> dict[str, str]:
    """In `.h5`: `model_weights/NAME/.../kernel:0`, where a nested model's layers lie among its own."""
    outer, own = f"model_weights/{named[0]}/", named[-1]
    inside = hdf5.under(outer)
    if len(named) > 1:
        inside = [name for name in inside if f"/{own}/" in name]
    found: dict[str, str] = {}
    for name in inside:
        key = re.sub(r":\d+$", "", name.rpartition("/")[2])
        if key in found:
            raise Malformed(f"it holds `{key}` of `{own}` twice")
        found[key] = name
    return found
