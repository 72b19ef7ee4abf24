"""Tables of features for networks over vectors: what is read of them, and what is refused, at its line and column."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec import FileError, Spec, load
from cnnspec.diagnostics import Diagnostic
from cnnspec.spec import bundled
from cnnspec.train.datasets import Dataset, csv_lines, open_dataset
from cnnspec.train.datasets.class_order import spread

CLASSES = "classes: [cat, dog]\n"


def network(features: int = 2, outputs: int = 2, header: str = "") -> Spec:
    return load(f"{header}input: {{C: {features}}}\nlayers:\n  - dense: {{K: {outputs}}}\n")


def opened(path: Path, rows: str, of: Spec | None = None, loss: Any = "cross_entropy") -> Dataset:
    path.write_bytes(rows.encode())
    return open_dataset(path, of or network(), loss)


def refusal(path: Path, rows: str, of: Spec | None = None, loss: Any = "cross_entropy") -> Diagnostic:
    with pytest.raises(FileError) as caught:
        opened(path, rows, of, loss)
    (found,) = caught.value.diagnostics
    return found


def held(data: Dataset) -> tuple[list[list[float]], list[Any]]:
    x, y = data.read(np.arange(len(data)))
    return x.tolist(), y.tolist()


ROWS = {
    "numbers": "0.5,-2,1\n3e1,4,0\n",
    "names of columns": "a,b,c\n0.5,-2,1\n30,4,0\n",
    "the label between": "a,label,b\n0.5,1,-2\n30,0,4\n",
    "the label first": "Class,a,b\n1,0.5,-2\n0,30,4\n",
    "rows that are counted": ",a,b,c\n7,0.5,-2,1\n8,30,4,0\n",
    "numbers and a target": "id,a,target,b\n7,0.5,1,-2\n8,30,0,4\n",
    "semicolons": "0.5;-2;1\n30;4;0\n",
    "tabs": "0.5\t-2\t1\n30\t4\t0\n",
    "quotes": '"a","b, c","y"\n"0.5","-2",1\n30,"4","0"\n',
    "comments and blank lines": "# made by a program\n\n0.5,-2,1\n# more\n30,4,0\n\n",
    "blanks": "0.5, -2 , 1\n30 ,4,0.0\n",
    "ends of lines": "a,b,c\r\n0.5,-2,1\r\n30,4,0",
    "a mark in front": "\ufeffa,b,c\n0.5,-2,1\n30,4,0\n",
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_tables_of_other_programs(tmp_path: Path, rows: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(gzip.compress(rows.encode()) if suffix.endswith("gz") else rows.encode())
    x, y = held(open_dataset(path, network()))
    # What stands class by class is mixed; the two classes of one example each come in the order of the classes' runs.
    assert x == [[0.5, -2], [30, 4]]
    assert y == [1, 0]


def test_classes_by_name(tmp_path: Path) -> None:
    rows = "1,2,dog\n3,4,cat\n5,6,dog\n"
    named = opened(tmp_path / "a.csv", rows, network(header=CLASSES))
    assert (held(named)[1], named.classes) == ([1, 0, 1], ("cat", "dog"))
    own = opened(tmp_path / "a.csv", rows.replace("dog", "Löwe"))
    assert (held(own)[1], own.classes) == ([1, 0, 1], ("cat", "Löwe"))


def test_numbers_that_are_names(tmp_path: Path) -> None:
    """Classes that are counted from 1 have these names in the spec."""
    rows = "1,2,2\n3,4,1\n5,6,2\n"
    assert held(opened(tmp_path / "a.csv", rows, network(header='classes: ["1", "2"]\n')))[1] == [1, 0, 1]
    found = refusal(tmp_path / "a.csv", rows)
    assert (found.code, found.message) == ("E421", "label 2 is no class")
    assert found.help == 'name them in the spec: `classes: ["1", "2"]`'
    assert found.span is not None
    assert found.span[:2] == (1, 5)


def test_numbers_to_learn(tmp_path: Path) -> None:
    assert held(opened(tmp_path / "a.csv", "1,2,0.5\n3,4,-7\n", network(2, 1), "mse"))[1] == [[0.5], [-7]]
    two = opened(tmp_path / "a.csv", "1,2,0.5,3\n3,4,-7,1\n", network(2, 2), "mse")
    assert held(two) == ([[1, 2], [3, 4]], [[0.5, 3], [-7, 1]])


def test_several_labels_at_once(tmp_path: Path) -> None:
    rows = "a,b,red,large,sweet\n1,2,1,0,1\n3,4,0,0,1\n"
    x, y = held(opened(tmp_path / "a.csv", rows, network(2, 3), "binary_cross_entropy"))
    assert (x, y) == ([[1, 2], [3, 4]], [[1, 0, 1], [0, 0, 1]])


def test_two_classes_for_one_output(tmp_path: Path) -> None:
    rows = "1,2,yes\n3,4,no\n5,6,yes\n"
    assert np.ravel(held(opened(tmp_path / "a.csv", rows, network(2, 1), "binary_cross_entropy"))[1]).tolist() == [
        1,
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("rows", "place", "code", "message"),
    [
        ("1,2,0\n3,4\n", (2, 1), "E424", "a row has another length"),
        ("1,2,0\n\n3,x,1\n", (3, 3), "E424", "a field is no number"),
        ("1,2,0\n3,,1\n", (2, 3), "E424", "a number is missing"),
        ("1,2,0\n3,?,1\n", (2, 3), "E424", "a field is no number"),
        ("1,2,0\nnan,4,1\n", (2, 1), "E424", "a field is no number"),
        ("1,2,0\n1_0,4,1\n", (2, 1), "E424", "a field is no number"),
        ("1,2,0\n1e300,4,1\n", (2, 1), "E424", "a number is too large"),
        ("1,2,0\n3,4,\n", (2, 5), "E424", "a label is missing"),
        ("1,2\n", (1, 1), "E424", "the columns do not fit the network's input"),
        ("1,2,3,0\n", (1, 1), "E424", "the columns do not fit the network's input"),
        ("a,b,c,y\n1,2,3,0\n", (1, 1), "E424", "the columns do not fit the network's input"),
        ("label,a,y\n1,2,3\n", (1, 1), "E424", "which column is the label?"),
        ("1,2,0\n3,4,2\n", (2, 5), "E421", "label 2 is no class"),
        ("1,2,0\n3,4,-1\n", (2, 5), "E421", "label -1 is no class"),
        ("1,2,0\n3,4,0.5\n", (2, 5), "E423", "`0.5` is no label"),
    ],
)
def test_rows_that_are_none(tmp_path: Path, rows: str, place: tuple[int, int], code: str, message: str) -> None:
    found = refusal(tmp_path / "a.csv", rows)
    assert (found.code, found.message) == (code, message)
    assert found.span is not None
    assert found.span[:2] == place


def test_a_class_that_the_spec_does_not_name(tmp_path: Path) -> None:
    found = refusal(tmp_path / "a.csv", "1,2,dog\n3,4,cow\n", network(header=CLASSES))
    assert (found.code, found.message, found.why) == (
        "E421",
        "`cow` is no class of the spec",
        "the spec's `classes` are cat, dog",
    )
    assert found.span is not None
    assert found.span[:2] == (2, 5)


def test_more_classes_than_scores(tmp_path: Path) -> None:
    found = refusal(tmp_path / "a.csv", "1,2,a\n3,4,b\n5,6,c\n")
    assert (found.code, found.message) == ("E421", "3 classes, but the network gives 2 scores")


@pytest.mark.parametrize("rows", ["", "a,b,c\n", "# nothing\n"])
def test_no_rows(tmp_path: Path, rows: str) -> None:
    assert refusal(tmp_path / "a.csv", rows).code == "E420"


def test_what_a_wrong_width_is_told(tmp_path: Path) -> None:
    found = refusal(tmp_path / "a.csv", "1,2,3,0\n")
    assert found.why == "the network takes 2 features and 1 for the answer; here are 4 columns"
    assert found.help == "`input: {C: 3}`"


def test_pieces_are_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "BLOCK", 16)
    rows = "".join(f"{i},{i / 8},{i % 3 % 2}\n" for i in range(50))
    x, y = held(opened(tmp_path / "a.csv", rows))
    assert x == [[i, i / 8] for i in range(50)]
    assert y == [i % 3 % 2 for i in range(50)]
    assert refusal(tmp_path / "a.csv", rows + "1,x,0\n").span is not None


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_only_what_stands_class_by_class_is_mixed(labels: list[int]) -> None:
    runs = [label for i, label in enumerate(labels) if i == 0 or label != labels[i - 1]]
    order = spread(np.array(labels))
    assert (order is None) == (len(runs) != len(set(labels)) or len(runs) == 1)
    if order is not None:
        assert sorted(order.tolist()) == list(range(len(labels)))


def test_an_end_of_the_irises_holds_each_kind() -> None:
    spec = load("input: {C: 4}\nlayers: [{dense: {K: 3}}]\nclasses: [setosa, versicolor, virginica]\n")
    data = open_dataset(bundled.data()["iris"], spec)
    x, y = data.read(np.arange(150))
    assert np.bincount(y[-30:]).tolist() == [10, 10, 10]
    # Fisher's means of the four measures of each kind, Annals of Eugenics 7, 1936, page 181.
    means = [x[y == kind].mean(axis=0, dtype=float) for kind in range(3)]
    wanted = [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]]
    np.testing.assert_allclose(means, wanted, atol=5e-4)


def test_labels_that_are_no_text(tmp_path: Path) -> None:
    """Two letters of Latin-1 must not become one class."""
    path = tmp_path / "a.csv"
    path.write_bytes("1,2,é\n3,4,è\n5,6,b\n".encode("latin-1"))
    with pytest.raises(FileError) as caught:
        open_dataset(path, network(), "cross_entropy")
    (found,) = caught.value.diagnostics
    assert (found.code, found.message, found.help) == ("E424", "a label is no text", "save the table as UTF-8")
    assert found.span is not None
    assert (found.span.line, found.span.column) == (1, 5)


def test_long_labels(tmp_path: Path) -> None:
    long = "1" * 5000 + "a"
    assert opened(tmp_path / "a.csv", f"1,2,{long}\n3,4,b\n").classes == (long, "b")


@pytest.mark.parametrize("of", [network(), load("input: {C: 1, H: 2, W: 2}\nlayers: [flatten, {dense: {K: 2}}]\n")])
def test_a_first_line_of_too_many_letters(of: Spec, tmp_path: Path) -> None:
    found = refusal(tmp_path / "a.csv", f"label,a,b,c,{'d' * 140_000}\n1,2,3,4,5\n", of)
    assert (found.code, found.message) == ("E424", "the row cannot be read")


def test_a_quote_that_never_ends(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a.csv", '1,2,"a\n3,4,b\n').message == "the row cannot be read"
