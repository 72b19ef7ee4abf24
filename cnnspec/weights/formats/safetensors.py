"""The `.safetensors` format: 8 bytes of length, a JSON header, then the tensors' bytes without gaps.

The header is read by our own code, so that a spec is checked against its weights without NumPy.
Source of the format: the README of huggingface/safetensors, "Format".
"""

from __future__ import annotations

import json
import reprlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from ...files.dtypes import CODES, dtype_name, widened, width
from ...files.npy import nbytes
from ...files.reading import AnyPath, Malformed, blaming, opened
from ..stored import StoredTensors, TensorInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_HEADER = 4 * 2**20
"""Much less than the format allows, and still 50,000 tensors; reading it takes half a second."""
MAX_NAME = 1_000
_ORDER = ("U64", "I64", "F64", "F32", "U32", "I32", "F16", "U16", "I16", "I8", "U8", "BOOL")
"""Of the types of NumPy that are written."""


def header(path: AnyPath) -> dict[str, TensorInfo]:
    """The tensors in the file, in the order of its header, or a `FileError`."""
    with opened(path) as stream, blaming(path):
        return _header(stream)[0]


def metadata(path: AnyPath) -> dict[str, str]:
    """The words that a file holds beside its tensors, or a `FileError`."""
    with opened(path) as stream, blaming(path):
        return _header(stream)[1]


def read(path: AnyPath, mapped: bool = True) -> StoredTensors:
    """The file's tensors and words.

    They are `mapped`, for who works on them for long: without memory of their own, but whoever changes the file in its
    place changes them, or ends the process. Else each is read into memory when it is asked for: FileError (E403) where
    the file has become shorter meanwhile.
    """
    import numpy as np

    from ...files.file_array import FileArray

    with opened(path) as stream, blaming(path):
        entries, words = _header(stream)
        size = stream.seek(0, 2)
        data = np.memmap(stream, np.uint8, "r") if mapped else FileArray(stream, "u1", (size,), 0)

    def load(name: str) -> NDArray[Any]:
        entry = entries[name]
        with blaming(path):
            flat = np.asarray(data[entry.begin : entry.end]).view(f"<{CODES[entry.dtype]}")
        return (widened(flat) if entry.dtype == "BF16" else flat).reshape(entry.shape)

    return StoredTensors(entries, load, words)


def dump(tensors: Mapping[str, NDArray[Any]], stream: BinaryIO, metadata: Mapping[str, str] | None = None) -> None:
    """Writes the tensors one after the other, with no copy of all of them: equal tensors, equal bytes, which are those
    of the format's own library. It puts wide numbers first, so that all are aligned, and orders equal types by name."""
    for piece in pieces(tensors, metadata):
        stream.write(piece)


def pieces(
    tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None
) -> Iterator[bytes | memoryview]:
    """What `dump` writes, piece by piece."""
    import numpy as np

    arrays = {name: np.asarray(array) for name, array in tensors.items()}
    types = {name: dtype_name(array.dtype.kind, array.dtype.itemsize) for name, array in arrays.items()}
    names = sorted(arrays, key=lambda name: (_ORDER.index(types[name]), name))
    fields: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in names:
        begin, end = end, end + arrays[name].nbytes
        fields[name] = {"dtype": types[name], "shape": arrays[name].shape, "data_offsets": (begin, end)}
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        flat = np.ascontiguousarray(arrays[name], arrays[name].dtype.newbyteorder("<")).reshape(-1)
        yield flat.view(np.uint8).data


def _header(stream: BinaryIO) -> tuple[dict[str, TensorInfo], dict[str, str]]:
    """The tensors by name, and the words beside them."""
    size = stream.seek(0, 2)
    stream.seek(0)
    length, start = _length(stream.read(8), size)
    fields = _json(stream.read(length))
    metadata = fields.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise Malformed("its __metadata__ does not map words to words")
    entries = {name: _entry(name, described, start) for name, described in fields.items()}
    end = start
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != end:
            what = "overlaps the tensor before it" if entry.begin < end else "leaves a gap before it"
            raise Malformed(f"tensor `{name}` {what}")
        end = entry.end
    if end != size:
        raise Malformed(f"its header promises {end:,} bytes; the file holds {size:,}", "is it cut off?")
    return entries, metadata


def _length(first: bytes, size: int) -> tuple[int, int]:
    """Bytes of the JSON text, and where the tensors begin."""
    length = int.from_bytes(first, "little")
    if len(first) == 8 and 2 <= length <= min(MAX_HEADER, size - 8):
        return length, 8 + length
    if len(first) < 8:
        raise Malformed("it is cut off" if first else "it is empty")
    raise Malformed(f"its header claims {length:,} bytes; the file holds {size:,}, {MAX_HEADER:,} are allowed")


def _json(text: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(
            text.decode("utf-8"), object_pairs_hook=_distinct, parse_int=_whole, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as fault:
        raise Malformed(f"its header is not JSON: {fault}") from fault
    if not isinstance(fields, dict):
        raise Malformed("its header is not a JSON object")
    return fields


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Malformed(f"its header has {reprlib.repr(twice)} twice")
    return fields


def _whole(text: str) -> int:
    if text == "-0":
        raise ValueError("-0 is no whole number")  # to the format's own library it is a float
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _entry(name: str, described: object, start: int) -> TensorInfo:
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise Malformed(f"{reprlib.repr(name)} is no tensor's name")
    if not isinstance(described, dict) or described.keys() != {"dtype", "shape", "data_offsets"}:
        raise Malformed(f"tensor `{name}` is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = described["dtype"], described["shape"], described["data_offsets"]
    if not isinstance(dtype, str) or dtype not in CODES:
        raise Malformed(f"tensor `{name}` is of type {reprlib.repr(dtype)}", f"known: {', '.join(CODES)}")
    size = nbytes(shape, width(dtype))
    if not isinstance(offsets, list) or [type(offset) for offset in offsets] != [int, int]:
        raise Malformed(f"the data_offsets of tensor `{name}` are not two whole numbers")
    begin, end = offsets
    if not 0 <= begin <= end < 2**62:
        raise Malformed(f"the data_offsets of tensor `{name}` are no place in a file")
    if end - begin != size:
        raise Malformed(
            f"tensor `{name}` of {dtype} {tuple(shape)} takes {size:,} bytes, its place has {end - begin:,}"
        )
    return TensorInfo(dtype, tuple(shape), start + begin, start + end)
