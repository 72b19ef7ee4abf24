"""Tables that are none are refused with the line and the column."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import network, refusal


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
        ("1;2;3\n0;5;6\n", (1, 1), "which column is the label?", ""),
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
