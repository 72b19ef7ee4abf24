"""Keras as the judge of what was made of its file, where it is installed: in a process of its own, as it is large and
is set up by its environment.

It is not given the file as it is, whose configuration might name code: the layers are written down again, of classes
that are known, with the numbers and words among their fields alone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ....files.places import is_file
from ....files.reading import AnyPath, opened
from ....files.writing import whole
from ....graph.shape import Shape
from ...comparison import Array, Judge, random_inputs
from .activations import FUNCTIONS, OLD
from .keras_process import UNLOADABLE
from .layers import KINDS
from .model_file import KerasFile
from .operations import KINDS as OPERATIONS
from .topology import INPUTS, MODELS, Topology

BACKENDS = ("torch", "tensorflow", "jax")
SECONDS = 600
"""How long it may take."""
WORDLESS = re.compile(r".*_(initializer|regularizer|constraint)|dtype|.*_quantizer|quantization_config|build_config")


class Unknown(Exception):  # noqa: N818 - it is nobody's mistake
    """The model holds what is not given to Keras."""


def keras_itself(
    file: KerasFile,
    path: AnyPath,
    found: Topology,
    size: Shape,
    outputs: tuple[str, ...],
    undone: Callable[[Array], Array],
) -> Judge | str:
    """Keras, which has seen all inputs already, with what the spec does to an image first `undone`; why not where it is
    not installed or cannot run the model."""
    backend = next((name for name in BACKENDS if find_spec(name)), None)
    if backend is None or find_spec("keras") is None:
        return "no program that runs the model is installed here"
    is_old = file.version.startswith(("1.", "2."))
    try:
        config = _known(file.config, is_old)
    except (Unknown, KeyError, TypeError, AttributeError, RecursionError):
        return "it holds what is not given to Keras, such as code of its author"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _lay_out(folder, file, path, config)
        asked = {"outputs": outputs, "model": "model.keras" if file.packed else "model.h5", "config": config}
        with whole(folder / "asked.json") as stream:
            stream.write(json.dumps(asked).encode())
        inputs = np.concatenate(random_inputs(size))
        with whole(folder / "inputs.npy") as stream:
            np.save(stream, _theirs(undone(inputs), found))
        command = [sys.executable, "-m", f"{__package__}.keras_process", name]
        environment = os.environ | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": ""}
        try:
            ended = subprocess.run(command, env=environment, capture_output=True, timeout=SECONDS, check=False)
        except OSError:
            return "Keras could not be started"
        except subprocess.TimeoutExpired:
            return f"Keras did not answer within {SECONDS} seconds"
        if is_file(folder / UNLOADABLE):
            with opened(folder / UNLOADABLE) as stream:
                return f"Keras is installed here and cannot be loaded: {stream.read().decode()}"
        if ended.returncode:
            return "Keras, which is installed here, could not run the model"
        with opened(folder / "outputs.npz") as stream, np.load(stream) as made:
            first = found.channels_first
            answers = iter([[_ours(made[key][i : i + 1], first) for key in made.files] for i in range(len(inputs))])
    return Judge("Keras", lambda x: next(answers))


def _theirs(inputs: Array, found: Topology) -> Array:
    """(N, C, H, W) in the model's order and with as many axes as its input has; vectors (N, C) as they are."""
    if len(found.size) == 1:
        return inputs
    N, C, H, W = inputs.shape
    if found.channels_first:
        return inputs.reshape(N, *((C, H, W) if len(found.size) == 3 else (C, W)[: len(found.size)]))
    return inputs.transpose(0, 2, 3, 1).reshape(N, *(H, W, C)[-len(found.size) :])


def _ours(values: Array, channels_first: bool) -> Array:
    """(N, H, W, C), or (N, T, C), as (N, C, H, W)."""
    if values.ndim == 3:
        values = np.expand_dims(values, 2 if channels_first else 1)
    return values if channels_first or values.ndim != 4 else values.transpose(0, 3, 1, 2)


def _lay_out(folder: Path, file: KerasFile, path: AnyPath, config: Mapping[str, Any]) -> None:
    """The model's files, as Keras reads them: its numbers are the file's own."""
    if not file.packed:
        (folder / "model.h5").symlink_to(Path(path).resolve())
        return
    with whole(folder / "model.keras") as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": file.version, "date_saved": ""}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", file.packed)


def _known(model: Mapping[str, Any], is_old: bool) -> dict[str, Any]:
    """A model's configuration of known classes. Raises Unknown where it has others."""
    inner = model["config"]
    if isinstance(inner, list):
        inner = {"name": "sequential", "layers": inner}
    fields = _plain(inner, is_old) | {"layers": [_layer(each, is_old) for each in inner["layers"]]}
    fields |= {key: _links(inner[key]) for key in ("input_layers", "output_layers") if key in inner}
    kind = "Functional" if model["class_name"] == "Model" else model["class_name"]
    if kind not in MODELS:
        raise Unknown
    module = "keras" if kind in ("Sequential",) else "keras.src.models.functional"
    return {"module": module, "class_name": kind, "config": fields, "registered_name": None}


def _layer(layer: Mapping[str, Any], is_old: bool) -> dict[str, Any]:
    kind, module = layer["class_name"], str(layer.get("module", "")) or _module(layer)
    if kind in MODELS:
        found = _known(layer, is_old)
    elif module in ("keras.src.ops.nn", "keras.src.ops.numpy") and kind in KINDS:
        found = {"module": module, "class_name": kind, "config": _plain(layer["config"], is_old)}
    elif kind in KINDS or kind in INPUTS:
        found = {"module": "keras.layers", "class_name": kind, "config": _plain(layer["config"], is_old)}
    else:
        raise Unknown
    found |= {"registered_name": None, "name": layer.get("name") or layer["config"]["name"]}
    return found | ({"inbound_nodes": _links(layer["inbound_nodes"])} if "inbound_nodes" in layer else {})


def _module(layer: Mapping[str, Any]) -> str:
    """Where a class is from, in files that do not say so: what is no layer has fewer fields."""
    if layer["class_name"] in OPERATIONS:
        return "keras.src.ops.nn"
    return "keras.layers" if len(layer["config"]) > 1 else "keras.src.ops.numpy"


def _plain(config: Mapping[str, Any], is_old: bool) -> dict[str, Any]:
    """The fields of numbers and words; functions by the names that are known."""
    found = {}
    for key, value in config.items():
        if key == "activation" and value not in (None, "linear", *FUNCTIONS):
            raise Unknown
        if key == "activation" and is_old and value in OLD:
            raise Unknown  # the word means something else today
        if not WORDLESS.fullmatch(key) and _is_plain(value):
            found[key] = value
    return found


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _links(found: Any) -> Any:
    """Which layers are given to which, and nothing else."""
    if isinstance(found, Mapping):
        return dict(_mapped(found))
    if isinstance(found, list):
        return [_links(each) for each in found]
    if found is None or isinstance(found, bool | int | float | str):
        return found
    raise Unknown


def _mapped(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "class_name" in found and found["class_name"] not in ("__keras_tensor__", "__slice__"):
        raise Unknown
    for key, value in found.items():
        yield str(key), _links(value)
