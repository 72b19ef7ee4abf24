"""From the files of a task to inputs, each with its name and, where the data say so, its label."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...files.store import Stored, is_remote
from ...files.tar_stream import ENDINGS
from ...inputs.batches import Case
from ..task import TABLE, file_name
from . import in_table, in_tar, single
from .decoding import Decoding

_READERS: dict[str, Callable[[str, Decoding], Iterator[Case]]] = {
    **dict.fromkeys(ENDINGS, in_tar.cases),
    TABLE: in_table.cases,
}


def cases(file: Stored, decoding: Decoding) -> Iterator[Case]:
    """Every input of a file, in order. Raises StoreError: whatever else is wrong becomes a case with its failure."""
    name = file_name(file.url).lower()
    for ending, read in _READERS.items():
        if name.endswith(ending):
            return read(file.url, decoding)
    return single.in_store(file.url, decoding) if is_remote(file.url) else single.on_disk(file.url, decoding)
