"""A spec -> the text of a file with its network as a functional model of Keras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...graph.graph import Graph
from ...graph.shape import Shape, batch_of, is_image
from ..code.bodies import Body
from ..code.dataflow import identifier
from ..code.describing import file_name, from_to, of_about
from ..code.functions import Function, Style
from ..code.library import library, names_in
from ..code.names import body_names
from ..code.structure import program
from .kinds import KINDS

if TYPE_CHECKING:
    from ...spec import Spec

TAKEN = frozenset({"x", "name", "ops", "layers", "keras", "i", "np"})
OWN = frozenset({"network", "skip", "build", "json", "Path", "INPUT"})


def text(spec: Spec, name: str) -> str:
    """The file called `name`."""
    graph = spec.graph.until(*spec.graph.outputs)
    own = library(__package__, is_shared=True)
    written = [*functions(graph), BUILD]
    wanted = names_in("\n".join(written)) | ({"load_safetensors", "load_weights"} if graph.tensors else set())
    start = f"INPUT = {_last(graph.input)}" + "  # rows, columns, channels" * is_image(graph.input)
    needed = own.pieces(wanted)
    if needed and not needed[0].startswith("def"):
        start += f"\n\n{needed.pop(0)}"
    code = "\n\n\n".join([start, *needed, *written]) + "\n"
    return "\n".join([*_docstring(spec, graph, name), "", *_imports(code), "", code])


BUILD = '''def build() -> keras.Model:
    """The model, with fresh weights."""
    x = keras.Input(INPUT)
    return keras.Model(x, network(x))'''


def functions(graph: Graph) -> list[str]:
    """The functions of a graph, the network's own last."""
    found = program(graph)
    style = Style(KINDS, "KerasTensor", (), TAKEN | library(__package__, is_shared=True).texts.keys())
    names = body_names(found.blocks, identifier, {*style.taken, *OWN})
    made: dict[Body, Function] = {}
    texts = []
    for body in (*found.blocks, found.main):
        own = made[body] = Function(names.get(body, "network"), body, made, style)
        about = f"Block `{body.title}` of the spec." if body.title else _shapes(graph)
        texts.append("\n".join(own.lines(about)))
    return texts


def _shapes(graph: Graph) -> str:
    """Input and output of a network, channels last."""
    input, *outputs = map(_last, (graph.input, *map(graph.shape, graph.outputs)))
    return from_to(input, outputs)


def _last(shape: Shape) -> Shape:
    """A shape with its channels last."""
    return (*shape[1:], shape[0])


def _docstring(spec: Spec, graph: Graph, name: str) -> list[str]:
    stem = Path(name).stem
    taken = f"{'Images' if is_image(graph.input) else 'Vectors'} are {batch_of(_last(graph.input))}"
    lines = [f'"""{of_about(spec, stem)}', "", f"{taken}. With the spec's weights:", ""]
    imported = "build, load_safetensors, load_weights"
    lines += ["    from pathlib import Path", f"    from {identifier(stem)} import {imported}"]
    lines += ["", "    model = build()"]
    if not graph.tensors:
        return [lines[0], "", f"{taken}; `build()` makes the model.", '"""']
    return [*lines, f'    load_weights(model, load_safetensors(Path("{file_name(stem)}.safetensors")))', '"""']


def _imports(code: str) -> list[str]:
    used = names_in(code)
    lines = ["import json", "from pathlib import Path", ""] if "json" in used else []
    lines += ["import keras"]
    lines += ["import numpy as np"] if "np" in used else []
    more = [name for name in ("KerasTensor", "layers", "ops") if name in used]
    return [*lines, *([f"from keras import {', '.join(more)}"] if more else [])]
