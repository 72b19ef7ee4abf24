"""Files that are an input themselves, on this machine or in a store; their folder's name is the label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from ...diagnostics import FileError
from ...files import store
from ...files.store import StoreError
from ...inputs.batches import Case
from ...inputs.batches import cases as read
from ..task import file_name
from .decoding import MOST, Decoding


def on_disk(url: str, decoding: Decoding) -> Iterator[Case]:
    """As `run` reads it: an image, or an array of one or several inputs."""
    path = Path(decoding.place(url))
    folder = None if Path(store.local(url)).is_absolute() else Path(decoding.folder)
    for case in read([path], decoding.preprocess, decoding.input, folder):
        yield case._replace(label=path.parent.name)


def in_store(url: str, decoding: Decoding) -> Iterator[Case]:
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
