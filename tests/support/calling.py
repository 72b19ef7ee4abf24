"""The command line called as a function, and small specs with weights to call it with."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnspec.cli import group, guarded
from cnnspec.spec import Spec, load
from cnnspec.weights import initial, save

HEAD = "input: {C: 1, H: 4, W: 6}\npreprocess: {mode: gray, resize: [4, 6], scale: 1/255}\n"
LAYERS = """\
layers:
  - {conv: {F: 3, K: 2, P: same}, name: conv}
  - {relu: {}, name: relu}
  - {flatten: {}, name: flat}
  - {dense: {K: 3}, name: fc}
"""
CLASSES = "classes: [cat, dog, bird]\n"


class Called(NamedTuple):
    """What a call gave: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[Any]:
        """Standard output as JSON, an object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def call(*arguments: str | Path) -> Called:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        arguments_given = [str(argument) for argument in arguments]
        code = guarded(lambda: group.main(arguments_given, prog_name="cnnspec", standalone_mode=False))
    return Called(code, out.getvalue(), err.getvalue())


def net(folder: Path, text: str = HEAD + LAYERS + CLASSES) -> Path:
    """A spec in a folder, with weights beside it that it names."""
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    save(initial(load(path).graph.tensors, "he", 0), folder / "net.safetensors")
    path.write_text(f"{text}weights: net.safetensors\n", encoding="utf-8")
    return path


def outputs(spec: Path | Spec, x: NDArray[Any]) -> NDArray[Any]:
    """The raw output, by plain execution."""
    model = (spec if isinstance(spec, Spec) else load(spec)).compile()
    return list(model.trace(x).values())[-1]


def image(path: Path, seed: int = 0, size: tuple[int, int] = (4, 6)) -> Path:
    """A gray image of random pixels, H x W."""
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, size, np.uint8)).save(path)
    return path


def inputs(n: int, shape: tuple[int, ...] = (1, 4, 6), seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)
