"""Describe a convolutional network in YAML; check it, count it, run it with NumPy.

    >>> import cnnspec
    >>> spec = cnnspec.load("lenet5")
    >>> spec.graph.totals.params
    61706

The public names are imported when they are first asked for: `import cnnspec` by itself costs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .diagnostics import Diagnostic, Failure, FileError, SpecError
    from .engine.model import Model
    from .interop.export import export
    from .interop.torch_module import from_torch
    from .reports.page.report import Report, report
    from .spec import Checked, Spec, check, load

T = TypeVar("T")

__version__ = "0.1.0"

__all__ = [
    "Checked",
    "Diagnostic",
    "Failure",
    "FileError",
    "Model",
    "Report",
    "Spec",
    "SpecError",
    "__version__",
    "check",
    "export",
    "from_torch",
    "load",
    "report",
]

_HOMES = {
    "Checked": "spec",
    "Diagnostic": "diagnostics",
    "Failure": "diagnostics",
    "FileError": "diagnostics",
    "Model": "engine.model",
    "Report": "reports.page.report",
    "Spec": "spec",
    "SpecError": "diagnostics",
    "check": "spec",
    "export": "interop.export",
    "from_torch": "interop.torch_module",
    "load": "spec",
    "report": "reports.page.report",
}


def in_html(thing: object) -> str:
    """What a notebook shows of a spec, a check, a model, a summary, a training run or an evaluation, for their
    `_repr_html_`: pictures and tables, no script. Raises TypeError for other things.
    """
    # Asked for at the door, since what is told of a thing (`reports`) stands above the thing.
    shown: str = import_module(".reports.notebook", __name__).shown(thing)
    return shown


def watched(work: Iterable[T], of: object) -> Generator[T, None, None]:
    """The items of `work`; a notebook shows how far it is. `of` says what it is: how many items there are, or what is
    known of the training run whose events they are. Elsewhere nothing is shown.
    """
    if "IPython" in sys.modules:
        work = import_module(".reports.live", __name__).watched(work, of)
    yield from work


if not TYPE_CHECKING:  # a misspelt name stays an error for type checkers

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
