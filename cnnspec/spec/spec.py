"""A spec as Python sees it: loaded, checked, with its graph; and the check that gathers every finding of a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..diagnostics import Diagnostic, FileError, SpecError, closest, errors, ordered
from ..graph.graph import Graph, Step
from ..graph.shape import Shape
from ..language.document.document import Document
from ..language.document.document import load as load_document
from ..language.elaboration.elaborate import Elaboration, elaborate
from ..language.elaboration.expectations import check_expectations
from ..language.sections.header import Header
from ..language.syntax.source import MAX_BYTES, Source, read
from . import assets, bundled

if TYPE_CHECKING:
    from ..engine.model import Model

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

    @property
    def header(self) -> Header:
        return self.document.header

    @property
    def name(self) -> str:
        return self.header.name or Path(self.source.file).stem

    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes, also when they stand in a text file. Raises FileError for an unusable one."""
        return assets.class_names(self.document, self.folder)

    def sample_path(self) -> Path:
        """The input that the spec brings along. Raises FileError: E414 when it names none, E416 when its path
        leaves the spec's folder."""
        return self._named("sample", "name one to run: `cnnspec run SPEC FILE`, or `sample: FILE` in the spec")

    def weights_path(self, cure: str = RANDOM) -> Path:
        """The weights that the spec names. Raises FileError: E414 when it names none, with the `cure`, E416 when their
        path leaves the spec's folder."""
        return self._named("weights", cure)

    def _named(self, key: assets.Key, cure: str) -> Path:
        path = assets.resolve(self.document, self.folder, key)
        if path is None:
            raise FileError([Diagnostic("E414", f"the spec names no {key}", file=self.source.file, help=cure)])
        return path

    def compile(self, weights: Any = None, threads: int | None = None, exact: bool = False) -> Model:
        """The executable network.

        `weights` is a path, or a mapping of tensor names to arrays; by default the spec's own file. `exact` leaves
        out Winograd's convolution: slower, and a tenth of the rounding error. Raises FileError when weights are
        missing or do not fit.
        """
        from ..engine.model import compile_model

        return compile_model(self, weights, threads, exact)


@dataclass(frozen=True)
class Checked:
    """What checking a text gave: the spec when it has no errors, the steps up to the first error, the findings, and
    the document when there is a header to go on with."""

    source: Source
    spec: Spec | None
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]
    document: Document | None = None

    @classmethod
    def unread(cls, file: str, diagnostics: Iterable[Diagnostic]) -> Checked:
        """What can be said of a text that could not be read."""
        return cls(Source(file, ""), None, (), tuple(diagnostics))


def locate(what: str) -> tuple[str, Path]:
    """The name to show and the path of a spec given as path or bundled name. Raises FileError (E404)."""
    path = Path(what)
    if path.is_file():
        return what, path
    inside = bundled.path(what)
    if inside is not None:
        return what, inside
    near = closest(what, bundled.names())
    reason = "it is a folder" if path.is_dir() else "there is no such file, and no bundled network of that name"
    raise FileError(
        [
            Diagnostic(
                "E404",
                f"no spec `{what}`",
                file=what,
                why=reason,
                help=f"did you mean `{near}`?" if near else "`cnnspec specs` lists the bundled networks",
            )
        ]
    )


def fetch(what: str | Path | IO[bytes] | IO[str]) -> tuple[str, bytes, Path]:
    """Name, bytes and folder of a spec: a path, a bundled name, `-` for standard input, or a file object."""
    if isinstance(what, str | Path):
        if what == "-":
            if sys.stdin is None:
                raise FileError([Diagnostic("E404", "standard input is closed", file="<stdin>")])
            return "<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1), Path()
        shown, path = locate(str(what))
        try:
            with path.open("rb") as file:
                return shown if path == Path(shown) else path.name, file.read(MAX_BYTES + 1), path.parent
        except OSError as error:
            raise FileError(
                [Diagnostic("E404", f"cannot read `{what}`", file=shown, why=str(error.strerror))]
            ) from None
    data = what.read(MAX_BYTES + 1)
    name = getattr(what, "name", "<file>")
    folder = Path(name).parent if isinstance(name, str) and Path(name).is_file() else Path()
    return str(name), data.encode() if isinstance(data, str) else data, folder


def check(what: str | Path | IO[bytes] | IO[str], input: Shape | None = None, files: bool = False) -> Checked:
    """Check a spec and gather all findings, with `files` also those about weights, sample and class names.

    `input` (C, H, W) stands in for the spec's own; what the spec promises or names for its own is then left out.
    Raises FileError when there is nothing to read.
    """
    file, data, folder = fetch(what)
    try:
        source = read(file, data)
    except SpecError as error:
        empty = Source(file, data.decode("utf-8", "replace"))
        return Checked(empty, None, (), _placed(error.diagnostics, file))
    document, found = load_document(source)
    if document is None:
        return Checked(source, None, (), _placed(found, file))
    walked: Elaboration = elaborate(document, input)
    findings = [*found, *walked.diagnostics]
    sound = walked.graph if not errors(findings) else None
    if input is None:
        findings += check_expectations(document, sound) if sound is not None else ()
        findings += assets.check(document, folder, sound) if files and document.is_known else ()
    diagnostics = _placed(findings, file)
    if walked.graph is None or errors(found):
        return Checked(source, None, walked.steps, diagnostics, document if document.is_known else None)
    spec = Spec(source, document, walked.graph, folder, tuple(d for d in diagnostics if d.severity == "warning"))
    return Checked(source, spec, walked.steps, diagnostics, document)


def load(what: str | Path | IO[bytes] | IO[str], input: Shape | None = None) -> Spec:
    """Load a spec: a bundled name, a path or a file object.

    Raises SpecError, which carries every finding in `.diagnostics`, or FileError when there is no such file.
    """
    checked = check(what, input)
    if checked.spec is None or errors(checked.diagnostics):
        raise SpecError(checked.diagnostics)
    return checked.spec


def _placed(found: Iterable[Diagnostic], file: str) -> tuple[Diagnostic, ...]:
    return tuple(ordered(replace(d, file=file) for d in found))
