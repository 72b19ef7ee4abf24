"""`cnnspec summary` in terminals of any width, in a pipe, and at start."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from checkout import ROOT
from processes import code_of, modules_after
from summaries import shown, summary

from cnnspec.reports.drawing.terminal_text import width as columns_of
from cnnspec.reports.drawing.text_table import shortened
from cnnspec.reports.summary import to_text
from cnnspec.spec import bundled

# width


@pytest.mark.parametrize("name", bundled.names())
@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    for depth in (None, 1, 2):
        text = to_text.render(summary(name, depth=depth), width)
        assert max(map(columns_of, text.splitlines())) <= width
        assert not any(line != line.rstrip() for line in text.splitlines())


def test_bars_go_first_then_hyperparameters_then_columns_that_matter_less() -> None:
    def at(width: int) -> tuple[bool, bool, bool, bool]:
        text = to_text.render(summary("resnet50"), width)
        return "share" in text, "bias false" in text, "buffers  " in text.splitlines()[2], "RF" in text.splitlines()[2]

    assert at(140) == (True, True, True, True)
    assert at(120) == (False, True, True, True)
    assert at(100) == (False, False, True, True)
    assert at(80) == (False, False, False, True)
    assert at(60) == (False, False, False, False)


def test_figures_are_never_cut() -> None:
    text = to_text.render(summary("resnet50"), 60)
    assert "64x112x112       9,408    118,013,952" in text
    assert "25,557,032  4,089,184,256" in text


def test_a_pipe_gets_it_whole_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    text = shown("resnet50")
    assert "share" in text
    assert "…" not in text
    assert "\x1b" not in text
    assert text == to_text.render(summary("resnet50"))


def test_wide_characters_take_two_columns() -> None:
    assert shortened("網網網網", 5) == "網網…"
    assert shortened("layer1.conv", 6, keeps_end=True) == "….conv"
    assert shortened("conv K 8", 6) == "conv…"
    assert shortened("conv", 4) == "conv"


def terminal(*arguments: str, **environment: str) -> str:
    """What a terminal is sent."""
    ours, theirs = pty.openpty()
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80"} | environment
    command = [sys.executable, "-m", "cnnspec", "summary", *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, env=variables):
        os.close(theirs)
        parts = []
        while part := _received(ours):
            parts.append(part)
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n")


def _received(end: int) -> bytes:
    try:
        return os.read(end, 65536)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


def test_a_terminal_gets_colours_and_its_width() -> None:
    text = terminal("lenet5")
    assert text == to_text.render(summary("lenet5"), 80, colour=True)
    lines = text.splitlines()
    assert lines[0] == "\x1b[1mLeNet-5: 1x28x28 -> 10\x1b[0m"
    assert lines[5].startswith("\x1b[2mrelu1 ")
    assert lines[4].startswith("conv1 ")
    assert "\x1b[2m0\x1b[0m" in lines[4]
    assert next(line for line in lines if "61,706" in line).startswith("\x1b[1mtotal ")


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_when_they_are_not_wanted(variable: dict[str, str]) -> None:
    assert terminal("lenet5", **variable) == to_text.render(summary("lenet5"), 80)


# start-up


def test_imports_nothing_heavy() -> None:
    assert not modules_after(code_of("summary", "resnet50")) & {"numpy", "rich", "PIL", "safetensors"}
