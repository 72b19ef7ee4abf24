"""Tables of numbers as inputs: CSV as people and programs write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import call

from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.inputs import is_array
from cnnspec.inputs.arrays import check, load_input, unscaled
from cnnspec.language.sections.preprocess import Preprocess

SHAPE = (1, 2, 3)


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "numbers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path: Path, shape: tuple[int, ...] = SHAPE) -> Diagnostic:
    with pytest.raises(FileError) as error:
        load_input(path, shape)
    with pytest.raises(FileError):
        check(path, shape)
    [diagnostic] = error.value.diagnostics
    assert diagnostic.file == str(path)
    return diagnostic


@pytest.mark.parametrize(
    "content",
    [
        "1,2,3\n4,5,6\n",
        "1;2;3\r\n4;5;6",
        "1\t2\t3\n\n4\t5\t6\n\n",
        "\ufeff# by hand\n1, 2, 3\n 4, +5, 6.0\n",
        '"1","2","3"\n"4","5","6e0"\n',
        "1,2,3\r4,5,6\r",
    ],
)
def test_tables_as_they_are_written(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, content)
    assert is_array(path)
    assert check(path, SHAPE) == 1
    (batch,) = load_input(path, SHAPE).batches(4)
    assert batch.dtype == np.float32
    assert batch.tolist() == [[[[1, 2, 3], [4, 5, 6]]]]


def test_channels_stand_one_below_the_other(tmp_path: Path) -> None:
    path = write(tmp_path, "1,2\n3,4\n\n5,6\n7,8\n\n-1,.5\n1e-3,-0\n")
    (batch,) = load_input(path, (3, 2, 2)).batches(1)
    np.testing.assert_array_equal(
        batch[0], np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[-1, 0.5], [1e-3, 0]]], np.float32)
    )


@pytest.mark.parametrize(
    ("content", "message", "why", "place"),
    [
        ("1,2,3\n4,five,6\n", "`five` is no number", "", (2, 3)),
        ("1,2,3\n4,,6\n", "a number is missing", "", (2, 3)),
        ("1,2,3\n4,5\n", "a row has another length", "2 numbers; the first row has 3", (2, 1)),
        ("a,b,c\n1,2,3\n", "`a` is no number", "", (1, 1)),
        ("1;2;3\n4;5,5;6\n", "`5,5` is no number", "", (2, 3)),
        ("1,2,nan\n4,5,6\n", "`nan` is no number", "", (1, 5)),
        ("1,2,３\n4,5,6\n", "`３` is no number", "", (1, 5)),
        ("1,2,0x3\n4,5,6\n", "`0x3` is no number", "", (1, 5)),
    ],
)
def test_what_is_no_table_of_numbers(
    tmp_path: Path, content: str, message: str, why: str, place: tuple[int, int]
) -> None:
    diagnostic = refused(write(tmp_path, content))
    assert (diagnostic.code, diagnostic.message, diagnostic.why) == ("E403", message, why)
    assert diagnostic.span is not None
    assert diagnostic.span.start == place


def test_tables_of_another_size(tmp_path: Path) -> None:
    diagnostic = refused(write(tmp_path, "1,2\n3,4\n5,6\n"))
    assert (diagnostic.code, diagnostic.why) == ("E413", "the input is 1x2x3; the file holds 3x2")
    assert diagnostic.help == "2 lines of 3 numbers"
    assert refused(write(tmp_path, "1,2\n"), (3, 1, 2)).help == "3 lines of 2 numbers, channel by channel"
    assert refused(write(tmp_path, "# nothing\n")).why == "the input is 1x2x3; the file holds 0x0"
    assert refused(write(tmp_path, "")).code == "E403"


def test_what_does_not_fit_is_not_read_as_numbers(tmp_path: Path) -> None:
    """Tables of examples, which `train` and `eval` take, are looked at here as well, and may be long."""
    path = write(tmp_path, "label,pixel\n" + "0,1\n" * 1000)
    assert unscaled(path, SHAPE, Preprocess(scale=1 / 255)) == ""
    assert refused(path).why == "the input is 1x2x3; the file holds 1001x2"


def test_a_table_is_no_longer_than_it_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.inputs.number_table.MOST", 12)
    assert check(write(tmp_path, "1,2,3\n4,5,6\n"), SHAPE) == 1
    assert refused(write(tmp_path, "1,2,3\n4,5,66\n")).why == "a table of more than 12 bytes"


def test_a_text_by_another_name_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "numbers.npy"
    path.write_text("1,2,3\n4,5,6\n")
    assert refused(path).code == "E403"


def test_whole_numbers_are_noted_where_images_are_scaled(tmp_path: Path) -> None:
    scaled = Preprocess(scale=1 / 255)
    assert unscaled(write(tmp_path, "1,2,3\n4,5,6\n"), SHAPE, scaled) == "int64"
    assert unscaled(write(tmp_path, "1,2,3\n4,5,.6\n"), SHAPE, scaled) == ""


def test_commands_take_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, "9,9,0,0\n9,9,0,0\n0,0,1,2\n0,0,3,4\n")
    assert "    9  0\n    0  4\n" in call("run", "pooling", path).out
    assert "max [0, 1, 1] = 4 " in call("inspect", "pooling", path, "--at", "max:0,1,1").out
    bad = call("run", "pooling", write(tmp_path, "9,9,0,0\n9,x,0,0\n0,0,1,2\n0,0,3,4\n"))
    assert bad.code == 3
    assert f"--> {path}:2:3" in bad.err
