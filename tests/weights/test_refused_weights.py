"""Files that are no weights, hostile ones too, are refused in words and within bounds."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import make_checkpoints
import numpy as np
import pytest
from calling import call
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import PATIENCE
from safetensors import SafetensorError

from cnnspec import weights
from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.weights.formats import safetensors as ours


def raw(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(dtype: Any = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def refused(path: Path) -> Diagnostic:
    with pytest.raises(FileError) as error:
        weights.header(path)
    with pytest.raises(FileError) as again:
        weights.read(path)
    assert again.value.diagnostics == error.value.diagnostics
    [diagnostic] = error.value.diagnostics
    assert diagnostic.file == str(path)
    assert len(str(diagnostic) + diagnostic.why) < 1500
    return diagnostic


@pytest.mark.parametrize("name", ["a.pt", "a.PTH", "a.pkl", "a.bin", "a.ckpt"])
def test_pickles_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(make_checkpoints.STREAM.read_bytes())
    assert refused(tmp_path / name).code == "E406"
    assert f"cnnspec convert {tmp_path / name} -o a.safetensors" in refused(tmp_path / name).help


def test_the_cure_for_a_checkpoint_stands_names_that_a_shell_would_act_on(tmp_path: Path) -> None:
    path = tmp_path / "best & final.pth.tar"
    path.write_bytes(make_checkpoints.ARCHIVE.read_bytes())
    _, command, _ = refused(path).help.split("`")
    words = shlex.split(command)
    assert words == ["cnnspec", "convert", str(path), "-o", "best & final.pth.safetensors"]
    assert call(*words[1:4], tmp_path / words[4]).code == 0
    assert weights.header(tmp_path / words[4])


def test_another_pickle_is_refused_without_a_command_that_would_refuse_it(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\4]q\0.")
    found = refused(tmp_path / "a.pkl")
    assert (found.code, found.help) == ("E406", "save plain arrays of numbers with `numpy.savez`")


@pytest.mark.parametrize("name", ["a.h5", "a", "a.npy"])
def test_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"abc")
    assert refused(tmp_path / name).code == "E403"
    assert refused(tmp_path / name).help == ".safetensors and .npz files are read"


@pytest.mark.parametrize("name", ["a.safetensors", "a.npz", "a.pth", "a.h5"])
def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name).code == "E404"


def test_an_output_without_a_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError) as error:
        weights.save({}, tmp_path / "a.dat")
    assert error.value.diagnostics[0].code == "E405"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"full{suffix}").symlink_to("/dev/full")
    with pytest.raises(FileError) as error:
        weights.save({"a": np.ones(100_000, np.float32)}, tmp_path / f"full{suffix}")
    assert error.value.diagnostics[0].code == "E415"


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_what_cannot_be_stored_leaves_what_was_there(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    weights.save({"a": np.ones(3, np.float32)}, path)
    with pytest.raises((KeyError, ValueError, SafetensorError)):
        weights.save({"a": np.ones(3, np.float32), "b": np.array([print])}, path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert weights.read(path)["a"].tolist() == [1, 1, 1]


MALFORMED = {
    "empty": (b"", "it is empty"),
    "seven bytes": (b"\2\0\0\0\0\0\0", "it is cut off"),
    "no header": (b"\0" * 8, "claims 0 bytes"),
    "claims everything": (b"\xff" * 8, "18,446,744,073,709,551,615 bytes"),
    "longer than the file": ((100).to_bytes(8, "little") + b"{}", "claims 100 bytes; the file holds 10"),
    "a zip archive": (b"PK\3\4" + b"\0" * 100, "zip archive"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    "a web page": (b"<!DOCTYPE html><html></html>", "web page"),
    "no json": (raw(b"{]"), "not JSON"),
    "not utf-8": (raw(b'{"\xff": 1}'), "not JSON"),
    "deeply nested": (raw(b'{"a":' + b"[" * 200_000), "not JSON"),
    "nan": (raw(b'{"a": NaN}'), "NaN is no JSON number"),
    "5,000 digits": (raw(b'{"a": ' + b"9" * 5000 + b"}"), "not JSON"),
    "a list": (raw([]), "not a JSON object"),
    "duplicate tensor": (raw(b'{"a": 1, "b": 1, "a": 2}'), "'a' twice"),
    "duplicate key": (raw(b'{"a": {"dtype": "F32", "dtype": "F32"}}'), "'dtype' twice"),
    "metadata list": (raw({"__metadata__": []}), "__metadata__"),
    "metadata number": (raw({"__metadata__": {"a": 1}}), "__metadata__"),
    "no name": (raw({"": tensor()}, b"\0" * 4), "no tensor's name"),
    "long name": (raw({"a" * 100_000: tensor()}, b"\0" * 4), "no tensor's name"),
    "control characters": (raw({"a\n::error": tensor()}, b"\0" * 4), "no tensor's name"),
    "lone surrogate": (raw({"\ud800": tensor()}, b"\0" * 4), "no tensor's name"),
    "number": (raw({"a": 5}), "not described"),
    "missing key": (raw({"a": {"dtype": "F32", "shape": []}}), "not described"),
    "extra key": (raw({"a": tensor() | {"strides": 1}}), "not described"),
    "unknown dtype": (raw({"a": tensor("F8_E4M3")}, b"\0" * 4), "of type 'F8_E4M3'"),
    "dtype number": (raw({"a": tensor(5)}, b"\0" * 4), "of type 5"),
    "dtype list": (raw({"a": tensor(["F32"])}, b"\0" * 4), "of type ['F32']"),
    "shape number": (raw({"a": tensor(shape=4)}, b"\0" * 4), "4 is no shape"),
    "negative shape": (raw({"a": tensor(shape=[-1, -1])}, b"\0" * 4), "no shape"),
    "fraction": (raw({"a": tensor(shape=[1.0])}, b"\0" * 4), "no shape"),
    "truth": (raw({"a": tensor(shape=[True])}, b"\0" * 4), "no shape"),
    "huge shape": (raw({"a": tensor(shape=[10**30])}, b"\0" * 4), "no machine"),
    "huge and empty": (raw({"a": tensor(shape=[0, 10**30], offsets=[0, 0])}), "no machine"),
    "wraps around": (raw({"a": tensor(shape=[2**32, 2**32], offsets=[0, 0])}), "no machine"),
    "many axes": (raw({"a": tensor(shape=[1] * 33)}, b"\0" * 4), "no machine"),
    "offsets": (raw({"a": tensor(offsets=[0, 4, 8])}, b"\0" * 4), "not two whole numbers"),
    "offsets number": (raw({"a": tensor(offsets=4)}, b"\0" * 4), "not two whole numbers"),
    "offset fraction": (raw({"a": tensor(offsets=[0, 4.0])}, b"\0" * 4), "not two whole numbers"),
    "offset truth": (raw({"a": tensor(shape=[0], offsets=[False, False])}), "not two whole numbers"),
    "negative offset": (raw({"a": tensor(offsets=[-4, 0])}, b"\0" * 4), "no place"),
    "backwards": (raw({"a": tensor(offsets=[4, 0])}, b"\0" * 4), "no place"),
    "4,300 digits": (raw({"a": tensor(offsets=[-(10**4299), 10**4299])}), "no place"),
    "short place": (raw({"a": tensor(shape=[2])}, b"\0" * 4), "takes 8 bytes, its place has 4"),
    "gap": (raw({"a": tensor(offsets=[1, 5])}, b"\0" * 5), "leaves a gap"),
    "overlap": (raw({"a": tensor(), "b": tensor(offsets=[2, 6])}, b"\0" * 6), "overlaps"),
    "same place": (raw({"a": tensor(), "b": tensor()}, b"\0" * 4), "overlaps"),
    "truncated": (raw({"a": tensor()}, b"\0" * 3), "cut off?"),
    "trailing": (raw({"a": tensor()}, b"\0" * 5), "promises"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_is_refused(tmp_path: Path, case: str) -> None:
    content, why = MALFORMED[case]
    (tmp_path / "a.safetensors").write_bytes(content)
    found = refused(tmp_path / "a.safetensors")
    assert found.code == "E403"
    assert why in found.why + found.help


def test_a_header_over_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(raw(b"{}" + b" " * ours.MAX_HEADER))
    assert "are allowed" in refused(tmp_path / "a.safetensors").why


@pytest.mark.parametrize("filler", [b"[],", b"{},", b'{"a":1},', b"1,", b'"a",'])
def test_the_largest_header_stays_within_bounds(tmp_path: Path, filler: bytes) -> None:
    text = b'{"a":[' + filler * ((ours.MAX_HEADER - 20) // len(filler)) + b"1]}"
    (tmp_path / "a.safetensors").write_bytes(raw(text))
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (512 * 2**20,) * 2)\n"
        "from cnnspec import weights, diagnostics\n"
        f"try: weights.header(r'{tmp_path}/a.safetensors')\n"
        "except diagnostics.FileError as error: assert 'not described' in error.diagnostics[0].why\n"
        "else: raise AssertionError"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)


def test_metadata_is_no_tensor(tmp_path: Path) -> None:
    header = {"__metadata__": {"format": "pt"}, "a": tensor()}
    (tmp_path / "a.safetensors").write_bytes(raw(header, b"\0" * 4))
    assert list(weights.header(tmp_path / "a.safetensors")) == ["a"]


def valid(suffix: str) -> bytes:
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "a.weight": np.ones((2, 3), np.float32),
        "a.bias": np.ones(3, np.float16),
        "n": np.array(5),
    }
    stream = io.BytesIO()
    if suffix == ".npz":
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    else:
        ours.dump(arrays, stream)
    return stream.getvalue()


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_mutation_is_a_traceback(tmp_path_factory: pytest.TempPathFactory, suffix: str, data: Any) -> None:
    path = tmp_path_factory.getbasetemp() / f"mutated{suffix}"
    content = bytearray(valid(suffix))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    try:
        shapes = {name: entry.shape for name, entry in weights.header(path).items()}
        arrays = dict(weights.read(path))
    except FileError:
        return
    assert {name: array.shape for name, array in arrays.items()} == shapes
