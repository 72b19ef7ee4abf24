"""`cnnspec validate` as a command: exit codes, formats, files beside the spec, what it imports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner, Result
from datasets import class_folders, idx_folder, npz, pictures, table
from PIL import Image
from processes import code_of, layers_among, modules_after

import cnnspec
from cnnspec.cli import group
from cnnspec.diagnostics import Diagnostic, FileError, Span
from cnnspec.diagnostics.catalogue import codes
from cnnspec.reports.diagnostics import to_github, to_json, to_sarif, to_text
from cnnspec.spec import bundled, check
from cnnspec.weights import save

GOOD = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - {conv: {F: 3, K: 2, P: same}, name: conv}\n  - relu\n"
LEARNS = GOOD.replace("relu", "silu")
"""Its scores are of any size, as cross-entropy wants them."""
BAD = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - covn: {F: 3, K: 2}\n"
WARNS = GOOD + "blocks:\n  spare: {layers: [relu]}\n"
TENSORS = {"conv.weight": np.ones((2, 1, 3, 3), np.float32), "conv.bias": np.zeros(2, np.float32)}
SAYS_ERROR = {"text": "error[W101]", "json": '"severity": "error"', "github": "::error ", "sarif": '"level": "error"'}

Write = Callable[[str, str], str]


def run(*arguments: str, given: str | None = None) -> Result:
    result = CliRunner().invoke(group, ["validate", *arguments], input=given, standalone_mode=False)
    assert result.exception is None, result.exception
    return result


def found(spec: str) -> list[tuple[str, int | None]]:
    """Codes and lines of what `validate` finds in the file `spec`."""
    document = json.loads(run("--format", "json", spec).stdout)
    return [(d["code"], d["line"]) for d in document["diagnostics"]]


class TestExitCode:
    def test_clean(self, write: Write) -> None:
        result = run(write("net.yaml", GOOD))
        assert result.return_value == 0
        assert result.stdout == "ok net.yaml: output 2x8x8, 20 parameters, 1,152 MACs\n"
        assert result.stderr == ""

    def test_findings_go_to_standard_output(self, write: Write) -> None:
        result = run(write("net.yaml", BAD))
        assert result.return_value == 1
        assert result.stdout.startswith("error[E101]: unknown layer `covn`\n --> net.yaml:3:5\n")
        assert result.stderr == ""

    @pytest.mark.parametrize("style", ["text", "json", "github", "sarif"])
    @pytest.mark.parametrize("strict", [False, True])
    def test_warnings_count_when_strict(self, write: Write, style: str, strict: bool) -> None:
        options = ["--format", style, *(["--strict"] if strict else [])]
        result = run(write("net.yaml", WARNS), *options)
        assert result.return_value == strict
        assert (SAYS_ERROR[style] in result.stdout) == strict

    def test_outputs_are_named_where_there_are_several(self, write: Write) -> None:
        spec = "input: {C: 1, H: 2, W: 2}\noutputs: [flat, relu1]\n"
        spec += "layers: [{flatten: {}, name: flat}, from: input, relu]\n"
        result = run(write("net.yaml", spec))
        assert result.stdout == "ok net.yaml: outputs flat 4, relu1 1x2x2, 0 parameters, 0 MACs\n"

    def test_spec_that_is_not_there_stops_no_other(self, write: Write) -> None:
        result = run("absent.yaml", write("bad.yaml", BAD), write("good.yaml", GOOD))
        assert result.return_value == 3
        assert re.findall(r"E[0-9]{3}|^ok \S+", result.stdout, re.MULTILINE) == ["E404", "E101", "ok good.yaml:"]

    def test_folder_is_no_spec(self, tmp_path: Path) -> None:
        assert "it is a folder" in run(str(tmp_path)).stdout

    def test_misspelt_bundled_name(self) -> None:
        assert "did you mean `lenet5`?" in run("lenet").stdout

    def test_no_spec_and_unknown_format_are_usage_errors(self, write: Write) -> None:
        for arguments in ([], [write("net.yaml", GOOD), "--format", "xml"], ["x", "--input", "3,4"]):
            process = cli("validate", *arguments)
            assert process.returncode == 2
            assert process.stdout == ""

    def test_standard_input(self, write: Write) -> None:
        assert run("-", given=GOOD).stdout.startswith("ok <stdin>: ")

    @pytest.mark.parametrize("name", bundled.names())
    def test_bundled_specs_are_clean_even_when_strict(self, name: str) -> None:
        assert run(name, "--strict").return_value == 0


class TestInput:
    def test_another_size(self, write: Write) -> None:
        good = GOOD.replace("name: conv", "name: conv, expect: [2, 8, 8]")
        spec = write("net.yaml", good + "expect: {output: [2, 8, 8], macs: 1}\nclasses: [a, b, c]\n")
        assert run(spec).return_value == 1
        result = run(spec, "--input", "3,16,4")
        assert result.return_value == 0
        assert result.stdout.startswith("ok net.yaml: output 2x16x4")
        assert "note: tried at 3x16x4; `expect`, " in result.stderr

    def test_size_that_does_not_fit(self, write: Write) -> None:
        spec = write("net.yaml", "input: {C: 1, H: 8, W: 8}\nlayers: [{maxpool: {F: 8}}]\n")
        assert run(spec).return_value == 0
        assert "E203" in run(spec, "--input", "1,7,7").stdout

    @pytest.mark.parametrize("command", ["summary", "init"])
    def test_the_note_on_other_commands(self, write: Write, tmp_path: Path, command: str) -> None:
        spec = write("net.yaml", GOOD + "expect: {output: [2, 8, 8], macs: 1}\n")
        more = ["-o", str(tmp_path / "w.npz")] if command == "init" else []
        result = CliRunner().invoke(group, [command, spec, "--input", "3,16,4", *more], standalone_mode=False)
        assert not result.return_value
        assert result.stderr.startswith("note: tried at 3x16x4; `expect` is left out")


class TestJson:
    def test_one_document_for_all_files(self, write: Write) -> None:
        files = write("bad.yaml", BAD), write("warns.yaml", WARNS), "absent.yaml"
        document = json.loads(run(*files, "--format", "json").stdout)
        assert document["files"] == [
            {"file": "bad.yaml", "ok": False},
            {"file": "warns.yaml", "ok": True},
            {"file": "absent.yaml", "ok": False},
        ]
        first = document["diagnostics"][0]
        assert first == {
            "code": "E101",
            "severity": "error",
            "message": "unknown layer `covn`",
            "file": "bad.yaml",
            "line": 3,
            "column": 5,
            "end_line": 3,
            "end_column": 9,
            "why": "",
            "help": "did you mean `conv`?",
            "fixes": [
                {
                    "title": "write `conv`",
                    "sure": True,
                    "edits": [{"line": 3, "column": 5, "end_line": 3, "end_column": 9, "text": "conv"}],
                }
            ],
        }
        assert [d["severity"] for d in document["diagnostics"]] == ["error", "warning", "error"]
        assert document["diagnostics"][2]["line"] is None

    def test_nothing_is_left_out(self) -> None:
        many = [Diagnostic("E101", f"{i}", "net.yaml") for i in range(60)]
        assert len(json.loads(to_json.render(many, ()))["diagnostics"]) == 60

    def test_a_verdict_for_each_spec_that_is_shown_by_the_same_name(self, write: Write) -> None:
        write("lenet5.yaml", BAD)
        document = json.loads(run("lenet5.yaml", "lenet5", "--format", "json").stdout)
        assert document["files"] == [{"file": "lenet5.yaml", "ok": False}, {"file": "lenet5.yaml", "ok": True}]


def command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner reads it."""
    match = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert match, line
    properties = dict(part.split("=", 1) for part in match[2].split(","))
    return match[1], {key: unquote(value) for key, value in properties.items()}, unquote(match[3])


class TestGithub:
    def test_annotation(self, write: Write) -> None:
        [line] = run(write("net.yaml", BAD), "--format", "github").stdout.splitlines()
        kind, properties, message = command(line)
        assert kind == "error"
        assert properties == {
            "file": "net.yaml", "line": "3", "endLine": "3", "col": "5", "endColumn": "8", "title": "E101"
        }  # fmt: skip
        assert message == "unknown layer `covn`\ndid you mean `conv`?"

    def test_clean_files_are_silent(self, write: Write) -> None:
        assert run(write("net.yaml", GOOD), "--format", "github").stdout == ""

    @pytest.mark.parametrize("style", ["github", "text"])
    def test_names_cannot_inject_commands(self, write: Write, style: str) -> None:
        layers = r'layers: ["relu\n::error::pwned", "x\r\n::set-output::y", "100%0A::error::z"]'
        spec = write("net.yaml", f"input: {{C: 1, H: 8, W: 8}}\n{layers}\n")
        lines = run(spec, "--format", style).stdout.splitlines()
        if style == "github":
            assert {command(line)[1]["title"] for line in lines} == {"E002", "E101"}
        assert not [line for line in lines if re.match(r"\s*::", line) and "title=" not in line]

    def test_file_names_are_escaped(self) -> None:
        finding = Diagnostic("E101", "50% off\n::error::x", "a,b:c\n::error::%.yaml", Span(1, 2, 3, 4))
        [line] = to_github.render([finding]).splitlines()
        _, properties, message = command(line)
        assert properties["file"] == r"a,b:c\x0a::error::%.yaml"
        assert message == r"50% off\x0a::error::x"
        assert "col" not in properties

    def test_most_are_shown_with_a_count(self) -> None:
        lines = to_github.render([Diagnostic("E101", f"{i}", "net.yaml") for i in range(60)]).splitlines()
        assert len(lines) == to_text.MOST + 1
        assert command(lines[-1])[0::2] == ("notice", "10 more findings in net.yaml")


# The parts of the SARIF 2.1.0 schema that findings use, closed against misspelt properties.
TEXT = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}
COUNT = {"type": "integer", "minimum": 1}
REGION = {
    "type": "object",
    "properties": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), COUNT),
    "required": ["startLine", "startColumn", "endLine", "endColumn"],
    "additionalProperties": False,
}
ARTIFACT = {
    "type": "object",
    "properties": {"uri": {"type": "string", "pattern": r"^[!-~]+$"}},
    "required": ["uri"],
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "message": TEXT,
        "physicalLocation": {
            "type": "object",
            "properties": {
                "artifactLocation": ARTIFACT,
                "region": REGION,
            },
            "required": ["artifactLocation"],
            "additionalProperties": False,
        },
    },
    "required": ["physicalLocation"],
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "properties": {
        "id": {"enum": list(codes())},
        "shortDescription": TEXT,
        "help": {**TEXT, "required": ["text", "markdown"]},
        "defaultConfiguration": {"properties": {"level": {"enum": ["error", "warning"]}}},
    },
    "required": ["id", "shortDescription", "help", "defaultConfiguration"],
    "additionalProperties": False,
}
FIX = {
    "type": "object",
    "properties": {
        "description": TEXT,
        "artifactChanges": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "artifactLocation": ARTIFACT,
                    "replacements": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "properties": {"deletedRegion": REGION, "insertedContent": TEXT},
                            "required": ["deletedRegion"],
                            "additionalProperties": False,
                        },
                    },
                },
                "required": ["artifactLocation", "replacements"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["artifactChanges"],
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "properties": {
        "ruleId": {"enum": list(codes())},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["error", "warning"]},
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION, "minItems": 1},
        "relatedLocations": {"type": "array", "items": LOCATION},
        "fixes": {"type": "array", "items": FIX, "minItems": 1},
    },
    "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
    "additionalProperties": False,
}
SARIF: dict[str, Any] = {
    "type": "object",
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "tool": {
                        "properties": {
                            "driver": {
                                "properties": {
                                    "name": {"const": "cnnspec"},
                                    "semanticVersion": {"const": cnnspec.__version__},
                                    "rules": {"type": "array", "items": RULE, "uniqueItems": True},
                                },
                                "required": ["name", "semanticVersion", "rules"],
                                "additionalProperties": False,
                            }
                        },
                        "required": ["driver"],
                    },
                    "columnKind": {"const": "unicodeCodePoints"},
                    "results": {"type": "array", "items": RESULT},
                },
                "required": ["tool", "results", "columnKind"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["$schema", "version", "runs"],
    "additionalProperties": False,
}


class TestSarif:
    def test_structure(self, write: Write) -> None:
        twice = GOOD + "  - {relu: {}, name: conv}\n"
        files = write("bad.yaml", BAD), write("twice.yaml", twice), write("warns.yaml", WARNS), "absent.yaml"
        log = json.loads(run(*files, "--format", "sarif").stdout)
        jsonschema.validate(log, SARIF)
        [content] = log["runs"]
        rules = content["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == ["E101", "E108", "E404", "W101"]
        for result in content["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert content["results"][0]["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "bad.yaml"},
            "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9},
        }
        assert content["results"][1]["relatedLocations"][0]["message"]["text"] == "given here first"

    def test_clean_run_has_no_results(self, write: Write) -> None:
        log = json.loads(run(write("net.yaml", GOOD), "--format", "sarif").stdout)
        jsonschema.validate(log, SARIF)
        assert log["runs"][0]["results"] == []

    def test_uris_are_relative_and_escaped(self, tmp_path: Path) -> None:
        files = str(tmp_path / "a b" / "net ü.yaml"), "specs/50%.yaml", "/elsewhere/net.yaml"
        log = json.loads(to_sarif.render([Diagnostic("E101", "x", file) for file in files], tmp_path))
        jsonschema.validate(log, SARIF)
        places = [result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"]]
        uris = [place["artifactLocation"]["uri"] for place in places]
        assert uris == ["a%20b/net%20%C3%BC.yaml", "specs/50%25.yaml", "file:///elsewhere/net.yaml"]


class TestText:
    def test_most_are_shown_with_a_count(self, write: Write) -> None:
        spec = write("net.yaml", "input: {C: 1, H: 8, W: 8}\nlayers:\n" + "  - covn\n" * 61)
        said = run(spec).stdout
        assert said.count("error[E101]") == to_text.MOST
        assert said.endswith("... and 11 more in net.yaml\n\n")

    def test_columns_count_characters_and_carets_stand_below(self, write: Write) -> None:
        spec = write("net.yaml", "name: 名前 é\ninput: {C: 1, H: 8, W: 8}\nlayers: [{conv: {F: 3, K: 1}, 名: x}]\n")
        lines = run(spec).stdout.splitlines()
        assert lines[1] == " --> net.yaml:3:31"
        assert lines[3].index("^^") == len("3 | ") + 30

    def test_hidden_characters_are_spelled_out(self, write: Write) -> None:
        spec = write("net.yaml", 'input: {C: 1, H: 8, W: 8}\nlayers: ["\u202erelu\\e[31m"]\n')
        said = run(spec).stdout
        assert "\\u202e" in said
        assert not set(said) & {"\u202e", "\x1b"}


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path, write: Write) -> Path:
        save(TENSORS, tmp_path / "good.safetensors")
        Image.new("L", (8, 8)).save(tmp_path / "good.png")
        np.save(tmp_path / "good.npy", np.zeros((1, 8, 8), np.float32))
        return tmp_path

    def test_files_that_fit(self, folder: Path, write: Write) -> None:
        write("names.txt", "cat\ndog\n")
        named = "weights: good.safetensors\nsample: good.png\npreprocess: {mode: gray}\nclasses: names.txt\n"
        assert found(write("net.yaml", GOOD + named)) == []
        assert found(write("net.yaml", GOOD + "sample: good.npy\n")) == []

    def test_findings_stand_where_the_spec_names_the_file(self, folder: Path, write: Write) -> None:
        save(TENSORS | {"conv.weight": np.ones((3, 3, 1, 2), np.float32)}, folder / "keras.npz")
        result = run(write("net.yaml", GOOD + "weights: keras.npz\n"))
        assert result.return_value == 3
        assert " --> net.yaml:5:10\n5 | weights: keras.npz\n  |          ^^^^^^^^^\n" in result.stdout
        assert "the spec needs weight (2, 1, 3, 3) = K, C, FH, FW; the file holds (3, 3, 1, 2)" in result.stdout

    def test_missing_and_extra_tensors(self, folder: Path, write: Write) -> None:
        save({"conv.weight": TENSORS["conv.weight"], "more": np.ones(1, np.float32)}, folder / "w.safetensors")
        assert found(write("net.yaml", GOOD + "weights: w.safetensors\n")) == [("E402", 5), ("W401", 5)]

    @pytest.mark.parametrize("key", ["weights", "sample", "classes"])
    def test_absent_file(self, write: Write, key: str) -> None:
        assert found(write("net.yaml", GOOD + f"{key}: absent.npz\n")) == [("E404", 5)]

    def test_sample_of_another_size(self, folder: Path, write: Write) -> None:
        Image.new("L", (9, 8)).save(folder / "wide.png")
        np.save(folder / "wide.npy", np.zeros((1, 8, 9), np.float32))
        assert found(write("net.yaml", GOOD + "sample: wide.png\npreprocess: {mode: gray}\n")) == [("E411", 5)]
        assert found(write("net.yaml", GOOD + "sample: wide.png\n")) == [("E412", 5)]
        assert found(write("net.yaml", GOOD + "sample: wide.npy\n")) == [("E413", 5)]

    @pytest.mark.parametrize("key", ["data", "validation_data"])
    def test_data_of_pixels_need_a_preprocess_section(self, folder: Path, write: Write, key: str) -> None:
        """Where their kind says that they are pixels; damaged or missing data are the business of training."""
        pixels, labels = pictures(3, 8, 8)
        idx_folder(folder / "idx", pixels, labels)
        class_folders(folder / "classes", pixels, labels)
        table(folder / "a.csv", pixels, labels)
        npz(folder / "gray.npz", x=pixels, y=labels)
        npz(folder / "numbers.npz", x=np.zeros((3, 1, 8, 8)), y=labels)
        npz(folder / "other.npz", z=labels)
        write("page.csv", "<!doctype html>")
        train = LEARNS + f"train: {{{key}: %s}}\n"
        for data in ("digits28", "idx", "classes", "a.csv", "gray.npz"):
            assert found(write("net.yaml", train % data)) == [("E412", 5)]
            section = json.loads(run("--format", "json", "net.yaml").stdout)["diagnostics"][0]["help"].split("`")[1]
            assert found(write("net.yaml", train % data + f"{section}\n")) == []
        for data in ("numbers.npz", "other.npz", "page.csv", "absent", "absent.csv"):
            assert found(write("net.yaml", train % data)) == []

    def test_preprocess_that_suits_no_image_is_reported_once(self, folder: Path, write: Write) -> None:
        spec = write("net.yaml", GOOD + "sample: good.png\npreprocess: {mode: rgb}\n")
        assert found(spec) == [("E304", 6)]

    @pytest.mark.parametrize("classes", ["a\nb\nc\n", "a", ""])
    def test_count_of_classes_in_a_file(self, write: Write, classes: str) -> None:
        write("names.txt", classes)
        assert found(write("net.yaml", GOOD + "classes: names.txt\n")) == [("E303", 5)]

    def test_class_names_are_text(self, folder: Path, write: Write) -> None:
        (folder / "latin.txt").write_bytes(b"\xe9\n\xe8\n")
        (folder / "long.txt").write_bytes(b"x" * (2 << 20))
        assert found(write("net.yaml", GOOD + "classes: latin.txt\n")) == [("E403", 5)]
        assert found(write("net.yaml", GOOD + "classes: long.txt\n")) == [("E403", 5)]

    @pytest.mark.parametrize("key", ["weights", "sample", "classes"])
    @pytest.mark.parametrize(
        "path",
        ["../x.npz", "sub/../../x.npz", "/etc/passwd", r"'..\x.npz'", "'C:/x.npz'", "'C:x.npz'", r"'\\host\x.npz'"],
    )
    def test_paths_stay_in_the_folder(self, write: Write, key: str, path: str) -> None:
        assert found(write("net.yaml", GOOD + f"{key}: {path}\n")) == [("E416", 5)]

    def test_links_stay_in_the_folder(self, folder: Path, write: Write) -> None:
        inner = folder / "inner"
        inner.mkdir()
        (inner / "out.safetensors").symlink_to(folder / "good.safetensors")
        (inner / "up").symlink_to(folder)
        (inner / "own.safetensors").write_bytes((folder / "good.safetensors").read_bytes())
        (inner / "in.safetensors").symlink_to("own.safetensors")
        assert found(write("inner/net.yaml", GOOD + "weights: out.safetensors\n")) == [("E416", 5)]
        assert found(write("inner/net.yaml", GOOD + "weights: up/good.safetensors\n")) == [("E416", 5)]
        assert found(write("inner/net.yaml", GOOD + "weights: in.safetensors\n")) == []

    @pytest.mark.parametrize(
        ("key", "code"), [("weights: a.npz", "E403"), ("sample: a.npz", "E403"), ("classes: in/a.txt", "E403")]
    )
    def test_links_in_a_circle_lead_nowhere(self, folder: Path, write: Write, key: str, code: str) -> None:
        (folder / "a.npz").symlink_to("b.npz")
        (folder / "b.npz").symlink_to("a.npz")
        (folder / "in").symlink_to("in", target_is_directory=True)
        assert found(write("net.yaml", GOOD + f"{key}\n")) == [(code, 5)]

    def test_links_below_a_folder_of_data(self, folder: Path, write: Write) -> None:
        spec = write("net.yaml", LEARNS + "preprocess: {mode: gray}\ntrain: {data: inner}\n")
        place = folder / "inner" / "a" / "b"
        place.mkdir(parents=True)
        (place / "in.png").symlink_to("own.png")
        (place / "own.png").write_bytes(b"")
        assert found(spec) == []
        (place / "out").symlink_to(folder.parent)
        assert found(spec) == [("E416", 6)]

    def test_spec_itself_may_lie_behind_a_link(self, folder: Path, write: Write) -> None:
        write("net.yaml", GOOD + "weights: good.safetensors\n")
        (folder / "linked").symlink_to(folder, target_is_directory=True)
        assert found("linked/net.yaml") == []

    def test_files_are_looked_at_beside_other_mistakes(self, write: Write) -> None:
        assert found(write("net.yaml", BAD + "weights: ../x\n")) == [("E101", 3), ("E416", 4)]

    def test_named_paths(self, folder: Path, write: Write) -> None:
        spec = check(write("net.yaml", GOOD + "weights: good.safetensors\nclasses: [a, b]\n")).spec
        assert spec is not None
        assert spec.weights() == Path("good.safetensors")
        assert spec.classes() == ("a", "b")
        with pytest.raises(FileError, match="E414"):
            spec.sample()


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cnnspec", *arguments], capture_output=True, text=True, check=False)


HEAVY = {"numpy", "rich", "PIL", "jsonschema", "safetensors", "torch"}


@pytest.mark.parametrize(
    ("named", "allowed"), [("", set()), ("weights: w.safetensors\n", set()), ("sample: x.png\n", {"PIL"})]
)
def test_start_up_is_light(tmp_path: Path, write: Write, named: str, allowed: set[str]) -> None:
    save(TENSORS, tmp_path / "w.safetensors")
    Image.new("L", (8, 8)).save(tmp_path / "x.png")
    write("net.yaml", GOOD + "preprocess: {mode: gray}\n" + named)
    assert modules_after(code_of("validate", "net.yaml")) & HEAVY <= allowed


def test_only_the_kinds_in_use_are_imported(write: Write) -> None:
    write("net.yaml", GOOD)
    assert layers_among(modules_after(code_of("validate", "net.yaml"))) == {"conv", "relu"}
