"""The program of the page on other programs: a model as TensorFlow.js writes them becomes one that is imported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from readme import Shell

import cnnspec

INPUT = {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, 4, 4, 3], "dtype": "float32"}}
CONVOLUTION = {
    "name": "c",
    "filters": 2,
    "kernel_size": [1, 1],
    "strides": [1, 1],
    "padding": "same",
    "data_format": "channels_last",
    "dilation_rate": [1, 1],
    "groups": 1,
    "activation": "linear",
    "use_bias": True,
}


@pytest.mark.peers
def test_a_model_of_tensorflow_js(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    folder = tmp_path / "package" / "models"
    folder.mkdir(parents=True)
    kernel, bias = np.arange(6, dtype="<f4").reshape(1, 1, 3, 2), np.array([10, 20], "<f4")
    (folder / "one.bin").write_bytes(kernel.tobytes())
    (folder / "two.bin").write_bytes(bias.tobytes())
    weights = [
        {"name": f"c/{kind}", "shape": list(shape)} for kind, shape in (("kernel", (1, 1, 3, 2)), ("bias", (2,)))
    ]
    layers = [INPUT, {"class_name": "Conv2D", "config": CONVOLUTION}]
    config = {"class_name": "Sequential", "config": {"name": "net", "layers": layers}}
    manifest = [{"paths": ["one.bin", "two.bin"], "weights": weights}]
    model = {"modelTopology": {"model_config": config}, "weightsManifest": manifest}
    (folder / "model.json").write_text(json.dumps(model), encoding="utf-8")

    shell.run("python to_h5.py")
    shell.run("cnnspec import sr.h5 -o sr.yaml")

    spec = cnnspec.load(tmp_path / "sr.yaml")
    x = np.random.default_rng(0).random((1, 3, 4, 4), np.float32)
    wanted = np.einsum("nchw,ck->nkhw", x, kernel[0, 0]) + bias[:, None, None]
    found = spec.compile()(x)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
