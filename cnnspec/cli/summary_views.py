"""What `cnnspec summary` can show of a spec: the table of its layers, and what its flags put in the table's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..graph.shape import Shape
from ..reports.summary.summary import Summary, summarise
from ..spec import Checked
from .settings_options import configured


class Asked(NamedTuple):
    """The specs, `other` beside `checked` where they are compared, and the command's options."""

    checked: Checked
    other: Checked | None
    shape: Shape | None
    batch: int
    depth: int | None
    settings: tuple[str, ...]
    threads: int | None
    backend: str | None

    @property
    def specs(self) -> tuple[Checked, ...]:
        return (self.checked, self.other) if self.other else (self.checked,)

    def summary(self, checked: Checked) -> Summary | None:
        return summarise(checked, self.shape, self.batch, self.depth)


class View(NamedTuple):
    """A way to look at a spec: a subject of `reports.formats`, and from what is asked to what its renderers take.

    `data` gives None where mistakes leave nothing to show. `no_batch` is why `--batch` does not go with the view, ""
    where it does; `--depth` and the settings of training go with those that say so. `differs` makes the exit code 1.
    """

    subject: str
    data: Callable[[Asked], tuple[Any, ...] | None]
    takes_depth: bool = False
    takes_settings: bool = False
    no_batch: str = ""
    differs: Callable[..., bool] = lambda *data: False


def _layers(asked: Asked) -> tuple[Any, ...] | None:
    summary = asked.summary(asked.checked)
    return (summary,) if summary else None


def _tensors(asked: Asked) -> tuple[Any, ...] | None:
    summary = asked.summary(asked.checked)
    return (summary.tensors,) if summary else None


def _plan(asked: Asked) -> tuple[Any, ...] | None:
    from ..engine.backends import DEFAULT
    from ..reports.memory.plan.plan import allocation

    spec = asked.checked.spec
    return (spec.name, allocation(spec.graph, asked.backend or DEFAULT)) if spec else None


def _step(asked: Asked) -> tuple[Any, ...] | None:
    from ..machine.threads import threads_of_environment
    from ..train.step_memory import step_memory

    spec = asked.checked.spec
    if spec is None:
        return None
    threads = asked.threads or threads_of_environment() or 1
    return spec.name, step_memory(spec.graph, configured(spec, asked.settings), threads)


def _difference(asked: Asked) -> tuple[Any, ...] | None:
    from ..reports.diff.diff import compare

    if any(checked.spec is None for checked in asked.specs):
        return None
    before, after = filter(None, map(asked.summary, asked.specs))
    return (compare(before, after),)


LAYERS = View("summary", _layers, takes_depth=True)
VIEWS = {
    "tensors": View("tensors", _tensors),
    "plan": View(
        "memory.plan", _plan, no_batch="--plan is for one input; the engine takes that for each that run together."
    ),
    "train": View(
        "memory.step",
        _step,
        takes_settings=True,
        no_batch="--train takes its batch from the settings: --set train.batch=N.",
    ),
    "diff": View("diff", _difference, differs=lambda difference: not difference.is_empty),
}
"""By the flag that asks for it; without one, it is the table of `LAYERS`."""
