"""What `run` shows in a terminal: a picture of a small gray input, and a bar while long work goes on."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from calling import HEAD, LAYERS, call, image, inputs, net
from PIL import Image

from cnnspec.cli import progress_bar
from cnnspec.reports.drawing.half_blocks import picture
from cnnspec.reports.predictions import to_jsonl, to_text
from cnnspec.spec.ranking import Class, Prediction

RAMP = np.array([[0, 0.2, 0.8], [1, 0.1, 0.9], [1, 0.7, 0.3]])


def test_a_picture_in_half_blocks() -> None:
    assert picture(RAMP) == "▄ █\n▀▀\n"


def test_a_picture_begins_and_ends_where_something_is() -> None:
    spot = np.zeros((9, 4))
    spot[4, 2] = -1
    assert picture(-spot) == "  ▀\n"
    assert picture(7 + 3 * RAMP) == picture(RAMP)


@pytest.mark.parametrize("level", [0.0, 1.0, np.nan])
def test_of_one_brightness_there_is_no_picture(level: float) -> None:
    assert picture(np.full((4, 4), level)) == ""


def test_a_picture_in_shades() -> None:
    """Upper pixel in front, lower pixel behind; equal neighbours in one go."""
    drawn = picture(np.array([[0, 0, 1], [1, 1, 0.5]]), colour=True)
    assert drawn == "\x1b[38;5;232;48;5;255m▀▀\x1b[38;5;255;48;5;244m▀\x1b[0m\n"
    assert picture(RAMP, colour=True).count("\n") == 2


@pytest.mark.parametrize(
    ("shape", "drawn"),
    [
        ((1, 32, 32), True),
        ((1, 33, 8), False),
        ((1, 8, 33), False),
        ((3, 8, 8), False),
        ((1, 2, 6), True),
        ((1, 5, 5), False),
    ],
)
def test_small_gray_inputs_have_a_picture(tmp_path: Path, shape: tuple[int, ...], drawn: bool) -> None:
    C, H, W = shape
    spec = net(tmp_path, f"input: {{C: {C}, H: {H}, W: {W}}}\npreprocess: {{scale: 1/255}}\n{LAYERS}")
    file = tmp_path / "a.png"
    pixels = np.random.default_rng(0).integers(0, 256, (H, W, C), np.uint8)
    Image.fromarray(pixels.squeeze(2) if C == 1 else pixels).save(file)
    assert bool({"▀", "▄"} & set(call("run", spec, file).out.partition(str(file))[0])) is drawn
    assert call("run", spec, file, "--format", "json").out.count("\n") == 1


def test_only_an_input_alone_has_a_picture(tmp_path: Path) -> None:
    spec = net(tmp_path)
    np.save(tmp_path / "x.npy", inputs(2))
    np.save(tmp_path / "one.npy", inputs(1))
    files = [image(tmp_path / "a.png"), image(tmp_path / "b.png")]
    for many in ([tmp_path / "x.npy"], files):
        for batch in ("1", "16"):
            out = call("run", spec, *many, "--batch", batch).out
            assert out.splitlines()[2] == (f"{many[0]}[0]" if len(many) == 1 else str(many[0]))
    assert call("run", spec, tmp_path / "one.npy").out.splitlines()[2] != str(tmp_path / "one.npy")


def test_bars_and_scores_stand_in_columns() -> None:
    results = [
        Prediction("a.png", "", (Class(0, "日本", 0.5), Class(1, "", 0.25))),
        Prediction("b.png", "", (Class(7, "a long name", 1.0), Class(8, "e\u0301", float("nan")))),
    ]
    assert to_text.render(results) == (
        "a.png\n"
        "  日本          50.00 %  ████████████\n"
        "  class 1       25.00 %  ██████\n"
        "\n"
        "b.png\n"
        "  a long name  100.00 %  ████████████████████████\n"
        "  e\u0301               nan %\n"
    )
    first = [Prediction(name, "", result.found[:1]) for name, result in zip(("a.png", "日.png"), results, strict=True)]
    assert to_text.render(first, lines=True) == (
        "a.png   日本          50.00 %  ████████████\n"
        "日.png  a long name  100.00 %  ████████████████████████\n"
    )  # fmt: skip
    assert to_text.render([]) == to_text.render([], lines=True) == to_jsonl.render([]) == ""


# The progress bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def slow(total: int, clock: list[float], seconds: float) -> Iterator[int]:
    for item in range(total):
        clock[0] += seconds
        yield item


@pytest.mark.parametrize(
    ("seconds", "total", "out", "err", "shown"),
    [
        (1, 10, io.StringIO, Terminal, True),
        (1, 2, io.StringIO, Terminal, False),
        (0.01, 10, io.StringIO, Terminal, False),
        (1, 10, Terminal, Terminal, False),
        (1, 10, io.StringIO, io.StringIO, False),
        (1, 1, io.StringIO, Terminal, False),
        (1, 0, io.StringIO, Terminal, False),
    ],
)
def test_a_bar_for_long_work(
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    total: int,
    out: type[io.StringIO],
    err: type[io.StringIO],
    shown: bool,
) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("sys.stdout", out())
    monkeypatch.setattr("sys.stderr", err())
    monkeypatch.setenv("TERM", "xterm")
    assert list(progress_bar.tracked(slow(total, clock, seconds), total)) == list(range(total))
    assert isinstance(sys.stderr, io.StringIO)
    assert ("running" in sys.stderr.getvalue()) is shown


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")
@pytest.mark.parametrize(("colour", "marked"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_shades_in_a_terminal(tmp_path: Path, colour: dict[str, str], marked: bool) -> None:
    spec = net(tmp_path, HEAD + LAYERS)
    master, slave = os.openpty()
    environment = {**os.environ, "TERM": "xterm", **colour}
    environment = {name: value for name, value in environment.items() if name != "NO_COLOR" or name in colour}
    command = [sys.executable, "-m", "cnnspec", "run", str(spec), str(image(tmp_path / "a.png"))]
    with subprocess.Popen(command, stdout=slave, env=environment) as process:
        os.close(slave)
        shown = b""
        while part := _read(master):
            shown += part
        assert process.wait() == 0
    os.close(master)
    assert bool(re.search(rb"\x1b\[38;5;\d+;48;5;\d+m", shown)) is marked
    assert b"net, probabilities of the classes: " in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side has been closed
        return b""
