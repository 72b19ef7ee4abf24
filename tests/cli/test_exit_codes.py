"""How a command ends: every ending has its exit code and its message."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from calling import call

import cnnspec.cli as cli
from cnnspec.diagnostics import Diagnostic, FileError, SpecError


def ending(error: BaseException) -> Callable[[], object]:
    def work() -> object:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (click.exceptions.Exit(5), 5, ""),
        (click.UsageError("so not"), 2, "Error: so not\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
        (SpecError([Diagnostic("E101", "wrong")]), 1, "error[E101]: wrong\n\n"),
        (FileError([Diagnostic("E404", "not there")]), 3, "error[E404]: not there\n\n"),
        (
            MemoryError("Unable to allocate"),
            3,
            "error[E427]: memory ran out\n  = why: Unable to allocate\n  = help: a smal",
        ),
        (ZeroDivisionError("by zero"), 70, "internal error: ZeroDivisionError: by zero\nThis is a bug in cnnspec"),
    ],
)
def test_every_ending_has_its_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    monkeypatch.delenv("CNNSPEC_DEBUG", raising=False)
    assert cli.guarded(ending(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert bool(said) is bool(err)


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (4, 4), ("word", 0)])
def test_a_result_is_an_exit_code_when_it_is_a_number(result: object, code: int) -> None:
    assert cli.guarded(lambda: result) == code


def test_a_trace_is_shown_to_those_who_ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSPEC_DEBUG", "1")
    assert cli.guarded(ending(ZeroDivisionError())) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (BrokenPipeError(), 141, ""),
        (OSError(28, "No space left on device"), 3, "error[E415]: cannot write the output"),
    ],
)
def test_an_output_that_takes_no_more(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: OSError,
    code: int,
    said: str,
) -> None:
    with (tmp_path / "out").open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert cli.guarded(ending(error)) == code
        print("lost", flush=True)
    assert capsys.readouterr().err.startswith(said)
    assert (tmp_path / "out").read_bytes() == b""


def test_an_error_after_control_c_is_its_consequence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt = cli.Interrupt()
    monkeypatch.setattr(cli, "interrupt", interrupt)
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, None)
    assert cli.guarded(ending(ImportError("numpy failed to import"))) == 130
    assert capsys.readouterr().err == ""


@pytest.fixture
def called_as(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Calls `main` as the console script does; its exit code."""
    handler = signal.getsignal(signal.SIGINT)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["cnnspec", *arguments])
        try:
            with pytest.raises(SystemExit) as end:
                cli.main()
        finally:
            signal.signal(signal.SIGINT, handler)
        assert isinstance(end.value.code, int)
        return end.value.code

    return run


def test_main(called_as: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert called_as("--version") == 0
    assert capsys.readouterr().out.startswith("cnnspec, version ")
    assert called_as("validate", "lenet5") == 0
    assert called_as("validate", "no-such-network") == 3
    assert called_as("validate") == 2


def test_a_narrow_terminal_gets_question_marks(called_as: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, "latin-1"))
    assert called_as("run", "lenet5", "--top", "1") == 0
    assert b"  7   99.83 %  ?????" in buffer.getvalue()


def test_a_closed_standard_output(called_as: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert called_as("run", "lenet5") == 0
    assert sys.stdout is not None
    assert sys.stdout.name == os.devnull
    sys.stdout.close()


def test_a_closed_pipe_has_an_exit_of_its_own(
    called_as: Callable[..., int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(click, "echo", broken)
    with (tmp_path / "out").open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert called_as("run", "lenet5") == 141


def test_a_misspelt_command() -> None:
    called = call("rum")
    assert called.code == 2
    assert "no command 'rum'. Did you mean 'run'?" in called.err
    assert "no command 'zzzzzzzz'.\n" in call("zzzzzzzz").err


def test_help_lists_every_command() -> None:
    out = call("--help").out
    assert all(f"\n  {name} " in out for name in cli.COMMANDS)
    assert all(call(name, "--help").code == 0 for name in cli.COMMANDS)


LONG = "no" * 3000


@pytest.mark.parametrize(
    "words",
    [
        [LONG],
        ["run", "lenet5", f"--{LONG}"],
        ["run", "lenet5", "--seed", LONG],
        ["run", "lenet5", "--init", LONG],
        ["run", "lenet5", "--until", LONG],
        ["run", "lenet5", "--until", f"a b {LONG} c"],
        ["summary", "lenet5", "--input", LONG],
        ["summary", "lenet5", LONG, LONG],
        ["inspect", "lenet5", "--at", f"conv1:{LONG}"],
        ["export", "lenet5", "-o", "a.onnx", f"--opset={LONG}"],
        ["convert", "a.npz", "-o", "b.npz", "--rename", LONG],
        ["train", "digits", "--set", LONG],
        ["explain", LONG],
    ],
    ids=lambda words: words[-1].replace("no", "")[:8] + words[0][:8],
)
def test_long_words_of_a_command_are_not_repeated_whole(words: list[str]) -> None:
    called = call(*words)
    assert called.code in (1, 2)
    assert "nonono" in called.err
    assert len(called.err) < 1000
