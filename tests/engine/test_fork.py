"""A model that has run is used again in a forked process, where its threads are not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from checkout import ROOT

PROGRAM = """
import os, sys
import numpy as np
import cnnspec

model = cnnspec.load("lenet5").compile(threads=3)
x = np.random.default_rng(0).random((64, 1, 28, 28), np.float32)
one, many = model(x[:1]), model(x)
for generation in range(2):  # a child, and a child of it
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        sys.exit(os.waitstatus_to_exitcode(status))
    assert (model(x[:1]) == one).all() and (model(x) == many).all()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_processes_compute_the_same() -> None:
    """The program ends: that is what a hang would keep it from, for as long as the run of the tests allows."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=600)
