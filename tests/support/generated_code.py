"""Generated code, run beside the networks that it was made of."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from collections.abc import Iterator
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cnnspec
from cnnspec.layers import find, kinds
from cnnspec.spec import Spec, bundled, check, load

Array = NDArray[Any]
TOLERANCE = 2e-5
"""Differences that are rounding, in parts of an output's largest value."""

NUMPY_ALONE = """
import runpy, sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in ("numpy", *sys.stdlib_module_names):
            raise ImportError(name)

sys.meta_path.insert(0, Nothing())
"""
"""The beginning of a program that finds nothing beside Python's own library and NumPy."""
SMALLER = {
    "efficientnet_lite0": (3, 64, 96),
    "googlenet": (3, 80, 112),
    "mobilenet_v1": (3, 64, 96),
    "mobilenet_v2": (3, 64, 96),
    "mobilenet_v3_small": (3, 64, 96),
    "densenet121": (3, 64, 96),
    "squeezenet1_1": (3, 81, 72),
    "unet": (3, 32, 48),
    "darknet19": (3, 96, 128),
    **dict.fromkeys(("resnet18", "resnet34", "resnet50"), (3, 64, 96)),
}
"""Bundled networks that any size suits: one that is quick, with rows and columns of their own number."""
LARGE = frozenset({"alexnet", "resnet101", "resnet152", "vgg11", "vgg13", "vgg16", "vgg19"})
"""Networks with many weights, that are built of what others have, too."""
NETWORKS = tuple(name for name in bundled.names() if name not in LARGE)


def network(name: str) -> Spec:
    """A bundled network."""
    return load(name, SMALLER.get(name))


def random_tensors(spec: Spec, seed: int = 0) -> dict[str, Array]:
    """Random values for all tensors; variances are positive."""
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for name, tensor in spec.graph.tensors.items():
        values = rng.normal(0, 1, tensor.shape) / max(1, prod(tensor.shape[1:])) ** 0.5
        if name.endswith("running_var"):
            values = rng.uniform(0.5, 2, tensor.shape)
        elif not tensor.fan and not name.endswith(("bias", "mean")):
            values = rng.uniform(0.5, 1.5, tensor.shape)
        found[name] = values.astype(np.float32)
    return found


def random_input(spec: Spec, images: int = 2, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(0, 1, (images, *spec.graph.input)).astype(np.float32)


def expected(spec: Spec, x: Array, tensors: dict[str, Array]) -> list[Array]:
    """The outputs of the plan."""
    return list(spec.compile(tensors, threads=1).run(x).values())


def written(spec: Spec, folder: Path, to: str, tensors: dict[str, Array] | None, **options: Any) -> Path:
    """The file that is exported."""
    path = folder / "net.py"
    cnnspec.export(spec, path, weights=tensors or None, to=to, **options)
    return path


def imported(path: Path) -> ModuleType:
    """A file as a module, under a name of its own."""
    described = importlib.util.spec_from_file_location(f"generated_{path.parent.name}_{path.stem}", path)
    assert described is not None
    assert described.loader is not None
    module = importlib.util.module_from_spec(described)
    sys.modules[described.name] = module
    try:
        described.loader.exec_module(module)
    finally:
        del sys.modules[described.name]
    return module


def ensure_close(found: list[Array], wanted: list[Array], tolerance: float = TOLERANCE) -> None:
    assert len(found) == len(wanted)
    for one, two in zip(found, wanted, strict=True):
        assert one.shape == two.shape
        scale = np.abs(two[np.isfinite(two)]).max(initial=0)
        np.testing.assert_allclose(one, two, rtol=0, atol=tolerance * max(float(scale), 1e-3))


def examples() -> Iterator[tuple[str, Spec]]:
    """Each layer's examples that are right, as specs of one line: the network's one layer, or behind `flatten`."""
    for kind in kinds():
        for number, example in enumerate(find(kind).examples):
            if isinstance(example.produces, str):
                continue
            C, H, W = (*example.arriving, 1, 1)[:3]
            flatten = "" if len(example.arriving) == 3 else "  - flatten\n"
            text = f"input: {{C: {C}, H: {H}, W: {W}}}\nlayers:\n{flatten}  - {example.yaml}\n"
            spec = check(io.StringIO(text)).spec
            assert spec is not None
            yield f"{kind}{number}", spec


EXAMPLES = dict(examples())


AWKWARD = {
    "windows shorter than their strides": """
input: {C: 2, H: 3, W: 4}
layers:
  - deconv: {F: 1, K: 2, S: 2}
  - deconv: {F: [1, 3], K: 2, S: [3, 2], P: {left: 1}}
""",
    "names that are no identifiers": """
input: {C: 2, H: 5, W: 6}
layers:
  - {conv: {F: 3, K: 3}, name: 0-a}
  - {conv: {F: 1, K: 3}, name: class}
  - {conv: {F: 1, K: 3}, name: __x}
  - {conv: {F: 1, K: 3}, name: a-b.c-d}
  - {add: [[], [relu]]}
  - {conv: {F: 1, K: 3}, name: a-b.0}
""",
    "a network of numbers": """
input: {C: 2, H: 5, W: 6}
layers:
  - relu
  - {conv: {F: 3, K: 3}, name: "1"}
  - tanh
  - {conv: {F: 1, K: 3}, name: "3"}
  - softmax
""",
    "a parameter called as a layer": """
input: {C: 4, H: 9, W: 9}
rounding: floor
blocks:
  step:
    args: {S: 1}
    layers:
      - {conv: {F: 1, K: C}, name: S}
      - maxpool: {F: 2, S: S}
      - {conv: {F: 1, K: C}, name: B}
layers:
  - {step: {}, name: one}
  - {step: {S: 2}, name: two}
  - {step: {S: 3}, name: three}
""",
    "parts that some uses leave out": """
input: {C: 4, H: 8, W: 8}
blocks:
  unit:
    args: {K: required, F: 3, act: [], side: []}
    layers:
      - {conv: {F: F, K: K, P: same-upper}, name: conv}
      - act
      - {batchnorm: {}, name: norm}
      - side
      - add: {main: [{conv: {F: 1, K: C}, name: out.0}], other: []}
  pair:
    args: {K: required, F: 3}
    layers:
      - {unit: {K: K, F: F, act: [relu], side: [{conv: {F: 1, K: C}, name: extra}]}, name: first}
      - {unit: {K: K, F: 2}, name: second}
layers:
  - {pair: {K: 4}, name: a}
  - {pair: {K: 6, F: 5}, name: b}
  - {unit: {K: 8, act: [tanh]}, name: c}
""",
    "what blocks read from elsewhere": """
input: {C: 4, H: 8, W: 8}
blocks:
  up:
    args: {skip: required, K: required}
    layers:
      - {deconv: {F: 2, K: K, S: 2}, name: up}
      - concat: [skip, []]
      - {conv: {F: 3, K: K, P: same}, name: conv}
layers:
  - {conv: {F: 3, K: 4, P: same}, name: one}
  - maxpool: {F: 2}
  - {conv: {F: 3, K: 8, P: same}, name: two}
  - maxpool: {F: 2}
  - {up: {skip: two, K: 6}, name: d.2}
  - {up: {skip: one, K: 3}, name: d.1}
""",
    "names that mean something in programs": """
input: {C: 4, H: 12, W: 12}
blocks:
  len:
    args: {conv: required, training: 2, B: 1}
    layers:
      - {conv: {F: 1, K: conv}, name: c}
      - maxpool: {F: training, S: 1, P: {top: B}}
  isinstance:
    args: {conv: required}
    layers:
      - {len: {conv: conv}, name: a}
      - relu
  b:
    args: {B: required, training: 3}
    layers:
      - {len: {conv: B, training: training, B: 0}, name: b}
      - relu
      - {len: {conv: B, training: 2, B: training // 3}, name: a}
  branch1:
    args: {K: required}
    layers: [{conv: {F: 1, K: K}, name: c}, tanh]
layers:
  - {conv: {F: 3, K: 4}, name: conv}
  - {relu: {}, name: relu}
  - {isinstance: {conv: 5}, name: np}
  - {isinstance: {conv: 6}, name: torch}
  - {b: {B: 5}, name: ops}
  - {b: {B: 6, training: 2}, name: layers}
  - {conv: {F: 1, K: 3}, name: F}
  - {leakyrelu: {}, name: nn}
  - add:
    - [{branch1: {K: 4}, name: one}]
    - [{branch1: {K: 4}, name: two}]
    - [{conv: {F: 1, K: 4}, name: len}]
  - {softmax: {}, name: softmax}
outputs: [conv, relu, F, softmax]
""",
    "batch norms without weights": """
input: {C: 4, H: 8, W: 8}
layers:
  - {conv: {F: 3, K: 4, bias: false}, name: conv}
  - {batchnorm: {affine: false, eps: 1e-3}, name: norm}
  - flatten
  - {batchnorm: {affine: false}, name: last}
""",
    "many outputs": """
input: {C: 4, H: 8, W: 8}
outputs: [one.a, one.b, one.a_long_name, one.another_name, one.last, two.a, two.b, two.last, features]
blocks:
  stage:
    args: {K: required}
    layers:
      - {conv: {F: 3, K: K, P: same}, name: a}
      - {conv: {F: 3, K: K, P: same}, name: b}
      - {conv: {F: 3, K: K, P: same}, name: a_long_name}
      - {conv: {F: 3, K: K, P: same}, name: another_name}
      - {conv: {F: 3, K: K, P: same}, name: last}
layers:
  - {stage: {K: 4}, name: one}
  - {stage: {K: 6}, name: two}
  - {conv: {F: 1, K: 100}, name: features}
""",
    "outputs whose shapes are long": """
input: {C: 100, H: 100, W: 100}
outputs: [a, b, c, d]
layers:
  - {conv: {F: 1, K: 100}, name: a}
  - {relu: {}, name: b}
  - {tanh: {}, name: c}
  - {sigmoid: {}, name: d}
""",
    "several outputs": """
input: {C: 4, H: 8, W: 8}
outputs: [one, two]
layers:
  - {conv: {F: 3, K: 4, P: same}, name: one}
  - relu
  - {conv: {F: 3, K: 8, P: same}, name: two}
""",
}
"""Networks in which something is not as usual."""


def formatted(path: Path) -> str:
    """What `ruff format` would change and `ruff check` finds, by their own settings; and lines that are too long."""
    ways = (["format", "--diff"], ["check", "-q"], ["check", "-q", "--select", "E501"])
    commands = [[sys.executable, "-m", "ruff", *way, "--isolated", "--no-cache", str(path)] for way in ways]
    return "".join(subprocess.run(each, capture_output=True, text=True, check=False).stdout for each in commands)
