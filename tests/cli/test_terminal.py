"""What goes to a terminal: as wide as it is, in colours where they are wanted."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from click.testing import CliRunner

from cnnspec.cli import COMMANDS, group, terminal

WIDTHS = (40, 60, 80, 100, 200)


def invoke(*args: str) -> Any:
    return CliRunner().invoke(group, args)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_as_wide_as_the_terminal(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = invoke(*filter(None, [name]), "--help").stdout.splitlines()
    assert [line for line in lines if len(line) > columns and " " in line.strip()] == []


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_list_of_networks_is_as_wide_as_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = invoke("specs").stdout
    monkeypatch.setattr("cnnspec.cli.commands.specs.width", lambda: columns)
    told = invoke("specs").stdout
    assert max(map(len, told.splitlines())) <= columns
    assert set(re.findall(r"\w+", told)) == set(re.findall(r"\w+", whole))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "wanted"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "0"}, False),
        (io.StringIO(), {"FORCE_COLOR": ""}, False),
        (Terminal(), {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (Terminal(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_where_colours_are_wanted(
    stream: io.StringIO, environment: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal.colour(stream) is wanted


@pytest.mark.parametrize("args", [["validate", "lenet5", "nothing.yaml"], ["explain", "conv"], ["summary", "lenet5"]])
def test_forced_colours_reach_a_pipe(args: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert "\x1b" not in invoke(*args).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in invoke(*args).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in invoke(*args).stdout


def completed(*words: str) -> list[str]:
    """What bash is offered for the last of some words."""
    environment = {
        "_CNNSPEC_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["cnnspec", *words]),
        "COMP_CWORD": str(len(words)),
    }
    result = CliRunner().invoke(group, env=environment, prog_name="cnnspec", complete_var="_CNNSPEC_COMPLETE")
    return [line.partition(",")[2] for line in result.stdout.splitlines() if line.startswith("plain")]


@pytest.mark.parametrize(
    "command", ["validate", "summary", "run", "train", "eval", "init", "export", "inspect", "specs"]
)
def test_names_of_networks_are_completed(command: str) -> None:
    assert completed(command, "len") == ["lenet5"]


def test_behind_a_wrong_command_nothing_is_said() -> None:
    """It would stand in the line that is being typed."""
    environment = {"_CNNSPEC_COMPLETE": "bash_complete", "COMP_WORDS": "cnnspec vali ", "COMP_CWORD": "2"}
    result = CliRunner().invoke(group, env=environment, prog_name="cnnspec", complete_var="_CNNSPEC_COMPLETE")
    assert (result.exit_code, result.stderr) == (0, "")


def test_commands_pages_and_formats_are_completed() -> None:
    assert completed("va") == ["validate"]
    assert {"conv", "concat"} <= set(completed("explain", "con"))
    assert completed("explain", "E20") == [f"E20{n}" for n in range(1, 8)]
    assert completed("validate", "--format", "sa") == ["sarif"]
