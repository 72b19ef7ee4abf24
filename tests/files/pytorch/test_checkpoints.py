"""Checkpoints that are as they should be: what is read from them."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import checkpoint_writer as w
import make_checkpoints
import numpy as np
import pytest

from cnnspec.files.pytorch import read

FLOATS = np.arange(6, dtype=np.float32).reshape(2, 3)


def in_archive(path: Path, body: bytes) -> list[str]:
    """The names of the tensors read from an archive around the pickle of `body`."""
    path.write_bytes(w.archive(w.pickled(body)))
    return list(read(path).tensors)


@pytest.mark.parametrize("file", [make_checkpoints.ARCHIVE, make_checkpoints.STREAM], ids=["archive", "stream"])
def test_a_training_checkpoint_of_pytorch(file: Path) -> None:
    found, expected = read(file).tensors, make_checkpoints.expected()
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), name
        assert np.array_equal(found[name], array), name
        assert type(found[name]) is np.ndarray
        assert found[name].flags.c_contiguous
        assert found[name].flags.writeable


@pytest.mark.parametrize("data", [w.archive(), w.stream()], ids=["archive", "stream"])
def test_a_file_written_by_hand(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    found = read(str(path)).tensors
    assert list(found) == ["w"]
    assert np.array_equal(found["w"], FLOATS)


@pytest.mark.parametrize(("order", "sign"), [(b"little", "<"), (b"big", ">")])
@pytest.mark.parametrize(
    ("kind", "letter", "dtype"),
    [("Float", "f", "f4"), ("Double", "d", "f8"), ("Short", "h", "i2"), ("Long", "q", "i8")],
)
def test_byte_orders(path: Path, order: bytes, sign: str, kind: str, letter: str, dtype: str) -> None:
    pickle = w.weights(w.tensor(storage=w.stored(6, "0", kind)))
    data = struct.pack(f"{sign}6{letter}", *range(6))
    path.write_bytes(w.archive(pickle, {"byteorder": order, "data/0": data}))
    found = read(path).tensors["w"]
    assert found.dtype == np.dtype(dtype)
    assert found.dtype.isnative
    assert np.array_equal(found, FLOATS)


@pytest.mark.parametrize(("order", "data"), [(b"little", b"\xc0\x3f\x20\xc0"), (b"big", b"\x3f\xc0\xc0\x20")])
def test_bfloat16_is_widened(path: Path, order: bytes, data: bytes) -> None:
    pickle = w.weights(w.tensor((2,), (1,), storage=w.stored(2, "0", "BFloat16")))
    path.write_bytes(w.archive(pickle, {"byteorder": order, "data/0": data}))
    found = read(path).tensors["w"]
    assert found.dtype == np.float32
    assert found.tolist() == [1.5, -2.5]


def test_any_byte_but_0_is_true(path: Path) -> None:
    pickle = w.weights(w.tensor((3,), (1,), storage=w.stored(3, "0", "Bool")))
    path.write_bytes(w.archive(pickle, {"data/0": b"\x00\x01\x02"}))
    assert read(path).tensors["w"].tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("shape", "stride", "offset", "expected"),
    [
        ((), (), 4, 4),
        ((3, 2), (1, 3), 0, FLOATS.T.tolist()),
        ((2, 2), (3, 2), 0, [[0, 2], [3, 5]]),
        ((2, 2), (0, 1), 4, [[4, 5], [4, 5]]),
        ((0, 5), (5, 1), 6, []),
    ],
    ids=["number", "transposed", "part", "repeated", "empty at the end"],
)
def test_views(path: Path, shape: tuple[int, ...], stride: tuple[int, ...], offset: int, expected: object) -> None:
    path.write_bytes(w.archive(w.weights(w.tensor(shape, stride, offset))))
    found = read(path).tensors["w"]
    assert found.shape == shape
    assert found.tolist() == expected


def test_tensors_that_share_a_storage_are_arrays_apart(path: Path) -> None:
    path.write_bytes(w.archive(w.pickled(w.mapping({"a": w.tensor(), "b": w.tensor()}))))
    found = read(path).tensors
    found["a"][:] = 9
    assert np.array_equal(found["b"], FLOATS)


def test_a_storage_that_no_weight_needs_may_be_missing(path: Path) -> None:
    state = {"state_dict": w.mapping({"w": w.tensor()}), "other": w.tensor(storage=w.stored(6, "1"))}
    assert in_archive(path, w.mapping(state)) == ["w"]


@pytest.mark.parametrize(
    ("wrapped", "names"),
    [
        ({"state_dict": w.mapping({"a": w.tensor()}), "b": w.tensor()}, ["a"]),
        ({"model": w.mapping({"a": w.tensor()}), "state_dict": w.mapping({"b": w.tensor()})}, ["b"]),
        ({"state_dict": w.mapping({"depth": w.integer(18)}), "weights": w.mapping({"a": w.tensor()})}, ["a"]),
        ({"net": w.mapping({"model_state_dict": w.mapping({"a": w.tensor()})})}, ["a"]),
        ({"model": w.tensor(), "epoch": w.integer(3)}, ["model"]),
        ({"module.a": w.tensor(), "module.b": w.tensor()}, ["a", "b"]),
        ({"module.a": w.tensor(), "b": w.tensor()}, ["module.a", "b"]),
        ({"_orig_mod.module.a": w.tensor()}, ["a"]),
        ({"module._orig_mod.a": w.tensor()}, ["a"]),
    ],
)
def test_what_is_wrapped_around_the_weights_comes_off(path: Path, wrapped: dict[str, bytes], names: list[str]) -> None:
    assert in_archive(path, w.mapping(wrapped)) == names


PLAIN = {
    "old tensor": w.call("torch._utils _rebuild_tensor", w.stored(), b"K\x00", w.integers([2, 3]), w.integers([3, 1])),
    "parameter": w.call("torch._utils _rebuild_parameter", w.tensor(), b"\x88", w.call("collections OrderedDict")),
    "shape as torch.Size": w.call(
        w.TENSOR, w.stored(), b"K\x00", w.call("torch Size", w.integers([2, 3])), w.integers([3, 1])
    ),
}


@pytest.mark.parametrize("one", PLAIN.values(), ids=PLAIN.keys())
def test_ways_to_write_a_tensor(path: Path, one: bytes) -> None:
    path.write_bytes(w.archive(w.weights(one)))
    assert np.array_equal(read(path).tensors["w"], FLOATS)


BESIDE = {
    "short text of protocol 4": b"\x8c\x01a",
    "bytes": b"C\x01a",
    "long bytes": b"B\x01\x00\x00\x00a",
    "decimal": b"G" + struct.pack(">d", 0.1),
    "numbers": b"(K\x01M\x00\x01J\xff\xff\xff\xfft",
    "tuples": b"()K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87t",
    "list": b"]K\x01a(K\x01K\x02e",
    "mapping item by item": b"}K\x01Ns",
    "set of protocol 4": b"\x8f(K\x01\x90",
    "empty size": w.call("torch Size"),
    "name by the stack": w.text("torch") + w.text("float32") + b"\x93",
    "Python 2's set": w.call("__builtin__ set", b"]"),
    "NumPy scalar": w.call("numpy._core.multiarray scalar", w.call("numpy dtype", w.text("f8")) + b"(Nt" + b"b", b"N"),
    "long memo": b"Nr\x00\x01\x00\x00j\x00\x01\x00\x00\x86",
    "memo without a number": b"N\x94h\x00\x86",
}


@pytest.mark.parametrize("value", BESIDE.values(), ids=BESIDE.keys())
def test_what_may_stand_beside_the_weights(path: Path, value: bytes) -> None:
    frame = b"\x95" + bytes(8)
    body = w.mapping({"w": w.tensor()}) + frame + b"(" + w.text("beside") + value + b"u"
    assert in_archive(path, body) == ["w"]


def test_an_ordered_dict_of_python_2(path: Path) -> None:
    pair = b"](" + b"U\x01a" + w.tensor() + b"e"
    assert in_archive(path, w.call("collections OrderedDict", b"](" + pair + b"e")) == ["a"]


def test_attributes_of_a_state_dict_are_left_out(path: Path) -> None:
    body = w.call("collections OrderedDict") + w.items({"a": w.tensor()}) + w.mapping({"_metadata": b"}"}) + b"b"
    assert in_archive(path, body) == ["a"]


def test_a_storage_of_a_stream_may_name_no_view(path: Path) -> None:
    path.write_bytes(w.stream(w.weights(w.tensor(storage=w.stored(6, "0", "Float", b"N")))))
    assert np.array_equal(read(path).tensors["w"], FLOATS)


def test_an_archive_with_64_bit_sizes(path: Path) -> None:
    """As PyTorch writes them beyond 4 GiB; here the numbers are small and stand in the wide fields."""
    plain = w.archive()
    directory = plain.index(b"PK\x01\x02")
    end = plain.index(b"PK\x05\x06")
    wide, at = b"", directory
    while at < end:
        sizes = struct.unpack_from("<2L", plain, at + 20)
        name_length, header = (
            *struct.unpack_from("<H", plain, at + 28),
            *struct.unpack_from("<L", plain, at + 42),
        )
        extra = struct.pack("<2HH2H3Q", 7, 2, 0, 1, 24, sizes[1], sizes[0], header)
        entry = bytearray(plain[at : at + 46])
        struct.pack_into("<2L", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
        struct.pack_into("<H", entry, 30, len(extra))
        struct.pack_into("<L", entry, 42, 0xFFFFFFFF)
        wide += entry + plain[at + 46 : at + 46 + name_length] + extra
        at += 46 + name_length
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, len(wide), directory)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, directory + len(wide), 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(plain[:directory] + wide + record + locator + last)
    assert np.array_equal(read(path).tensors["w"], FLOATS)


def test_checksums_that_were_never_computed(path: Path) -> None:
    """PyTorch leaves 0 when its CRC-32 is switched off."""
    data = w.archive()
    for record in (w.weights(), w.FLOATS):
        data = data.replace(struct.pack("<L", zlib.crc32(record)), bytes(4))
    path.write_bytes(data)
    assert np.array_equal(read(path).tensors["w"], FLOATS)


def test_numpy_comes_in_with_the_first_array_only() -> None:
    code = "import sys, cnnspec.files.pytorch; sys.exit(bool({'numpy', 'torch', 'pickle'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
