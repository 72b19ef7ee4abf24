"""How the bytes of an image become a network's input, and where a table has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...diagnostics import FileError
from ...files import store
from ...graph.shape import Shape
from ...inputs.batches import Case
from ...inputs.images import MAX_BYTES, decoded
from ...language.sections.preprocess import Preprocess

MOST = MAX_BYTES + 1
"""Bytes of an image that are taken: enough to see that it is too large."""


@dataclass(frozen=True)
class Decoding:
    """The network's `input` (C, H, W) and the `preprocess` of its spec; the columns of a table that hold images and
    labels, where they are named."""

    preprocess: Preprocess | None
    input: Shape
    image_column: str | None = None
    label_column: str | None = None
    folder: str = "."
    """What relative paths start from, wherever a worker runs."""

    def place(self, url: str) -> str:
        """Where a file is, for a worker that runs in another folder; of one within another file, where that is."""
        inner, link, _ = url.rpartition("::")
        place = self.local(url)
        return url if place is None else f"{inner}{link}{place}"

    def local(self, url: str) -> str | None:
        """The path of the file of this machine that a file is or is in; None in a store."""
        outer = url.rpartition("::")[2]
        return None if store.is_remote(outer) else str(Path(self.folder, store.local(outer)))

    def case(self, name: str, data: bytes, label: str | int | None = None) -> Case:
        """An image in memory as an input, or what is wrong with it."""
        try:
            return Case(name, decoded(name, data, self.preprocess, self.input), label=label)
        except FileError as failure:
            return Case(name, failure=failure, label=label)
