"""Tables that are none are refused with the line and the column."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import network, refusal

from cnnspec.train.datasets import csv_file


@pytest.mark.parametrize(
    ("rows", "place", "message", "why"),
    [
        ("1,2,3\n0,5,6\n0,5\n", (3, 1), "a row has another length", "2 fields; the first line has 3"),
        ("1,2,3\n0,5,6,7\n", (2, 1), "a row has another length", "4 fields; the first line has 3"),
        ("1,2,3\n\n0,x,6\n", (3, 3), "a field is no number", "found `x`"),
        ("1,2,3\n0,,6\n", (2, 3), "a field is no number", "found ``"),
        ("1,2,3\n0,12,256\n", (2, 6), "a pixel is a whole number from 0 to 255", "found 256"),
        ("1,2,3\n0,-1,2\n", (2, 3), "a pixel is a whole number from 0 to 255", "found -1"),
        ("1,2,3\n0,0.5,2\n", (2, 3), "a pixel is a whole number from 0 to 255", "found 0.5"),
        ("1,2,3\n0,nan,2\n", (2, 3), "a pixel is a whole number from 0 to 255", "found nan"),
        ("1,2,3\n0.5,1,2\n", (2, 1), "a label is a whole number", "found 0.5"),
        ("1,2,3\n1e300,1,2\n", (2, 1), "a label is a whole number", "found 1e+300"),
        ("a,b,c\n1,2,3\n", (1, 1), "which column is the label?", ""),
        ("y,label,c\n1,2,3\n", (1, 1), "which column is the label?", ""),
        ("1;2;3\n0,5,6\n", (2, 1), "a row has another length", "1 field; the first line has 3"),
        ("1;2;3\n0;5;6;7\n", (2, 1), "a row has another length", "4 fields; the first line has 3"),
        ("1\t2\t3\n0\tx\t6\n", (2, 3), "a field is no number", "found `x`"),
        ("1,2,3\n0,\x1f5,6\n", (2, 3), "a field is no number", "found `5`"),
        ("1,2,3\n0,5\xa0,6\n", (2, 3), "a field is no number", "found `5"),
        ("1,2,3\n0,5\x0c,6\n", (2, 3), "a field is no number", "found `5`"),
        ("1,2,3\n# a row\n0,5,x\n", (3, 5), "a field is no number", "found `x`"),
        (
            "0,2,3\n0,5,1\n0,4,2\n",
            (1, 1),
            "which column is the label?",
            "the first column is always 0, the last one counts",
        ),
        ("1,2,3,4\n", (1, 1), "a row is no gray image", "3 pixels are neither 1 x 2 nor a square"),
        ("1\n2\n", (1, 1), "a row is no gray image", "0 pixels are neither 1 x 2 nor a square"),
        ("1,2,3\n" + "9" * 2**23 + "\n", (2, 1), "a line is too long", "it has more than 4,194,304 bytes"),
        ("0,1,1_0\n", (1, 1), "which column is the label?", ""),
    ],
)
def test_tables(tmp_path: Path, rows: str, place: tuple[int, int], message: str, why: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(rows)
    found = refusal(path, network(1, 1, 2))
    assert (found.code, found.message) == ("E424", message)
    assert found.why.startswith(why)
    assert found.span is not None
    assert found.span[:2] == place


def test_binary_tables(tmp_path: Path) -> None:
    for content in (bytes(range(256)) * 100, "label,a\n1,2\n".encode("utf-16")):
        (tmp_path / "a.csv").write_bytes(content)
        assert refusal(tmp_path / "a.csv").code == "E424"


ROWS = {
    "plain": "1,2,3\n0,5,6\n",
    "semicolons": "1;2;3\n0;5;6\n",
    "tabs": "1\t2\t3\n0\t5\t6\n",
    "quotes": '"label","pixel0","pixel1"\n"1","2","3"\n"0","5","6"\n',
    "quoted numbers alone": '"1","2","3"\n"0","5","6"\n',
    "quotes and semicolons": '"class";"a, b";"c"\n1;"2";3\n0;5;"6"\n',
    "comments": "# made by a program\n1,2,3\n# more\n0,5,6\n",
    "a comment before the names": "# made by a program\nlabel,a,b\n1,2,3\n0,5,6\n",
    "the label last": "pixel0,pixel1,label\n2,3,1\n5,6,0\n",
    "the label between": "a,Label,b\n2,1,3\n5,0,6\n",
    "another name": "target,a,b\n1,2,3\n0,5,6\n",
    "rows that are counted": ",label,a,b\n7,1,2,3\n300,0,5,6\n",
    "rows with numbers": "a,b,y,id\n2,3,1,1000\n5,6,0,1001\n",
    "decimals": "1.0,2.0,3.\n0,5e0,6\n",
    "blanks": "1, 2, 3\n0 ,5 ,6 \n",
    "ends of lines": "label,a,b\r\n1,2,3\r\n0,5,6\r\n",
    "old ends of lines": "label,a,b\r1,2,3\r0,5,6\r",
    "a mark in front": "\ufefflabel,a,b\n1,2,3\n0,5,6\n",
    "no last end": "1,2,3\n0,5,6",
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_tables_of_other_programs(tmp_path: Path, rows: str) -> None:
    (tmp_path / "a.csv").write_bytes(rows.encode())
    pixels, labels = csv_file.read(tmp_path / "a.csv", (1, 2))
    assert pixels[:].tolist() == [[[2, 3]], [[5, 6]]]
    assert labels.tolist() == [1, 0]


def test_a_first_column_of_one_label_is_a_label_where_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("3,2,255\n3,5,250\n")
    assert csv_file.read(tmp_path / "a.csv", (1, 2))[1].tolist() == [3, 3]
    (tmp_path / "a.csv").write_text("label,a,b\n3,2,4\n3,5,5\n")
    assert csv_file.read(tmp_path / "a.csv", (1, 2))[1].tolist() == [3, 3]
