"""From a path to a data set: which kind it is, and whether it fits the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError, closest
from ...files.npy import nbytes
from ...files.npz import Archive
from ...files.reading import AnyPath, Malformed, blaming, opened
from ...graph.layer import image
from ...graph.shape import Shape
from ...inputs.arrays import misfit
from ...inputs.images import levels
from ...language.sections.preprocess import Preprocess
from ...language.sections.train import LossName
from ...spec import Spec
from ...spec.assets import data as named_data
from ...spec.bundled import data as bundled
from . import csv_file, idx
from .array_values import ArrayValues
from .dataset import Dataset
from .file_array import StoredArray
from .fingerprint import fingerprint
from .image_folder import ImageFiles, classes_in, mixed
from .pixel_inputs import PixelInputs
from .storage import are_few, array, chunks, kept
from .targets import answers, named

KINDS = "a folder with a sub-folder for each class, IDX files, `.npz` with x and y, or `.csv`"
MOST = 2**44
"""Bytes that an uncompressed archive may hold."""


def data_path(spec: Spec, given: str | None = None) -> Path:
    """The data set to take: `given`, by default what the spec's `train: {data: ...}` names.

    Either is a path, or the name of a bundled data set (`digits`). A path in a spec starts in the spec's folder.
    Raises FileError: E404 when there is nothing, E414 when the spec names none, E416 when its path leaves the spec's
    folder.
    """
    path = Path(given) if given else named_data(spec.document, spec.folder)
    if path is None:
        cure = "`--data DATA`, or `train: {data: DATA}` in the spec"
        raise FileError.about(spec.source.file, "E414", "the spec names no data", help=cure)
    if path.exists():
        return path
    name = given or str(path.relative_to(spec.folder))
    if name not in bundled():
        near = closest(name, bundled())
        cure = f"did you mean `{near}`?" if near else "check the path, and its case"
        raise FileError.about(path, "E404", f"there are no data `{name}`", help=cure)
    return bundled()[name]


def open_dataset(path: AnyPath, spec: Spec, loss: LossName = "cross_entropy") -> Dataset:
    """The examples in a file or folder, as inputs and answers for the spec's network.

    - an IDX file of images, or a folder with `train-images-idx3-ubyte` (.gz or not); its labels beside it
    - a folder with one sub-folder of images a class, named like the spec's `classes` where it has some. The classes
      are mixed: every stretch of the data holds each of them in proportion
    - `.npz` with x (N, C, H, W) and y
    - `.csv` (.gz or not): label and gray pixels a row, or with a header, which names the column `label` or `y`

    Pixels (images, IDX, CSV) go through the spec's `preprocess`; numbers in `.npz` are taken as they are. What can be
    known before the work is checked now. Raises FileError (E403, E404, E406, E410 to E413, E420 to E424, E426).
    """
    path = Path(path)
    if path.is_dir():
        images = idx.images_in(path)
        return _idx(images, spec, loss) if images else _folder(path, spec, loss)
    if path.suffix.lower() == ".npz":
        return _npz(path, spec, loss)
    if csv_file.is_table(path):
        _, H, W = image(spec.graph.input)
        return _pixels(path, *csv_file.read(path, (H, W)), spec, loss)
    opened(path).close()
    if idx.is_idx(path):
        return _idx(path, spec, loss)
    raise FileError.about(path, "E420", f"`{path.name}` is no data set", help=KINDS)


def _idx(path: Path, spec: Spec, loss: LossName) -> Dataset:
    return _pixels(path, *idx.read(path), spec, loss)


def _pixels(path: Path, pixels: StoredArray, labels: StoredArray, spec: Spec, loss: LossName) -> Dataset:
    _refuse_empty(path, len(pixels))
    inputs = PixelInputs.of(path, pixels, spec.header.preprocess, image(spec.graph.input))
    y = answers(path, labels, len(inputs), _output(spec), loss)
    seal = fingerprint(inputs.preprocess.model_dump_json(), pixels, y.array)
    return Dataset(str(path), inputs, y, spec.classes(), _black(spec), seal)


def _folder(path: Path, spec: Spec, loss: LossName) -> Dataset:
    with blaming(path):
        classes = classes_in(path)
    names = tuple(classes)
    order, numbers = mixed([len(images) for images in classes.values()])
    paths = [image for images in classes.values() for image in images]
    files = ImageFiles(tuple(paths[i] for i in order), spec.header.preprocess, image(spec.graph.input))
    labels = named(path, names, spec.classes(), _output(spec))[numbers]
    y = answers(path, labels, len(files), _output(spec), loss)
    files.check()
    preprocess = spec.header.preprocess
    assert preprocess is not None, "checked"
    words = (preprocess.model_dump_json(), *files.described())
    if files.are_few:
        x = ArrayValues(path, "x", files.read(np.arange(len(files))), "float32")
        return Dataset(str(path), x, y, spec.classes() or names, _black(spec), fingerprint(*words, x.array, y.array))
    return Dataset(str(path), files, y, spec.classes() or names, _black(spec), fingerprint(*words, y.array))


def _npz(path: Path, spec: Spec, loss: LossName) -> Dataset:
    archive = Archive(path, MOST)
    if not {"x", "y"} <= archive.headers.keys():
        why = f"it holds {', '.join(f'`{name}`' for name in list(archive)[:10]) or 'nothing'}"
        cure = "`numpy.savez(FILE, x=inputs, y=answers)`"
        raise FileError.about(path, "E420", "an archive of examples holds x and y", why, cure)
    shape = archive.headers["x"].shape
    if shape[1:] != spec.graph.input:
        raise misfit(path, shape, spec.graph.input)
    _refuse_empty(path, shape[0])
    x = ArrayValues(path, "x", _stored(archive, path, "x"), "float32").check()
    y = answers(path, _stored(archive, path, "y"), len(x), _output(spec), loss)
    blank = np.zeros(shape[1], np.float32)
    return Dataset(str(path), x, y, spec.classes(), blank, fingerprint(x.array, y.array))


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
        return array(opened(path), header.dtype, header.shape, start)
    with archive.unpacking(name) as packed:
        return array(kept(chunks(packed), MOST), header.dtype, header.shape, header.start)


def _output(spec: Spec) -> Shape:
    return spec.graph.shape(spec.graph.outputs[0])


def _black(spec: Spec) -> NDArray[np.float32]:
    """What a black pixel is to the network, in each channel; with `invert`, a white one, which becomes black."""
    preprocess = (spec.header.preprocess or Preprocess()).model_copy(update={"invert": False})
    return levels(np.zeros((spec.graph.input[0], 1, 1)), preprocess).astype(np.float32).ravel()


def _refuse_empty(path: Path, count: int) -> None:
    if not count:
        raise FileError.about(path, "E420", "there are no examples", "the file holds 0 of them")
