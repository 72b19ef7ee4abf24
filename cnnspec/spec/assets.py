"""The files that a spec names: weights, sample, class names, data to learn from.

Their paths are the spec's, not the reader's: they start in the spec's folder and may not leave it, neither by
`..`, nor absolute, nor through a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from os import scandir
from os.path import realpath
from pathlib import Path, PureWindowsPath
from typing import Literal

from ..diagnostics import Diagnostic, FileError
from ..files.places import exists, is_folder, is_stream
from ..files.reading import Malformed, blaming, opened
from ..graph.graph import Graph
from ..language.document.document import Document
from ..language.elaboration.expectations import misfit_classes
from . import bundled

Key = Literal["weights", "sample", "classes"]

MAX_CLASSES = 1 << 20
"""Bytes of a text file of class names."""


def resolve(document: Document, folder: Path, key: Key) -> Path | None:
    """The path of a file that the spec names, whether it is there or not; None when the spec names none.

    `folder` is the spec's. Raises FileError (E416) for a path that leaves it.
    """
    named = getattr(document.header, key)
    return _within(document, folder, key, named) if isinstance(named, str) else None


DataKey = Literal["data", "validation_data"]
_USES: dict[DataKey, Literal["learn", "test"]] = {"data": "learn", "validation_data": "test"}
"""What the data are opened for that the spec names under each key."""


def data(document: Document, folder: Path, key: DataKey = "data") -> Path | None:
    """The path of the data that the spec's `train` names under that key; otherwise as `resolve`."""
    named = getattr(document.header.train, key, None)
    return _within(document, folder, key, named) if named else None


def named(document: Document, folder: Path) -> dict[Key | DataKey, Path]:
    """All paths that the spec names, whether there is something or not; none that leave its folder."""
    found: dict[Key | DataKey, Path] = {}
    for key in _LOOKS:
        with suppress(FileError):
            if path := resolve(document, folder, key):
                found[key] = path
    for each in _USES:
        with suppress(FileError):
            if path := data(document, folder, each):
                found[each] = path
    return found


def _within(document: Document, folder: Path, key: str, named: str) -> Path:
    why = _outside(named, folder)
    if why:
        message = f"`{key}` leaves the folder of the spec"
        help = "put the file beside the spec and name it from there"
        if key in _CHOSEN:
            help += f", or choose it yourself: `cnnspec {_CHOSEN[key]}`"
        raise FileError([_at(document, key, Diagnostic("E416", message, why=why, help=help))])
    return folder / named


_CHOSEN = {
    "weights": "run SPEC --weights FILE",
    "sample": "run SPEC FILE",
    "data": "train SPEC --data DATA",
    "validation_data": "train SPEC --validation DATA",
}


def _outside(named: str, folder: Path) -> str:
    """Why a path leads out of the folder, or nothing. Windows' spellings count: specs travel."""
    pure = PureWindowsPath(named)
    if pure.drive or pure.root:
        return "the path is absolute"
    if ".." in pure.parts:
        return "the path contains `..`"
    home = realpath(folder)
    if not Path(realpath(folder / named)).is_relative_to(home):
        return "it is reached through a link that points elsewhere"
    if astray := next((link for link in _links(folder / named) if not Path(realpath(link)).is_relative_to(home)), None):
        return f"`{astray.relative_to(folder)}` is a link that points elsewhere"
    if is_stream(folder / named):
        return "it is a pipe or a device, and what comes through it is from elsewhere"
    return ""


def _links(place: Path) -> Iterator[Path]:
    """The links in a folder and in the folders below it, in order; none of a file. A folder may hold a million images:
    they are not asked for one by one."""
    waiting = [place] if is_folder(place) else []
    while waiting:
        with suppress(OSError), scandir(waiting.pop()) as entries:
            others = sorted((e for e in entries if not e.is_file(follow_symlinks=False)), key=lambda e: e.name)
            yield from (Path(entry) for entry in others if entry.is_symlink())
            waiting += [Path(entry) for entry in reversed(others) if entry.is_dir(follow_symlinks=False)]


def class_names(document: Document, folder: Path) -> tuple[str, ...] | None:
    """The names of the classes, from the spec or its text file with a name a line; None when there are none.

    Raises FileError: E416, E404, E403 when the file is no such text.
    """
    path = resolve(document, folder, "classes")
    if path is None:
        names = document.header.classes
        assert not isinstance(names, str)
        return names
    return _lines(path)


def _lines(path: Path) -> tuple[str, ...]:
    """The lines of a short text file, without blank ones at its end."""
    with opened(path) as file, blaming(path):
        data = file.read(MAX_CLASSES + 1)
        if len(data) > MAX_CLASSES:
            raise Malformed(f"class names take at most {MAX_CLASSES:,} bytes")
        try:
            text = data.decode("utf-8-sig").rstrip()
        except UnicodeDecodeError:
            raise Malformed("it is not UTF-8 text", "one name a line, saved as UTF-8") from None
    return tuple(line.strip() for line in text.split("\n")) if text else ()


def check(document: Document, folder: Path, graph: Graph | None) -> Iterator[Diagnostic]:
    """What the files have against the spec, at the places where it names them. Only headers are read.

    Without a graph, only what does not hang on it.
    """
    for key, look in _LOOKS.items():
        try:
            path = resolve(document, folder, key)
            found = list(look(document, path, graph)) if path is not None else []
        except FileError as error:
            found = list(error.diagnostics)
        for diagnostic in found:
            yield _at(document, key, diagnostic)
    for each in _USES:
        try:
            path = data(document, folder, each)
            if path is not None and document.header.preprocess is None:
                _refuse_pixels(document, path, each, folder)
        except FileError as error:
            yield from (_at(document, each, diagnostic) for diagnostic in error.diagnostics)


def _refuse_pixels(document: Document, path: Path, key: DataKey, folder: Path) -> None:
    """Raises FileError (E412) for data of pixels, which the spec does not say how to make its input of.

    Whether data are there, sound and of the right size, those say who train: a spec travels without its data.
    """
    from ..inputs.images import section
    from ..train.datasets.kind import holds_pixels

    input = document.header.input.shape
    place = path if exists(path) else bundled.data().get(str(path.relative_to(folder)))
    needs_section = False
    with suppress(FileError):
        needs_section = place is not None and holds_pixels(place, input, _USES[key])
    if needs_section:
        section(path, None, input)


def _classes(document: Document, path: Path, graph: Graph | None) -> Iterator[Diagnostic]:
    names = _lines(path)
    if graph is not None:
        yield from misfit_classes(document, graph, len(names))


def _weights(document: Document, path: Path, graph: Graph | None) -> Iterator[Diagnostic]:
    from .. import weights

    header = weights.header(path)
    if graph is not None:
        yield from weights.match(graph.tensors, header, str(path))


def _sample(document: Document, path: Path, graph: Graph | None) -> Iterator[Diagnostic]:
    from ..inputs import is_array

    input = document.header.input.shape
    preprocess = document.header.preprocess
    try:
        if is_array(path):
            from ..inputs import arrays

            arrays.check(path, input)
        elif preprocess is None or not any(preprocess.issues(input)):  # else no image at all would do
            from ..inputs import images

            images.check(path, preprocess, input)
    except FileError as error:
        yield from error.diagnostics


_LOOKS: dict[Key, Callable[[Document, Path, Graph | None], Iterator[Diagnostic]]] = {
    "classes": _classes,
    "weights": _weights,
    "sample": _sample,
}


def _at(document: Document, key: str, diagnostic: Diagnostic) -> Diagnostic:
    """The finding where the spec names the file."""
    span = document.span(f"train.{key}" if key in _USES else key)
    return replace(diagnostic, file=document.source.file, span=span)
