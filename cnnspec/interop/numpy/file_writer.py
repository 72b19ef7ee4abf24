"""A spec -> the text of a file with its network in NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...graph.graph import Graph
from ...graph.shape import batch_of, is_image
from ..code.bodies import Body
from ..code.dataflow import identifier
from ..code.describing import file_name, of_about, shapes_about
from ..code.functions import Function, Style
from ..code.library import library, names_in
from ..code.names import body_names
from ..code.structure import program
from . import picture_writer, program_writer
from .kinds import KINDS

if TYPE_CHECKING:
    from ...spec import Spec

NETWORK = "network"
TAKEN = frozenset({"x", "tensors", "name", "np", "i"})
MAIN = frozenset({"main", "skip", "say", "checked", NETWORK, "INPUT", "sliding_window_view"})
ALONE = frozenset({"preprocess", "probabilities", "CLASSES"})
IMPORTS = ("argparse", "json", "math", "os", "sys")
MORE = {"Iterator": "collections.abc", "contextmanager": "contextlib", "Path": "pathlib"}
"""Names, and the modules that they are imported from."""

CHECKED = '''def checked(x: Array) -> Array:
    """A batch of inputs as float32; ValueError for what is none."""
    x = np.asarray(x)
    if x.dtype.kind not in "fiu":
        raise ValueError(f"the input holds no numbers, but {x.dtype}")
    batch = x[None] if x.ndim == len(INPUT) else x
    if batch.shape[1:] != INPUT or not len(batch):
        wanted = ", ".join(map(str, INPUT))
        raise ValueError(f"the input is {x.shape}, not (N, {wanted}) with N >= 1")
    return batch.astype(np.float32)'''


def text(spec: Spec, name: str, standalone: bool = False) -> str:
    """The file called `name`; `standalone` takes pictures and prints classes."""
    graph = spec.graph.until(*spec.graph.outputs)
    own = library(__package__, is_shared=True)
    ending = picture_writer.pieces(spec, graph) if standalone else [program_writer.main(graph)]
    written = [*functions(graph), CHECKED, program_writer.SAY, *ending]
    start = f"INPUT = {graph.input}" + "  # channels, rows, columns" * is_image(graph.input)
    needed = own.pieces(names_in("\n".join(written)))
    code = "\n\n\n".join([_constants(start, needed), *needed[1:], *written])
    code += '\n\n\nif __name__ == "__main__":\n    main()\n'
    return "\n".join([*_docstring(spec, graph, name, standalone), "", *_imports(code), "", code])


def functions(graph: Graph) -> list[str]:
    """The functions of a graph, the network's own last."""
    taken = TAKEN | library(__package__, is_shared=True).texts.keys()
    style = Style(KINDS, "Array", (("tensors", "Tensors"),) if graph.tensors else (), taken)
    found = program(graph)
    names = body_names(found.blocks, identifier, {*taken, *MAIN, *ALONE, *IMPORTS, *MORE})
    made: dict[Body, Function] = {}
    texts = []
    for body in (*found.blocks, found.main):
        own = made[body] = Function(names.get(body, NETWORK), body, made, style)
        about = f"Block `{body.title}` of the spec." if body.title else shapes_about(graph)
        texts.append("\n".join(own.lines(about)))
    return texts


def _constants(start: str, pieces: list[str]) -> str:
    """The first definitions, types, behind the network's own constants."""
    return f"{start}\n\n{pieces[0]}"


def _docstring(spec: Spec, graph: Graph, name: str, standalone: bool) -> list[str]:
    stem = Path(name).stem
    files = "PICTURE.npy..." if standalone else "INPUT.npy [OUTPUT.npy]"
    use = f"    python {file_name(Path(name).name)} {files}"
    lines = [f'"""{of_about(spec, stem)}', "", "It needs NumPy alone:", "", use, ""]
    taken = f"The input is a batch {batch_of(graph.input)} of float32, or one without the N."
    lines += ["A picture is (H, W, 3), or (H, W) of gray, of uint8."] if standalone else [taken]
    if graph.tensors:
        lines += [f"The weights are read from {file_name(stem)}.safetensors beside this file."]
    return [*lines, '"""']


def _imports(code: str) -> list[str]:
    used = names_in(code)
    lines = [f"import {name}" for name in IMPORTS if name in used]
    lines += [f"from {module} import {name}" for name, module in MORE.items() if name in used]
    lines += ["", "import numpy as np"]
    if "sliding_window_view" in used:
        lines.append("from numpy.lib.stride_tricks import sliding_window_view")
    return lines
