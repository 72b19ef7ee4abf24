"""What `cnnspec summary` shows: fields, outputs, counts, tensors, names of all kinds."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO

import pytest
from summaries import FIELDS, HEADS, run, shown

from cnnspec.reports.drawing.bar import bar
from cnnspec.reports.drawing.markdown_table import code, plain
from cnnspec.reports.summary.facts import counted
from cnnspec.spec import check

Write = Callable[[str, str], str]


# fields, outputs, counts


def test_only_fields_that_differ_from_their_default_are_shown(write: Write) -> None:
    text = shown(write("fields.yaml", FIELDS))
    for kind in (
        "conv F 3x1 S 2x1 P {top 1, left 2} K 4 G 2 ",
        "conv F 3x3 S 2 P 1x2 K 8 bias false rounding exact ",
        "batchnorm eps 1e-7 ",
        "leakyrelu slope 0.2 ",
        "slice from 2 to 6 ",
        "permute order [H, W, C] ",
    ):
        assert f"  {kind}" in text
    assert "rounding floor" not in text


def test_json_has_every_field_by_its_name_in_a_spec(write: Write) -> None:
    layers = json.loads(shown(write("fields.yaml", FIELDS), "--format", "json"))["layers"]
    assert layers[0]["fields"]["P"] == {"top": 1, "bottom": 0, "left": 2, "right": 0}
    assert layers[0]["fields"]["bias"] is True
    assert layers[0]["fields"]["rounding"] == "floor"
    assert layers[4]["fields"] == {"axis": "C", "from": 2, "to": 6, "step": 1}


def test_several_outputs_go_by_name(write: Write) -> None:
    spec = write("heads.yaml", HEADS)
    assert json.loads(shown(spec, "--format", "json"))["output"] == {"classes": [5], "edge_map": [2, 6, 6]}
    assert "Heads: 3x8x8 -> classes 5, edge_map 2x6x6\n" in shown(spec)
    assert "`3x8x8 -> classes 5, edge_map 2x6x6`" in shown(spec, "--format", "markdown")


def test_batch_scales_activations_and_nothing_else() -> None:
    one, eight = (json.loads(shown("lenet5", "--format", "json", *more)) for more in ([], ["--batch", "8"]))
    assert one["totals"].pop("peak_activation_bytes") == 37_632
    assert eight["totals"].pop("peak_activation_bytes") == 8 * 37_632
    assert one == eight
    assert "301,056 bytes (301 kB) at the peak, for a batch of 8\n" in shown("lenet5", "--batch", "8")


def test_another_input() -> None:
    result = run("resnet18", "--input", "3,320,320", "--format", "json")
    assert result.stderr.startswith("note: tried at 3x320x320; `expect` is left out")
    document = json.loads(result.stdout)
    assert document["input"] == [3, 320, 320]
    assert document["layers"][0]["output"] == [64, 160, 160]


def test_a_spec_of_no_layers_has_totals(write: Write) -> None:
    spec = "input: {C: 1, H: 2, W: 3}\nblocks: {b: {layers: []}}\nlayers: [{b: {}}]\n"
    text = shown(write("none.yaml", spec))
    assert text.startswith("none: 1x2x3 -> 1x2x3\n")
    assert "total  0 layers " in text
    assert "\nactivations      24 bytes at the peak, for one input\n" in text
    assert "\nreceptive field" not in text


def test_receptive_field_is_that_of_the_last_layer_that_has_one() -> None:
    assert "\nreceptive field  427 at layer4.2.relu3\n" in shown("resnet50")


def test_a_receptive_field_that_is_not_square(write: Write) -> None:
    assert " 3x1\n" in shown(write("fields.yaml", FIELDS))


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000 (1.00 k)"),
        (999_499, "999,499 (999 k)"),
        (999_999, "999,999 (1.00 M)"),
        (9_999_999, "9,999,999 (10.0 M)"),
        (99_999_999, "99,999,999 (100 M)"),
        (4_089_184_256, "4,089,184,256 (4.09 G)"),
        (10**19, "10,000,000,000,000,000,000 (10,000 P)"),
    ],
)
def test_counts_in_full_and_in_short(count: int, said: str) -> None:
    assert counted(count) == said


def test_bytes_are_named() -> None:
    assert counted(37_632, "B") == "37,632 bytes (37.6 kB)"


def test_bars() -> None:
    assert bar(1, 4) == "████"
    assert bar(2, 4) == "████"
    assert bar(0.5 + 1 / 32, 4) == "██▏"
    assert bar(0, 4) == bar(float("nan"), 4) == ""


def test_the_smallest_share_is_visible() -> None:
    total = next(line for line in shown("vgg16").splitlines() if line.startswith("features.0 "))
    assert "1,792 ▏" in total


# tensors


def test_tensors_in_every_format_are_those_of_the_graph() -> None:
    graph = check("resnet18").spec.graph  # type: ignore[union-attr]
    expected = [(name, list(t.shape), t.buffer) for name, t in graph.tensors.items()]
    records = json.loads(shown("resnet18", "--tensors", "--format", "json"))
    assert [(r["name"], r["shape"], r["buffer"]) for r in records] == expected
    assert {r["dtype"] for r in records} == {"F32"}
    rows = list(csv.DictReader(StringIO(shown("resnet18", "--tensors", "--format", "csv"))))
    assert [(r["tensor"], [int(n) for n in r["shape"].split("x")], r["role"] == "buffer") for r in rows] == expected
    lines = shown("resnet18", "--tensors", "--format", "markdown").splitlines()
    assert [line.split("`")[1] for line in lines[2:-2]] == [name for name, *_ in expected]
    text = shown("resnet18", "--tensors").splitlines()
    assert [line.split()[0] for line in text[2:-2]] == [name for name, *_ in expected]
    assert text[-1] == lines[-1] == "102 tensors, 11,699,112 values, 46,796,448 bytes (46.8 MB)"


def test_no_tensors(write: Write) -> None:
    spec = write("bare.yaml", "input: {C: 1, H: 4, W: 4}\nlayers: [relu]\n")
    assert shown(spec, "--tensors") == "0 tensors, 0 values, 0 bytes\n"
    assert json.loads(shown(spec, "--tensors", "--format", "json")) == []


# names


def test_hostile_names_are_spelled_out(write: Write) -> None:
    hostile = "a\ue000b|c`d<script>"
    text = (
        f'name: "{hostile}"\ninput: {{C: 1, H: 4, W: 4}}\nblocks: {{"{hostile}": {{layers: [relu]}}}}\n'
        f'layers: [{{relu: {{}}, name: "{hostile}"}}, "{hostile}"]\n'
    )
    spec = write("hostile.yaml", text)
    for arguments in (
        [],
        ["--depth", "1"],
        ["--depth", "2"],
        ["--format", "markdown"],
        ["--depth", "1", "--format", "csv"],
    ):
        out = run(spec, *arguments).stdout
        assert "\ue000" not in out
        assert "a\\ue000b" in out.replace("\\\\", "\\")
    out = run(spec, "--format", "markdown").stdout
    assert "<script>" not in out.replace("\\<script>", "")


def test_markdown_shows_names_as_written() -> None:
    assert code("layer1.0_x") == "`layer1.0_x`"
    assert code("a|b`c") == "a\\|b\\`c"
    assert plain("*a* _b_ [c](d) <e> f|g") == "\\*a\\* \\_b\\_ \\[c\\](d) \\<e> f\\|g"
