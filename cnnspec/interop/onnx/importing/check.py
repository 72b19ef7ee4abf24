"""Who runs an ONNX model: ONNX Runtime where it is there, else the operators' own definitions in the package `onnx`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from ....files.reading import AnyPath
from ...comparison import INPUTS, Array, Judge
from . import axes, model_file
from .faults import broken
from .model_file import Model
from .static import StaticModel

if TYPE_CHECKING:
    from ....spec import Spec

SLOW = 10**8
"""Multiply-accumulates for one input above which the definitions, which are no engine, see one input alone."""
Run = Callable[[Array], list[Array]]
RUNTIME = "ONNX Runtime"
DEFINITIONS = "the package onnx"


def judge(read: Model, path: AnyPath, model: StaticModel, spec: Spec) -> Judge:
    """Who runs the model up to its `ends`, which the spec would make."""
    name, run = _runner(read, path, model)
    is_slow = name != RUNTIME and spec.graph.totals.macs > SLOW
    return Judge(name, lambda x: _first(run(_given(x, model)), model), 1 if is_slow else INPUTS)


def _given(x: Array, model: StaticModel) -> Array:
    """An image as the file has it."""
    if not model.is_channels_last:
        return x.reshape(model.given)
    shape = tuple(model.given[axis] for axis in axes.channels_first(len(model.given)))
    return np.ascontiguousarray(np.moveaxis(x.reshape(shape), 1, -1))


def _first(outputs: list[Array], model: StaticModel) -> list[Array]:
    """Outputs of the model with the channels first, where the spec has them so."""
    return [np.moveaxis(y, -1, 1) if is_turned else y for y, is_turned in zip(outputs, model.turned, strict=True)]


def _runner(read: Model, path: AnyPath, model: StaticModel) -> tuple[str, Run]:
    asked = ModelProto()
    asked.CopyFrom(read.proto)
    _ending(asked, model)
    apart = [each for each in asked.graph.initializer if _is_external(each) or model_file.is_apart(each, read)]
    try:
        return RUNTIME, _runtime(asked, apart, path, model)
    except Exception:  # it is not there; or what it has against a model is its own affair
        return DEFINITIONS, _definitions(asked, apart, path, model)


def _runtime(asked: ModelProto, apart: list[TensorProto], path: AnyPath, model: StaticModel) -> Run:
    """Tensors of float32 are shared with it, not copied into the model that it is given."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_cpu_mem_arena = False  # which takes twice what is needed
    shared = {name: array for each in apart if (array := model.stored[name := each.name]).dtype == np.float32}
    _put_in([each for each in apart if each.name not in shared], model)
    for each in apart:
        if each.name in shared:
            each.data_type = TensorProto.FLOAT  # whatever it was in the file
        if each.name in shared and not _is_external(each):
            each.data_location = TensorProto.EXTERNAL
            each.external_data.add(key="location", value="memory")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in shared.values()]  # `model` keeps them alive
    options.add_external_initializers([*shared], values)
    session = onnxruntime.InferenceSession(asked.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return _guarded(lambda x: session.run(list(model.ends), {model.input: x}), str(path))


def _definitions(asked: ModelProto, apart: list[TensorProto], path: AnyPath, model: StaticModel) -> Run:
    """Tensors that lie apart arrive like inputs, so that they are not copied."""
    from onnx.reference import ReferenceEvaluator

    given = {each.name: model.stored[each.name] for each in apart}
    kept = [
        TensorProto.FromString(each.SerializeToString()) for each in asked.graph.initializer if each.name not in given
    ]
    del asked.graph.initializer[:]
    asked.graph.initializer.extend(kept)
    try:
        evaluator = ReferenceEvaluator(asked)
    except (NotImplementedError, ValueError, RuntimeError, TypeError) as fault:
        raise broken(str(path), "nobody can run the model", str(fault)) from fault
    return _guarded(lambda x: evaluator.run(list(model.ends), {**given, model.input: x}), str(path))


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


def _is_external(tensor: TensorProto) -> bool:
    return bool(tensor.data_location == TensorProto.EXTERNAL)


def _put_in(tensors: list[TensorProto], model: StaticModel) -> None:
    """Put their numbers into the tensors of a model."""
    for tensor in tensors:
        tensor.ClearField("external_data")
        tensor.data_location = TensorProto.DEFAULT
        tensor.raw_data = model.stored[tensor.name].tobytes()
