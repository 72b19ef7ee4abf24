"""`cnnspec run`: images or arrays in, classes or arrays out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..diagnostics import Diagnostic, FileError, closest
from ..layer import Shape
from ..spec import Spec, load
from .options import input_option
from .report import show

if TYPE_CHECKING:
    from ..inputs import Case
    from ..kernels.windows import Array
    from ..model import Model

LARGEST_PICTURE = 32


@click.command("run")
@click.argument("spec_name", metavar="SPEC")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("--weights", type=click.Path(), help="A .safetensors or .npz file, in place of the spec's own.")
@click.option("--init", type=click.Choice(["he", "glorot", "lecun"]), help="Run with fresh random weights instead.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed for --init.")
@click.option("--top", type=click.IntRange(1), default=5, show_default=True, help="Classes to show for each input.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--out", type=click.Path(), help="Write the raw outputs to this .npz file.")
@click.option("--save", multiple=True, metavar="LAYER", help="Keep this layer's output in --out, too; `all` for all.")
@click.option("--until", metavar="LAYER", help="Stop after this layer; its output is the result.")
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Inputs that run together.")
@click.option("--threads", type=click.IntRange(1), help="Threads over the inputs of a batch.")
@input_option
def command(
    spec_name: str,
    inputs: tuple[str, ...],
    weights: str | None,
    init: str | None,
    seed: int,
    top: int,
    style: str,
    out: str | None,
    save: tuple[str, ...],
    until: str | None,
    batch: int,
    threads: int | None,
    shape: Shape | None,
) -> int:
    """Run SPEC on images, folders of images, .npy or .npz arrays (N,C,H,W or C,H,W).

    Without INPUT the spec's own sample is used. A bad image is reported and the rest go on (exit code 4).
    """
    if weights and init:
        raise click.UsageError("--weights and --init exclude each other.")
    if save and not out:
        raise click.UsageError("--save keeps layers in the file of --out; name it.")
    spec = load(spec_name, shape)
    model = _model(spec, weights, init, seed, until, save, threads)
    from ..inputs import batches, cases, paths

    files = list(paths(inputs or [str(spec.sample_path())]))
    found = batches(cases(files, spec.header.preprocess, _image(model.graph.input)), batch)
    report = Report(spec, model, until, top, style, single=len(files) == 1)
    click.echo(report.header(), nl=False)
    for group, x in _progress(found, -(-len(files) // batch)):
        report.add(group, x)
    if out:
        report.write(out)
    return report.exit_code()


def _image(shape: Shape) -> tuple[int, int, int]:
    C, H, W = shape
    return C, H, W


def _model(
    spec: Spec,
    weights: str | None,
    init: str | None,
    seed: int,
    until: str | None,
    save: tuple[str, ...],
    threads: int | None,
) -> Model:
    """The compiled spec, or the part of it that is asked for."""
    from ..model import Model, compile_model
    from ..weights import initial

    names = [step.name for step in spec.graph.steps]
    for name in (*save, *([until] if until else [])):
        if name not in names and name != "all":
            near = closest(name, names)
            raise click.UsageError(f"no layer {name!r} in {spec.name}." + (f" Did you mean {near!r}?" if near else ""))
    results = (until,) if until else spec.graph.outputs
    graph = spec.graph.until(*results)
    kept = [s.name for s in graph.steps] if "all" in save else save
    graph = spec.graph.until(*dict.fromkeys((*results, *kept)))
    if init:
        return Model(graph, initial(graph.tensors, init, seed), threads)  # type: ignore[arg-type]
    return compile_model(spec, weights, threads, graph)


class Report:
    """Prints results as they come and keeps what `--out` wants."""

    def __init__(self, spec: Spec, model: Model, until: str | None, top: int, style: str, single: bool) -> None:
        from ..predictions import is_classes, reading

        self.spec, self.model, self.top, self.style, self.single = spec, model, top, style, single
        self.results = (until,) if until else spec.graph.outputs
        self.classes = spec.classes()
        self.readings = {n: reading(model.graph, n) for n in self.results if is_classes(model.graph, n)}
        self.kept: list[dict[str, Array]] = []
        self.names: list[str] = []
        self.failed = 0

    def header(self) -> str:
        """What is run and how scores are to be read; nothing in JSON."""
        if self.style == "json":
            return ""
        how = "; ".join(dict.fromkeys(words for _, words in self.readings.values()))
        return f"{self.spec.name}" + (f", scores: {how}" if how else "") + "\n\n"

    def add(self, group: list[Case], x: Array | None) -> None:
        outputs = self.model.run(x) if x is not None else {}
        self.kept.append(outputs)
        row = 0
        for case in group:
            if case.failure is not None:
                self.failed += 1
                show(case.failure.diagnostics)
                continue
            self.names.append(case.name)
            click.echo(self.one(case, {name: outputs[name][row] for name in self.results}), nl=False)
            row += 1

    def one(self, case: Case, outputs: dict[str, Array]) -> str:
        from ..predictions import top
        from ..render.predictions import array_line, array_text, line, picture, table

        parts = []
        if self.single and self.style == "text" and case.array is not None and _is_small(case.array):
            parts.append(picture(case.array[0]))
        for name, y in outputs.items():
            if name in self.readings:
                read, _ = self.readings[name]
                classes = top(read(y.reshape(1, -1))[0], self.classes, self.top)
                parts.append(line(case.name, classes) if self.style == "json" else table(case.name, classes))
            else:
                parts.append((array_line if self.style == "json" else array_text)(case.name, name, y))
        return "".join(parts) if self.style == "json" else "\n".join(parts)

    def write(self, out: str) -> None:
        """The kept outputs (N, ...) by layer name, and the names of their inputs."""
        import numpy as np

        from ..weights import save

        if Path(out).suffix.lower() != ".npz":
            help = "`--out results.npz`"
            raise FileError([Diagnostic("E405", "raw outputs are written as .npz", file=out, help=help)])
        kept = [outputs for outputs in self.kept if outputs]
        arrays = {name: np.concatenate([k[name] for k in kept]) for name in (kept[0] if kept else {})}
        save({**arrays, "inputs": np.array(self.names)}, out)

    def exit_code(self) -> int:
        if not self.failed:
            return 0
        return 3 if self.single and not self.names else 4


def _is_small(x: Array) -> bool:
    return x.shape[0] == 1 and max(x.shape[1:]) <= LARGEST_PICTURE


def _progress(
    groups: Iterable[tuple[list[Case], Array | None]], total: int
) -> Iterator[tuple[list[Case], Array | None]]:
    """A progress bar on standard error when results go elsewhere and there are several batches."""
    import sys

    if total < 2 or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from groups
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(groups, "running", total=total, console=Console(stderr=True), transient=True)
