"""What a Keras model does to all pixels first is the `preprocess` of the spec that is made of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from PIL import Image

from cnnspec import weights
from cnnspec.interop.imported import Imported
from cnnspec.interop.importing import read_model, write_spec
from cnnspec.spec import load

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]

os.environ.setdefault("KERAS_BACKEND", "torch")

MEAN, VARIANCE = [123.5, 116.25, 103.5], [0.04, 0.0625, 0.09]


def saved(*layers: Any, shape: tuple[int, ...] = (6, 5, 3), folder: Path) -> Any:
    """A model of some layers and a convolution, which has been saved."""
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(shape), *layers, keras.layers.Conv2D(4, 3, bias_initializer="ones")])
    model.save(folder / "net.keras")
    return model


def read(folder: Path) -> Imported:
    found = read_model(folder / "net.keras", "net.safetensors")
    assert found.difference is not None
    assert found.difference.largest < 1e-4  # pixels around a mean of 100 lose digits
    return found


def layers(name: str) -> list[Any]:
    import keras

    L = keras.layers

    learned = L.Normalization()
    learned.adapt(np.random.default_rng(0).random((40, 6, 5, 3), np.float32) * 255)
    return {
        "a number": [L.Rescaling(1 / 255)],
        "from -1 to 1": [L.Rescaling(1 / 127.5, offset=-1)],
        "one a channel": [L.Rescaling([2, 4, 8], offset=[1, 0, -1])],
        "a mean": [L.Normalization(mean=MEAN, variance=VARIANCE)],
        "both": [L.Rescaling(1 / 255), L.Normalization(mean=[0.485, 0.456, 0.406], variance=[0.052441, 0.04, 0.25])],
        "what was learned": [learned],
    }[name]


SAID = {
    "a number": {"scale": 1 / 255},
    "from -1 to 1": {"scale": 1 / 127.5, "mean": 1.0},
    "one a channel": {"mean": (-0.5, 0.0, 0.125), "std": (0.5, 0.25, 0.125)},
    "a mean": {"mean": tuple(MEAN), "std": (0.2, 0.25, 0.3)},
    "both": {"scale": 1 / 255, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.2, 0.5)},
}


@pytest.mark.parametrize("name", SAID)
def test_it_is_said_in_few_numbers(name: str, tmp_path: Path) -> None:
    saved(*layers(name), folder=tmp_path)
    found = read(tmp_path)
    assert [step.kind for step in found.spec.graph.steps] == ["conv"]
    assert found.spec.header.preprocess is not None
    assert found.spec.header.preprocess.model_dump(exclude_defaults=True) == SAID[name]
    assert found.notes[0].startswith("in `preprocess`, which images go through, and arrays do not: ")


@pytest.mark.parametrize("name", ["both", "what was learned", "from -1 to 1"])
def test_a_picture_goes_the_same_way(name: str, tmp_path: Path) -> None:
    model = saved(*layers(name), folder=tmp_path)
    pixels = np.random.default_rng(1).integers(0, 256, (6, 5, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    write_spec(read(tmp_path), tmp_path / "net.yaml")
    (made,) = load(tmp_path / "net.yaml").run([tmp_path / "picture.png"], progress=False)
    wanted = model.predict(pixels[None].astype("f4"), verbose=0)[0].transpose(2, 0, 1)
    np.testing.assert_allclose(np.asarray(made.found), wanted, atol=1e-4 * np.abs(wanted).max())


def test_what_cannot_be_said_stays_a_layer(tmp_path: Path) -> None:
    import keras

    L = keras.layers

    for inner, shape in (
        ([L.Rescaling(-1)], (6, 5, 3)),
        ([L.Rescaling(0.5)], (6, 5, 4)),
        ([L.Rescaling(1e9)], (6, 5, 3)),
    ):
        saved(*inner, shape=shape, folder=tmp_path)
        found = read(tmp_path)
        assert [step.kind for step in found.spec.graph.steps] == ["scale", "conv"]
        assert found.spec.header.preprocess is None
    x = keras.Input((6, 5, 3))
    y = L.Rescaling(1 / 255)(x)
    for outputs in (y, [y, L.Conv2D(2, 3)(y)], L.Concatenate()([x, y])):
        keras.Model(x, outputs).save(tmp_path / "net.keras")
        found = read(tmp_path)
        assert found.spec.header.preprocess is None
        assert found.spec.graph.steps[0].kind == "scale"


def test_a_line_behind_what_cannot_be_said_stays(tmp_path: Path) -> None:
    import keras

    L = keras.layers

    saved(L.Rescaling(0.5), L.Rescaling([-1, 1, 1]), L.Rescaling(2), folder=tmp_path)
    found = read(tmp_path)
    assert [step.kind for step in found.spec.graph.steps] == ["scale", "scale", "conv"]
    assert found.text.count("preprocess: {scale: 0.5}") == 1


def test_weights_for_a_spec_that_has_it_as_a_layer(tmp_path: Path) -> None:
    import keras

    L = keras.layers

    saved(L.Rescaling(0.5), folder=tmp_path)
    text = "input: {C: 3, H: 6, W: 5}\nlayers: [scale, {conv: {F: 3, K: 4}, name: only}]\n"
    (tmp_path / "spec.yaml").write_text(text)
    words = ("convert", tmp_path / "net.keras", "-o", tmp_path / "out.npz", "--for", tmp_path / "spec.yaml")
    assert call(*words).code == 0
    np.testing.assert_array_equal(weights.read(tmp_path / "out.npz")["scale1.weight"], np.full(3, 0.5, "f4"))
