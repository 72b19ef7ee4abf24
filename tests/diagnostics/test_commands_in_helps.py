"""Commands and options that messages, pages and help name: each is one that there is, and takes what it is given."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cnnspec
from cnnspec.cli import COMMANDS, group
from cnnspec.diagnostics.catalogue import FOLDER
from cnnspec.language.sections.train import Train
from cnnspec.language.values.field_types import field_types

PACKAGE = Path(cnnspec.__file__).parent
PLACEHOLDER = "X"
"""Stands for what a text fills in."""
CODE = re.compile(r"`([^`\n]+)`")


def texts(node: ast.AST) -> Iterator[str]:
    """The texts of a module but its docstrings, with placeholders for what is filled in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else PLACEHOLDER for part in child.values)  # type: ignore[misc]
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        else:
            yield from texts(child)


def snippets() -> Iterator[tuple[str, str]]:
    """What stands in backticks in texts of the program and in the pages of codes, with its file."""
    for file in PACKAGE.rglob("*.py"):
        for text in texts(ast.parse(file.read_text(encoding="utf-8"))):
            yield from ((file.name, code) for code in CODE.findall(text))
    for page in FOLDER.glob("*.md"):
        prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        yield from ((page.name, code) for code in CODE.findall(prose))
        said = re.findall(r"= help: (.*)", page.read_text(encoding="utf-8"))
        yield from ((page.name, code) for help in said for code in CODE.findall(help))


NAMED = [f"cnnspec {name} " for name in COMMANDS]
COMMAND_LINES = sorted({(file, code) for file, code in snippets() if f"{code} ".startswith(tuple(NAMED))})
WITHOUT_COMMAND = sorted({(file, code) for file, code in snippets() if re.match(r"--?[a-z]", code)})


def options(name: str) -> dict[str, click.Option]:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    known = command.get_params(click.Context(command))
    return {opt: p for p in known if isinstance(p, click.Option) for opt in (*p.opts, *p.secondary_opts)}


def test_there_are_some() -> None:
    assert len(COMMAND_LINES) > 8
    assert len(WITHOUT_COMMAND) > 8


@pytest.mark.parametrize(("file", "line"), COMMAND_LINES)
def test_a_command_takes_what_it_is_given(file: str, line: str) -> None:
    name, *args = shlex.split(line.removeprefix("cnnspec ").replace("...", ""))
    command = group.get_command(click.Context(group), name)
    assert command is not None
    known = options(name)
    named = [arg for arg in args if arg.startswith("-") and len(arg) > 1]
    assert [arg for arg in named if arg.partition("=")[0] not in known] == []
    if any(arg.isupper() or PLACEHOLDER in arg for arg in args) or len(args) > 1:  # a whole line, not a mention
        command.make_parser(click.Context(command)).parse_args(list(args))


@pytest.mark.parametrize(("file", "line"), WITHOUT_COMMAND)
def test_an_option_is_one_of_some_command(file: str, line: str) -> None:
    every = {option for name in COMMANDS for option in options(name)} | {
        "--help",
        "-h",
        "--version",
        "--to",
    }  # of export
    words = [word.partition("=")[0] for word in line.split() if re.match(r"--?[a-zA-Z]", word)]
    assert [word for word in words if word not in every] == []


@pytest.mark.parametrize("setting", sorted({code for _, code in snippets() if "--set train." in code}))
def test_a_setting_is_one_of_the_section(setting: str) -> None:
    for key in re.findall(r"--set train\.([a-z_]+)", setting):
        assert key in field_types(Train)
