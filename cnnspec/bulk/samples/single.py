"""Files that are an input themselves, on this machine or in a store; their folder's name is the label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from ...diagnostics import FileError
from ...files import store
from ...files.store import StoreError
from ...inputs.batches import Case
from ...inputs.batches import of_file as read
from ..task import file_name
from .decoding import MOST, Decoding


def cases(url: str, decoding: Decoding) -> Iterator[Case]:
    """The inputs of a file. Raises StoreError: whatever else is wrong becomes a case with its failure."""
    return _in_store(url, decoding) if store.is_remote(url) else _on_disk(url, decoding)


def placed(url: str, decoding: Decoding) -> tuple[Path, str]:
    """The path of a file of this machine, and its name in rows: relative where that is how it was named."""
    path, local = Path(decoding.place(url)), Path(store.local(url))
    return path, str(path if local.is_absolute() else path.relative_to(decoding.folder))


def _on_disk(url: str, decoding: Decoding) -> Iterator[Case]:
    """As `run` reads it: an image, or an array of one or several inputs."""
    path, name = placed(url, decoding)
    for case in read(path, name, decoding.preprocess, decoding.input):
        yield case._replace(label=path.parent.name)


def _in_store(url: str, decoding: Decoding) -> Iterator[Case]:
    """An image."""
    label = PurePath(file_name(url)).parent.name
    try:
        data = store.content(decoding.place(url), MOST)
    except StoreError:
        raise
    except FileError as failure:
        yield Case(url, failure=failure, label=label)
    else:
        yield decoding.case(url, data, label)
