"""What a notebook shows of a spec, a check, a model, a summary and a training run: pictures and tables, no script.

Pictures are images of their own, so that their style does not reach into the page around them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import singledispatch
from html import escape

from ..engine.model import Model
from ..spec import Checked, Spec
from ..train.events import EpochDone
from ..train.metrics import Evaluation
from ..train.result import TrainingResult
from .diagnostics import to_text
from .diagram.diagram import diagram
from .diagram.to_svg import render as drawn
from .drawing.terminal_text import escaped
from .evaluation import to_text as evaluation_text
from .summary.facts import facts, title
from .summary.summary import Summary, summary_of
from .training.curves_svg import render as curves
from .training.lines import figure, share


@singledispatch
def shown(thing: object) -> str:
    """The thing as HTML. Raises TypeError for what notebooks show by its `repr`."""
    raise TypeError(f"{type(thing).__name__} has no picture")


@shown.register
def _(summary: Summary) -> str:
    """The network as a graph, and its totals."""
    picture = _image(drawn(diagram(summary)), f"{summary.name} as a graph") if summary.totals else ""
    rows = facts(summary, summary.totals) if summary.totals else ()
    return f"<div><b>{_plain(title(summary))}</b>{_table(rows)}{picture}</div>"


@shown.register
def _(spec: Spec) -> str:
    return shown(summary_of(spec))


@shown.register
def _(checked: Checked) -> str:
    """All findings at their lines, and the network if there is one."""
    findings = to_text.render(checked.diagnostics, [checked.source]).strip()
    said = _text(findings) if findings else f"<p>ok {_plain(checked.source.file)}</p>"
    return said + (shown(checked.spec) if checked.spec else "")


@shown.register
def _(model: Model) -> str:
    """What it takes and gives, and how many tensors it holds."""
    return f"<p>{escape(repr(model))}</p>"


@shown.register
def _(result: TrainingResult) -> str:
    """The learning curves, and the last epoch's scores."""
    if not result.history:
        return f"<p>{escape(repr(result))}</p>"
    picture = _image(curves("training", result.history, result.identity.settings.smoothing > 0), "learning curves")
    return f"<div>{picture}{_table(_scores(result.history[-1]))}</div>"


def _scores(last: EpochDone) -> Iterator[tuple[str, str]]:
    """Loss and accuracy after an epoch, as labels and values."""
    yield "epoch", f"{last.epoch:,}"
    for name, score in (("training", last.training), ("held out", last.validation)):
        if score is not None:
            right = "" if score.accuracy is None else f", accuracy {share(score.accuracy)}"
            yield name, f"loss {figure(score.loss)}{right}"


@shown.register
def _(found: Evaluation) -> str:
    """Loss, accuracy, and the tables of classes."""
    return _text(evaluation_text.render("evaluation", found, None))


def _text(text: str) -> str:
    """Columns that stand below each other. Notebooks have styles of their own for `pre`: without columns, or folded."""
    style = "font-family: monospace; line-height: 1.3; white-space: pre; overflow-x: auto"
    return f'<pre style="{style}">{escape(text)}</pre>'


def _image(svg: str, words: str) -> str:
    data = b64encode(svg.encode()).decode("ascii")
    return f'<img alt="{_plain(words)}" style="max-width: 100%" src="data:image/svg+xml;base64,{data}">'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th style="text-align: left">{_plain(name)}</th><td style="text-align: left">{_plain(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{cells}</table>" if cells else ""


def _plain(words: str) -> str:
    return escape(escaped(words))
