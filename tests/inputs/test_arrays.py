"""Arrays are read when they are what they say, and refused before anything is allocated when they are not."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.files import npy
from cnnspec.files.file_array import FileArray
from cnnspec.files.reading import Malformed
from cnnspec.inputs.arrays import check, load_input

SHAPE = (3, 4, 5)


def npy_bytes(array: np.ndarray[Any, Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npy_claim(header: str, data: bytes = b"", version: int = 1) -> bytes:
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return npy.MAGIC + bytes([version, 0]) + length + header.encode("latin-1") + data


def claim(descr: str = "'<f4'", shape: str = "(2,)", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def refused(path: Path, shape: tuple[int, ...] = SHAPE) -> Diagnostic:
    with pytest.raises(FileError) as error:
        load_input(path, shape)
    [diagnostic] = error.value.diagnostics
    assert diagnostic.file == str(path)
    return diagnostic


def header_of(data: bytes) -> npy.NpyHeader:
    return npy.read_header(io.BytesIO(data), len(data))


@given(
    hnp.arrays(
        st.sampled_from([f"{order}{kind}{size}" for order in "<>" for kind in "fiu" for size in (2, 4, 8)])
        | st.sampled_from(["|i1", "|u1", "|b1"]),
        hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=3),
    ),
    st.sampled_from("CF"),
)  # fmt: skip
def test_headers_are_read_as_numpy_writes_them(array: np.ndarray[Any, Any], order: Any) -> None:
    array = np.asarray(array, order=order)
    header = header_of(npy_bytes(array))
    assert header.shape == array.shape
    assert np.dtype(header.dtype) == array.dtype
    assert header.fortran_order == (array.flags.f_contiguous and not array.flags.c_contiguous)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_format_is_read(version: int) -> None:
    data = npy_claim(claim(), b"\0" * 8, version)
    assert header_of(data) == npy.NpyHeader("<f4", (2,), False, len(data) - 8)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not begin"),
        (b"\x93NUMPY", "does not begin"),
        (b"\x93NUMPY\4\0" + b"\0" * 100, "does not begin"),
        (npy.MAGIC + b"\2\0\xff\xff\xff\xff", "claims 4,294,967,295 bytes"),
        (npy_claim("("), "not NumPy's"),
        (npy_claim("[" * 9000), "not NumPy's"),
        (npy_claim("-" * 9000 + "1"), "not NumPy's"),
        (npy_claim("1if 1else 2"), "not NumPy's"),
        (npy_claim("[]"), "not NumPy's"),
        (npy_claim("{}"), "not NumPy's"),
        (npy_claim("{[]: 1}"), "not NumPy's"),
        (npy_claim("__import__('os').system('false')"), "not NumPy's"),
        (npy_claim(claim()[:-1] + "'more': 1}"), "not NumPy's"),
        (npy_claim(claim(order="1")), "not NumPy's"),
        (npy_claim(claim(shape="[2]")), "not NumPy's"),
        (npy_claim(claim(shape="(True,)")), "is no shape"),
        (npy_claim(claim(shape="(-1,)")), "is no shape"),
        (npy_claim(claim(shape="(2.0,)")), "is no shape"),
        (npy_claim(claim(shape=f"({'1,' * 33})")), "no machine"),
        (npy_claim(claim(shape=f"(0, {10**30})")), "no machine"),
        (npy_claim(claim(shape=f"({'9' * 4000},)")), "no machine"),
        (npy_claim(claim(descr="'<c8'")), "of type '<c8'"),
        (npy_claim(claim(descr="'<U5'")), "it holds text, not numbers"),
        (npy_claim(claim(descr="'|V2'")), "of type"),
        (npy_claim(claim(descr="'<M8[ns]'")), "of type"),
        (npy_claim(claim(descr="[('a', '<f4')]")), "of type"),
        (npy_claim(claim(descr="5")), "of type"),
        (npy_claim(claim(shape="(100_000, 1_000_000)"), b"\0" * 8), "400,000,000,000 bytes; the file"),
        (npy_claim(claim(), b"\0" * 7), "8 bytes; the file holds 7"),
        (npy_claim(claim(), b"\0" * 9), "8 bytes; the file holds 9"),
    ],
)  # fmt: skip
def test_a_header_that_lies_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Malformed) as error:
        header_of(data)
    assert error.value.code == "E403"
    assert why in error.value.why


@pytest.mark.parametrize("descr", ["'|O'", "[('a', '|O')]"])
def test_object_arrays_are_refused(tmp_path: Path, descr: str) -> None:
    (tmp_path / "a.npy").write_bytes(npy_claim(claim(descr=descr)))
    assert refused(tmp_path / "a.npy").code == "E406"


def test_a_pickled_object_array_is_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([print, None]), allow_pickle=True)
    np.savez(tmp_path / "a.npz", np.array([print, None]))
    for name in ("a.npy", "a.npz"):
        assert refused(tmp_path / name).code == "E406"


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_mutation_of_an_array_file_is_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated"
    array = np.arange(60, dtype=np.float32).reshape(SHAPE)
    stream = io.BytesIO()
    save = data.draw(st.sampled_from([np.save, np.savez, np.savez_compressed]))
    save(stream, array)
    content = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    try:
        [batch] = load_input(path, SHAPE).batches(8)
    except FileError:
        return
    assert batch.shape == (1, *SHAPE)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "|u1", ">i8", "|b1"])
@pytest.mark.parametrize("save", [np.save, np.savez, np.savez_compressed])
def test_inputs_come_as_float32_in_batches(tmp_path: Path, save: Any, dtype: str, order: Any) -> None:
    array = np.asarray(np.arange(7 * 60).reshape(7, *SHAPE) % 251, dtype=dtype, order=order)
    with (tmp_path / "a").open("wb") as stream:
        save(stream, array)
    inputs = load_input(tmp_path / "a", SHAPE)
    assert len(inputs) == 7
    batches = list(inputs.batches(3))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert all(batch.dtype == np.float32 and batch.flags.c_contiguous for batch in batches)
    np.testing.assert_array_equal(np.concatenate(batches), array.astype(np.float32))


def test_one_input_gets_its_batch_axis(tmp_path: Path) -> None:
    array = np.arange(60, dtype=np.float32).reshape(SHAPE)
    np.save(tmp_path / "a.npy", array)
    [batch] = load_input(tmp_path / "a.npy", SHAPE).batches(8)
    np.testing.assert_array_equal(batch, array[None])


def test_a_large_array_stays_on_disk(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as stream:
        stream.write(npy_claim(claim(shape="(1_000_000, 3, 40, 50)")))
        stream.truncate(stream.tell() + 4 * 1_000_000 * 6000)
    inputs = load_input(tmp_path / "a.npy", (3, 40, 50))
    assert isinstance(inputs.array, FileArray)
    assert next(inputs.batches(2)).shape == (2, 3, 40, 50)


@pytest.mark.parametrize("found", [SHAPE, (7, *SHAPE)])
@pytest.mark.parametrize("save", [np.save, np.savez])
def test_what_fits_passes_the_check(tmp_path: Path, save: Any, found: Any) -> None:
    with (tmp_path / "a").open("wb") as stream:
        save(stream, np.zeros(found))
    check(tmp_path / "a", SHAPE)
    assert len(load_input(tmp_path / "a", SHAPE)) == (7 if found != SHAPE else 1)


def test_values_are_taken_as_they_are(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([np.nan, np.inf, -0.0, 1e300]).reshape(1, 2, 2))
    [batch] = load_input(tmp_path / "a.npy", (1, 2, 2)).batches(1)
    np.testing.assert_array_equal(batch.ravel(), np.array([np.nan, np.inf, -0.0, np.inf], np.float32))


@pytest.mark.parametrize(
    ("found", "shape", "cure"),
    [
        ((4, 5, 3), (3, 4, 5), "array.transpose(2, 0, 1)"),
        ((9, 4, 5, 3), (3, 4, 5), "array.transpose(0, 3, 1, 2)"),
        ((9, 4, 4, 3), (3, 4, 4), "array.transpose(0, 3, 1, 2)"),
        ((4, 5), (1, 4, 5), "array[None]"),
        ((9, 60), (3, 4, 5), "array.reshape(-1, 3, 4, 5)"),
        ((9, 4, 5), (1, 4, 5), "array[:, None]"),
        ((9, 4, 5), (3, 4, 5), ""),
        ((0, 3, 4, 5), (3, 4, 5), ""),
        ((1, 1, 3, 4, 5), (3, 4, 5), ""),
        ((), (3, 4, 5), ""),
        ((60,), (3, 4, 5), ""),
    ],
)
def test_an_array_that_does_not_fit(tmp_path: Path, found: Any, shape: Any, cure: str) -> None:
    np.save(tmp_path / "a.npy", np.zeros(found, np.uint8))
    np.savez(tmp_path / "a.npz", np.zeros(found, np.uint8))
    for name in ("a.npy", "a.npz"):
        misfit = refused(tmp_path / name, shape)
        assert misfit.code == "E413"
        assert str(found) in misfit.why
        assert str(shape) in misfit.why
        assert (cure in misfit.help) if cure else not misfit.help
        with pytest.raises(FileError) as error:
            check(tmp_path / name, shape)
        assert error.value.diagnostics == (misfit,)


def test_both_cures_for_flat_images_of_several_channels_are_right(tmp_path: Path) -> None:
    images = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    for order, place in (((0, 1, 2, 3), 1), ((0, 2, 3, 1), 3)):
        flat = images.transpose(order).reshape(2, -1)
        np.save(tmp_path / "a.npy", flat)
        with pytest.raises(FileError) as caught:
            load_input(tmp_path / "a.npy", (3, 4, 5))
        program = caught.value.diagnostics[0].help.split("`")[place]
        np.testing.assert_array_equal(eval(program, {"array": flat}), images)


def test_one_gray_plane_is_no_colour_image(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 5)))
    with pytest.raises(FileError) as caught:
        load_input(tmp_path / "a.npy", (3, 4, 5))
    assert caught.value.diagnostics[0].help == ""


# vectors


@pytest.mark.parametrize(
    ("found", "shape"),
    [
        *(((4,), shape) for shape in ((4,), (4, 1, 1))),
        *(((3, 4), shape) for shape in ((4,), (4, 1, 1))),
        *(((1, 4), shape) for shape in ((4,), (4, 1, 1))),
        ((4, 1, 1), (4, 1, 1)),
        ((3, 4, 1, 1), (4, 1, 1)),
    ],
)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_vectors_with_and_without_axes_of_length_one(
    tmp_path: Path, found: Any, shape: tuple[int, ...], order: Any, suffix: str
) -> None:
    values = np.asarray(np.arange(np.prod(found), dtype=np.float32).reshape(found), order=order)
    path = tmp_path / f"x.{suffix}"
    np.save(path, values) if suffix == "npy" else np.savez(path, values)
    loaded = load_input(path, shape)
    assert check(path, shape) == len(loaded) == values.size // 4
    np.testing.assert_array_equal(np.concatenate([*loaded.batches(2)]), values.reshape(-1, *shape))


@pytest.mark.parametrize("found", [(3, 4, 1, 1), (3, 1, 4), (2, 2), (8,), (0, 4)])
def test_other_arrays_are_no_vectors(tmp_path: Path, found: tuple[int, ...]) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros(found, np.float32))
    refusal = refused(path, (4,))
    assert refusal.code == "E413"
    is_near = np.prod(found[1:]) == 4 and found[0] > 0
    assert refusal.help == ("save `array.reshape(-1, 4)`" if is_near else "")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1,2,3\n", [[1, 2, 3]]),
        ("1,2,3\n4,5,6\n", [[1, 2, 3], [4, 5, 6]]),
        ("1,2,3\n4,5,6\n7,8,9\n", [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ("1\n2\n3\n", [[1, 2, 3]]),
    ],
)
@pytest.mark.parametrize("shape", [(3,), (3, 1, 1)])
def test_vectors_in_a_table(tmp_path: Path, text: str, wanted: list[list[float]], shape: tuple[int, ...]) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    loaded = load_input(path, shape)
    assert check(path, shape) == len(loaded) == len(wanted)
    np.testing.assert_array_equal(np.concatenate([*loaded.batches(8)]).reshape(-1, 3), wanted)


def test_names_above_vectors(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('"a","b, c",d\n1,2,3\n4,5,6\n', encoding="utf-8")
    loaded = load_input(path, (3,))
    np.testing.assert_array_equal(np.concatenate([*loaded.batches(8)]), [[1, 2, 3], [4, 5, 6]])
    for text, shape in (("1,x,3\n4,5,6\n", (3,)), ("a,b,c\n", (3,)), ("a,b,c\n1,2,3\n", (3, 1, 1))):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(FileError):
            load_input(path, shape)


def test_a_table_of_vectors_of_one_number(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("4\n5\n", encoding="utf-8")
    loaded = load_input(path, (1,))
    assert check(path, (1,)) == 2
    np.testing.assert_array_equal(np.concatenate([*loaded.batches(8)]), [[4], [5]])


@pytest.mark.parametrize(
    ("text", "shape"), [("1,2\n", (3, 1, 1)), ("1,2\n", (3,)), ("1,2,3\n4,5,6\n", (3, 1, 2)), ("1\n2\n", (1, 1, 1))]
)
def test_other_tables_are_no_vectors(tmp_path: Path, text: str, shape: Any) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError):
        load_input(path, shape)
