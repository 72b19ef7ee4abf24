"""A model that is sent to fresh processes, as a pool of them does it."""

from __future__ import annotations

import os
import subprocess
import sys

from checkout import ROOT

PROGRAM = """
import multiprocessing
import numpy as np
import cnnspec

model = cnnspec.load("lenet5").compile(threads=2)
images = [np.random.default_rng(seed).random((3, 1, 28, 28), np.float32) for seed in range(4)]
with multiprocessing.get_context("spawn").Pool(2) as pool:
    found = pool.map(model, images)
assert all((one == model(x)).all() for one, x in zip(found, images))
"""


def test_spawned_processes_compute_the_same() -> None:
    command = [sys.executable, "-c", PROGRAM]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=600)
