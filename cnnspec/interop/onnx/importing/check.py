"""A spec held against the model that it was made of, on random inputs: by ONNX Runtime where it is there, else by the
operators' own definitions in the package `onnx`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from ....files.reading import AnyPath
from ...imported import Difference
from . import model_file
from .faults import broken
from .static import StaticModel

if TYPE_CHECKING:
    from ....spec import Spec

INPUTS = 4
"""Random inputs; half of them uniform from 0 to 1, half normal."""
SLOW = 10**8
"""Multiply-accumulates for one input above which the definitions, which are no engine, see one input alone."""
Array = NDArray[np.float32]
Run = Callable[[Array], list[Array]]


def compared(
    proto: ModelProto, path: AnyPath, model: StaticModel, spec: Spec, tensors: Mapping[str, Array], steps: list[str]
) -> Difference:
    """The largest difference over all outputs; `steps` make the model's `ends`."""
    judge, run = _judge(proto, path, model)
    network = spec.compile(tensors, exact=True).run
    largest, scale = 0.0, 0.0
    inputs = list(_inputs(spec.graph.input))
    if judge is not RUNTIME and spec.graph.totals.macs > SLOW:
        inputs = inputs[:1]
    for x in inputs:
        ours = network(x)
        for step, theirs in zip(steps, run(x.reshape(model.given)), strict=True):
            share = _share(_as_given(ours[step], theirs), np.asarray(theirs))
            largest = max(largest, share) if share == share else share
            scale = max(scale, float(np.abs(theirs).max(initial=0)))
    return Difference(judge, largest, scale, len(inputs))


def _as_given(ours: Array, theirs: Array) -> Array:
    """An image of one row as the signal that it is in the model."""
    return ours[:, :, 0] if theirs.ndim == 3 and ours.ndim == 4 and ours.shape[2] == 1 else ours


def _share(ours: Array, theirs: Array) -> float:
    """The largest difference as a share of the largest value; infinite where one of both is not finite."""
    if ours.shape != theirs.shape or not np.isfinite(ours).all() or not np.isfinite(theirs).all():
        return float("inf")
    scale = float(np.abs(theirs).max(initial=0))
    return float(np.abs(ours - theirs).max(initial=0)) / (scale or 1.0)


def _inputs(shape: tuple[int, ...]) -> list[Array]:
    random = np.random.default_rng(0)
    half = INPUTS // 2
    uniform = [random.random((1, *shape), np.float32) for _ in range(half)]
    return uniform + [random.standard_normal((1, *shape), np.float32) for _ in range(INPUTS - half)]


RUNTIME = "ONNX Runtime"
DEFINITIONS = "the package onnx"


def _judge(proto: ModelProto, path: AnyPath, model: StaticModel) -> tuple[str, Run]:
    """Who runs the model up to its `ends`, and how."""
    asked = ModelProto()
    asked.CopyFrom(proto)
    _ending(asked, model)
    try:
        import onnxruntime
    except ImportError:
        return DEFINITIONS, _definitions(asked, path, model)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        data = _with_numbers(asked, path).SerializeToString()
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception:  # what it has against a model is its own affair
        return DEFINITIONS, _definitions(asked, path, model)
    return RUNTIME, _guarded(lambda x: session.run(list(model.ends), {model.input: x}), str(path))


def _definitions(asked: ModelProto, path: AnyPath, model: StaticModel) -> Run:
    from onnx.reference import ReferenceEvaluator

    try:
        evaluator = ReferenceEvaluator(_with_numbers(asked, path))
    except (NotImplementedError, ValueError, RuntimeError, TypeError) as fault:
        raise broken(str(path), "nobody can run the model", str(fault)) from fault
    return _guarded(lambda x: evaluator.run(list(model.ends), {model.input: x}), str(path))


def _guarded(run: Run, path: str) -> Run:
    """What a judge has against a model while it runs, as E430."""

    def guarded(x: Array) -> list[Array]:
        try:
            return run(x)
        except MemoryError:
            raise
        except Exception as fault:
            raise broken(path, "the model does not run on one image", str(fault)) from fault

    return guarded


def _ending(asked: ModelProto, model: StaticModel) -> None:
    """Let the values that are asked for be the outputs, in this order, and the batch free."""
    for given in asked.graph.input:
        if given.name == model.input:
            given.type.tensor_type.shape.dim[0].dim_param = "N"
    there = {each.name: each for each in asked.graph.output}
    unique = dict.fromkeys(model.ends)
    ends = [there.get(name) or helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in unique]
    kept = [ValueInfoProto.FromString(end.SerializeToString()) for end in ends]
    del asked.graph.output[:]
    asked.graph.output.extend(kept)


def _with_numbers(asked: ModelProto, path: AnyPath) -> ModelProto:
    """The model with all numbers in it."""
    for tensor in asked.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            array = model_file.array(tensor, path)
            tensor.ClearField("external_data")
            tensor.data_location = TensorProto.DEFAULT
            tensor.raw_data = array.tobytes()
    return asked
