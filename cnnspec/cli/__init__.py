"""The command line: one file per command, imported when it is called. Nothing else in cnnspec prints.

Exit codes: 0 clean; 1 findings; 2 usage; 3 a file, weights or an image could not be used; 4 a batch ended with
some inputs failed; 70 internal error; 129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM; 141 closed pipe.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from .. import __version__
from .help_format import HelpContext
from .signals import end_in_order
from .word import WORD

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

COMMANDS = {
    "validate": "Find every mistake in specs.",
    "summary": "Shapes, parameters, MACs, receptive field, memory.",
    "report-diff": "What changed in the specs of a repository between two commits.",
    "run": "Run a spec on images or arrays.",
    "inspect": "What each layer makes of an input, and the sum behind any value.",
    "report": "One HTML page: every map of a network, and the sum behind every value.",
    "draw": "Draw a network, as SVG, Mermaid or DOT.",
    "train": "Learn the weights of a spec from examples.",
    "eval": "Loss, accuracy and confusion of a spec on examples.",
    "init": "Write fresh weights for a spec.",
    "convert": "Turn weights of PyTorch, Keras or NumPy into safetensors.",
    "export": "Write a spec with its weights as ONNX, or as code.",
    "import": "Make a spec and its weights of a model of ONNX, Keras or Darknet.",
    "explain": "The manual page of a layer, a key, a letter or an error.",
    "schema": "A JSON Schema of the language, for editors.",
    "format": "Specs in one layout.",
    "lsp": "A language server, for editors.",
    "specs": "List the bundled networks, print or copy one.",
    "doctor": "What this machine offers, and what would make it faster.",
}


SELDOM = 100_000
"""New objects from which on the collector looks for garbage: imports that a command puts off, such as NumPy's, leave
none."""


class Commands(click.Group):
    """A group whose commands are modules of this package; listing them imports none."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = cmd_name.replace("-", "_") + "_" * iskeyword(cmd_name)
        command: click.Command = import_module(f"{__name__}.commands.{module}").command
        command.context_class = HelpContext
        for parameter in command.params:
            if parameter.type is click.STRING:
                parameter.type = WORD
        gc.freeze()  # what has been imported stays
        gc.set_threshold(SELDOM)
        gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from ..diagnostics import closest

            near = closest(args[0], COMMANDS)
            ctx.fail(f"no command '{args[0]}'." + (f" Did you mean '{near}'?" if near else ""))
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        # Whether there are colours is decided where they are put: none are taken out behind that.
        kwargs.setdefault("color", True)
        with _own_exit_for_closed_pipes():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        from ..files import overwrite_guard, pipes

        with _own_exit_for_closed_pipes(), overwrite_guard.guarded(), pipes.kept():
            try:
                return super().invoke(ctx)
            except overwrite_guard.WouldOverwrite as error:
                from .options import overwriting

                raise overwriting(error, ctx) from None


@contextmanager
def _own_exit_for_closed_pipes() -> Iterator[None]:
    """click would leave with 1."""
    try:
        yield
    except BrokenPipeError:
        _forget_stdout()
        raise click.exceptions.Exit(141) from None


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="cnnspec")
def group() -> None:
    """Describe a convolutional network in YAML; check it, count it, train and run it with NumPy."""


class Interrupt:
    """Ctrl-C, remembered: libraries that are just being imported lose it, or make an error of their own of it."""

    seen = False

    def __call__(self, number: int, frame: object) -> None:
        self.seen = True
        raise KeyboardInterrupt


interrupt = Interrupt()


def main() -> None:
    """Run the command line and leave with its exit code."""
    _fill_descriptors()
    if sys.stdout is None:  # closed by the caller: `>&-`
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - until the process ends
    sys.stderr = _asides()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and "utf" not in stream.encoding.lower():
            stream.reconfigure(errors="replace")  # bars and names beyond a narrow terminal's letters
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
    end_in_order()
    code = guarded(lambda: group.main(prog_name="cnnspec", standalone_mode=False))
    code = guarded(lambda: _flush(code)) if code != 141 else code
    sys.exit(130 if interrupt.seen else code)


def _fill_descriptors() -> None:
    """Open what the caller has closed (`2>&-`), so that no file that is written later gets its number."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)


class Asides(io.RawIOBase):
    """Standard error whose end nobody need wait for: what cannot be written there (it is closed, its disk is full) is
    dropped, for the work and its exit code matter more."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.descriptor is not None and os.isatty(self.descriptor)

    def fileno(self) -> int:
        if self.descriptor is None:
            raise io.UnsupportedOperation("fileno")
        return self.descriptor

    def write(self, data: ReadableBuffer, /) -> int:
        if self.descriptor is not None:
            with suppress(OSError):
                return os.write(self.descriptor, data)
        return memoryview(data).nbytes


def _asides() -> TextIO:
    """Standard error as it is, its faults aside."""
    found = sys.stderr
    if found is not sys.__stderr__:
        return found  # a caller's own
    raw = Asides(found.fileno() if found is not None else None)
    encoding = found.encoding if found is not None else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=True)


def _flush(code: int) -> int:
    sys.stdout.flush()
    return code


def guarded(work: Callable[[], object]) -> int:
    """Exit code of `work`; every way in which it can end gets its message on standard error."""
    try:
        result = work()
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        _forget_stdout()
        return 141
    except Exception as error:
        return 130 if interrupt.seen else _explained(error)
    return result if isinstance(result, int) else 0


def _show(error: click.ClickException) -> None:
    """What click says of a command line, with the words of that line made safe for a terminal and a log, and clipped
    where they are long."""
    from ..diagnostics.wording import bounded_words
    from ..reports.drawing.terminal_text import escaped

    text = "\n".join(map(escaped, bounded_words(error.format_message()).splitlines()))
    error.format_message = lambda: text  # type: ignore[method-assign]
    error.show()


def _explained(error: Exception) -> int:
    from ..diagnostics import Failure

    if isinstance(error, Failure):
        from .diagnostics_output import exit_code, show

        show(error.diagnostics)
        return exit_code(error.diagnostics)
    if isinstance(error, MemoryError):
        return _too_large(error)
    if isinstance(error, ImportError):
        return _unloadable(error)
    return _unwritable(error) if isinstance(error, OSError) else _internal_error()


def _forget_stdout() -> None:
    """Let the interpreter's own flush at exit find a stream that takes everything."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unwritable(error: OSError) -> int:
    from ..diagnostics import Diagnostic
    from .diagnostics_output import show

    _forget_stdout()
    file = str(error.filename or "<stdout>")
    show([Diagnostic("E415", "cannot write the output", file=file, why=error.strerror or str(error))])
    return 3


def _unloadable(error: ImportError) -> int:
    """A package that came with cnnspec is gone, or a library of it: that is told by the first of the errors behind this
    one that knows whose it is. Little is imported to say so."""
    from ..diagnostics import FileError
    from ..diagnostics.missing_package import unloadable

    behind: BaseException | None = error
    while behind is not None:
        package = (behind.name or "").partition(".")[0] if isinstance(behind, ImportError) else ""
        if package and package != "cnnspec":
            click.echo(f"{FileError([unloadable(package, behind)])}\n", err=True)
            return 3
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)
    return _internal_error()


def _too_large(error: MemoryError) -> int:
    from ..diagnostics import Diagnostic
    from .diagnostics_output import show

    cure = "a smaller batch: `run --batch 1`, `train --set train.batch=16`; or fewer `--threads`"
    show([Diagnostic("E427", "memory ran out", why=str(error), help=cure)])
    return 3


def _internal_error() -> int:
    import traceback

    trace = traceback.format_exc() if os.environ.get("CNNSPEC_DEBUG") else traceback.format_exc().splitlines()[-1]
    click.echo(f"internal error: {trace}", err=True)
    plea = "This is a bug in cnnspec, not in your input. Please report it; CNNSPEC_DEBUG=1 shows the trace."
    click.echo(plea, err=True)
    return 70
