"""`cnnspec summary`: golden files, every format says the same, rows add up at any depth."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from summaries import BLOCKS, FIELDS, HEADS, shown, summary

from cnnspec.spec import bundled, check

Write = Callable[[str, str], str]
Golden = Callable[[str, str], None]


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


# goldens


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("summary-lenet5.txt", ["lenet5"]),
        ("summary-lenet5.json", ["lenet5", "--format", "json"]),
        ("summary-lenet5.md", ["lenet5", "--format", "markdown"]),
        ("summary-lenet5.csv", ["lenet5", "--format", "csv"]),
        ("summary-lenet5-tensors.txt", ["lenet5", "--tensors"]),
        ("summary-resnet50-depth1.txt", ["resnet50", "--depth", "1"]),
        ("summary-resnet50-depth1.md", ["resnet50", "--depth", "1", "--format", "markdown"]),
        ("summary-unet-depth2.txt", ["unet", "--depth", "2", "--batch", "8"]),
    ],
)
def test_golden(file: str, arguments: list[str], golden: Golden) -> None:
    golden(file, shown(*arguments))


@pytest.mark.parametrize(("file", "text"), [("blocks", BLOCKS), ("fields", FIELDS), ("heads", HEADS)])
def test_golden_of_a_written_spec(file: str, text: str, write: Write, golden: Golden) -> None:
    arguments = ["--depth", "3"] if file == "blocks" else []
    golden(f"summary-{file}.txt", shown(write(f"{file}.yaml", text), *arguments))


# every format says the same, and rows add up


def figures_of_text(text: str) -> Iterator[tuple[str, str, int, int, int]]:
    """(layer, output, params, buffers, MACs) of each row and of the total, by the places of the titles."""
    lines = text.splitlines()
    titles, body = lines[2], lines[4 : lines.index("", 3)]
    ends = {title: titles.index(title) + len(title) for title in ("output", "params", "buffers", "MACs")}
    for line in body:
        if not line.startswith("─"):
            cells = [re.split(r" {1,}", line[:end])[-1] for end in ends.values()]
            params, buffers, macs = map(number, cells[1:])
            yield line.split()[0], cells[0], params, buffers, macs


@pytest.mark.parametrize("name", bundled.names())
def test_text_adds_up(name: str) -> None:
    *rows, (title, _, *total) = figures_of_text(shown(name))
    assert title == "total"
    assert [sum(column) for column in zip(*(row[2:] for row in rows), strict=True)] == total


@pytest.mark.parametrize("name", bundled.names())
def test_json_adds_up(name: str) -> None:
    document = json.loads(shown(name, "--format", "json"))
    assert list(document) == ["schema", "name", "file", "input", "output", "layers", "totals"]
    for count in ("params", "buffers", "macs"):
        assert sum(layer[count] for layer in document["layers"]) == document["totals"][count]
    totals = document["totals"]
    assert totals["weight_bytes"] == 4 * (totals["params"] + totals["buffers"])
    assert document["schema"] == 1
    graph = check(name).spec.graph  # type: ignore[union-attr]
    shapes = {output: list(graph.shape(output)) for output in graph.outputs}
    assert document["output"] == (shapes if len(shapes) > 1 else shapes[graph.outputs[0]])
    keys = ["name", "kind", "line", "inputs", "output", "params", "buffers", "macs", "receptive_field", "fields"]
    assert all(list(layer) == keys for layer in document["layers"])


@pytest.mark.parametrize("name", bundled.names())
def test_formats_agree(name: str) -> None:
    layers = json.loads(shown(name, "--format", "json"))["layers"]
    rows = list(csv.DictReader(StringIO(shown(name, "--format", "csv"))))
    assert [row["layer"] for row in rows] == [layer["name"] for layer in layers]
    assert [[int(row[c]) for c in ("line", "params", "buffers", "macs")] for row in rows] == [
        [layer[c] for c in ("line", "params", "buffers", "macs")] for layer in layers
    ]
    assert [row["inputs"].split() for row in rows] == [layer["inputs"] for layer in layers]
    fields = [layer["receptive_field"] for layer in layers]
    assert [row["receptive_field"] for row in rows] == ["x".join(map(str, f)) if f else "" for f in fields]
    lines = [line for line in shown(name, "--format", "markdown").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [(c[0].strip("`"), c[2], number(c[3]), number(c[5])) for c in cells] == [
        (row["layer"], row["output"], int(row["params"]), int(row["macs"])) for row in rows
    ]
    text = [row[:4] for row in figures_of_text(shown(name))]
    assert text[:-1] == [(r["layer"], r["output"], int(r["params"]), int(r["buffers"])) for r in rows]


def test_markdown_total_is_the_sum() -> None:
    (total,) = [line for line in shown("resnet18", "--format", "markdown").splitlines() if "**total**" in line]
    assert [number(n) for n in re.findall(r"\*\*([0-9,]+)\*\*", total)] == [11_689_512, 9_600, 1_814_073_344]


@pytest.mark.parametrize("name", ["resnet50", "unet", "mobilenet_v3_small", "densenet121"])
@pytest.mark.parametrize("depth", [1, 2, 3, 99])
def test_any_depth_adds_up(name: str, depth: int) -> None:
    nested = summary(name, depth=depth)
    assert nested.totals is not None
    for count in ("params", "buffers", "macs"):
        assert sum(getattr(row, count) for row in nested.counted) == getattr(nested.totals, count)
    assert nested.counted[-1].output == nested.steps[-1].shape


def test_deepest_nesting_has_the_layers_of_no_nesting() -> None:
    flat, deep = summary("densenet121"), summary("densenet121", depth=99)
    assert [row.name for row in deep.counted] == [row.name for row in flat.rows]


# nesting


def test_depth_1_has_a_row_for_each_outermost_call(write: Write) -> None:
    rows = summary(write("blocks.yaml", BLOCKS), depth=1).rows
    assert [(row.name, row.kind, row.params) for row in rows] == [
        ("conv1..relu1", "pair", 148),
        ("conv2..relu2", "pair", 148),
        ("wrapped", "wrap", 296),
        ("deep.0", "deep", 3 * 584),
        ("deep.1", "deep", 3 * 584),
        ("globalavgpool1", "globalavgpool", 0),
    ]
    assert rows[0].receptive_field == (3, 3)
    assert rows[-1].receptive_field is None
    assert all(row.line is None and not row.inputs and not row.fields for row in rows[:-1])


def test_depth_2_opens_calls_and_skips_a_call_that_only_wraps_another(write: Write) -> None:
    rows = summary(write("blocks.yaml", BLOCKS), depth=2).rows
    assert [(row.level, row.name, row.is_open) for row in rows][:9] == [
        (0, "conv1..relu1", True),
        (1, "conv1", False),
        (1, "relu1", False),
        (0, "conv2..relu2", True),
        (1, "conv2", False),
        (1, "relu2", False),
        (0, "wrapped", True),
        (1, "wrapped.conv1", False),
        (1, "wrapped.relu1", False),
    ]
    assert [row.name for row in rows if row.name.startswith("deep.1")] == [
        "deep.1",
        "deep.1.first",
        "deep.1.conv1..relu1",
        "deep.1.conv2..relu2",
    ]


def test_nested_names_leave_out_the_name_of_their_block(write: Write) -> None:
    text = shown(write("blocks.yaml", BLOCKS), "--depth", "2")
    assert re.search(r"\n  \.first +pair ", text)
    assert re.search(r"\n  \.conv1\.\.relu1 +pair ", text)


def test_csv_nests_by_rows_that_count(write: Write) -> None:
    rows = list(csv.DictReader(StringIO(shown(write("blocks.yaml", BLOCKS), "--depth", "2", "--format", "csv"))))
    assert sum(int(row["params"]) for row in rows) == 2 * 148 + 296 + 6 * 584
    assert ["wrapped" in row["layer"] for row in rows].count(True) == 2
    assert next(row for row in rows if row["layer"] == "deep.0.first")["line"] == ""
