"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..diagnostics import FileError
from ..diagnostics.wording import clipped
from ..files.overwrite_guard import WouldOverwrite
from ..graph.shape import Shape
from ..reports.drawing.terminal_text import escaped
from .notes import note
from .word import EMPTY

MOST = 10**12
"""The largest number that an option takes, as in a spec."""
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class GivenPath(click.Path):
    """A path that is not empty. Whether it can be read is seen when it is: then it is told as other files are."""

    def __init__(self) -> None:
        super().__init__(readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail(EMPTY, param, ctx)
        return super().convert(value, param, ctx)


class Count(click.IntRange):
    """A whole number from `least` on. One that is beyond all counting is refused before it can overflow anything."""

    def __init__(self, least: int | None = 1) -> None:
        super().__init__(least)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if number > MOST:
            self.fail(f"{clipped(str(value))} is more than {MOST:,}.", param, ctx)
        return number


class OutputPath(GivenPath):
    """The path of a file to write. Which option names it is kept, for what may have to be said of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        if ctx is not None and param is not None:
            ctx.meta.setdefault(NAMES, {})[Path(path)] = max(param.opts, key=len)
        return path


class OutputFolder(GivenPath):
    """The path of a folder to write files into."""


NAMES = f"{__name__}.outputs"
"""The options that name files to write, in what a command's context holds, by their paths."""
PATH, OUTPUT, FOLDER, COUNT = GivenPath(), OutputPath(), OutputFolder(), Count()


def overwriting(error: WouldOverwrite, ctx: click.Context) -> click.UsageError:
    """What is wrong with a command that would write over what it reads."""
    output, read = (escaped(str(path)) for path in (error.output, error.read))
    option = ctx.meta.get(NAMES, {}).get(Path(error.output), f"`{output}`")
    if error.is_part:
        return click.UsageError(f"{option} lies among the data in `{read}`; name another file.")
    return click.UsageError(f"{option} would overwrite `{read}`, which is read; name another file.")


def ensure_svg(path: str | Path | None) -> None:
    """Raises FileError (E405) for a picture whose name promises another format."""
    if path is not None and Path(path).suffix.lower() != ".svg":
        message = f"`{Path(path).name or path}` would be no picture of that name: it is drawn as SVG"
        raise FileError.about(path, "E405", message, help="end it in .svg")


def _shape(ctx: click.Context, param: click.Parameter, value: str | None) -> Shape | None:
    if value is None:
        return None
    parts = value.replace("x", ",").split(",")
    are_whole = all(part.strip().isdecimal() and len(part) <= 12 and int(part) > 0 for part in parts)
    if len(parts) not in (1, 3) or not are_whole:
        raise click.BadParameter(f"{value!r} is not C,H,W, three whole numbers such as 3,224,224; of a vector C alone.")
    return tuple(int(part) for part in parts)


def threads_option(share: str, default: str = "CNNSPEC_THREADS, or one a core") -> Decorator:
    """`--threads`, for so many threads that share something."""
    shown = f"Threads that share {share}.  [default: {default}]"
    return click.option("--threads", type=COUNT, callback=_threads, help=shown)


def backend_option(decorated: Callable[..., Any]) -> Callable[..., Any]:
    """`--backend`, whose kernels carry the layers out."""
    shown = "Whose kernels are used; numba's are compiled for this processor, once."
    names = click.Choice(["numpy", "numba"])
    option = click.option("--backend", type=names, default="numpy", show_default=True, callback=_prepared, help=shown)
    return option(decorated)


def planned_backend_option(decorated: Callable[..., Any]) -> Callable[..., Any]:
    """`--backend`, whose plan is shown: nothing is carried out."""
    names = click.Choice(["numpy", "numba"])
    return click.option("--backend", type=names, callback=_known, help="Whose plan --plan shows.  [default: numpy]")(
        decorated
    )


def _known(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A backend that can be had here."""
    if value is None:
        return None
    from ..engine.backends import chain

    chain(value)
    return value


def _prepared(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Such a backend; what it has to prepare is said before the wait."""
    from ..engine.backends import DEFAULT, chain

    _known(ctx, param, value)
    if value != DEFAULT:
        backend = chain(value).backends[0]
        preparation = backend.preparation()
        if preparation:
            note(preparation)
            backend.prepare()
    return value


def _threads(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    """The number, or None for the default, which is judged here."""
    from ..machine.threads import threads_of_environment

    if value is None:
        try:
            threads_of_environment()
        except ValueError as wrong:
            raise click.UsageError(f"{wrong}.") from None
    return value


input_option: Decorator = click.option(
    "--input",
    "shape",
    metavar="C,H,W",
    callback=_shape,
    help="Try the spec at another input size, e.g. 3,320,320, or 20 for a vector.",
)
