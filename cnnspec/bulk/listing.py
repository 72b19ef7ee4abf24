"""From what is named, patterns and folders, to the list of files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from os.path import realpath
from pathlib import Path

from ..diagnostics import FileError
from ..files import store
from ..files.places import exists, is_possible
from ..files.store import Stored
from .task import is_input

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")


def expanded(name: str) -> Iterator[str]:
    """Each name of one with braces, as a shell has them: `{000..123}`, `{train,test}`."""
    braces = _BRACES.search(name)
    if braces is None:
        yield name
        return
    before, after = name[: braces.start()], name[braces.end() :]
    for inner in _alternatives(braces[1]):
        for rest in expanded(after):
            yield f"{before}{inner}{rest}"


def _alternatives(text: str) -> Iterable[str]:
    numbers = _RANGE.fullmatch(text)
    if numbers is None:
        return text.split(",") if "," in text else [f"{{{text}}}"]
    first, last = int(numbers[1]), int(numbers[2])
    width = len(numbers[1]) if numbers[1].startswith("0") else 0
    way = 1 if first <= last else -1
    return (f"{number:0{width}}" for number in range(first, last + way, way))


def listed(names: Iterable[str], output: str) -> list[Stored]:
    """The files of all names, each to be read: of a folder and its sub-folders the images, tar archives and Parquet
    tables. Raises FileError: E404 for what is not there, E410 for a folder or pattern without any, E415 where the
    `output` would be among them; StoreError where a store does not let us in."""
    files: list[Stored] = []
    for name in names:
        found = _found(name, output)
        store.ensure_readable(found[0].url)
        files += found
    return files


def _found(name: str, output: str) -> list[Stored]:
    files: list[Stored] = []
    for each in [name] if exists(name) or not is_possible(name) else expanded(name):
        if not store.is_several(each):
            files += store.found(each)
            continue
        _refuse_around(each, output)
        within = [file for file in store.found(each) if is_input(file.url)]
        if not within:
            cure = "images, tar archives (.tar, .tar.gz, .tgz) and tables (.parquet) are looked for"
            raise FileError.about(each, "E410", f"there is nothing to read in `{each}`", help=cure)
        files += within
    return files


def _refuse_around(folder: str, output: str) -> None:
    if store.is_remote(folder) != store.is_remote(output):
        return
    is_around = (
        store.is_below(output, folder)
        if store.is_remote(folder)
        else Path(realpath(store.local(output))).is_relative_to(realpath(store.local(folder)))
    )
    if is_around:
        why = f"`{folder}` is read with all that is in it"
        raise FileError.about(output, "E415", "the results would lie among the inputs", why, "name another place")


def fingerprint(files: Iterable[Stored]) -> str:
    """A hash of the list: equal for equal names and sizes."""
    digest = sha256()
    for url, size in files:
        digest.update(f"{size} {url}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
