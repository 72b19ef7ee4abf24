"""Files that lie anywhere: on this machine, or in a store that fsspec reaches, such as S3, a web server, a zip archive.

A store that cannot be reached, or does not let us in, is `StoreError` (E433): nothing is wrong with the files in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import glob, has_magic
from time import sleep
from typing import Any, BinaryIO, NamedTuple, TypeVar

from ..diagnostics import FileError
from .places import is_folder, is_possible, status
from .reading import Malformed, blaming, ensure_file, opened, reason

PAUSES = (0.5, 2.0)
"""Seconds before a store that has failed is asked again."""
_ON_DISK = ("file://", "local://")
_ALIASES = {"https": "http", "s3a": "s3", "abfss": "abfs", "az": "abfs", "ssh": "sftp"}
"""Protocols by the extra of fsspec that brings their package, where it is called otherwise."""
Result = TypeVar("Result")


class StoreError(FileError):
    """A store that cannot be used (E433)."""


class Stored(NamedTuple):
    """A file and its bytes; -1 where the store does not tell."""

    url: str
    size: int


def is_remote(url: str) -> bool:
    """Whether a name is of a store, not of a file of this machine."""
    return "://" in url and not url.startswith(_ON_DISK)


def local(url: str) -> str:
    """The path of a file of this machine."""
    start = next((start for start in _ON_DISK if url.startswith(start)), "")
    return url.removeprefix(start)


def found(url: str) -> list[Stored]:
    """The files that a name stands for, in the order of their names: one, those that match a pattern, or those of a
    folder and of all folders in it. Hidden ones are left out. Raises FileError (E404), StoreError."""
    return sorted(_remote(url) if is_remote(url) else _on_disk(local(url)))


def is_below(url: str, folder: str) -> bool:
    """Whether a name of a store is in a folder of the same store, or is that folder. Raises StoreError."""
    with reaching(url):
        (store, path), (other, start) = store_at(url), store_at(folder)
        return type(store) is type(other) and f"{path}/".startswith(f"{start.rstrip('/')}/")


def is_several(url: str) -> bool:
    """Whether a name stands for a folder or a pattern. Raises StoreError."""
    if not is_remote(url):
        return is_folder(local(url)) or _is_pattern(local(url))
    if _is_pattern(url):
        return True
    with reaching(url):
        store, path = store_at(url)
        return bool(store.isdir(path)) and not store.isfile(path)


@contextmanager
def opened_at(url: str) -> Iterator[BinaryIO]:
    """The file, open for reading. Raises FileError (E403, E404), StoreError."""
    if not is_remote(url):
        with opened(local(url)) as stream:
            yield stream
        return
    with reaching(url):
        store, path = store_at(url)  # kept while the file is read: an archive closes when nobody holds it
        remote = store.open(path, "rb")
    with remote:
        yield remote


def content(url: str, most: int) -> bytes:
    """The bytes of a file in a store, no more than `most`. A store that fails is asked again. Raises FileError (E404),
    StoreError."""

    def read() -> bytes:
        with reaching(url):
            store, path = store_at(url)
            data: bytes = store.cat_file(path, 0, most)
            return data

    return patiently(read)


def patiently(work: Callable[[], Result]) -> Result:
    """What `work` gives. Where a store fails in it, it is done once more after each pause."""
    for pause in PAUSES:
        with suppress(StoreError):
            return work()
        sleep(pause)
    return work()


def ensure_readable(url: str) -> None:
    """Raises what reading a file would raise: its first byte is read."""
    with opened_at(url) as stream, blaming(url), reading(url):
        stream.read(1)


@contextmanager
def reading(url: str) -> Iterator[None]:
    """Turns what a store has against being read on into StoreError."""
    if is_remote(url):
        with reaching(url):
            yield
    else:
        yield


def _on_disk(name: str) -> Iterator[Stored]:
    if is_folder(name):
        yield from _below(name)
    elif _is_pattern(name):
        for each in glob(name, recursive=True):  # noqa: PTH207 - Path's follows another rule for `**`
            if not is_folder(each):
                yield _measured(each)
    else:
        ensure_file(name)
        yield _measured(name)


def _is_pattern(name: str) -> bool:
    return has_magic(name) and is_possible(name) and status(name) is None


def _below(folder: str) -> Iterator[Stored]:
    for place, inner, names in os.walk(folder, onerror=_unlisted):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                yield _measured(os.path.join(place, name))  # noqa: PTH118 - millions of them


def _measured(path: str) -> Stored:
    found = status(path)
    return Stored(path, found.st_size if found else -1)


def _unlisted(fault: OSError) -> None:
    """A folder that cannot be read is no empty one."""
    raise FileError.about(str(fault.filename), "E404", "the folder cannot be read", reason(fault))


def _remote(url: str) -> Iterator[Stored]:
    with reaching(url):
        store, path = store_at(url)
        if _is_pattern(url):
            listed = store.glob(path, detail=True)
        elif store.isfile(path):
            listed = {path: store.info(path)}
        else:
            listed = store.find(path, detail=True)
            if not listed:
                raise FileNotFoundError(url)
        for name, info in listed.items():
            hidden = any(part.startswith(".") for part in name.removeprefix(path).split("/"))
            if info.get("type", "file") == "file" and not hidden:
                size = info.get("size")
                yield Stored(_named(url, store, name), -1 if size is None else int(size))


def _named(url: str, store: Any, path: str) -> str:
    """The URL of a path in a store; of one within another file, such as a zip archive, with the name of that."""
    outer, link, rest = url.partition("::")
    if link:
        return f"{outer.partition('://')[0]}://{path.lstrip('/')}::{rest}"
    return str(store.unstrip_protocol(path))


def store_at(url: str) -> tuple[Any, str]:
    """The store of fsspec that a URL is of, and the path in it. Raises what fsspec raises."""
    from fsspec.core import url_to_fs

    store, path = url_to_fs(url)
    return store, path


@contextmanager
def reaching(url: str, deed: str = "read") -> Iterator[None]:
    """Turns what a store has against its files being read, or `written`, into FileError (E404), StoreError."""
    place = url.partition("?")[0]  # what follows may be a key
    try:
        yield
    except (FileError, Malformed):
        raise
    except FileNotFoundError:
        message = f"there is no file `{place}`"
        raise FileError.about(place, "E404", message, help="check the URL, and its case") from None
    except PermissionError as fault:
        cure = f"an account by which it may be {deed}, as the store's package of fsspec takes it"
        raise StoreError.about(place, "E433", "the store does not let us in", str(fault) or "denied", cure) from None
    except ImportError as fault:
        raise StoreError.about(place, "E433", "no package reaches this store", str(fault), _packages(url)) from None
    except Exception as fault:  # each store has exceptions of its own
        why, cure = str(fault) or type(fault).__name__, "check the URL, the network and the account"
        raise StoreError.about(place, "E433", f"the store cannot be {deed}", why, cure) from None


def _packages(url: str) -> str:
    """How to get what reaches the stores of a URL."""
    from importlib.metadata import metadata

    protocols = re.findall(r"\w+(?=://)", url)
    known = set(metadata("fsspec").get_all("Provides-Extra") or ())
    extras = sorted(known & {_ALIASES.get(protocol, protocol) for protocol in protocols})
    return f"`pip install 'fsspec[{','.join(extras)}]'`" if extras else "the package that fsspec names for this store"
