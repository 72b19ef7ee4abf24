"""Specs, graphs and models are pickled and copied: a model is compiled anew where it arrives."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import inputs
from checkout import ROOT

from cnnspec import Model, Spec, load

COPIES = [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))]
every_way = pytest.mark.parametrize("again", COPIES, ids=["deepcopy", "pickle"])

ELSEWHERE = """
import pickle, sys
import numpy as np
model, x = pickle.load(open(sys.argv[1], "rb"))
np.save(sys.argv[2], model(x))
"""


@every_way
@pytest.mark.parametrize("name", ["lenet5", "unet", "mobilenet_v3_small"])
def test_a_spec_and_its_graph(name: str, again: Any) -> None:
    spec: Spec = load(name)
    copied: Spec = again(spec)
    assert copied.graph == spec.graph == again(spec.graph)
    assert (copied.name, copied.graph.totals) == (spec.name, spec.graph.totals)


@every_way
def test_a_model_that_has_run(again: Any) -> None:
    spec = load("lenet5")
    model = spec.compile(threads=2)
    x = inputs(3, spec.graph.input)
    y = model(x)
    copied: Model = again(model)
    assert isinstance(y, np.ndarray)
    np.testing.assert_array_equal(copied(x), y)
    np.testing.assert_array_equal(model(x), y)
    assert all(not np.may_share_memory(a, model.tensors[name]) for name, a in copied.tensors.items())


def test_a_model_in_another_process(tmp_path: Path) -> None:
    spec = load("lenet5")
    model, x = spec.compile(threads=2, exact=True), inputs(2, spec.graph.input)
    (tmp_path / "model").write_bytes(pickle.dumps((model, x)))
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / "model"), str(tmp_path / "y.npy")]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), model(x))
