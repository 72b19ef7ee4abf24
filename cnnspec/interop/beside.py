"""Files that lie beside what is written, under names that nobody gave: what is there already is not replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..diagnostics import FileError
from ..files.overwrite_guard import rewrite
from ..files.reading import holds

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pieces = Iterable[bytes | memoryview]


class Weights:
    """Tensors as the pieces of a `.safetensors` file, which can be gone over again."""

    def __init__(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.tensors = tensors

    def __iter__(self) -> Iterator[bytes | memoryview]:
        from ..weights.formats.safetensors import pieces

        return pieces(self.tensors)

    def bytes_at(self, path: Path) -> int:
        """How many bytes the file at `path` has, if it holds just these tensors, with whatever words; else 0."""
        from ..weights.formats.safetensors import metadata, pieces

        with suppress(FileError):
            if path.is_file():
                rewrite(path)  # to be read is no reason against it: a file that is there is never written
                return holds(path, pieces(self.tensors, metadata(path)))
        return 0


def weights_name(name: str) -> str:
    """What the weights beside a file of code are called."""
    return f"{Path(name).stem}.safetensors"


def bytes_there(path: Path, content: Pieces) -> int:
    """How many bytes the file at `path` has, if it need not be written; else 0."""
    return content.bytes_at(path) if isinstance(content, Weights) else holds(path, content)


def ensure_free(path: Path, output: Path) -> None:
    """Raises FileError (E415) where a file is at `path`, which goes with `output` and has other contents."""
    if path.is_file():
        message = f"`{path.name}` is there already, with other contents"
        why = f"it would lie beside `{output.name}`; no option names it, so it is not replaced"
        cure = f"`-o {output.stem}_new{output.suffix}` writes both under another name; or move the old file away"
        raise FileError.about(path, "E415", message, why, cure)
