"""`cnnspec summary SPEC --diff OTHER`: which layers are brought together, what counts as a change, every format."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cnnspec.cli import group
from cnnspec.reports.diff import diff as difference
from cnnspec.reports.diff import to_text
from cnnspec.reports.diff.cells import delta
from cnnspec.reports.diff.diff import Change, Difference, compare
from cnnspec.reports.drawing.terminal_text import width as columns_of
from cnnspec.reports.summary.summary import summarise
from cnnspec.spec import bundled, check

LENET = bundled.folder() / "lenet5.yaml"
WIDER = """\
name: Wider
input: {C: 1, H: 28, W: 28}
layers:
  - conv: {F: 5, K: 8, P: same}
  - relu
  - maxpool: {F: 2}
  - conv: {F: 3, K: 16}
  - batchnorm
  - relu
  - conv: {F: 3, K: 16}
  - relu
  - maxpool: {F: 2}
  - flatten
  - dense: {K: 120}
  - relu
  - dense: {K: 84}
  - dense: {K: 10}
  - softmax
"""
SKIP = """\
input: {C: 2, H: 8, W: 8}
layers:
  - {conv: {F: 3, K: 2, P: same}, name: a}
  - {conv: {F: 3, K: 2, P: same}, name: b}
  - {conv: {F: 3, K: 2, P: same}, name: c}
  - {add: [[], a], name: sum}
"""

Compare = Callable[[str, str], Difference]


@pytest.fixture
def compared(tmp_path: Path) -> Compare:
    def put(before: str, after: str) -> Difference:
        sides = []
        for name, text in (("before.yaml", before), ("after.yaml", after)):
            (tmp_path / name).write_text(text, encoding="utf-8")
            side = summarise(check(tmp_path / name))
            assert side is not None
            sides.append(side)
        return compare(*sides)

    return put


@pytest.fixture
def wider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("wider.yaml").write_text(WIDER, encoding="utf-8")
    return "wider.yaml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["summary", *arguments], standalone_mode=False)


def names(change: Change) -> tuple[str | None, str | None]:
    return change.before and change.before.name, change.after and change.after.name


# what counts as a change


@pytest.mark.parametrize("name", bundled.names())
def test_a_spec_does_not_differ_from_itself(name: str) -> None:
    result = run(name, "--diff", name)
    assert result.return_value == 0
    assert "\nno difference, layers: " in result.stdout


def test_a_layer_put_in_between_is_the_only_change(compared: Compare) -> None:
    text = LENET.read_text(encoding="utf-8").partition("preprocess")[0]
    found = compared(text, text.replace("  - flatten\n", "  - dropout: {p: 0.2}\n  - flatten\n"))
    assert [names(change) for change in found.changes] == [(None, "dropout1")]
    assert found.alike == 13
    assert not found.is_empty


def test_a_layer_taken_out_is_the_only_change_though_later_ones_are_counted_anew(compared: Compare) -> None:
    text = LENET.read_text(encoding="utf-8").partition("preprocess")[0]
    found = compared(text, text.replace("  - relu\n", "", 1))
    assert [names(change) for change in found.changes] == [("relu1", None)]


def test_a_layer_with_tensors_under_another_name_is_a_change(compared: Compare) -> None:
    text = "input: {C: 1, H: 9, W: 9}\nlayers:\n  - conv: {F: 3, K: 2}\n  - relu\n  - conv: {F: 3, K: 3}\n"
    found = compared(text, text.replace("layers:\n", "layers:\n  - conv: {F: 1, K: 1}\n  - relu\n"))
    assert [(names(change), change.what) for change in found.changes] == [
        ((None, "conv1"), ()),
        ((None, "relu1"), ()),
        (("conv1", "conv2"), ("name",)),
        (("conv2", "conv3"), ("name",)),
    ]


def test_a_given_name_brings_layers_together(compared: Compare) -> None:
    found = compared(SKIP, SKIP.replace("name: b", "name: d"))
    assert [names(change) for change in found.changes] == [("b", None), (None, "d")]


def test_fields_shapes_and_counts(compared: Compare) -> None:
    text = "input: {C: 1, H: 9, W: 9}\nlayers:\n  - conv: {F: 3, K: 2}\n  - relu\n"
    found = compared(text, text.replace("K: 2", "K: 3"))
    assert [change.what for change in found.changes] == [("fields", "output", "params", "macs"), ("output",)]


def test_a_wider_window_changes_the_fields_of_its_own_layer_only(compared: Compare) -> None:
    found = compared(SKIP, SKIP.replace("F: 3", "F: 5", 1))
    assert [(names(change), change.what) for change in found.changes] == [
        (("a", "a"), ("fields", "params", "macs")),
    ]


def test_other_wiring(compared: Compare) -> None:
    found = compared(SKIP, SKIP.replace("[[], a]", "[[], b]"))
    assert [(names(change), change.what) for change in found.changes] == [(("sum", "sum"), ("inputs",))]
    assert "add inputs c, a -> c, b" in to_text.render(found)
    found = compared(SKIP, SKIP.replace("[[], a]", "[[], a, b]"))
    assert [change.what for change in found.changes] == [("inputs",)]
    found = compared(SKIP, SKIP.replace("[[], a]", "[[], input]"))
    assert [change.what for change in found.changes] == [("inputs",)]


def test_another_input_is_a_difference_without_a_changed_layer(compared: Compare) -> None:
    text = "input: {C: 2, H: 8, W: 8}\nlayers: [globalavgpool]\n"
    found = compared(text, text.replace("H: 8", "H: 9"))
    assert not found.changes
    assert not found.is_empty
    assert "\nlayers that differ: 0, the same: 1\n" in to_text.render(found)


def test_names_of_specs_do_not_matter(compared: Compare) -> None:
    assert compared(SKIP, f"name: Another\n{SKIP}").is_empty


def test_thousands_of_layers_are_compared(compared: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "EXACT", 100)
    text = "input: {C: 1, H: 2, W: 2}\nblocks: {b: {layers: [relu, tanh]}}\nlayers: [{b: {}, repeat: 150, name: b}]\n"
    found = compared(text, text.replace("150", "151"))
    assert [names(change) for change in found.changes] == [(None, "b.150.relu1"), (None, "b.150.tanh1")]


# formats


@pytest.mark.parametrize(("style", "ending"), [("text", "txt"), ("json", "json"), ("markdown", "md"), ("csv", "csv")])
def test_golden(style: str, ending: str, wider: str, golden: Callable[[str, str], None]) -> None:
    result = run("lenet5", "--diff", wider, "--format", style)
    assert (result.return_value, result.stderr) == (1, "")
    golden(f"summary-diff.{ending}", result.stdout)


@pytest.mark.parametrize("style", ["json", "markdown", "csv"])
def test_no_difference_in_every_format(style: str) -> None:
    result = run("lenet5", "--diff", "lenet5", "--format", style)
    assert result.return_value == 0
    if style == "json":
        document = json.loads(result.stdout)
        assert document["same"] is True
        assert document["layers"] == []
        assert document["before"] == document["after"]
    else:
        assert "conv1" not in result.stdout


def test_changes_add_up_to_the_change_of_the_totals(wider: str) -> None:
    document = json.loads(run("resnet18", "--diff", "resnet34", "--format", "json").stdout)
    rows = list(csv.DictReader(StringIO(run("resnet18", "--diff", "resnet34", "--format", "csv").stdout)))
    for count in ("params", "buffers", "macs"):
        change = document["after"]["totals"][count] - document["before"]["totals"][count]
        sides: list[tuple[Any, Any]] = [(layer["before"] or {}, layer["after"] or {}) for layer in document["layers"]]
        assert sum(after.get(count, 0) - before.get(count, 0) for before, after in sides) == change
        assert sum(int(r[f"{count}_after"] or 0) - int(r[f"{count}_before"] or 0) for r in rows) == change


@pytest.mark.parametrize("width", [60, 80, 120])
def test_fits_a_terminal(width: int, compared: Compare) -> None:
    for found in (
        compared(WIDER, WIDER.replace("K: 84", "K: 8444").replace("F: 5", "F: [3, 5]")),
        compared(SKIP, WIDER),
    ):
        assert max(map(columns_of, to_text.render(found, width).splitlines())) <= width


def test_colours(compared: Compare) -> None:
    lines = to_text.render(compared(SKIP, SKIP.replace("name: b", "name: d").replace("F: 3", "F: 1", 1)), colour=True)
    assert "\x1b[33m~ a " in lines
    assert "\x1b[31m- b " in lines
    assert "\x1b[32m+ d " in lines


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (5, 5, "0"),
        (0, 1_500, "+1,500"),
        (1_500, 0, "-1,500"),
        (156, 208, "+52 (+33.3 %)"),
        (2_000, 1_000, "-1,000 (-50.0 %)"),
    ],
)
def test_changes_of_counts(before: int, after: int, said: str) -> None:
    assert delta(before, after) == said


# the command


def test_both_at_another_input_and_batch() -> None:
    result = run("resnet18", "--diff", "resnet34", "--input", "3,64,64", "--batch", "2", "--format", "json")
    document = json.loads(result.stdout)
    assert document["before"]["input"] == document["after"]["input"] == [3, 64, 64]
    one = json.loads(run("resnet18", "--input", "3,64,64", "--format", "json").stdout)["totals"]
    peak = document["before"]["totals"]["peak_activation_bytes"]
    assert peak == 2 * one["peak_activation_bytes"]


def test_mistakes_are_shown_instead(wider: str) -> None:
    Path("broken.yaml").write_text(WIDER.replace("conv:", "covn:", 1), encoding="utf-8")
    for sides in (("broken.yaml", wider), (wider, "broken.yaml")):
        result = run(sides[0], "--diff", sides[1])
        assert (result.return_value, result.stdout) == (5, "")
        assert "error[E101]" in result.stderr
        assert "broken.yaml:4:5" in result.stderr


@pytest.mark.parametrize("promise", ["output: [9]", "params: 1"])
def test_a_broken_promise_does_not_hide_the_difference(wider: str, promise: str) -> None:
    alone = run("lenet5", "--diff", wider)
    Path("promised.yaml").write_text(f"{WIDER}\nexpect: {{{promise}}}\n", encoding="utf-8")
    result = run("lenet5", "--diff", "promised.yaml")
    assert (alone.return_value, result.return_value) == (1, 5)
    assert "error[E30" in result.stderr
    assert result.stdout == alone.stdout.replace(wider, "promised.yaml")


def test_no_such_file() -> None:
    result = run("lenet5", "--diff", "lenet6.yaml")
    assert type(result.exception).__name__ == "FileError"
