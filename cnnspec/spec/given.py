"""What a spec may be given as, and the bytes of it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import IO, Any

from ..diagnostics import FileError, closest
from ..files import places
from ..files.reading import blaming, opened, standard_input
from ..language.syntax.source import MAX_BYTES
from . import bundled

Given = str | PathLike[str] | Mapping[str, Any] | IO[bytes] | IO[str]


class Content(io.BytesIO):
    """What a file would hold, or has held: it is shown under that file's name, and lies in its folder."""

    def __init__(self, file: str, content: bytes) -> None:
        super().__init__(content)
        self.name = file


def locate(what: str) -> tuple[str, Path]:
    """The name to show and the path of a spec given as path or bundled name. Raises FileError (E404)."""
    path = Path(what)
    if places.is_file(path):
        return what, path
    inside = bundled.path(what)
    if inside is not None:
        return what, inside
    near = closest(what, bundled.names())
    is_folder = places.is_folder(path)
    reason = "it is a folder" if is_folder else "there is no such file, and no bundled network of that name"
    help = f"did you mean `{near}`?" if near else "`cnnspec specs` lists the bundled networks"
    raise FileError.about(what, "E404", f"no spec `{what}`", reason, help)


def fetch(what: Given) -> tuple[str, bytes, Path]:
    """Name, bytes and folder of a spec: a path, a bundled name, `-` for standard input, a text of several lines, a
    mapping, or a file object.

    What is in no folder, or comes through a stream, lies in the current one. Raises FileError, and TypeError for what
    is none of these.
    """
    if isinstance(what, Mapping):
        return "<mapping>", _text(what).encode(), Path()
    if isinstance(what, str) and "\n" in what:
        return "<text>", what.encode(), Path()
    if isinstance(what, str | PathLike):
        if what == "-":
            if sys.stdin is None:
                raise FileError.about("<stdin>", "E404", "standard input is closed")
            return "<stdin>", standard_input(MAX_BYTES + 1), Path()
        shown, path = locate(str(what))
        with opened(path, MAX_BYTES + 1) as file, blaming(path):
            folder = Path() if places.is_stream(path) else path.parent
            return shown if path == Path(shown) else path.name, file.read(MAX_BYTES + 1), folder
    if not hasattr(what, "read"):
        kinds = "a path, the name of a bundled network, a text of several lines, a mapping or an open file"
        raise TypeError(f"a spec is {kinds}, not {type(what).__name__}")
    data = what.read(MAX_BYTES + 1)
    name = getattr(what, "name", "<file>")
    folder = Path(name).parent if isinstance(name, str) and places.is_file(name) else Path()
    return str(name), data.encode() if isinstance(data, str) else data, folder


def _text(spec: Mapping[str, Any]) -> str:
    """A spec as JSON, which is YAML."""
    try:
        return json.dumps(spec, indent=1, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"a spec as a mapping holds text, numbers, lists and mappings: {error}") from None


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays, tuples' kin and other mappings as what JSON knows."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is none of these")
