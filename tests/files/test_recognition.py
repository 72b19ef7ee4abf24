"""A file is what its content says, whatever it is called."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import checkpoint_writer as w
import numpy as np
import pytest
from PIL import Image

from cnnspec import weights
from cnnspec.diagnostics import FileError
from cnnspec.files.pytorch import read as read_checkpoint
from cnnspec.files.recognition import HEAD, SAFETENSORS, recognised
from cnnspec.inputs.arrays import load_input
from cnnspec.inputs.image_kind import MANY
from cnnspec.inputs.images import load
from cnnspec.language.sections.preprocess import Preprocess
from cnnspec.spec.spec import check
from cnnspec.weights.published import published


def packed(*names: str) -> bytes:
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as file:
        for name in names:
            file.writestr(name, b"")
    return buffer.getvalue()


def saved(write: Callable[..., Any], *arguments: Any, **options: Any) -> bytes:
    write(buffer := io.BytesIO(), *arguments, **options)
    return buffer.getvalue()


def picture(kind: str) -> bytes:
    return saved(Image.new("L", (5, 4)).save, format=kind)


KINDS: dict[str, list[bytes]] = {
    "npy": [saved(np.save, np.ones(3))],
    "npz": [saved(np.savez, a=np.ones(3)), saved(np.savez), packed("a.npy", "b.txt")],
    "safetensors": [struct.pack("<Q", 2) + b"{}", struct.pack("<Q", 0x0280) + b'{"a":' + b" " * 635 + b"}"],
    "checkpoint": [w.archive(), w.stream(), w.archive(folder="archive/"), w.archive()[:-22]],
    "torchscript": [packed("net/data.pkl", "net/code/__torch__.py", "net/constants.pkl")],
    "pickle": [b"\x80\2}q\0.", b"\x80\5]\x94."],
    "image": [picture(kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")],
    "idx": [b"\0\0\x08\3" + bytes(12)],
    "gzip": [gzip.compress(b"a")],
    "zip": [packed("a/b.png"), packed("a.csv"), b"PK\3\4"],
    "keras": [packed("config.json", "model.weights.h5", "metadata.json")],
    "office": [packed("[Content_Types].xml", "xl/workbook.xml")],
    "hdf5": [b"\x89HDF\r\n\x1a\n" + bytes(100)],
    "onnx": [b"\x08\x07\x12\x07pytorch\x1a\x051.9.0:"],
    "tar": [b"weights" + bytes(250) + b"ustar\0" + bytes(1000)],
    "heic": [b"\0\0\0\x18ftypheic\0\0\0\0"],
    "pointer": [b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"],
    "page": [b"<!DOCTYPE html><html></html>", b"\n  <html lang='en'>", b"\xef\xbb\xbf<!doctype HTML>"],
    "answer": [
        b"404: Not Found",
        b"Entry not found",
        b'{"message": "Not Found", "status": "404"}',
        b'{"error":"no token"}',
        b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
    ],
    "svg": [b'<?xml version="1.0"?><svg width="5"/>', b"<svg/>"],
    "index": [b'{"metadata": {"total_size": 5}, "weight_map": {"a.weight": "a-00001.safetensors"}}'],
    "text": [b"a: 1", b"label,1,2\n0,1,2\n", b"x" * (HEAD - 1) + "é".encode(), '"message": grüße'.encode(), b"PK"],
    "empty": [b""],
}


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, found in KINDS.items() for data in found])
def test_what_a_file_is(name: str, data: bytes) -> None:
    file = io.BytesIO(data)
    found = recognised(file)
    assert found is not None
    assert found.name == name
    assert file.tell() == 0


@pytest.mark.parametrize("data", [b"\0", b"\x80", b"\xff\xfe", bytes(3000), b"\2\0\0\0\0\0\0", b"abc\0def"])
def test_what_tells_nothing(data: bytes) -> None:
    assert recognised(io.BytesIO(data)) is None


READERS: dict[str, Callable[[Path], object]] = {
    "weights": weights.read,
    "header": weights.header,
    "published": published,
    "checkpoint": read_checkpoint,
    "array": lambda path: load_input(path, (1, 4, 5)),
    "spec": check,
    "image": lambda path: load(path, Preprocess(), (1, 4, 5)),
    "image without preprocess": lambda path: load(path, None, (1, 4, 5)),
}
OTHERS = ("pointer", "page", "answer", "gzip", "hdf5", "onnx", "tar", "heic", "index")
REFUSED = [(kind, reader) for kind in OTHERS for reader in READERS if (kind, reader) != ("index", "published")]
"""Kinds of files and who does not read them: what is published may be an index of several files."""


@pytest.mark.parametrize("suffix", [".pth", ".pth.tar", ".npz", ".npy", ".safetensors", ".png", ".bin", ""])
@pytest.mark.parametrize(("kind", "reader"), REFUSED)
def test_every_reader_says_what_it_has_been_given(tmp_path: Path, kind: str, reader: str, suffix: str) -> None:
    data = KINDS[kind][0]
    found = recognised(io.BytesIO(data))
    assert found is not None
    (tmp_path / f"a{suffix}").write_bytes(data)
    with pytest.raises(FileError) as caught:
        READERS[reader](tmp_path / f"a{suffix}")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.why == f"it is {found.what}"
    assert diagnostic.help
    is_container = kind == "tar" and suffix.endswith(".tar") and reader.startswith("image")
    cure = MANY if is_container else found.cure
    assert not cure or diagnostic.help == cure


@pytest.mark.parametrize("suffix", [".pth", ".pth.tar", ".npz", ".safetensors", ".model", ".th", ".h5", ""])
def test_weights_are_read_under_any_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    weights.save({"w": np.arange(6.0, dtype=np.float32)}, tmp_path / "w.npz")
    weights.save({"w": np.arange(6.0, dtype=np.float32)}, tmp_path / "w.safetensors")
    for name in ("w.npz", "w.safetensors"):
        path.write_bytes((tmp_path / name).read_bytes())
        assert weights.read(path)["w"].tolist() == [*range(6)]
        assert published(path).tensors["w"].tolist() == [*range(6)]
    for data in (w.archive(), w.stream()):
        path.write_bytes(data)
        assert published(path).tensors["w"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_torchscript_program_is_named_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "jit.pt").write_bytes(KINDS["torchscript"][0])
    for reader in (published, read_checkpoint):
        with pytest.raises(FileError) as caught:
            reader(tmp_path / "jit.pt")
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "E408"
        assert "holds a TorchScript program" in diagnostic.message
        assert "torch.jit.load(FILE).state_dict()" in diagnostic.help
    with pytest.raises(FileError) as caught:
        weights.read(tmp_path / "jit.pt")
    assert caught.value.diagnostics[0].code == "E406"


@pytest.mark.parametrize("length", [0x10000, 0x160500])
def test_the_length_of_a_header_is_no_signature(length: int) -> None:
    """These begin like an icon, and like a file that macOS has wrapped."""
    head = length.to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    assert recognised(io.BytesIO(head.ljust(8 + length) + bytes(4))) is SAFETENSORS
