"""A spec -> the text of a file with its network in NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...graph.graph import Graph
from ..code.bodies import Body
from ..code.dataflow import identifier
from ..code.describing import batch, file_name, of_about, shapes_about
from ..code.functions import Function, Style
from ..code.library import library, names_in
from ..code.names import body_names
from ..code.structure import program
from .kinds import KINDS

if TYPE_CHECKING:
    from ...spec import Spec

NETWORK = "network"
TAKEN = frozenset({"x", "tensors", "name", "np", "i"})
MAIN = frozenset(
    {"main", "skip", "checked", NETWORK, "INPUT", "WEIGHTS", "sys", "json", "math", "Path", "sliding_window_view"}
)
IMPORTS = ("json", "math", "sys")


CHECKED = '''def checked(x: Array) -> Array:
    """A batch of inputs as float32; ValueError for what is none."""
    x = np.asarray(x)
    if x.dtype.kind not in "fiu":
        raise ValueError(f"the input holds no numbers, but {x.dtype}")
    batch = x[None] if x.ndim == len(INPUT) else x
    if batch.shape[1:] != INPUT:
        wanted = ", ".join(map(str, INPUT))
        raise ValueError(f"the input is {x.shape}, not (N, {wanted})")
    return batch.astype(np.float32)'''


def text(spec: Spec, name: str) -> str:
    """The file called `name`."""
    graph = spec.graph.until(*spec.graph.outputs)
    own = library(__package__)
    written = [*functions(graph), CHECKED, _main(graph)]
    start = f"INPUT = {graph.input}  # channels, rows, columns"
    needed = own.pieces(names_in("\n".join(written)))
    code = "\n\n\n".join([_constants(start, needed), *needed[1:], *written])
    code += '\n\n\nif __name__ == "__main__":\n    main()\n'
    return "\n".join([*_docstring(spec, graph, name), "", *_imports(code), "", code])


def functions(graph: Graph) -> list[str]:
    """The functions of a graph, the network's own last."""
    taken = TAKEN | library(__package__).texts.keys()
    style = Style(KINDS, "Array", (("tensors", "Tensors"),) if graph.tensors else (), taken)
    found = program(graph)
    names = body_names(found.blocks, identifier, {*taken, *MAIN})
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


def _docstring(spec: Spec, graph: Graph, name: str) -> list[str]:
    stem = Path(name).stem
    use = f"    python {file_name(Path(name).name)} INPUT.npy [OUTPUT.npy]"
    lines = [f'"""{of_about(spec, stem)}', "", "It needs NumPy alone:", "", use, ""]
    lines += [f"The input is a batch {batch(graph.input)} of float32, or one without the N."]
    if graph.tensors:
        lines += [f"The weights are read from {file_name(stem)}.safetensors beside this file."]
    return [*lines, '"""']


def _imports(code: str) -> list[str]:
    used = names_in(code)
    lines = [f"import {name}" for name in IMPORTS if name in used]
    lines += ["from pathlib import Path"] if "Path" in used else []
    lines += ["", "import numpy as np"]
    if "sliding_window_view" in used:
        lines.append("from numpy.lib.stride_tricks import sliding_window_view")
    return lines


def _main(graph: Graph) -> str:
    weights = '\n    tensors = load_safetensors(Path(__file__).with_suffix(".safetensors"))' if graph.tensors else ""
    arguments = "x, tensors" if graph.tensors else "x"
    save, show = "np.save(sys.argv[2], y)", "print(y)"
    if len(graph.outputs) > 1:
        save, show = "np.savez(sys.argv[2], *y)", 'print(*y, sep="\\n")'
    return f'''def main() -> None:
    """Run on the file that the command names."""
    if len(sys.argv) not in (2, 3):
        sys.exit(f"usage: python {{sys.argv[0]}} INPUT.npy [OUTPUT.npy]")
    x = checked(np.load(sys.argv[1])){weights}
    y = network({arguments})
    if len(sys.argv) == 3:
        {save}
    else:
        {show}'''
