"""`cnnspec summary` of specs with mistakes, and called by mistake."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from summaries import HEADS, run, shown

BROKEN = """\
name: Broken
input: {C: 1, H: 28, W: 28}
layers:
  - conv: {F: 5, K: 6}
  - relu
  - dense: {K: 10}
  - softmax
"""

Write = Callable[[str, str], str]
Golden = Callable[[str, str], None]


def test_a_mistake_ends_the_table(write: Write, golden: Golden) -> None:
    result = run(write("broken.yaml", BROKEN))
    assert result.return_value == 1
    golden("summary-broken.txt", result.stdout)
    assert result.stderr.startswith("error[E204]: `dense` needs a vector, but 6x24x24 arrives\n --> broken.yaml:6:5\n")


@pytest.mark.parametrize("style", ["json", "markdown", "csv"])
def test_a_mistake_ends_the_table_in_every_format(style: str, write: Write) -> None:
    result = run(write("broken.yaml", BROKEN), "--format", style)
    assert result.return_value == 1
    assert "conv1" in result.stdout
    assert "relu1" in result.stdout
    assert "dense" not in result.stdout
    assert "E204" in result.stderr
    if style == "json":
        document = json.loads(result.stdout)
        assert (document["input"], document["output"], document["totals"]) == ([1, 28, 28], None, None)


def test_tensors_up_to_a_mistake(write: Write) -> None:
    result = run(write("broken.yaml", BROKEN), "--tensors", "--format", "csv")
    assert result.return_value == 1
    assert result.stdout == "tensor,shape,dtype,role\nconv1.weight,6x1x5x5,F32,param\nconv1.bias,6,F32,param\n"


def test_a_broken_promise_is_told_below_the_whole_table(write: Write) -> None:
    result = run(write("promise.yaml", "input: {C: 1, H: 4, W: 4}\nlayers: [relu]\nexpect: {output: [2, 4, 4]}\n"))
    assert result.return_value == 1
    assert "total  1 layer " in result.stdout
    assert "error[E302]" in result.stderr


def test_the_first_layer_wrong(write: Write) -> None:
    result = run(write("first.yaml", BROKEN.replace("F: 5", "F: 55")))
    assert result.return_value == 1
    assert result.stdout == "Broken: 1x28x28 -> ?\n"


@pytest.mark.parametrize("mistake", ["{block: {L: 3}}", "block: 3", "{relu: {slope: 1}}", "relv", "{add: [[]]}"])
def test_nothing_behind_a_mistake_is_shown(write: Write, mistake: str) -> None:
    spec = "input: {C: 1, H: 4, W: 4}\nblocks: {block: {args: {K: 2}, layers: [{conv: {F: 1, K: K}}]}}\n"
    result = run(write("net.yaml", f"{spec}layers: [tanh, {mistake}, sigmoid]\n"), "--format", "csv")
    assert result.return_value == 1
    assert [line.partition(",")[0] for line in result.stdout.splitlines()] == ["layer", "tanh1"]


def test_no_header_no_table(write: Write) -> None:
    result = run(write("text.yaml", "layers: [relu]\n"))
    assert (result.return_value, result.stdout) == (1, "")
    assert "error[E103]" in result.stderr


def test_warnings_do_not_count(write: Write) -> None:
    result = run(write("warns.yaml", "input: {C: 1, H: 5, W: 5}\nlayers: [{maxpool: {F: 2}}]\n"))
    assert result.return_value == 0
    assert "warning[W201]" in result.stderr


def test_a_spec_without_a_name_goes_by_its_file(write: Write) -> None:
    assert shown(write("mine.yaml", "input: {C: 1, H: 4, W: 4}\nlayers: [relu]\n")).startswith("mine: 1x4x4 -> 1x4x4\n")


def test_from_standard_input() -> None:
    result = run("-", given=HEADS)
    assert result.return_value == 0
    assert result.stdout.startswith("Heads: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--depth", "0"],
        ["--batch", "0"],
        ["--depth", "1", "--tensors"],
        ["--depth", "1", "--diff", "vgg11"],
        ["--depth", "1", "--format", "json"],
        ["--tensors", "--diff", "vgg11"],
        ["--format", "yaml"],
    ],
)
def test_usage(arguments: list[str]) -> None:
    result = run("lenet5", *arguments)
    assert result.exit_code
    assert type(result.exception).__name__ in ("UsageError", "BadParameter")


def test_a_comparison_that_is_not_made_is_said(write: Write) -> None:
    name = write("broken.yaml", BROKEN)
    for arguments in ((name, "--diff", "lenet5"), ("lenet5", "--diff", name)):
        result = run(*arguments)
        assert (result.return_value, result.stdout) == (5, "")
        assert result.stderr.endswith("note: no comparison was made: it takes two specs without such mistakes\n")
