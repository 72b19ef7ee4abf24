"""A model that has run is used again in a forked process, where its threads are not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from checkout import ROOT
from engine_cases import both_backends

PROGRAM = """
import os, sys
import numpy as np
import cnnspec
from cnnspec.weights import initial

spec = cnnspec.load("squeezenet1_1", (3, 64, 64))
model = spec.compile(initial(spec.graph.tensors, "he", 0), threads=3, backend=sys.argv[1])
x = np.random.default_rng(0).random((16, 3, 64, 64), np.float32)
one, many = model(x[:1]), model(x)
for generation in range(2):  # a child, and a child of it
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        sys.exit(os.waitstatus_to_exitcode(status))
    assert (model(x[:1]) == one).all() and (model(x) == many).all()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@both_backends
def test_forked_processes_compute_the_same(backend: str) -> None:
    """The program ends: that is what a hang would keep it from, for as long as the run of the tests allows."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM, backend]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=600)
