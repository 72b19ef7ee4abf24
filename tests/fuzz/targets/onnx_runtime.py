"""A spec's export, run by ONNX Runtime, beside the plan."""

from __future__ import annotations

import numpy as np
import onnxruntime
from engine_cases import lively
from fuzz import spec_texts
from fuzz.target import Target
from fuzz.targets.plan import seeds, small_graph
from fuzz.targets.yaml import checked

from cnnspec.graph.graph import INPUT
from cnnspec.interop.onnx import encode


def check(data: bytes) -> None:
    graph, spec = small_graph(data), checked(data).spec
    assert spec is not None
    tensors = lively(graph)
    x = np.random.default_rng(len(data)).standard_normal((2, *graph.input), np.float32)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    running = onnxruntime.InferenceSession(encode(spec, tensors).data, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in running.get_outputs()]
    plan = spec.compile(tensors, threads=1).run(x)
    for name, y in zip(names, running.run(names, {INPUT: x}), strict=True):
        wanted = plan[name]
        if np.isfinite(wanted).all():
            atol = 1e-3 * max(1.0, float(np.abs(wanted).max()))
            np.testing.assert_allclose(y, wanted, rtol=0, atol=atol, err_msg=name)


TARGET = Target(seeds, check, spec_texts.words(), is_text=True)
