"""A spec as Python sees it: loaded, checked, with its graph; and the check that gathers every finding of a file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import watched
from ..diagnostics import Diagnostic, FileError, SpecError, closest, errors, ordered
from ..files import places
from ..files.reading import AnyPath, blaming
from ..files.recognition import EMPTY, TEXT, ensure
from ..graph.array import Array
from ..graph.graph import Graph, Step
from ..graph.shape import Shape
from ..language.document.document import Document
from ..language.document.document import load as load_document
from ..language.elaboration.elaborate import Elaboration, elaborate
from ..language.elaboration.expectations import check_expectations
from ..language.elaboration.typed_arrays import check_sample, check_weights
from ..language.sections.header import Header
from ..language.syntax.source import Source, read
from . import assets, bundled
from .given import Given, fetch
from .naming import spec_name

if TYPE_CHECKING:
    from ..engine.model import Model
    from ..files.reading import AnyPath
    from ..language.elaboration.trace import Trace
    from ..language.sections.train import Train
    from ..train.evaluate import Subset
    from ..train.events import Event
    from ..train.metrics import Evaluation
    from ..train.notices import Notice
    from ..train.result import TrainingResult
    from .ranking import Prediction

    Weights = AnyPath | Mapping[str, Any]
    """A .safetensors or .npz file, or arrays by name."""

RANDOM = (
    "`--weights FILE`; for random ones `--init he --seed 0`, or `cnnspec init SPEC -o FILE.safetensors` to keep them"
)
"""What to do about weights that a spec does not name."""


@dataclass(frozen=True)
class Spec:
    """A spec without errors. `folder` is what relative paths in it start from."""

    source: Source
    document: Document
    graph: Graph
    folder: Path
    warnings: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        return f"<Spec {self.name!r}: {len(self.graph.steps)} layers, {self.graph.totals.params:,} parameters>"

    def _repr_html_(self) -> str:
        from .. import in_html

        return in_html(self)

    @property
    def header(self) -> Header:
        return self.document.header

    @property
    def name(self) -> str:
        return self.header.name or spec_name(self.source.file)

    def at(self, input: Shape) -> Graph | None:
        """The network at another input size (C, H, W), None where it has mistakes there."""
        walked = elaborate(self.document, input)
        return None if errors(walked.diagnostics) else walked.graph

    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes, also when they stand in a text file. Raises FileError for an unusable one."""
        return assets.class_names(self.document, self.folder)

    def sample(self, command: str = "run") -> Path | Array:
        """The input that the spec brings along: a file, or what is typed in it, (C, H, W). Raises FileError: E414 when
        there is none, with the `command` to which one can be given, E416 when its path leaves the spec's folder;
        SpecError (E307) when what is typed does not fit."""
        from .typed_arrays import sample

        typed = sample(self.document, self.graph.input)
        if typed is not None:
            return typed
        return self._named("sample", f"name one: `cnnspec {command} SPEC FILE`, or `sample: FILE` in the spec")

    def weights(self, cure: str = RANDOM) -> Path | dict[str, Array]:
        """The weights that the spec names, or those typed in it. Raises FileError: E414 when there are none, with the
        `cure`, E416 when their path leaves the spec's folder; SpecError (E307) when what is typed does not fit."""
        from .typed_arrays import weights

        typed = weights(self.document, self.graph)
        return self._named("weights", cure) if typed is None else typed

    def _named(self, key: assets.Key, cure: str) -> Path:
        path = assets.resolve(self.document, self.folder, key)
        if path is None:
            raise FileError([Diagnostic("E414", f"the spec names no {key}", file=self.source.file, help=cure)])
        return path

    def to_yaml(self) -> str:
        """The spec as text, written anew from its graph and its header: reading it gives the same network.

        Blocks are kept, with arguments for what differs between their uses; comments, what single layers `expect` and
        the labels of branches are not. Raises SpecError for a network that the language cannot say.
        """
        from ..language.writer import write

        return write(self.graph, self.header)

    def compile(
        self, weights: Any = None, threads: int | None = None, exact: bool = False, backend: str = "numpy"
    ) -> Model:
        """The executable network.

        `weights` is a path, or a mapping of tensor names to arrays; by default the spec's own. `exact` leaves
        out Winograd's convolution: slower, and a tenth of the rounding error. `backend` names whose kernels are used.
        Raises FileError when weights are missing or do not fit, ValueError for a backend that there is not.
        """
        from ..engine.model import Model

        return Model(self.graph, self._tensors(weights), threads, exact, backend)

    def run(
        self,
        inputs: AnyPath | Iterable[AnyPath] | Array | None = None,
        weights: Weights | None = None,
        *,
        top: int = 5,
        until: str | None = None,
        batch: int | None = None,
        threads: int | None = None,
        exact: bool = False,
        backend: str = "numpy",
        on_failure: Callable[[FileError], object] | None = None,
        progress: bool = True,
    ) -> Iterator[Prediction]:
        """What the network says of each input, in their order: its `top` likeliest classes, or its output as an array.

        `inputs` are images, folders of images, `.npy` or `.npz` arrays, `.csv` tables of numbers, or an array
        (N, *input) in memory; by default the spec's sample. Images go through the spec's `preprocess`; up to `batch`
        inputs run together, by default 16, or as many as memory has room for. `until` names the layer whose output is
        the result. `weights`, `threads`, `exact` and `backend` are those of `compile`. A notebook shows the `progress`.

        Raises FileError for weights and, once its batch is reached, for the first input that cannot be used; with
        `on_failure`, which is called with it, the others go on. ValueError for an array of another shape, or a layer
        that there is not. What is not finite is a Python warning.
        """
        import numpy as np

        from ..engine.model import Model
        from .naming import ensure_named
        from .running import Runner, predictions, rows, sample_work, work

        if until:
            ensure_named(self.graph, until, self.name)
        part = self.graph.until(*((until,) if until else self.graph.outputs))
        model = Model(part, self._tensors(weights), threads, exact, backend)
        preprocess = self.header.preprocess
        if inputs is None:
            given = sample_work(self.sample(), part, preprocess, self.folder)
        elif isinstance(inputs, np.ndarray):
            given = rows(model.accept(inputs), part, batch)
        else:
            files = [inputs] if isinstance(inputs, str | PathLike) else inputs
            given = work(map(str, files), part, preprocess, batch)
        found = predictions(Runner(self.graph, model, until, self.classes(), top), given, _warn, on_failure)
        return watched(found, given.total * len(part.outputs)) if progress else found

    def train(
        self,
        data: AnyPath | tuple[Any, Any] | None = None,
        *,
        validation_data: AnyPath | tuple[Any, Any] | None = None,
        weights: Weights | None = None,
        output: AnyPath | None = None,
        checkpoint: AnyPath | None = None,
        log: AnyPath | None = None,
        resume: bool = False,
        restart: bool = False,
        save_every: int = 500,
        threads: int | None = None,
        backend: str = "numpy",
        on_event: Callable[[Notice | Event], object] = lambda event: None,
        progress: bool = True,
        **settings: Any,
    ) -> TrainingResult:
        """Learn the weights from examples; the same settings, seed and threads give the bytes of `cnnspec train`.

        `data` is a path or the name of a bundled data set, as `cnnspec train` takes them, or a pair of arrays: inputs
        (N, *input), taken as they are, and labels (N,) or targets (N, *output); by default the spec's own.
        `validation_data`, which are given like them, are what the network is judged by in place of the last part of the
        data. `settings` are keys of the spec's `train` section, in place of its values: `epochs=5`,
        `augment={"shift": 1}`. Training starts from fresh weights, or from `weights`: a file, of which what does not
        fit is drawn afresh, or arrays by name, which must all fit. `threads` share each batch, by default one a core.
        `backend` is that of `compile`; a run goes on with the one that it was begun with.

        Only what has a path is written: the result to `output`, each step and epoch to `log`, the state of the run to
        `checkpoint`, every `save_every` steps and after each epoch, until the result is there. `resume` goes on with
        the checkpoint's run, `restart` replaces it; Ctrl-C leaves the last checkpoint. `on_event` is called with what
        happens: the dataclasses of `cnnspec.train.notices` and `cnnspec.train.events`; what it raises ends the run.
        A notebook shows the `progress`.

        Raises SpecError for settings, FileError for data, weights and files, TrainingError where a run cannot go on,
        ValueError for arguments that contradict each other. Settings that do nothing are a Python warning.
        """
        from ..train.session import Beginning, RunData, RunFiles, train

        files = RunFiles(*(Path(path) if path else None for path in (output, checkpoint, log)))
        beginning = Beginning(weights, threads, save_every, resume, restart, backend)
        given = RunData(self._data(data), self._validation_data(validation_data))
        if validation_data is not None:
            settings["validation_data"] = "arrays" if isinstance(validation_data, tuple) else str(validation_data)
        return train(self, self._settings(settings), given, files, beginning, on_event, progress)

    def evaluate(
        self,
        data: AnyPath | tuple[Any, Any] | None = None,
        weights: Weights | None = None,
        *,
        part: Subset = "validation",
        threads: int | None = None,
        mistakes: int = 0,
        backend: str = "numpy",
        progress: bool = True,
        **settings: Any,
    ) -> Evaluation:
        """How good the network is on examples: loss, accuracy, top-5, the confusion matrix, and each class by itself.

        `data` and `settings` are those of `train`: of equal ones the same examples are held out. These are the `part`
        that is looked at (or the spec's `validation_data`, where no `data` are given), or "all" examples, or those that
        the data keep for a "test". `weights` is a path, or arrays by name; by default the spec's own file.
        The loss is without label smoothing. So many `mistakes` are named as `wrong`, the most confident ones first.
        `threads` and `backend` are those of `compile`. A notebook shows the `progress`.

        Raises SpecError for settings, FileError for data and weights, ValueError where nothing is held out, or where
        mistakes are asked for and the output is no list of classes.
        """
        from ..train.evaluate import evaluate, whole_part

        own = self._validation_data(None) if part == "validation" and data is None else None
        given, part = (self._data(data), part) if own is None else (own, whole_part(own))
        tensors, how = self._tensors(weights), (threads, mistakes, backend, progress)
        return evaluate(self, self._settings(settings), given, tensors, part, *how)

    def data_path(self, given: AnyPath | None = None) -> Path:
        """The data set to take: `given`, by default what the spec's `train: {data: ...}` names.

        Either is a path, or the name of a bundled data set (`digits`). A path in a spec starts in the spec's folder.
        Raises FileError: E404 when there is nothing, E414 when the spec names none, E416 when its path leaves the
        spec's folder.
        """
        path = self._named_data(given, "data")
        if path is None:
            cure = "`--data DATA`, or `train: {data: DATA}` in the spec"
            raise FileError.about(self.source.file, "E414", "the spec names no data", help=cure)
        return path

    def validation_path(self, given: AnyPath | None = None) -> Path | None:
        """The examples to judge by: `given`, by default what the spec's `train: {validation_data: ...}` names, if it
        names any. As `data_path`."""
        return self._named_data(given, "validation_data")

    def _named_data(self, given: AnyPath | None, key: assets.DataKey) -> Path | None:
        path = Path(given) if given else assets.data(self.document, self.folder, key)
        if path is None or places.exists(path):
            return path
        name = str(given or path.relative_to(self.folder))
        if name not in bundled.data():
            near = closest(name, bundled.data())
            cure = f"did you mean `{near}`?" if near else "check the path, and its case"
            raise FileError.about(path, "E404", f"there are no data `{name}`", help=cure)
        return bundled.data()[name]

    def _data(self, data: AnyPath | tuple[Any, Any] | None) -> Path | tuple[Any, Any]:
        return data if isinstance(data, tuple) else self.data_path(data)

    def _validation_data(self, data: AnyPath | tuple[Any, Any] | None) -> Path | tuple[Any, Any] | None:
        return data if isinstance(data, tuple) else self.validation_path(data)

    def _settings(self, values: Mapping[str, Any]) -> Train:
        from ..language.overrides import configure

        settings, found = configure(self.document, self.graph, values=values)
        for diagnostic in found:
            _warn(diagnostic, 4)
        return settings

    def _tensors(self, weights: Weights | None) -> dict[str, Array]:
        from ..weights import take

        if weights is None and not self.graph.tensors:
            return {}
        return take(self.graph.tensors, self.weights() if weights is None else weights, _warn)


@dataclass(frozen=True)
class Checked:
    """What checking a text gave: the spec when it has no errors, the steps up to the first error, the findings, and
    the document when there is a header to go on with."""

    source: Source
    spec: Spec | None
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]
    document: Document | None = None

    def __repr__(self) -> str:
        found = ", ".join(f"{d.severity} {d.code}" for d in self.diagnostics[:5]) or "no finding"
        more = f" and {len(self.diagnostics) - 5} more" if len(self.diagnostics) > 5 else ""
        return f"<Checked {self.source.file!r}: {found}{more}>"

    def _repr_html_(self) -> str:
        from .. import in_html

        return in_html(self)

    @classmethod
    def unread(cls, file: str, diagnostics: Iterable[Diagnostic]) -> Checked:
        """What can be said of a text that could not be read."""
        return cls(Source(file, ""), None, (), tuple(diagnostics))

    def strictly(self) -> Checked:
        """The same with every warning an error."""
        return replace(self, diagnostics=tuple(replace(found, is_strict=True) for found in self.diagnostics))


def check(
    what: Given, input: Shape | None = None, files: bool = False, settings: bool = True, trace: Trace | None = None
) -> Checked:
    """Check a spec and gather all findings, with `files` also those about weights, sample and class names, with
    `settings` also what the settings of training have against the network.

    `input` (C, H, W) stands in for the spec's own; what the spec promises or names for its own is then left out.
    `trace` is told of all that the walk over the layers comes by. Raises FileError when there is nothing to read.
    """
    file, data, folder = fetch(what)
    with blaming(file):
        ensure(BytesIO(data), TEXT, EMPTY, cure="a spec is a text in YAML")
    try:
        source = read(file, data)
    except SpecError as error:
        empty = Source(file, data.decode("utf-8", "replace"))
        return Checked(empty, None, (), _placed(error.diagnostics, file))
    document, found = load_document(source)
    if document is None:
        return Checked(source, None, (), _placed(found, file))
    walked: Elaboration = elaborate(document, input, trace)
    findings = [*found, *walked.diagnostics]
    sound = walked.graph if not errors(findings) else None
    if input is None:
        findings += check_expectations(document, sound, settings) if sound is not None else ()
        findings += check_sample(document, document.header.input.shape) if document.is_known else ()
        findings += check_weights(document, sound) if sound is not None else ()
        findings += assets.check(document, folder, sound) if files and document.is_known else ()
    diagnostics = _placed(findings, file)
    if walked.graph is None or errors(found):
        return Checked(source, None, walked.steps, diagnostics, document if document.is_known else None)
    spec = Spec(source, document, walked.graph, folder, tuple(d for d in diagnostics if d.severity == "warning"))
    return Checked(source, spec, walked.steps, diagnostics, document)


def load(what: Given, input: Shape | None = None, settings: bool = True) -> Spec:
    """Load a spec: a bundled name, a path, a text of several lines, a mapping as YAML would give it, or a file object.

    Without `settings`, those of training are judged by `train` and `evaluate` alone, once others have taken their
    place. What has no folder lies in the current one. Raises SpecError, which carries every finding in `.diagnostics`,
    FileError when there is no such file, and TypeError for anything else.
    """
    checked = check(what, input, settings=settings)
    if checked.spec is None or errors(checked.diagnostics):
        raise SpecError(checked.diagnostics)
    return checked.spec


def _warn(diagnostic: Diagnostic, calls: int = 5) -> None:
    """A warning at the line of the reader, so many calls above."""
    warnings.warn(f"{diagnostic}; {diagnostic.why}", stacklevel=calls)


def _placed(found: Iterable[Diagnostic], file: str) -> tuple[Diagnostic, ...]:
    return tuple(ordered(replace(d, file=file) for d in found))
