"""Specs that are broken on purpose: refused with a code and a place, quickly, within bounds, without a traceback."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from math import ceil
from pathlib import Path

import pytest
from click.testing import CliRunner
from processor_time import limit

from cnnspec.cli import group

INPUT = "input: {C: 4, H: 8, W: 8}\n"
LAYERS = INPUT + "layers:\n"
RELU = LAYERS + "  - relu\n"


def layer(fields: str) -> str:
    """A spec whose one layer begins at line 3, column 5."""
    return LAYERS + f"  - {fields}\n"


Place = tuple[int, int] | None
Case = tuple[str | bytes, str, Place]

SYNTAX: dict[str, Case] = {
    "a tag that calls a function": ("!!python/object/apply:os.system ['touch pwned']\n", "E004", (1, 1)),
    "any tag": (layer("conv: !int {F: 3, K: 2}"), "E004", (3, 11)),
    "a tag on a key": (layer("!!str relu: {}"), "E004", (3, 5)),
    "an alias": (layer("*x"), "E004", (3, 5)),
    "an anchor": (layer("conv: &x {F: 3, K: 2}"), "E004", (3, 11)),
    "an anchor that holds itself": ("&a [*a]\n", "E004", (1, 1)),
    "a merge key": (INPUT + "<<: {name: x}\nlayers: [relu]\n", "E004", (2, 1)),
    "a directive": ("%YAML 1.1\n---\n" + RELU, "E004", (1, 1)),
    "a duplicate key": (RELU + "layers: [relu]\n", "E005", (4, 1)),
    "a duplicate field": (layer("conv: {K: 3, F: 3, K: 4}"), "E005", (3, 24)),
    "NUL": ("name: a\0b\n" + RELU, "E002", (1, 8)),
    "an escaped NUL": ('name: "a\\0b"\n' + RELU, "E002", (1, 7)),
    "bad UTF-8": (b"name: a\xff\n" + RELU.encode(), "E002", (1, 8)),
    "UTF-16": (RELU.encode("utf-16"), "E002", (1, 1)),
    "UTF-16 without a mark": (RELU.encode("utf-16-le"), "E002", (1, 2)),
    "a lone surrogate": (b"name: a\xed\xa0\x80\n" + RELU.encode(), "E002", (1, 8)),
    "a control character": ("name: a\x1b[31mb\n" + RELU, "E002", (1, 8)),
    "a line separator of YAML 1.1": ("name: a\u2028b\n" + RELU, "E002", (1, 8)),
    "a tab as indent": (LAYERS + "\t- relu\n", "E001", (3, 1)),
    "an open quote": ('name: "a\n' + RELU, "E001", (1, 7)),
    "an open bracket": (LAYERS + "  [relu\n", "E001", (3, 3)),
    "an unquoted budget": (RELU + "expect: {macs: >= 1M}\n", "E001", (4, 16)),
    "an unquoted budget in a block": (RELU + "expect:\n  macs: >= 1M\n", "E001", (5, 9)),
    "nothing": ("", "E007", (1, 1)),
    "a comment": ("# nothing\n", "E007", None),
    "a list": ("- relu\n", "E007", (1, 1)),
    "a word": ("relu\n", "E007", (1, 1)),
    "two documents": (RELU + "---\nname: x\n", "E007", (4, 1)),
    "a list as key": ("[a, b]: 1\n" + RELU, "E006", (1, 1)),
    "a mapping as key": ("? {a: b}\n: 1\n" + RELU, "E006", (1, 3)),
    "null as key": ("~: 1\n" + RELU, "E006", (1, 1)),
    "an empty key": (": 1\n" + RELU, "E006", (1, 1)),
}

TRAPS: Mapping[str, Case] = {
    value: (layer(f"conv: {{F: 3, K: {value}}}"), "E008", (3, 21))
    for value in ("no", "on", "Yes", "3:3", "010", "2020-01-01", "0x10", "0o17", "1_000", ".inf", ".nan", ".5")
} | {
    f"bias {value}": (layer(f"conv: {{F: 3, K: 1, bias: {value}}}"), "E008", (3, 30))
    for value in ("no", "on", "Off", "True", "FALSE", "y")
}

SCHEMA: dict[str, Case] = {
    "K: true": (layer("conv: {F: 3, K: true}"), "E104", (3, 21)),
    'K: "3"': (layer('conv: {F: 3, K: "3"}'), "E104", (3, 21)),
    "K: 3.0": (layer("conv: {F: 3, K: 3.0}"), "E106", (3, 21)),
    "K: null": (layer("conv: {F: 3, K: ~}"), "E104", (3, 21)),
    "K: a list": (layer("conv: {F: 3, K: [3]}"), "E104", (3, 21)),
    "k: 6": (layer("conv: {F: 3, k: 6}"), "E102", (3, 18)),
    **{f"{field}: 0": (layer(f"conv: {{{field}: 0}}"), "E104", (3, 15)) for field in "SFKGD"},
    **{f"{field}: -1": (layer(f"conv: {{{field}: -1}}"), "E104", (3, 15)) for field in "SFKGPD"},
    "G that does not divide C": (layer("conv: {F: 3, K: 3, G: 3}"), "E201", (3, 24)),
    "G that does not divide K": (layer("conv: {F: 3, K: 6, G: 4}"), "E201", (3, 24)),
    "K of 10^30 in digits": (layer(f"conv: {{F: 3, K: {10**30}}}"), "E106", (3, 21)),
    "K: 1e30": (layer("conv: {F: 3, K: 1e30}"), "E106", (3, 21)),
    "K of 4,000 digits": (layer(f"conv: {{F: 3, K: {'9' * 4000}}}"), "E105", (3, 21)),
    "K of 19 digits": (layer("conv: {F: 3, K: 1234567890123456789}"), "E106", (3, 21)),
    "output below 1": (layer("conv: {F: 9, K: 1}"), "E203", (3, 12)),
    "input of nothing": ("input: {C: 0, H: 8, W: 8}\nlayers: [relu]\n", "E104", (1, 12)),
    "a block that reaches itself": (
        INPUT + "blocks: {a: {layers: [b]}, b: {layers: [a]}}\nlayers: [a]\n", "E111", (2, 41)
    ),
    "a forward reference": (LAYERS + "  - add: [later, []]\n  - {relu: {}, name: later}\n", "E107", (3, 11)),
    "a self reference": (layer("{add: [me, []], name: me}"), "E107", (3, 12)),
    "a duplicate name": (LAYERS + "  - {relu: {}, name: a}\n  - {relu: {}, name: a}\n", "E108", (4, 22)),
    "an unquoted kind as branch": (layer("add: [relu, []]"), "E107", (3, 11)),
    **{
        f"name {name!r}": (layer(f"{{relu: {{}}, name: {json.dumps(name)}}}"), "E109", (3, 22))
        for name in ("../../x", "/etc/passwd", "a/b", "a\\b", "..", ".a", "a.", "a b", "", "é", "x" * 201, "input")
    },
    "a call": (layer("conv: {F: 3, K: len(C)}"), "E105", (3, 24)),
    "an attribute": (layer("conv: {F: 3, K: C.real}"), "E105", (3, 22)),
    "a subscript": (layer('conv: {F: 3, K: "C[0]"}'), "E105", (3, 23)),
    "a lambda": (layer('conv: {F: 3, K: "(lambda: 1)()"}'), "E105", None),
    "a division by zero": (layer("conv: {F: 3, K: 4/(C-4)}"), "E106", (3, 23)),
    "a remainder by zero": (layer("conv: {F: 3, K: 4%0}"), "E106", (3, 23)),
    "a tower of powers": (layer("conv: {F: 3, K: 9**9**9}"), "E105", (3, 22)),
    "a product out of bounds": (layer("conv: {F: 3, K: 999999*999999*9}"), "E106", (3, 21)),
    "200 brackets": (layer(f'conv: {{F: 3, K: "{"(" * 90}1{")" * 90}"}}'), "E105", None),
    "repeat of 10^9": (
        INPUT + "blocks: {a: {layers: [relu]}}\nlayers: [{a: {}, repeat: 1000000000}]\n", "E114", (3, 26)
    ),
    "repeat of 0": (INPUT + "blocks: {a: {layers: [relu]}}\nlayers: [{a: {}, repeat: 0}]\n", "E114", (3, 26)),
    "repeat of a layer": (layer("{relu: {}, repeat: 2}"), "E110", (3, 24)),
    "an empty entry": (LAYERS + "  -\n  - relu\n", "E110", (3, 4)),
    "no layers": (INPUT + "layers: []\n", "E110", (2, 9)),
}  # fmt: skip

CASES = {**SYNTAX, **TRAPS, **SCHEMA}


def validate(spec: str | bytes, folder: Path, *options: str) -> tuple[int, str]:
    file = folder / "net.yaml"
    file.write_bytes(spec if isinstance(spec, bytes) else spec.encode("utf-8"))
    arguments = ["validate", str(file), *options]
    result = CliRunner().invoke(group, arguments, standalone_mode=False)
    assert result.exception is None, result.exception
    return result.return_value, result.stdout


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("case", CASES)
def test_refused_with_code_and_place(case: str, tmp_path: Path) -> None:
    spec, code, place = CASES[case]
    status, said = validate(spec, tmp_path, "--format", "json")
    assert status == 1
    found = [(d["code"], (d["line"], d["column"])) for d in json.loads(said)["diagnostics"]]
    assert code in [c for c, _ in found]
    assert place is None or (code, place) in found
    assert [path.name for path in tmp_path.iterdir()] == ["net.yaml"], "something was written"


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("case", CASES)
def test_printed_safely(case: str, tmp_path: Path) -> None:
    for style in ("text", "github"):
        _, said = validate(CASES[case][0], tmp_path, "--format", style)
        assert all(c.isprintable() or c == "\n" for c in said)


def test_a_duplicate_key_shows_both_places(tmp_path: Path) -> None:
    _, said = validate(SYNTAX["a duplicate key"][0], tmp_path)
    assert "4 | layers: [relu]\n" in said
    assert "2 | layers:\n  | ^^^^^^ first written here\n" in said


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_byte_order_marks_and_line_ends_move_no_column(tmp_path: Path, mark: bytes, end: str) -> None:
    spec = (LAYERS + "  - relu\n  - rleu\n").replace("\n", end).encode()
    _, said = validate(mark + spec, tmp_path, "--format", "json")
    [found] = json.loads(said)["diagnostics"]
    assert (found["code"], found["line"], found["column"]) == ("E101", 4, 5)


@pytest.mark.usefixtures("parser")
def test_texts_are_taken_as_written(tmp_path: Path) -> None:
    words = ["no", "on", "010", "1e-3", "3:3", "2020-01-01", "1.10", "0x1F", "True", "y", ".inf"]
    spec = f"name: 2020-01-01\nclasses: [{', '.join(words)}]\ninput: {{C: 11, H: 1, W: 1}}\nlayers: [relu]\n"
    status, _ = validate(spec, tmp_path)
    assert status == 0
    from cnnspec.spec import load

    loaded = load(tmp_path / "net.yaml")
    assert loaded.header.name == "2020-01-01"
    assert loaded.classes() == tuple(words)


@pytest.mark.usefixtures("parser")
def test_decimals_with_an_exponent_are_numbers(tmp_path: Path) -> None:
    assert validate(layer("batchnorm: {eps: 1e-3}"), tmp_path)[0] == 0


def test_large_counts_stay_whole(tmp_path: Path) -> None:
    spec = INPUT + "layers: [{conv: {F: 1, K: 1000000007}}, {conv: {F: 1, K: 1000000009, bias: false}}]\n"
    status, said = validate(spec, tmp_path)
    assert status == 0
    assert f"{5 * 1000000007 + 1000000007 * 1000000009:,} parameters" in said


# What might take long or much memory, in a process of its own.

SECONDS = 1.3
"""Of processor time, with Python's start: what the longest of these takes on an ordinary machine."""
MEMORY = 512 << 20
WORD = "abcdefghijklmnopqrstuvwxyz"


def flow(items: int, text: Callable[[int], str]) -> str:
    return ", ".join(map(text, range(items)))


def nested(depth: int, inner: str) -> str:
    return inner if depth == 0 else f"{{add: [[{nested(depth - 1, inner)}], []]}}"


def doubling(body: str) -> str:
    """Blocks of which each uses the one before it twice."""
    blocks = "".join(f"  b{i}: {{layers: [b{i - 1}, b{i - 1}]}}\n" for i in range(1, 60))
    return f"{INPUT}blocks:\n  b0: {{layers: [{body}]}}\n{blocks}layers: [b59]\n"


def repeated(body: str, args: str = "", call: str = "") -> str:
    return INPUT + f"blocks: {{a: {{args: {{{args}}}, layers: [{body}]}}}}\nlayers: [{{a: {{{call}}}, repeat: 9999}}]\n"


BOMBS: dict[str, tuple[str, str]] = {
    "aliases": ("a: &a [x, x]\n" + "".join(f"a{i}: &a{i} [*a, *a]\n" for i in range(40)) + RELU, "E004"),
    "merge keys": ("a: &a {x: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [*a, *a]}}\n" for i in range(40)) + RELU, "E004"),
    "200,000 brackets": ("[" * 200_000, "E003"),
    "200,000 closed brackets": ("layers: " + "[" * 200_000 + "]" * 200_000, "E003"),
    "200,000 braces": ("{a: " * 200_000, "E003"),
    "200,000 dashes": ("- " * 200_000, "E003"),
    "2 MiB": ("# " + "x" * (2 << 20), "E003"),
    "60,000 keys": ("".join(f"k{i}: 1\n" for i in range(60_000)), "E003"),
    "a text of 1 MB": ("name: " + "x" * 1_000_000 + "\n" + RELU, "E003"),
    "a number of 5,000 digits": (layer(f"conv: {{F: 3, K: {'9' * 5000}}}"), "E003"),
    "10,000 brackets in an expression": (layer(f'conv: {{F: 3, K: "{"(" * 10_000}1{")" * 10_000}"}}'), "E003"),
    "200,000 bad layers": (INPUT + "layers:\n" + "- cov\n" * 200_000, "E003"),
    "as many bad layers as a file holds": (INPUT + "layers:\n" + "- cov\n" * 49_000, "E101"),
    "bad layers, each another": (INPUT + "layers: [" + flow(49_000, lambda i: f"cnv{i}") + "]", "E101"),
    "bad layers beside blocks of like names": (
        INPUT + "blocks:\n" + "".join(f"  {WORD}{i}: {{layers: [relu]}}\n" for i in range(5_000))
        + "layers: [" + flow(14_000, lambda i: f"{WORD}_{i}") + "]\n", "E101",
    ),
    "bad fields": (layer("conv: {" + flow(24_000, lambda i: f"ruonding{i}: 1") + "}"), "E102"),
    "bad references": (INPUT + "layers: [" + flow(12_000, lambda i: f"{{from: rela{i}}}") + "]\n", "E107"),
    "bad references to many layers": (
        INPUT + "layers: [" + "relu, " * 19_000 + flow(7_000, lambda i: f"{{from: rela{i}}}") + "]\n", "E107",
    ),
    "bad arguments": (repeated("relu", "K: 1", flow(20_000, lambda i: f"K{i}: 1")), "E102"),
    "many arguments": (repeated("relu", flow(20_000, lambda i: f"K{i}: 1")), "E112"),
    "arguments that hang on each other": (
        repeated("relu", "k0: 1, " + flow(99, lambda i: f"k{i + 1}: k{i}+1")), "E114",
    ),
    "layers upon layers": (doubling("relu"), "E114"),
    "nothing upon nothing": (doubling(""), "E114"),
    "repeats of repeats of nothing": (
        INPUT + "blocks:\n  a: {layers: []}\n  b: {layers: [{a: {}, repeat: 10000}]}\n"
        "  c: {layers: [{b: {}, repeat: 10000}]}\nlayers: [{c: {}, repeat: 10000}]\n", "E114",
    ),
    "branches upon branches": (
        INPUT + "blocks:\n  b0: {layers: [relu]}\n"
        + "".join(f"  b{i}: {{layers: [{nested(8, f'b{i - 1}')}]}}\n" for i in range(1, 60))
        + "layers: [b59]\n", "E114",
    ),
    "arguments spliced into arguments": (
        INPUT + "blocks: {a: {args: {x: []}, layers: [x, x, x, x, x, x, x, x]}}\nlayers: ["
        + "{a: {x: [" * 6 + "relu" + "]}}" * 6 + "]\n", "E114",
    ),
    "arguments handed down": (
        INPUT + "blocks:\n  b0: {args: {x: []}, layers: [x]}\n"
        + "".join(f"  b{i}: {{args: {{x: []}}, layers: [{{b{i - 1}: {{x: [x, x]}}}}]}}\n" for i in range(1, 60))
        + "layers: [{b59: {x: [relu]}}]\n", "E114",
    ),
    "branches without end": (repeated("{concat: [" + flow(15_000, lambda i: "[]") + "]}"), "E114"),
    "an expectation without end": (repeated("{relu: {}, expect: [" + flow(15_000, lambda i: "C") + "]}"), "E104"),
    "layers that lead nowhere": (repeated("{conv: {F: 1, K: 2}}, {from: input}"), "W103"),
    "outputs without end": (INPUT + "outputs: [" + flow(20_000, lambda i: f"x{i}") + "]\nlayers: [relu]\n", "E107"),
    "a budget of 4,000 digits": (RELU + f'expect: {{macs: "<= {"9" * 4000}G"}}\n', "E104"),
}  # fmt: skip


def limited(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    seconds = ceil(limit(SECONDS))

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    return subprocess.run(
        [sys.executable, "-m", "cnnspec", *arguments],
        cwd=folder, preexec_fn=bounded, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb_is_refused_in_time(bomb: str, tmp_path: Path) -> None:
    spec, code = BOMBS[bomb]
    (tmp_path / "net.yaml").write_text(spec, encoding="utf-8")
    process = limited("validate", "--strict", "net.yaml", folder=tmp_path)
    assert process.returncode == 1, process.stderr[-500:]
    assert f"[{code}]: " in process.stdout
    assert process.stderr == ""
    assert len(process.stdout) < 100_000


@pytest.mark.parametrize(
    "spec",
    [
        INPUT + "blocks: {a: {layers: [{conv: {F: 3, K: C, P: same}}]}}\nlayers: [{a: {}, repeat: 10000}]\n",
        INPUT + "layers: [" + "relu, " * 19_000 + "]\n",
        INPUT + "layers: [{conv: {F: 3, K: 1000000000}}, {conv: {F: 1, K: 1000000}}]\n",
        "input: {C: 1, H: 999999999999, W: 999999999989}\nlayers: [{adaptiveavgpool: {out: 7}}, softmax]\n",
        INPUT + "layers: [{upsample: {factor: 999999999999, mode: bilinear}}, {conv: {F: 99999999999, K: 1}}]\n",
        INPUT + "layers: [" + flow(20, lambda i: f"{{deconv: {{F: 3, S: {i + 2}, D: {i + 3}, K: 1}}}}") + "]\n",
    ],
    ids=["10,000 convolutions", "19,000 layers", "10^15 parameters", "10^12 rows", "10^13 rows", "deconvolutions"],
)  # fmt: skip
def test_large_networks_are_checked_in_time(spec: str, tmp_path: Path) -> None:
    """No tensor is made, so a network may be as large as it likes."""
    (tmp_path / "net.yaml").write_text(spec, encoding="utf-8")
    process = limited("validate", "net.yaml", folder=tmp_path)
    assert process.returncode == 0, process.stdout[-500:] + process.stderr[-500:]
    assert process.stdout.splitlines()[-1].startswith("ok net.yaml")


def test_exactly_20000_layers(tmp_path: Path) -> None:
    def spec(layers: str) -> str:
        return INPUT + f"blocks: {{ten: {{layers: [{flow(10, lambda i: 'relu')}]}}}}\nlayers: [{layers}]\n"

    assert validate(spec("{ten: {}, repeat: 2000}"), tmp_path)[0] == 0
    status, said = validate(spec("{ten: {}, repeat: 2000}, softmax"), tmp_path)
    assert status == 1
    assert "E114" in said
