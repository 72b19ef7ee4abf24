"""From a path to a data set: which kind it is, and whether it fits the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError
from ...files.file_array import StoredArray
from ...files.npy import nbytes
from ...files.npz import Archive
from ...files.places import is_folder
from ...files.reading import AnyPath, Malformed, blaming
from ...graph.shape import Shape, is_image
from ...inputs.arrays import misfit
from ...inputs.images import levels
from ...language.sections.preprocess import Preprocess
from ...language.sections.train import LossName
from ..network import Network
from . import csv_file, feature_table, idx
from .array_values import ArrayValues
from .class_order import InOrder, mixed, spread
from .dataset import Dataset, InputSource
from .fingerprint import fingerprint
from .image_folder import ImageFiles, classes_in
from .kind import MOST, Kind, Use, are_pixels, images_in, kind_of, names
from .pixel_inputs import PixelInputs
from .storage import are_few, array, chunks, kept
from .targets import answers, named

Arrays = tuple[Any, Any]
"""Examples in memory: inputs x (N, C, H, W) and their answers y, what NumPy takes for arrays."""


def open_dataset(
    data: AnyPath | Arrays, network: Network, loss: LossName = "cross_entropy", use: Use = "learn"
) -> Dataset:
    """The examples in a file or folder, or in memory, as inputs and answers for the spec's network.

    - an IDX file of images, or a folder with `train-images-idx3-ubyte` (.gz or not); its labels beside it
    - a folder with one sub-folder of images a class, named like the spec's `classes` where it has some. The classes
      are mixed: every stretch of the data holds each of them in proportion
    - `.npz` with x (N, *input) and y, or with x_train and y_train, beside x_test and y_test for tests; x of bytes
      (N, H, W) are gray pixels
    - `.csv` (.gz or not): label and gray pixels a row, or with a header, which names the column `label` or `y`; where
      the input is a vector, features and answers a row
    - arrays x and y in memory, as in `.npz`

    Pixels (images, IDX, CSV) go through the spec's `preprocess`; numbers in arrays are taken as they are. Who judges
    and does not learn may look at a single class. What can be known before the work is checked now.
    Raises FileError (E403, E404, E406, E410 to E413, E420 to E424, E426).
    """
    if isinstance(data, tuple):
        return _in_memory(data, network, loss)
    path = Path(data)
    return _OPENERS[kind_of(path)](path, network, loss, use)


def _idx(path: Path, network: Network, loss: LossName, use: Use) -> Dataset:
    if is_folder(path):
        found = (images_in(path, of_test=True) if use == "test" else None) or images_in(path)
        assert found is not None, "it is of this kind"
        path = found
    return _pixels(path, *idx.read(path), network, loss)


def _csv(path: Path, network: Network, loss: LossName, use: Use) -> Dataset:
    if not is_image(network.graph.input):
        return _features(path, network, loss)
    _, H, W = network.graph.input
    return _pixels(path, *csv_file.read(path, (H, W)), network, loss)


def _features(path: Path, network: Network, loss: LossName) -> Dataset:
    (C,) = network.graph.input
    table = feature_table.read(path, feature_table.Wanted(C, _output(network), loss, network.classes()))
    x: InputSource = ArrayValues(path, "x", table.inputs, "float32")
    given = table.answers
    if not table.are_labels:
        given = given.reshape(-1, *_output(network))
    elif (order := spread(table.answers)) is not None:
        x, given = InOrder(x, order), given[order]
    y = answers(path, given, len(x), _output(network), loss)
    blank, classes = np.zeros(C, np.float32), network.classes() or table.classes
    return Dataset(str(path), x, y, classes, blank, lambda: fingerprint(table.inputs, y.array))


def _pixels(path: Path, pixels: StoredArray, labels: StoredArray, network: Network, loss: LossName) -> Dataset:
    _refuse_empty(path, len(pixels))
    inputs = PixelInputs.of(path, pixels, network.header.preprocess, network.graph.input)
    y = answers(path, labels, len(inputs), _output(network), loss)

    def seal() -> str:
        return fingerprint(inputs.preprocess.model_dump_json(), pixels, y.array)

    return Dataset(str(path), inputs, y, network.classes(), _black(network), seal)


def _images(path: Path, network: Network, loss: LossName, use: Use) -> Dataset:
    with blaming(path):
        classes = classes_in(path, use == "learn")
    names = tuple(classes)
    order, numbers = mixed([len(images) for images in classes.values()])
    paths = [image for images in classes.values() for image in images]
    files = ImageFiles(tuple(paths[i] for i in order), network.header.preprocess, network.graph.input)
    labels = named(path, names, network.classes(), _output(network), loss)[numbers]
    y = answers(path, labels, len(files), _output(network), loss)
    files.check()
    preprocess = network.header.preprocess
    assert preprocess is not None, "checked"

    def seal() -> str:
        return fingerprint(preprocess.model_dump_json(), *files.described(), y.array)

    read = ArrayValues(path, "x", files.read(np.arange(len(files))), "float32") if files.are_few else files
    return Dataset(str(path), read, y, network.classes() or names, _black(network), seal, files.paths)


def _npz(path: Path, network: Network, loss: LossName, use: Use) -> Dataset:
    archive = Archive(path, MOST)
    x, y = names(path, archive, use)
    if are_pixels(archive, x, network.graph.input):
        return _pixels(path, _stored(archive, path, x), _stored(archive, path, y), network, loss)
    _refuse_misfit(path, archive.headers[x].shape, network)
    return _numbers(path, _stored(archive, path, x), _stored(archive, path, y), network, loss)


_OPENERS: dict[Kind, Callable[[Path, Network, LossName, Use], Dataset]] = {
    "images": _images,
    "idx": _idx,
    "npz": _npz,
    "csv": _csv,
}


def _in_memory(arrays: Arrays, network: Network, loss: LossName) -> Dataset:
    x, y = map(np.asarray, arrays)
    path = Path("(x, y)")
    for name, given in (("x", x), ("y", y)):
        if given.dtype.kind not in "fiub":
            message = f"`{name}` is an array of {given.dtype}"
            raise FileError.about(path, "E420", message, "examples are real numbers", f"`{name}.astype(...)`")
    _refuse_misfit(path, x.shape, network)
    return _numbers(path, x, y, network, loss)


def _refuse_misfit(path: Path, shape: Shape, network: Network) -> None:
    if shape[1:] != network.graph.input:
        raise misfit(path, shape, network.graph.input)
    _refuse_empty(path, shape[0])


def _numbers(path: Path, inputs: StoredArray, targets: StoredArray, network: Network, loss: LossName) -> Dataset:
    """Inputs that fit, and answers that may not, both taken as they are."""
    x = ArrayValues(path, "x", inputs, "float32").check()
    y = answers(path, targets, len(x), _output(network), loss)
    blank = np.zeros(inputs.shape[1], np.float32)
    return Dataset(str(path), x, y, network.classes(), blank, lambda: fingerprint(x.array, y.array))


def _stored(archive: Archive, path: Path, name: str) -> StoredArray:
    """An array of the archive: in memory when it is small, else where it lies, or unpacked to a temporary file."""
    header = archive.headers[name]
    if are_few(nbytes(header.shape, int(header.dtype[2]))):
        return archive[name]
    if header.fortran_order:
        with blaming(path):
            raise Malformed(f"`{name}` lies in it column by column", f"save `numpy.ascontiguousarray({name})`")
    start = archive.place(name)
    if start is not None:
        return array(archive.reopened(), header.dtype, header.shape, start)
    with archive.unpacking(name) as packed:
        return array(kept(chunks(packed), MOST), header.dtype, header.shape, header.start)


def _output(network: Network) -> Shape:
    return network.graph.shape(network.graph.outputs[0])


def _black(network: Network) -> NDArray[np.float32]:
    """What a black pixel is to the network, in each channel; with `invert`, a white one, which becomes black."""
    preprocess = (network.header.preprocess or Preprocess()).model_copy(update={"invert": False})
    return levels(np.zeros((network.graph.input[0], 1, 1)), preprocess).astype(np.float32).ravel()


def _refuse_empty(path: Path, count: int) -> None:
    if not count:
        raise FileError.about(path, "E420", "there are no examples", "the file holds 0 of them")
