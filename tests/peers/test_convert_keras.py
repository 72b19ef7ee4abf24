"""Weights of models that Keras has saved, under the names of the spec that they were made from."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import random_specs
from calling import call
from generated_code import (
    AWKWARD,
    Array,
    ensure_close,
    expected,
    imported,
    network,
    random_input,
    random_tensors,
    written,
)

from cnnspec import weights
from cnnspec.spec import Spec

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]

os.environ.setdefault("KERAS_BACKEND", "torch")

NETWORKS = {
    "lenet5": lambda: network("lenet5"),
    "mobilenet_v3_small": lambda: network("mobilenet_v3_small"),
    "what blocks read from elsewhere": lambda: random_specs.load(AWKWARD["what blocks read from elsewhere"]),
    "a dense layer behind an image": lambda: random_specs.load(UNROLLED),
}
UNROLLED = """
input: {C: 3, H: 5, W: 7}
layers:
  - {conv: {F: 3, K: 4}, name: features.0}
  - {batchnorm: {}, name: features.1}
  - flatten
  - {dense: {K: 6}, name: head.0}
  - relu
  - {dense: {K: 2}, name: head.1}
"""


def saved(of: Spec, folder: Path, suffix: str) -> Path:
    """The spec as Keras code, with random weights, saved by Keras."""
    module = imported(written(of, folder, "keras", random_tensors(of)))
    model = module.build()
    module.load_weights(model, module.load_safetensors(folder / "net.safetensors"))
    model.save(folder / f"model{suffix}")
    return folder / f"model{suffix}"


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", NETWORKS)
def test_there_and_back(name: str, suffix: str, tmp_path: Path) -> None:
    of = NETWORKS[name]()
    model, out = saved(of, tmp_path, suffix), tmp_path / "back.safetensors"
    (tmp_path / "spec.yaml").write_text(of.source.text)
    called = call("convert", model, "-o", out, "--for", tmp_path / "spec.yaml")
    assert called.code == 0, called.err
    found, wanted = weights.read(out), random_tensors(of)
    assert found.keys() == wanted.keys()
    for each, array in wanted.items():
        np.testing.assert_array_equal(found[each], array)
    assert "layers are called otherwise" in called.err or "." not in "".join(step.name for step in of.graph.steps)


CHAIN = """
input: {C: 3, H: 9, W: 7}
layers:
  - {conv: {F: [3, 2], K: 4, bias: false}, name: one}
  - {batchnorm: {}, name: two}
  - {conv: {F: 3, K: 8, G: C, P: same}, name: three}
  - {prelu: {}, name: four}
  - add: [[{conv: {F: 1, K: 8}, name: five}], []]
  - {deconv: {F: 2, K: 5, S: 2}, name: six}
  - globalavgpool
  - flatten
  - {dense: {K: 6}, name: seven}
  - {dense: {K: 2}, name: eight}
"""


def weights_saved(of: Spec, folder: Path) -> Path:
    """Its weights alone, saved by Keras."""
    module = imported(written(of, folder, "keras", random_tensors(of)))
    model = module.build()
    module.load_weights(model, module.load_safetensors(folder / "net.safetensors"))
    model.save_weights(folder / "only.weights.h5")
    return folder / "only.weights.h5"


@pytest.mark.parametrize("is_renamed", [False, True])
def test_weights_alone(is_renamed: bool, tmp_path: Path) -> None:
    """By their names; where these are others, by their order, when there is only one."""
    of = random_specs.load(CHAIN)
    text, wanted = CHAIN, random_tensors(of)
    if is_renamed:
        for name in ("one", "two", "three", "four", "five", "six", "seven", "eight"):
            text = text.replace(f"name: {name}", f"name: a.{name}")
        wanted = {f"a.{name}": array for name, array in wanted.items()}
    (tmp_path / "spec.yaml").write_text(text)
    called = call("convert", weights_saved(of, tmp_path), "-o", tmp_path / "out.npz", "--for", tmp_path / "spec.yaml")
    assert called.code == 0
    assert "Keras takes 0.001 by itself, the spec 1e-05" in " ".join(called.err.split())
    found = weights.read(tmp_path / "out.npz")
    assert found.keys() == wanted.keys()
    for each, array in wanted.items():
        np.testing.assert_array_equal(found[each], array)


def test_weights_alone_behind_an_unrolled_image(tmp_path: Path) -> None:
    """In Keras' own order they come as those of the whole model; where axes are permuted, nobody can tell."""
    import keras

    row = [keras.Input((5, 7, 3)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(), keras.layers.Flatten()]
    model = keras.Sequential([*row, keras.layers.Dense(6, activation="relu"), keras.layers.Dense(2)])
    model.save(tmp_path / "whole.keras")
    model.save_weights(tmp_path / "plain.weights.h5")
    (tmp_path / "spec.yaml").write_text(UNROLLED)
    for name in ("whole.keras", "plain.weights.h5"):
        out = tmp_path / f"{name}.npz"
        assert call("convert", tmp_path / name, "-o", out, "--for", tmp_path / "spec.yaml").code == 0
    whole, alone = (weights.read(tmp_path / f"{name}.npz") for name in ("whole.keras", "plain.weights.h5"))
    for each in whole:
        np.testing.assert_array_equal(alone[each], whole[each])
    permuted = weights_saved(random_specs.load(UNROLLED), tmp_path)
    called = call("convert", permuted, "-o", tmp_path / "out.npz", "--for", tmp_path / "spec.yaml")
    assert (called.code, "the weights of `head_0` cannot be taken" in called.err, "permutes axes" in called.err) == (
        3,
        True,
        True,
    )


def test_weights_alone_of_branches_want_names(tmp_path: Path) -> None:
    text = CHAIN.replace("name: five}], []]", "name: five}], [{conv: {F: 1, K: 8}, name: beside}]]")
    source = weights_saved(random_specs.load(text), tmp_path)
    for wanted, said in (
        (text.replace("five", "5th"), "whose branches leave no single order"),
        (CHAIN.replace("five", "5th"), "it has 3 layers like `conv`, the spec has 2"),
    ):
        (tmp_path / "spec.yaml").write_text(wanted)
        called = call("convert", source, "-o", tmp_path / "out.npz", "--for", tmp_path / "spec.yaml")
        assert (called.code, "error[E430]" in called.err, said in " ".join(called.err.split())) == (3, True, True)


def earlier(folder: Path, of: Spec, tensors: dict[str, Array]) -> Path:
    """As Keras 2 saved weights."""
    import h5py

    keys = {"weight": "kernel", "bias": "bias"}
    norms = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    names = [f"layer_{9 - number}" for number, step in enumerate(of.graph.steps) if step.tensors]
    with h5py.File(folder / "old.h5", "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in names]
        for name, step in zip(names, [step for step in of.graph.steps if step.tensors], strict=True):
            for key in step.tensors:
                array = tensors[f"{step.name}.{key}"]
                if key == "weight" and array.ndim == 4:
                    array = array.transpose(2, 3, 1, 0)
                elif key == "weight" and array.ndim == 2:
                    C, H, W = of.graph.tensors[f"{step.name}.weight"].unrolled or (array.shape[1], 1, 1)
                    array = array.reshape(-1, C, H, W).transpose(2, 3, 1, 0).reshape(array.shape[1], -1)
                file[f"{name}/{name}/{(norms if 'running_var' in step.tensors else keys)[key]}:0"] = array
    return folder / "old.h5"


def test_weights_of_earlier_versions(tmp_path: Path) -> None:
    of = random_specs.load(UNROLLED)
    tensors = random_tensors(of)
    (tmp_path / "spec.yaml").write_text(UNROLLED.replace("batchnorm: {}", "batchnorm: {eps: 1e-3}"))
    words = ("convert", earlier(tmp_path, of, tensors), "-o", tmp_path / "out.npz")
    called = call(*words, "--for", tmp_path / "spec.yaml")
    assert (called.code, called.err) == (0, "")
    found = weights.read(tmp_path / "out.npz")
    for each, array in tensors.items():
        np.testing.assert_array_equal(found[each], array)
    alone = call(*words)
    assert (alone.code, "the file holds weights and no network" in alone.err) == (3, True)
    assert "help: `--for SPEC` says it" in alone.err


def test_without_a_spec_the_names_are_those_of_the_model(tmp_path: Path) -> None:
    model, out = saved(random_specs.load(UNROLLED), tmp_path, ".keras"), tmp_path / "out.safetensors"
    called = call("convert", model, "-o", out)
    assert (called.code, called.err) == (0, "")
    assert weights.header(out)["head_0.weight"].shape == (6, 4 * 3 * 5)


def test_what_does_not_fit_is_listed(tmp_path: Path) -> None:
    model = saved(random_specs.load(UNROLLED), tmp_path, ".keras")
    (tmp_path / "spec.yaml").write_text(UNROLLED.replace("K: 6", "K: 9"))
    called = call("convert", model, "-o", tmp_path / "out.npz", "--for", tmp_path / "spec.yaml")
    assert (called.code, "error[E402]" in called.err) == (3, True)
    assert "`head.0.weight`, `head.0.bias`, `head.1.weight`, `head.1.bias`" in called.err
    assert not (tmp_path / "out.npz").exists()


def test_another_eps_is_noted(tmp_path: Path) -> None:
    model = saved(random_specs.load(UNROLLED), tmp_path, ".h5")
    (tmp_path / "spec.yaml").write_text(UNROLLED.replace("batchnorm: {}", "batchnorm: {eps: 1e-3}"))
    called = call("convert", model, "-o", tmp_path / "out.npz", "--for", tmp_path / "spec.yaml")
    assert called.code == 0
    assert "`features.1` has the eps 0.001 in the spec, 1e-05 in the model" in " ".join(called.err.split())


def test_a_size_that_is_free_is_that_of_the_spec(tmp_path: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3, name="features_0")])
    model.save(tmp_path / "model.keras")
    (tmp_path / "spec.yaml").write_text("input: {C: 3, H: 9, W: 8}\nlayers: [{conv: {F: 3, K: 4}, name: only}]\n")
    words = ("convert", tmp_path / "model.keras", "-o", tmp_path / "out.npz")
    refused = call(*words)
    assert (refused.code, "help: `--for SPEC` says it" in refused.err) == (3, True)
    assert call(*words, "--for", tmp_path / "spec.yaml").code == 0
    kernel = model.get_layer("features_0").get_weights()[0]
    np.testing.assert_array_equal(weights.read(tmp_path / "out.npz")["only.weight"], kernel.transpose(3, 2, 0, 1))


def test_sets_of_weights_are_not_chosen_from_a_model(tmp_path: Path) -> None:
    model = saved(random_specs.load(UNROLLED), tmp_path, ".keras")
    called = call("convert", model, "-o", tmp_path / "out.npz", "--key", "ema")
    assert (called.code, "a whole model has one set of weights" in called.err) == (2, True)


def a_list_that_is_none(file: Any) -> None:
    file.attrs["layer_names"] = np.arange(3)
    file["layers"] = np.zeros(3)


def a_number_that_is_too_long(file: Any) -> None:
    file[f"layers/conv2d_{'9' * 5000}/vars/0"] = np.zeros((3, 3, 3, 4))


def a_model_in_a_model(file: Any) -> None:
    file["layers/functional/layers/conv2d/vars/0"] = np.zeros((3, 3, 3, 4))


def arrays_of_no_sense(file: Any) -> None:
    for name, shape in {"conv2d/vars/0": (3,), "conv2d/vars/1": (), "dense/vars/0": (2, 2)}.items():
        file[f"layers/{name}"] = np.zeros(shape)


def nothing(file: Any) -> None:
    pass


@pytest.mark.parametrize(
    "make", [a_list_that_is_none, a_number_that_is_too_long, a_model_in_a_model, arrays_of_no_sense, nothing]
)
def test_files_of_weights_that_make_no_sense(make: Callable[[Any], None], tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "odd.h5", "w") as file:
        make(file)
    (tmp_path / "spec.yaml").write_text(
        "input: {C: 3, H: 5, W: 5}\nlayers: [{conv: {F: 3, K: 4}, name: a}, flatten, {dense: {K: 2}, name: b}]\n"
    )
    called = call("convert", tmp_path / "odd.h5", "-o", tmp_path / "out.npz", "--for", tmp_path / "spec.yaml")
    assert (called.code, "error[E4" in called.err, (tmp_path / "out.npz").exists()) == (3, True, False)


@pytest.mark.parametrize("counted", ["keras", "spec"])
@pytest.mark.parametrize("text", [CHAIN, UNROLLED], ids=["chain", "unrolled"])
def test_back_to_keras(text: str, counted: str, tmp_path: Path) -> None:
    """Out as Keras has them and in again: the same numbers. Equal weights give equal bytes."""
    of = random_specs.load(text)
    wanted = random_tensors(of)
    weights.save(wanted, tmp_path / "net.npz")
    (tmp_path / "spec.yaml").write_text(text)
    named = ("--for", tmp_path / "spec.yaml")
    for name in ("one.h5", "two.h5"):
        called = call("convert", tmp_path / "net.npz", "-o", tmp_path / name, *named, "--flatten", counted)
        assert (called.code, "error" in called.err) == (0, False)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    assert call("convert", tmp_path / "one.h5", "-o", tmp_path / "back.npz", *named).code == 0
    found = weights.read(tmp_path / "back.npz")
    assert found.keys() == wanted.keys()
    for each, array in wanted.items():
        np.testing.assert_array_equal(found[each], array)


def test_keras_loads_what_is_written_for_it(tmp_path: Path) -> None:
    import keras

    L = keras.layers
    conv = [keras.Input((9, 7, 3)), L.Conv2D(4, (3, 2), use_bias=False), L.BatchNormalization(epsilon=1e-5)]
    deep = [L.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), L.PReLU(shared_axes=[1, 2])]
    head = [L.Conv2DTranspose(5, 2, strides=2), L.MaxPooling2D(3), L.Flatten(), L.Dense(6), L.Dense(2)]
    model = keras.Sequential([*conv, *deep, *head])
    text = CHAIN.replace("  - add: [[{conv: {F: 1, K: 8}, name: five}], []]\n", "")
    text = "rounding: floor\n" + text.replace("  - globalavgpool\n", "  - maxpool: {F: 3}\n")
    of = random_specs.load(text)
    tensors, x = random_tensors(of), random_input(of)
    weights.save(tensors, tmp_path / "net.npz")
    (tmp_path / "spec.yaml").write_text(text)
    words = ("convert", tmp_path / "net.npz", "-o", tmp_path / "w.h5", "--for", tmp_path / "spec.yaml")
    made = call(*words, "--flatten", "keras")
    assert (made.code, made.err) == (0, "")
    model.load_weights(tmp_path / "w.h5")
    ensure_close([model.predict(x.transpose(0, 2, 3, 1), verbose=0)], expected(of, x, tensors))


def test_each_model_loads_the_columns_that_are_asked_for(tmp_path: Path) -> None:
    """Keras would take either file: which one is not guessed."""
    of = random_specs.load(UNROLLED)
    tensors, x = random_tensors(of), random_input(of)
    model = imported(written(of, tmp_path, "keras", tensors)).build()
    (tmp_path / "spec.yaml").write_text(UNROLLED)
    weights.save(tensors, tmp_path / "tensors.npz")
    words = ("convert", tmp_path / "tensors.npz", "-o", tmp_path / "w.h5", "--for", tmp_path / "spec.yaml")
    refused = call(*words)
    assert (refused.code, (tmp_path / "w.h5").exists()) == (2, False)
    said = " ".join(refused.err.split())
    assert "`head.0`: columns of an unrolled image" in said
    assert "--flatten spec for one that code of `export --to keras` builds" in said
    assert call(*words, "--flatten", "spec").code == 0
    model.load_weights(tmp_path / "w.h5")
    ensure_close([model.predict(x.transpose(0, 2, 3, 1), verbose=0)], expected(of, x, tensors))
    assert call("convert", tmp_path / "tensors.npz", "-o", tmp_path / "w.npz", "--flatten", "spec").code == 2


@pytest.mark.parametrize(
    "layers", ["[globalavgpool, flatten, dense: {K: 2}]", "[conv: {F: 3, K: 1}, flatten, dense: {K: 2}]"]
)
def test_nothing_is_asked_where_the_order_is_the_same(layers: str, tmp_path: Path) -> None:
    text = f"input: {{C: 3, H: 5, W: 5}}\nlayers: {layers}\n"
    (tmp_path / "spec.yaml").write_text(text)
    weights.save(random_tensors(random_specs.load(text)), tmp_path / "net.npz")
    made = call("convert", tmp_path / "net.npz", "-o", tmp_path / "w.h5", "--for", tmp_path / "spec.yaml")
    assert (made.code, made.err) == (0, "")


def test_what_cannot_be_written_for_keras(tmp_path: Path) -> None:
    spec, source = tmp_path / "spec.yaml", tmp_path / "net.npz"
    text = "input: {C: 3, H: 5, W: 5}\nlayers: [{constant: {by: add}, name: grid}]\n"
    spec.write_text(text)
    weights.save(random_tensors(random_specs.load(text)), source)
    refused = call("convert", source, "-o", tmp_path / "w.h5", "--for", spec)
    assert (refused.code, f"error[E419]: no weights for `grid` in Keras\n --> {spec}:2:" in refused.err) == (3, True)
    assert call("convert", source, "-o", tmp_path / "w.h5").code == 2
    assert call("convert", source, "-o", tmp_path / "w.weights.h5", "--for", spec).code == 2
    assert not (tmp_path / "w.h5").exists()
