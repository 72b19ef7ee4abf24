"""A folder with one sub-folder of images for each class."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from pathlib import Path

import numpy as np

from ...diagnostics import Diagnostic, FileError
from ...diagnostics.wording import listed, quantity
from ...files.natural_order import natural
from ...files.reading import blaming, opened
from ...graph.shape import Shape
from ...inputs.images import check, listing, load
from ...language.sections.preprocess import Preprocess
from ...machine.hardware import cores
from .array_values import Indices
from .dataset import Images
from .storage import are_few, chunks


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Images as inputs (C, H, W) = `input`, decoded when they are asked for."""

    paths: tuple[Path, ...]
    preprocess: Preprocess | None
    input: Shape

    def __len__(self) -> int:
        return len(self.paths)

    def read(self, indices: Indices) -> Images:
        x = np.empty((len(indices), *self.input), np.float32)

        def decode(i: int) -> None:
            x[i] = load(self.paths[indices[i]], self.preprocess, self.input, by_pillow=True)

        _for_each(decode, len(indices))
        return x

    @property
    def are_few(self) -> bool:
        """Whether all of them fit in memory, decoded."""
        return are_few(len(self) * prod(self.input) * 4)

    def described(self) -> list[str]:
        """Each image's folder and name, and the hash of its file. Raises FileError (E403, E404) for what cannot be
        read."""
        found = [""] * len(self)

        def describe(i: int) -> None:
            path = self.paths[i]
            with opened(path) as stream, blaming(path):
                digest = sha256()
                for chunk in chunks(stream):
                    digest.update(chunk)
            found[i] = f"{path.parent.name}/{path.name} {digest.hexdigest()}"

        _for_each(describe, len(self))
        return found

    def check(self) -> None:
        """Raises FileError (E410 to E412) for every image whose header shows that it cannot be used."""
        _for_each(lambda i: check(self.paths[i], self.preprocess, self.input), len(self))


def _for_each(work: Callable[[int], None], count: int) -> None:
    """Does the work for 0, 1, ... in threads; what goes wrong is raised at the end, all of it together."""

    def failure(i: int) -> tuple[Diagnostic, ...]:
        try:
            work(i)
        except FileError as error:
            return error.diagnostics
        return ()

    with ThreadPoolExecutor(cores()) as pool:
        found = [diagnostic for diagnostics in pool.map(failure, range(count)) for diagnostic in diagnostics]
    if found:
        raise FileError(found)


def images_below(folder: Path) -> list[Path]:
    """The images of a class: those in its folder and, where there are some, those in its sub-folders, hidden ones and
    links left out. Without any of its own a folder is no class's, but may hold data sets."""
    images = listing(folder)
    if images:
        for place, inner, _ in os.walk(folder, onerror=_unread):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            images += listing(Path(place)) if Path(place) != folder else []
    return images


def _unread(fault: OSError) -> None:
    """A sub-folder that cannot be read is no empty one."""
    raise FileError.about(str(fault.filename), "E404", "the folder cannot be read", fault.strerror or str(fault))


def classes_in(folder: Path, to_learn: bool = True) -> dict[str, list[Path]]:
    """The images of each class, by its name, in natural order. Raises FileError (E420, E404).

    Who learns needs two classes, and images of each; who judges takes what there is.
    """
    inner = sorted(
        (p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")), key=lambda p: natural(p.name)
    )
    found = {path.name: images_below(path) for path in inner}
    empty = [path for path in inner if not found[path.name]]
    if sets := [path for path in empty if any(deeper.is_dir() and listing(deeper) for deeper in path.iterdir())]:
        raise _several(folder, sets, to_learn)
    if len(found) < (2 if to_learn else 1) or len(empty) == len(found):
        raise _no_classes(folder, tuple(found), to_learn)
    if empty and to_learn:
        cure = "put images into it, or delete it"
        raise FileError([Diagnostic("E420", f"no image in `{p.name}`", file=str(p), help=cure) for p in empty])
    return found


def _several(folder: Path, sets: list[Path], to_learn: bool) -> FileError:
    """The folder is no data set, but holds some."""
    words = ("train",) if to_learn else ("test", "val")
    fitting = [path for word in words for path in sets if path.name.lower().startswith(word)]
    names = [f"`{path}`" for path in fitting[:1] or sets]
    why = f"{listed([f'`{path.name}`' for path in sets], 5)} {'have' if len(sets) > 1 else 'has'} sub-folders of images"
    cure = f"give {names[0]} instead" if len(names) == 1 else f"give one of them: {listed(names, 5)}"
    return FileError.about(folder, "E420", "this folder holds data sets, not the images of classes", why, cure)


def _no_classes(folder: Path, found: tuple[str, ...], to_learn: bool) -> FileError:
    images = len(listing(folder))
    message, why = "no data set in this folder", "it has neither sub-folders of images nor IDX files"
    cure = "a sub-folder for each class, with its images"
    if len(found) > 1 or (found and not to_learn):
        why = f"there is no image in {quantity(len(found), 'sub-folder')}"
    elif found:
        message = "one class is nothing to learn from"
        why, cure = f"`{found[0]}` is the only sub-folder", "a second one, with images that are of another class"
    elif images:
        why = f"its {images:,} images are in no sub-folder, so their classes are unknown"
    return FileError.about(folder, "E420", message, why, cure)
