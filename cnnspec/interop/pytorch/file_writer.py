"""A spec -> the text of a file with its network as a PyTorch module."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...graph.graph import Graph
from ..code.bodies import Item
from ..code.dataflow import class_name, identifier
from ..code.describing import file_name, of_about, shapes_about
from ..code.library import library, names_in
from ..code.names import body_names, free
from ..code.structure import program
from .class_writer import TAKEN, Class

if TYPE_CHECKING:
    from ...spec import Spec


def text(spec: Spec, name: str) -> str:
    """The file called `name`."""
    graph = spec.graph.until(*spec.graph.outputs)
    written, main = classes(graph, class_name(spec.header.name or Path(name).stem))
    own = library(__package__)
    pieces = [*own.pieces(names_in("\n".join(written))), *written]
    code = "\n\n\n".join(pieces) + "\n"
    space = ["", ""] if code.startswith(("class", "def", "@")) else [""]
    return "\n".join([*_docstring(spec, graph, main, name), "", *_imports(code), *space, code])


def classes(graph: Graph, title: str) -> tuple[list[str], str]:
    """The classes of a graph, the network's own last, and its name."""
    found = program(graph, _fits)
    used = {*TAKEN, *library(__package__).texts}
    main = free(title, used)
    names = body_names(found.blocks, class_name, used)
    made: dict[object, Class] = {}
    texts = []
    for body in (*found.blocks, found.main):
        own = made[body] = Class(names.get(body, main), body, made)  # type: ignore[arg-type]
        about = f"Block `{body.title}` of the spec." if body.title else shapes_about(graph)
        texts.append("\n".join(own.lines(about)))
    return texts, main


def _fits(items: list[Item]) -> bool:
    """Whether all layers under one attribute are there, or left out, together."""
    presents: dict[str, set[tuple[bool, ...]]] = {}
    for item in items:
        if item.has_tensors or "." in item.name:
            presents.setdefault(item.name.split(".")[0], set()).add(item.present)
    return all(len(each) == 1 for each in presents.values())


def _docstring(spec: Spec, graph: Graph, main: str, name: str) -> list[str]:
    stem = Path(name).stem
    lines = [f'"""{of_about(spec, stem)}', ""]
    if not graph.tensors:
        return [*lines, f"Call `{main}()` with a batch of float32.", '"""']
    return [
        *lines,
        "The tensors of the state_dict are called as those of the spec. To load its weights:",
        "",
        "    from safetensors.torch import load_file",
        f"    from {identifier(stem)} import {main}",
        "",
        f"    net = {main}()",
        f'    net.load_state_dict(load_file("{file_name(stem)}.safetensors"))',
        "    net.eval()",
        '"""',
    ]


def _imports(code: str) -> list[str]:
    used = names_in(code)
    lines = ["from collections import OrderedDict", ""] if "OrderedDict" in used else []
    lines += ["import torch"] if "torch" in used else []
    lines += ["import torch.nn.functional as F"] if "F" in used else []
    return [*lines, f"from torch import {'Tensor, ' * ('Tensor' in used)}nn"]
