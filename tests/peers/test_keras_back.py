"""What is exported as code for Keras, and saved there, comes back by `cnnspec import`."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from generated_code import (
    EXAMPLES,
    TOLERANCE,
    ensure_close,
    expected,
    imported,
    network,
    random_input,
    random_tensors,
    written,
)

from cnnspec.diagnostics import FileError
from cnnspec.interop.export import problems
from cnnspec.interop.importing import read_model
from cnnspec.interop.registry import EXPORTERS
from cnnspec.spec import Spec

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]

os.environ.setdefault("KERAS_BACKEND", "torch")

NETWORKS = ("lenet5", "resnet20_cifar", "mobilenet_v2", "googlenet", "mobilenet_v3_small")
ONE_WAY = ("layernorm1",)
"""A norm over all values, which `cnnspec import` does not read."""
SAID = [name for name, of in EXAMPLES.items() if not problems(of, EXPORTERS["keras"]) and name not in ONE_WAY]


def there_and_back(of: Spec, folder: Path) -> None:
    tensors, x = random_tensors(of), random_input(of)
    module = imported(written(of, folder, "keras", tensors))
    model = module.build()
    if of.graph.until(*of.graph.outputs).tensors:
        module.load_weights(model, module.load_safetensors(folder / "net.safetensors"))
    model.save(folder / "back.keras")
    found = read_model(folder / "back.keras", verify=False)
    made = found.spec.compile(found.tensors, threads=1).run(x)
    ensure_close([made[step] for step in found.spec.graph.outputs], expected(of, x, tensors), TOLERANCE)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_come_back(name: str, tmp_path: Path) -> None:
    there_and_back(network(name), tmp_path)


@pytest.mark.parametrize("name", SAID)
def test_layers_come_back(name: str, tmp_path: Path) -> None:
    there_and_back(EXAMPLES[name], tmp_path)


def test_keras_itself_takes_part(tmp_path: Path) -> None:
    """It runs a model with functions of `keras.ops`, so that the spec is held against it."""
    import keras
    from keras import ops

    x = keras.Input((6, 5, 2))
    y = ops.max_pool(ops.pad(x, ((0, 0), (1, 1), (0, 1), (0, 0)), constant_values=-np.inf), 3, 2)
    y = ops.clip(ops.pad(y, ((0, 0), (0, 2), (1, 0), (0, 0)), constant_values=0.5), -1, 1)
    keras.Model(x, ops.mean(y[:, 0:5], axis=2, keepdims=True)).save(tmp_path / "net.keras")
    found = read_model(tmp_path / "net.keras")
    assert found.difference is not None
    assert found.spec.graph.shape(found.spec.graph.outputs[0]) == (2, 5, 1)


def test_what_is_not_read_is_not_called_its_authors_code(tmp_path: Path) -> None:
    import keras
    from keras import ops

    x = keras.Input((6, 5, 2))
    keras.Model(x, ops.sin(x)).save(tmp_path / "net.keras")
    with pytest.raises(FileError) as fault:
        read_model(tmp_path / "net.keras")
    assert fault.value.diagnostics[0].why == "no layer of the language is a `Sin` of Keras"


def test_minus_infinity_is_only_padding_of_a_maximum(tmp_path: Path) -> None:
    import keras
    from keras import ops

    x = keras.Input((6, 5, 2))
    y = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    keras.Model(x, ops.average_pool(y, 2)).save(tmp_path / "net.keras")
    keras.Model(x, y).save(tmp_path / "end.keras")
    for name in ("net", "end"):
        with pytest.raises(FileError) as fault:
            read_model(tmp_path / f"{name}.keras")
        assert "minus infinity" in fault.value.diagnostics[0].why


def test_padding_comes_back(tmp_path: Path) -> None:
    """Zeros that are put around an image for convolutions alone are their padding."""
    of = network("mobilenet_v2")
    imported(written(of, tmp_path, "keras", random_tensors(of))).build().save(tmp_path / "back.keras")
    found = read_model(tmp_path / "back.keras", verify=False).spec.graph.steps
    own, theirs = (
        [step.layer.windows(step.arriving[0]) for step in steps if step.kind == "conv"]  # type: ignore[attr-defined]
        for steps in (of.graph.steps, found)
    )
    assert own == theirs
    assert not any(step.kind == "pad" for step in found)


def test_zeros_that_others_read_stay(tmp_path: Path) -> None:
    import keras

    L = keras.layers
    x = keras.Input((6, 5, 2))
    y = L.Conv2D(3, 1, padding="same")(L.ZeroPadding2D(((0, 1), (2, 0)))(x))  # padding of its own
    z = L.ZeroPadding2D(1)(y)
    z = L.Add()([L.DepthwiseConv2D(3)(z), L.MaxPooling2D(3, strides=1)(z)])
    z = L.SeparableConv2D(4, 3, strides=2)(L.ZeroPadding2D(((0, 1), (1, 1)))(z))
    keras.Model(x, [z, L.ZeroPadding2D(1)(z)]).save(tmp_path / "net.keras")
    found = read_model(tmp_path / "net.keras")
    kinds = [step.kind for step in found.spec.graph.steps]
    assert kinds == ["pad", "conv", "pad", "conv", "maxpool", "add", "conv", "conv", "pad"]
    assert "left out" not in "".join(found.notes)
    assert "conv: {F: 1, K: 3, P: same}" in found.text
    assert "conv: {F: 3, K: 3, S: 2, P: {bottom: 1, left: 1, right: 1}, G: 3" in found.text.replace("G: C", "G: 3")
