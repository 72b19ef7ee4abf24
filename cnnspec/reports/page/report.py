"""From a spec and inputs to the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import islice
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any
from warnings import warn as python_warning

from ...diagnostics import Diagnostic
from ...diagnostics.wording import quantity
from ...graph.array import Array
from ...graph.shape import batch_of
from ..drawing.terminal_text import escaped
from ..inspection.trace import Trace, trace
from ..summary.summary import summary_of
from .contents import Amount, Contents, contents
from .document import document
from .guide import story
from .network import network, numbers
from .own_files import own_file
from .packing import data_block
from .tensors import Tensors
from .told_run import told_run

if TYPE_CHECKING:
    from ...files.reading import AnyPath
    from ...spec import Spec
    from ...spec.spec import Weights
    from ...train.events import EpochDone
    from ...train.metrics import Evaluation

SIZE, MAPS, CELLS = 8_000_000, 16, 4
LANGUAGES = "en", "zh"
INPUTS = 4
"""Inputs that a page has room for: the first ones."""
TABLES = 120
"""Bytes of the file in which it says of a tensor where its values, boxes and pictures are, at most."""
HEIGHT = 860
"""Pixels of the frame in a notebook."""


Progress = Callable[[Sequence[Any], int], Iterable[Any]]
"""Gives the items of some work, of so many, and tells of them."""


@dataclass(frozen=True, eq=False)
class Report:
    """The page, and what is in it."""

    name: str
    html: str
    layers: int
    whole: int
    marked: int

    def save(self, path: AnyPath) -> None:
        """Write the page, whole or not at all. Raises FileError (E415)."""
        from ...files.writing import whole

        with whole(path) as stream:
            stream.write(self.html.encode())

    def __repr__(self) -> str:
        return f"<Report {self.name!r}: {self.what}>"

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.html.encode())

    @property
    def what(self) -> str:
        """What is in the page."""
        layers = quantity(self.layers, "layer")
        if self.whole == self.layers:
            return f"{layers}, every cell of every layer"
        return f"{layers}, {quantity(self.marked, 'marked cell')}, every cell of {quantity(self.whole, 'layer')}"

    def _repr_html_(self) -> str:
        """The page in a frame that may run its own script and nothing else."""
        style = f"width: 100%; height: {HEIGHT}px; border: 0"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{escape(self.html)}"></iframe>'


def report(
    spec: Spec,
    inputs: AnyPath | Iterable[AnyPath] | Array | None = None,
    weights: Weights | None = None,
    *,
    language: str = "en",
    size: int = SIZE,
    maps: int = MAPS,
    cells: int = CELLS,
    target: int | None = None,
    log: AnyPath | None = None,
    evaluation: AnyPath | None = None,
) -> Report:
    """The page of a spec: the network, every map of the first four `inputs`, and behind each value its sum.

    `inputs` are as in `Spec.run`: images, folders, arrays in files, or an array (N, C, H, W); by default the spec's
    sample. `weights` is a path, or arrays by name; by default the spec's own file. The file has at most about `size`
    bytes; of a layer that does not fit, `maps` pictures and `cells` marked cells. `target` is the class that the thread
    starts from, and whose heat is drawn. `log` and `evaluation` are files of `train --log` and `eval --format json`.
    Raises FileError for weights, inputs and files that cannot be used, ValueError for an array of another shape, no
    inputs, another language and a class that there is not.
    """
    if language not in LANGUAGES:
        raise ValueError(f"the page speaks {' and '.join(map(repr, LANGUAGES))}, not {language!r}")
    named = list(given(spec, inputs))
    if not named:
        raise ValueError("a page shows one input at least; there is none")
    _ensure_class(spec, target)
    if spec.graph.tensors:
        from ...weights import take

        tensors = take(spec.graph.tensors, spec.weights() if weights is None else weights)
    else:
        tensors = {}
    return page(
        spec,
        tensors,
        named,
        "",
        language,
        Amount(size, maps, cells),
        target,
        training=learned(spec, log, evaluation, _warn),
    )


def _warn(found: Diagnostic) -> None:
    """At the line of who asked for a page."""
    python_warning(f"{found}; {found.why}", stacklevel=5)


def _ensure_class(spec: Spec, target: int | None) -> None:
    """Raises ValueError for a class that no output of the network has."""
    from ...spec.ranking import reading

    if target is None:
        return
    counts = [spec.graph.shape(output)[0] for output in spec.graph.outputs if reading(spec.graph, output)]
    if not counts:
        raise ValueError("no output of this network is a list of classes; leave `target` out")
    if not 0 <= target < counts[0]:
        raise ValueError(f"`target` is a class from 0 to {counts[0] - 1}, not {target}")


def learned(
    spec: Spec, log: AnyPath | None, evaluation: AnyPath | None, warn: Callable[[Diagnostic], object]
) -> dict[str, Any] | None:
    """What the page says of training: what `train --log` has written, and what `eval --format json` has found. `warn`
    is called with a warning of a log of another network (W403). Raises FileError."""
    if log is None and evaluation is None:
        return None
    from ...train.past_run import evaluation_of
    from .training_data import training_data

    found, classes = (None, None) if evaluation is None else evaluation_of(evaluation)
    if evaluation is not None and found is not None:
        _ensure_own(spec, evaluation, found)
    return training_data(spec.name, [] if log is None else _epochs(spec, log, warn), found, classes)


def _epochs(spec: Spec, path: AnyPath, warn: Callable[[Diagnostic], object]) -> list[EpochDone]:
    from ...train.past_run import log_of

    log = log_of(path)
    own = spec.at(spec.header.input.shape)  # what is trained, at whatever size the page shows it
    if own is not None and not log.is_of(own):
        message, why = f"the log is not of {spec.name} as it is now", "another network learned there"
        warn(Diagnostic("W403", message, file=fspath(path), why=why, help="the log of a run of this spec"))
    return log.epochs


def _ensure_own(spec: Spec, path: AnyPath, found: Evaluation) -> None:
    """Raises FileError (E403) for an evaluation of a network with more classes, or fewer."""
    from ...files.reading import Malformed, blaming

    judged = None if found.confusion is None else len(found.confusion)
    count = max(2, spec.graph.shape(spec.graph.outputs[0])[0])
    if judged not in (None, count):
        why = f"it is of a network with {judged:,} classes; this one has {count:,}"
        with blaming(path):
            raise Malformed(why, "`cnnspec eval SPEC --format json > FILE.json` writes one of this network")


def given(spec: Spec, inputs: AnyPath | Iterable[AnyPath] | Array | None) -> Iterator[tuple[str, Array]]:
    """The inputs (C, H, W), each with the name to show, as far as a page has room for them."""
    import numpy as np

    from ...spec.running import named_inputs

    if isinstance(inputs, np.ndarray):
        if inputs.shape[1:] != spec.graph.input:
            raise ValueError(f"the network takes an array {batch_of(spec.graph.input)}, not {inputs.shape}")
        named: Iterable[tuple[str, Array]] = ((f"[{i}]", np.asarray(x, np.float32)) for i, x in enumerate(inputs))
    elif inputs is None:
        sample = spec.sample("report")
        if isinstance(sample, np.ndarray):
            return iter([("sample", sample)])
        named = named_inputs([sample], spec.graph, spec.header.preprocess, spec.folder)
    else:
        files = [inputs] if isinstance(inputs, str | PathLike) else inputs
        named = named_inputs(files, spec.graph, spec.header.preprocess)
    return islice(named, INPUTS)


def page(
    spec: Spec,
    tensors: Mapping[str, Array],
    inputs: Iterable[tuple[str, Array]],
    weights: str,
    language: str,
    amount: Amount,
    target: int | None = None,
    command: str = "",
    progress: Progress = lambda work, total: work,
    training: dict[str, Any] | None = None,
) -> Report:
    """The page of a network with its `tensors` on `inputs`, (C, H, W) each with its name. `weights` is said where they
    were not learned; `command` is what a terminal is asked for the same values. Long work goes through `progress`.
    `training` is what `training_data` says of how the network was learned."""
    named = list(inputs)
    traces = [trace(spec.graph, tensors, x) for _, x in progress(named, len(named))]
    names = [name for name, _ in named]
    return assembled(spec, names, traces, weights, language, amount, target, command, training)


def assembled(
    spec: Spec,
    names: Sequence[str],
    traces: Sequence[Trace],
    weights: str,
    language: str,
    amount: Amount | None,
    target: int | None,
    command: str,
    training: dict[str, Any] | None,
) -> Report:
    """The page of inputs that have run, as `page` has it. Of no `amount` it holds no numbers, and asks the server that
    it comes from."""
    number = numbers(spec.graph)
    net = network(spec, summary_of(spec), weights, command)
    stories = [story(spec, each, target, bool(weights)) for each in traces]
    runs = [
        # The terminal's command is that of the first input.
        {**told_run(name, tale, number, target), "command": "" if i else net["command"]}
        for i, (name, tale) in enumerate(zip(names, stories, strict=True))
    ]
    net |= {"runs": runs, "training": training, "language": language, "served": amount is None}
    everything = Tensors(spec.graph, traces)
    texts = {language: words(language) for language in LANGUAGES}
    if amount is None:
        found = Contents(whole=set(spec.graph.by_name), marked=[[] for _ in traces])
    else:
        bare = document("", "en", {}, "", "")
        spent = len(bare) + len(data_block([net, texts])) + TABLES * len(everything.owner)
        wanted = [[*each.thread, *each.marks] for each in stories]
        found = contents(everything, traces, wanted, amount, amount.size - spent)
    for run, cells_of in zip(runs, found.marked, strict=True):
        run["marked"] = [[number[name], place] for name, place in cells_of]
    net["contents"] = _told(everything, found)
    blocks = {"net": data_block(net), "words": data_block(texts), "values": found.values.block()}
    noscript, waiting = (" ".join(said["page"][key] for said in texts.values()) for key in ("noscript", "old_browser"))
    html = document(f"{spec.name} - cnnspec", language, blocks, noscript, waiting, asks=amount is None)
    steps = len(spec.graph.steps)
    return Report(escaped(spec.name), html, steps, len(found.whole), sum(len(run["marked"]) for run in runs))


def _told(tensors: Tensors, found: Contents) -> dict[str, Any]:
    """Where each tensor's values are: its shape, the piece or -1. Own tensors by name, made ones from `made` on."""
    return {
        "tensors": [
            [array.shape, found.pieces.get(owner, -1)]
            for array, owner in zip(tensors.arrays, tensors.owner, strict=True)
        ],
        "own": tensors.own,
        "ends": found.values.ends,
        "boxes": {str(number): table for number, table in found.boxes.items()},
        "box_piece": found.box_piece,
        "pictures": {str(number): [piece, *picture[:3]] for number, (piece, picture) in found.pictures.items()},
    }


@cache
def words(language: str) -> dict[str, Any]:
    """All words of the page in a language."""
    found: dict[str, Any] = json.loads(own_file(f"words/{language}.json"))
    return found
