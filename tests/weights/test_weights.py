"""Weights: what is written is read, by us and by the safetensors library, and taken as a network needs it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnnspec import weights
from cnnspec.diagnostics import FileError
from cnnspec.graph.layer import TensorSpec
from cnnspec.machine.hardware import SystemMemory
from cnnspec.weights.formats.safetensors import dump
from cnnspec.weights.published import published
from cnnspec.weights.transfer import transfer

Arrays = dict[str, np.ndarray[Any, Any]]

LENET = {
    "conv1.weight": TensorSpec((6, 1, 5, 5), fan=(25, 150)),
    "conv1.bias": TensorSpec((6,)),
    "fc1.weight": TensorSpec((10, 24), fan=(24, 10)),
    "fc1.bias": TensorSpec((10,)),
}


def arrays_for(needed: Mapping[str, TensorSpec]) -> Arrays:
    return {name: np.full(tensor.shape, 0.5, np.float32) for name, tensor in needed.items()}


def raw(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(dtype: Any = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


names = st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="._-"), min_size=1).map(
    "t{}".format
)
tensors = st.dictionaries(
    names,
    hnp.arrays(
        st.sampled_from(["<f8", "<f4", ">f4", "<f2", "<i8", ">i4", "|i1", "<u8", "<u4", "<u2", "|u1", "|b1"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    ),
    max_size=5,
)  # fmt: skip


def assert_holds(found: Mapping[str, Any], given: Arrays) -> None:
    assert found.keys() == given.keys()
    for name, array in given.items():
        with np.errstate(over="ignore"):
            wanted = array.astype(np.float32) if array.dtype.kind == "f" else array
        np.testing.assert_array_equal(found[name], wanted)
        assert found[name].dtype == wanted.dtype.newbyteorder("=")
        assert found[name].shape == array.shape


@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".NPZ"])
@given(tensors)
@settings(max_examples=60, deadline=None)
def test_what_is_saved_is_read(tmp_path_factory: pytest.TempPathFactory, suffix: str, arrays: Arrays) -> None:
    path = tmp_path_factory.getbasetemp() / f"round{suffix}"
    weights.save(arrays, path)
    assert_holds(weights.read(path), arrays)
    header = weights.header(path)
    assert {name: entry.shape for name, entry in header.items()} == {n: a.shape for n, a in arrays.items()}
    assert all(entry.end - entry.begin == arrays[name].nbytes for name, entry in header.items())


@given(tensors)
@settings(max_examples=60, deadline=None)
def test_the_library_reads_ours(tmp_path_factory: pytest.TempPathFactory, arrays: Arrays) -> None:
    path = tmp_path_factory.getbasetemp() / "ours.safetensors"
    weights.save(arrays, path)
    found = safetensors.numpy.load_file(path)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype.newbyteorder("<")


@given(tensors)
@settings(max_examples=60, deadline=None)
def test_we_read_the_librarys(tmp_path_factory: pytest.TempPathFactory, arrays: Arrays) -> None:
    path = tmp_path_factory.getbasetemp() / "theirs.safetensors"
    native = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("=")) for name, array in arrays.items()}
    native = {name: array.reshape(arrays[name].shape) for name, array in native.items()}
    safetensors.numpy.save_file(native, path, metadata={"format": "np"})
    assert_holds(weights.read(path), native)


@given(tensors, st.sampled_from([None, {"a": 'ü"\\\n\t'}]))
@settings(max_examples=60, deadline=None)
def test_we_write_the_very_bytes_that_the_library_writes(arrays: Arrays, words: dict[str, str] | None) -> None:
    stream = io.BytesIO()
    dump(arrays, stream, words)
    native = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("=")) for name, array in arrays.items()}
    native = {name: array.reshape(arrays[name].shape) for name, array in native.items()}
    assert stream.getvalue() == safetensors.numpy.save(native, words)


def test_what_is_written_is_not_copied_whole(tmp_path: Path) -> None:
    arrays = {f"w{i}": np.zeros(1 << 20, np.float32) for i in range(4)}
    tracemalloc.start()
    try:
        weights.save(arrays, tmp_path / "a.safetensors")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < arrays["w0"].nbytes


def test_more_than_memory_has_room_for_is_not_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights.save(arrays_for(LENET), tmp_path / "a.npz")
    monkeypatch.setattr("cnnspec.machine.hardware.memory", lambda: SystemMemory(1000))
    with pytest.raises(FileError) as caught:
        published(tmp_path / "a.npz")
    assert [found.code for found in caught.value.diagnostics] == ["E409"]


@pytest.mark.parametrize("name", ["a.safetensors", "a.npz"])
def test_equal_tensors_give_equal_bytes_in_any_order(tmp_path: Path, name: str) -> None:
    arrays = {
        "b": np.ones((2, 3), np.float32),
        "a": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "c": np.array(1),
    }
    contents = []
    for order in (["a", "b", "c"], ["c", "b", "a"]):
        weights.save({key: arrays[key] for key in order}, tmp_path / name)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    assert_holds(weights.read(tmp_path / name), arrays)


def test_numpy_reads_our_archive(tmp_path: Path) -> None:
    weights.save({"file": np.arange(3), "self": np.ones(2)}, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as found:
        assert sorted(found) == ["file", "self"]
        np.testing.assert_array_equal(found["file"], np.arange(3))


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path: Path) -> None:
    words = np.array([0x3F80, 0xC000, 0x0000, 0x7F80, 0x4049, 0x0001], "<u2")
    (tmp_path / "a.safetensors").write_bytes(raw({"a": tensor("BF16", [6], [0, 12])}, words.tobytes()))
    found = weights.read(tmp_path / "a.safetensors")["a"]
    assert found.dtype == np.float32
    assert found.tolist() == [1, -2, 0, float("inf"), 3.140625, 2.0**-133]


def test_unaligned_and_interleaved_tensors_are_read(tmp_path: Path) -> None:
    header = {
        "b": tensor("F32", [2], [1, 9]),
        "a": tensor("I8", [1], [0, 1]),
        "z": tensor("F32", [0, 4], [9, 9]),
    }
    (tmp_path / "a.safetensors").write_bytes(raw(header, b"\7" + np.array([1, 2], "<f4").tobytes()))
    found = weights.read(tmp_path / "a.safetensors")
    assert list(found) == ["b", "a", "z"]
    assert len(found) == 3
    assert (found["a"].tolist(), found["b"].tolist(), found["z"].shape) == ([7], [1, 2], (0, 4))


def test_a_file_that_becomes_shorter_while_it_is_read(tmp_path: Path) -> None:
    """What is not mapped is reported; what is would end the process."""
    path = tmp_path / "w.safetensors"
    weights.save({"a": np.ones(3, np.float32), "b": np.arange(5, dtype=np.float32)}, path)
    stored = weights.read(path)
    os.truncate(path, path.stat().st_size - 4)
    assert stored["a"].tolist() == [1, 1, 1]
    with pytest.raises(FileError) as caught:
        stored["b"]
    assert [(d.code, d.why) for d in caught.value.diagnostics] == [("E403", "it has become shorter while it was read")]


def test_who_converts_or_trains_on_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.safetensors"
    weights.save(arrays_for(LENET), path)
    monkeypatch.delattr(np, "memmap")
    assert published(path).tensors["fc1.weight"].shape == (10, 24)
    assert transfer(LENET, path, "he", 0).lacks == ()
    with pytest.raises(AttributeError):
        weights.take(LENET, path)


def test_a_mapped_file_is_not_copied(tmp_path: Path) -> None:
    weights.save({"a.weight": np.ones((1000, 1000), np.float32)}, tmp_path / "a.safetensors")
    found = weights.take({"a.weight": TensorSpec((1000, 1000))}, tmp_path / "a.safetensors")["a.weight"]
    assert not found.flags.owndata
    assert not found.flags.writeable


def test_headers_and_matches_do_not_import_numpy(tmp_path: Path) -> None:
    weights.save(arrays_for(LENET), tmp_path / "a.safetensors")
    weights.save(arrays_for(LENET), tmp_path / "a.npz")
    code = (
        "import sys; from cnnspec import weights; from cnnspec.inputs.arrays import load_input\n"
        f"for path in (r'{tmp_path}/a.safetensors', r'{tmp_path}/a.npz'):\n"
        "    assert len(weights.match({}, weights.header(path), path)) == 1\n"
        "sys.exit(sum(name in sys.modules for name in ('numpy', 'safetensors', 'PIL', 'rich')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_tensors_are_taken_under_the_names_and_in_the_shapes_of_the_network(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    weights.save(
        {
            "conv.weight": np.arange(6, dtype=np.float16).reshape(3, 2),
            "scale": np.array([1.5, 2.5]).reshape(2, 1, 1),
            "t.weight": np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3)),
            "conv.num_batches_tracked": np.array(5),
        },
        path,
    )
    needed = {
        "conv.weight": TensorSpec((3, 2, 1, 1)),
        "scale.weight": TensorSpec((2,), bare=True),
        "t.weight": TensorSpec((2, 3)),
    }
    found = weights.take(needed, path)
    assert list(found) == list(needed)
    assert all(array.dtype == np.float32 and array.flags.c_contiguous for array in found.values())
    assert all(array.flags.aligned for array in found.values())
    assert found["conv.weight"].tolist() == np.arange(6).reshape(3, 2, 1, 1).tolist()
    assert found["scale.weight"].tolist() == [1.5, 2.5]
    assert found["t.weight"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_an_unaligned_tensor_is_taken_aligned(tmp_path: Path) -> None:
    header = {"a.weight": tensor("F32", [2], [1, 9]), "b": tensor("I8", [1], [0, 1])}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (tmp_path / "a.safetensors").write_bytes(raw(text, b"\7" + np.array([1, 2], "<f4").tobytes()))
    found = weights.take({"a.weight": TensorSpec((2,))}, tmp_path / "a.safetensors")["a.weight"]
    assert found.flags.aligned
    assert found.tolist() == [1, 2]


def test_weights_that_do_not_fit_are_not_taken(tmp_path: Path) -> None:
    weights.save({"conv1.weight": np.ones((5, 5, 1, 6), np.float32), "x": np.ones(1)}, tmp_path / "a.npz")
    with pytest.raises(FileError) as error:
        weights.take(LENET, tmp_path / "a.npz")
    assert [d.code for d in error.value.diagnostics] == ["E401", "E402"]


def test_weights_that_are_not_finite_are_not_taken(tmp_path: Path) -> None:
    arrays: Arrays = arrays_for(LENET)
    arrays["conv1.weight"][0, 0, 0, :3] = [np.nan, np.inf, -np.inf]
    arrays["fc1.bias"] = np.full(10, 1e300)
    weights.save(arrays, tmp_path / "a.safetensors")
    with pytest.raises(FileError) as error:
        weights.take(LENET, tmp_path / "a.safetensors")
    assert [d.code for d in error.value.diagnostics] == ["E407", "E407"]
    first, second = error.value.diagnostics
    assert first.message == "weights for `conv1` are not finite"
    assert first.why == "3 of the 150 values of `conv1.weight` are NaN or infinite in float32"
    assert "10 of the 10" in second.why


def test_plain_arrays_are_fitted_as_those_of_a_file_are() -> None:
    arrays = {
        "conv.weight": np.full((3, 2), 1e300),
        "x": np.array([True]),
        "scale": np.ones((2, 1, 1), np.float16),
    }
    needed = {"conv.weight": TensorSpec((3, 2, 1, 1)), "scale.weight": TensorSpec((2,), bare=True)}
    found, diagnostics = weights.fit(needed, arrays, "a.pth")
    assert [(d.code, d.file) for d in diagnostics] == [("W401", "a.pth"), ("E407", "a.pth")]
    assert found["scale.weight"].tolist() == [1, 1]
    assert found["conv.weight"].shape == (3, 2, 1, 1)
    assert weights.fit({"x": TensorSpec((1,))}, {"x": np.array([True])}, "a.pth")[0] == {}


def test_a_network_without_tensors_takes_none(tmp_path: Path) -> None:
    weights.save({}, tmp_path / "a.safetensors")
    assert weights.take({}, tmp_path / "a.safetensors") == {}
