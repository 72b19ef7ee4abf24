"""Runs a model by Keras, for `judge`: `python -m ... FOLDER` reads `asked.json` and `inputs.npy` there and writes
`outputs.npz`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ....diagnostics import FileError
from ....diagnostics.missing_package import needed
from ....files.reading import opened
from ....files.writing import whole

UNLOADABLE = "unloadable.txt"
"""The file with the reason, where Keras is installed and cannot be loaded."""


def run(folder: Path, keras: Any) -> None:
    """Write what a model makes of inputs, each as an array of its own."""
    with opened(folder / "asked.json") as stream:
        asked = json.load(stream)
    path = str(folder / asked["model"])
    if path.endswith(".keras"):
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    else:
        model = keras.saving.deserialize_keras_object(asked["config"], safe_mode=True)
        model.load_weights(path)
    if asked["outputs"]:
        model = keras.Model(model.inputs, [model.get_layer(name).output for name in asked["outputs"]])
    with opened(folder / "inputs.npy") as stream:
        made = model(np.load(stream), training=False)
    outputs = made if isinstance(made, list | tuple) else [made]
    with whole(folder / "outputs.npz") as stream:
        np.savez(stream, *map(keras.ops.convert_to_numpy, outputs))


if __name__ == "__main__":
    given = Path(sys.argv[1])
    try:
        loaded: Any = needed("comparing with Keras", "keras")
    except FileError as error:
        with whole(given / UNLOADABLE) as stream:
            stream.write(error.diagnostics[0].why.encode())
    else:
        run(given, loaded)
