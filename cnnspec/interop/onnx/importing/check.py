"""Who runs an ONNX model: ONNX Runtime where it is there, else the operators' own definitions in the package `onnx`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from ....files.reading import AnyPath
from ...comparison import INPUTS, Array, Judge
from . import model_file
from .faults import broken
from .static import StaticModel

if TYPE_CHECKING:
    from ....spec import Spec

SLOW = 10**8
"""Multiply-accumulates for one input above which the definitions, which are no engine, see one input alone."""
Run = Callable[[Array], list[Array]]
RUNTIME = "ONNX Runtime"
DEFINITIONS = "the package onnx"


def judge(proto: ModelProto, path: AnyPath, model: StaticModel, spec: Spec) -> Judge:
    """Who runs the model up to its `ends`, which the spec would make."""
    name, run = _runner(proto, path, model)
    is_slow = name != RUNTIME and spec.graph.totals.macs > SLOW
    return Judge(name, lambda x: run(x.reshape(model.given)), 1 if is_slow else INPUTS)


def _runner(proto: ModelProto, path: AnyPath, model: StaticModel) -> tuple[str, Run]:
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
