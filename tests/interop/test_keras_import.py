"""`cnnspec import` of Keras models: what Keras has written computes the same as a spec; code in files is refused."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import keras_models
import numpy as np
import pytest
from calling import call
from checkout import ROOT

from cnnspec.interop.imported import Imported
from cnnspec.interop.importing import read_model

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all models."""
    folder = tmp_path_factory.mktemp("models")
    keras_models.written(folder)
    return folder


def ours(values: Any, channels_first: bool) -> Any:
    """(N, H, W, C) or (N, T, C) as (N, C, H, W)."""
    values = np.expand_dims(values, 2 if channels_first else 1) if values.ndim == 3 else values
    return values if channels_first or values.ndim != 4 else values.transpose(0, 3, 1, 2)


def kinds(found: Imported) -> list[str]:
    return [step.kind for step in found.spec.graph.steps]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("name", keras_models.MODELS)
def test_a_model_computes_the_same(models: Path, name: str, suffix: str) -> None:
    found = read_model(models / f"{name}.{suffix}", verify=False, preprocess=False)
    x, *wanted = np.load(models / f"{name}.npz").values()
    network = found.spec.compile(found.tensors, exact=True).run
    is_first = name in ("channels_first", "signal_first")
    x = ours(x, is_first)
    made = network(np.ascontiguousarray(x.reshape(len(x), *found.spec.graph.input)))
    outputs = [made[step] for step in found.spec.graph.outputs]
    assert len({*found.spec.graph.outputs}) == len(wanted)
    for own, theirs in zip(outputs, (ours(each, is_first) for each in wanted), strict=True):
        np.testing.assert_allclose(own, theirs, atol=1e-4 * np.abs(theirs).max())  # norms lose digits, in both


def test_names_and_letters_are_a_persons(models: Path) -> None:
    found = read_model(models / "convolutions.keras", verify=False)
    assert "  - {conv: {F: [3, 5], K: 4, S: 2, P: same-upper}, name: stem}" in found.text
    assert "conv: {F: 3, K: 8, P: same, G: 2}" in found.text
    assert "stem.weight" in found.tensors
    assert kinds(read_model(models / "unrolled.h5", verify=False)).count("permute") == 0
    norms = read_model(models / "norms.h5", verify=False).text
    assert "  - batchnorm: {eps: 1e-4}\n" in norms
    assert ", affine: false}\n" in norms.partition("layernorm")[0]


def test_nested_models_are_written_out(models: Path) -> None:
    found = read_model(models / "nested.keras", verify=False)
    assert kinds(found).count("conv") == 2
    assert [note.split(":")[0] for note in found.notes] == [
        "left out",
        "used more than once, each use with weights of its own here",
    ]


def test_keras_itself_judges_in_a_process_of_its_own(
    models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    called = call("import", str(models / "gated.keras"), "-o", "net.yaml")
    assert called.code == 0
    assert "checked: 4 random inputs, largest difference " in called.out
    assert "(Keras)" in called.out
    assert "name: block_1_conv" in Path("net.yaml").read_text()


@pytest.mark.parametrize("name", ["channels_first", "signal_first"])
def test_keras_judges_models_with_channels_first(models: Path, name: str) -> None:
    found = read_model(models / f"{name}.keras")
    assert found.difference is not None
    assert found.difference.largest < 1e-5
    assert "input (N, 3, 9, 7)" in found.source or name == "signal_first"


def test_without_keras_nothing_is_checked_and_that_is_said(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.interop.keras.importing.judge.find_spec", lambda name: None)
    found = read_model(models / "windows.h5")
    assert found.difference is None
    assert "not checked: no program that runs the model is installed here" in found.notes


def test_a_keras_that_cannot_be_loaded_is_said(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("print('hello'); raise OSError('no shared object')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
    found = read_model(models / "windows.h5")
    assert found.difference is None
    said = [
        note for note in found.notes if note.startswith("not checked: Keras is installed here and cannot be loaded")
    ]
    assert len(said) == 1
    assert said[0].endswith("OSError: no shared object")


# what is not read


def config(*layers: dict[str, Any]) -> dict[str, Any]:
    given = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 4, 4, 2]}}
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [given, *layers]}}


def layer(kind: str, **fields: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": f"own_{kind.lower()}", **fields}}


def packed(path: Path, found: Any, weights: bytes | None = None) -> Path:
    """A `.keras` file with a configuration."""
    import io

    import h5py

    empty = io.BytesIO()
    h5py.File(empty, "w").close()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
        archive.writestr("config.json", found if isinstance(found, str) else json.dumps(found))
        archive.writestr("model.weights.h5", empty.getvalue() if weights is None else weights)
    return path


def refused(path: Path, *options: str) -> str:
    """What is said of a file that is not imported; nothing is written."""
    spec = path.with_name("out.yaml")
    called = call("import", str(path), "-o", str(spec), *options)
    assert called.code == 3, called.err
    assert not spec.exists()
    return called.err


CODE = {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None, "closure": None}}
REFUSED: dict[str, tuple[Any, str]] = {
    "a Lambda": (config(layer("Lambda", function=CODE)), "E431]: `own_lambda` (`Lambda`) is no layer"),
    "a class of its own": (
        config({"class_name": "Evil", "module": "os", "registered_name": "mine>Evil", "config": {"name": "own_evil"}}),
        "E431]: `own_evil` (`Evil`) is no layer",
    ),
    "a memory": (config(layer("LSTM", units=4)), "layers with a memory"),
    "a function of its own": (
        config(layer("Activation", activation={"class_name": "function", "module": "os", "config": "system"})),
        "code in files is not executed",
    ),
    "both orders": (
        config(
            layer("MaxPooling2D", pool_size=[1, 1], data_format="channels_first"),
            layer("AveragePooling2D", pool_size=[1, 1], data_format="channels_last"),
        ),
        "it has the channels last, other layers of the model have them first",
    ),
    "weights that are not there": (config(layer("Dense", units=3)), "the file holds no kernel"),
    "no network": ({"class_name": "Whatever", "config": {}}, "E430]: the model is a `Whatever`"),
    "another shape of text": ({"class_name": "Sequential", "config": {"layers": 3}}, "not as Keras writes it"),
    "no JSON": ("{", "is no JSON"),
    "depth": ("[" * 100_000, "is no JSON"),
    "a size of nothing": (config(layer("MaxPooling2D", pool_size=[0, 2])), "no size of a window"),
    "a circle": (
        {
            "class_name": "Functional",
            "config": {
                "layers": [
                    {**layer("InputLayer", batch_shape=[None, 4, 4, 2]), "name": "x", "inbound_nodes": []},
                    {**layer("ReLU"), "name": "a", "inbound_nodes": [[["b", 0, 0, {}]]]},
                    {**layer("ReLU"), "name": "b", "inbound_nodes": [[["a", 0, 0, {}]]]},
                ],
                "input_layers": [["x", 0, 0]],
                "output_layers": [["b", 0, 0]],
            },
        },
        "stand in a circle",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_network_of_the_language_is_refused(name: str, tmp_path: Path) -> None:
    found, said = REFUSED[name]
    assert said in refused(packed(tmp_path / "net.keras", found))


@pytest.mark.parametrize(
    "of",
    [
        layer("Reshape", target_shape=["a", -1]),
        layer("ReLU", max_value="x"),
        layer("Permute", dims=None),
        layer("Concatenate", axis="a"),
        layer("ReLU", max_value=0, negative_slope=0.1),
    ],
)
def test_fields_of_another_type_or_with_no_sense_are_refused(of: dict[str, Any], tmp_path: Path) -> None:
    assert "E431" in refused(packed(tmp_path / "net.keras", config(of)))


def test_the_part_before_a_lambda_comes_in(tmp_path: Path) -> None:
    relu, code = layer("ReLU"), layer("Lambda", function=CODE)
    path = packed(tmp_path / "net.keras", config(relu, code))
    assert "`--outputs own_relu` imports the part before it" in refused(path)
    found = read_model(path, outputs=["own_relu"])
    assert kinds(found) == ["relu"]
    assert "not checked: it holds what is not given to Keras, such as code of its author" in found.notes
    assert "did you mean `own_relu`?" in refused(path, "--outputs", "own_rely")


def test_a_vector_stays_one(models: Path) -> None:
    found = read_model(models / "features.keras")
    assert "input: {C: 7}\n" in found.text
    assert found.source.endswith(", input (N, 7)")
    assert kinds(found) == ["dense", "relu", "batchnorm", "dropout", "dense", "softmax"]


def test_a_free_length_is_asked_for(tmp_path: Path) -> None:
    free = config(layer("ReLU"))
    free["config"]["layers"][0]["config"]["batch_shape"] = [None, None]
    path = packed(tmp_path / "net.keras", free)
    assert "`--input C`" in refused(path)
    assert read_model(path, input=(3,), verify=False).spec.graph.input == (3,)
    assert "the input is not 3x5x6" in refused(path, "--input", "3,5,6")


def test_a_free_size_is_asked_for(tmp_path: Path) -> None:
    free = config(layer("ReLU"))
    free["config"]["layers"][0]["config"]["batch_shape"] = [None, None, None, 3]
    path = packed(tmp_path / "net.keras", free)
    assert "`--input C,H,W`" in refused(path)
    assert read_model(path, input=(3, 5, 6), verify=False).spec.graph.input == (3, 5, 6)


def numbers(make: Any) -> bytes:
    """An HDF5 file whose kernel and bias of `own_dense` are as they are made."""
    import io

    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        make(file.create_group("layers/dense/vars"))
    return stream.getvalue()


def test_slopes_of_rows_are_none_of_channels(tmp_path: Path) -> None:
    """As many rows as channels would let them pass by their number alone."""
    import io

    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["layers/p_re_lu/vars/0"] = np.ones((2, 1, 1), "f4")
    path = packed(tmp_path / "net.keras", config(layer("PReLU", shared_axes=[2, 3])), stream.getvalue())
    assert "it has 2x1x1 slopes, not one a channel" in refused(path)


def link_out(group: Any) -> None:
    import h5py

    group["0"] = h5py.ExternalLink("/etc/passwd", "/x")


def soft_circle(group: Any) -> None:
    import h5py

    group["0"] = h5py.SoftLink("/layers/dense/vars/0")


def circle(group: Any) -> None:
    group["more"] = group.file["layers"]


def bomb(group: Any) -> None:
    group.create_dataset("0", (2**16, 2**16), "f4", chunks=(256, 256), compression="gzip", fillvalue=1)


def hollow(group: Any) -> None:
    group.create_dataset("0", (2**20, 2**20), "f4")


def elsewhere(group: Any) -> None:
    group.create_dataset("0", (2, 3), "f4", external=[("/etc/passwd", 0, 24)])


def virtual(group: Any) -> None:
    import h5py

    layout = h5py.VirtualLayout((2**16, 2**16), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (2**16, 2**16))
    group.create_virtual_dataset("0", layout)


def objects(group: Any) -> None:
    import h5py

    group.create_dataset("0", data=["a", "b"], dtype=h5py.string_dtype())


HOSTILE = {
    link_out: "a link to somewhere else",
    soft_circle: "a link to somewhere else",
    circle: "too deep in each other, or in a circle",
    bomb: "do not lie in the file as they are",
    hollow: "bytes that are not there",
    elsewhere: "do not lie in the file as they are",
    virtual: "do not lie in the file as they are",
    objects: "no numbers",
}


@pytest.mark.parametrize("make", HOSTILE)
def test_numbers_that_do_not_lie_in_the_file_are_refused(make: Any, tmp_path: Path) -> None:
    path = packed(tmp_path / "net.keras", config(layer("Flatten"), layer("Dense", units=3)), numbers(make))
    assert HOSTILE[make] in refused(path)


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "net.keras", config(layer("ReLU")), bytes(2**27))
    assert path.stat().st_size < 2**20
    assert "would unpack to more than" in refused(path)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_damage_is_said(models: Path, tmp_path: Path, suffix: str) -> None:
    data = (models / f"nested.{suffix}").read_bytes()
    path = tmp_path / f"net.{suffix}"
    for end in range(9, len(data), len(data) // 40):
        path.write_bytes(data[:end])
        assert "error[E4" in refused(path)
    random = np.random.default_rng(0)
    for _ in range(40):
        broken = bytearray(data)
        for place in random.integers(0, min(len(data), 6000), 8):
            broken[place] = random.integers(256)
        path.write_bytes(bytes(broken))
        assert call("import", str(path), "-o", str(tmp_path / "out.yaml"), "--no-verify").code in (0, 3)


def test_weights_alone_are_no_network(tmp_path: Path) -> None:
    path = tmp_path / "net.weights.h5"
    path.write_bytes(numbers(lambda group: None))
    assert "E430]: the file holds weights and no network" in refused(path)


def test_what_is_cut_off_is_said_to_be(models: Path, tmp_path: Path) -> None:
    data = (models / "nested.keras").read_bytes()
    path = tmp_path / "net.keras"
    for end in (200, len(data) // 2, len(data) - 10):
        path.write_bytes(data[:end])
        assert "it is cut off" in refused(path)


@pytest.mark.peers
def test_an_archive_with_two_configurations_is_refused(models: Path, tmp_path: Path) -> None:
    path = models / "nested.keras"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "net.keras", "w") as more:
        for name in whole.namelist():
            more.writestr(name, whole.read(name))
        with pytest.warns(UserWarning, match="Duplicate name"):
            more.writestr("config.json", whole.read("config.json"))
    assert "it has 2 times `config.json`" in refused(tmp_path / "net.keras")


def test_an_archive_without_numbers_says_which_file_is_missing(tmp_path: Path) -> None:
    path = packed(tmp_path / "whole.keras", config(layer("ReLU")))
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "net.keras", "w") as less:
        for name in ("metadata.json", "config.json"):
            less.writestr(name, whole.read(name))
    assert "it has no `model.weights.h5`" in refused(tmp_path / "net.keras")
