"""Normalisations in ONNX."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from ...graph.layer import image
from ...graph.shape import Shape, is_image
from .expression import OperatorCall, Own, Value, call, own, per_channel
from .node import OnnxNode, Operand, shortest
from .translation import Fields, Translation, both_ways

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...graph.graph import Step
    from ...layers._norm import Norm
    from ...layers.batchnorm import BatchNorm
    from ...layers.groupnorm import GroupNorm
    from ...layers.instancenorm import InstanceNorm
    from ...layers.layernorm import LayerNorm
    from ...layers.lrn import LRN
    from ...layers.rmsnorm import RMSNorm


def batchnorm(layer: BatchNorm, step: Step) -> OperatorCall:
    """ONNX wants weight and bias; 1 and 0 stand for none."""
    C = step.arriving[0][0]
    learned = () if layer.affine else (_filled(C, 1), _filled(C, 0))
    return call("BatchNormalization", *step.inputs, *learned, *own(step), epsilon=layer.eps)


def read_batchnorm(node: OnnxNode) -> Fields | None:
    """ONNX's momentum is the share of what was before. Where no names tell what is learned and the statistics are those
    before any training, weight and bias have not learned yet: 1 and 0 do not say then that there are none."""
    if len(node.arriving) != 1 or len(node.stored) != 4:
        return None
    *learned, mean, variance = node.stored
    is_fresh = set(mean.values) == {0.0} and set(variance.values) == {1.0} and not mean.is_parameter
    fields = {"eps": shortest(node["epsilon"]), "momentum": shortest(1 - shortest(node["momentum"]))}
    return fields if is_fresh else fields | _unweighed(*learned)


def layernorm(layer: LayerNorm, step: Step) -> OperatorCall:
    """LayerNormalization works over the last axes: over C alone, these must come last."""
    (x,), learned = step.inputs, _weighing(layer, step)
    if layer.over == "all" or not is_image(step.arriving[0]):
        return call("LayerNormalization", x, *learned, axis=1, epsilon=layer.eps)
    last = call("LayerNormalization", call("Transpose", x, perm=(0, 2, 3, 1)), *learned, axis=-1, epsilon=layer.eps)
    return call("Transpose", last, perm=(0, 3, 1, 2))


def instancenorm(layer: InstanceNorm, step: Step) -> OperatorCall:
    return call("InstanceNormalization", *step.inputs, *_weighing(layer, step), epsilon=layer.eps)


def read_instancenorm(node: OnnxNode) -> Fields | None:
    if len(node.arriving) != 1 or len(node.stored) != 2:
        return None
    return {"eps": shortest(node["epsilon"]), **_unweighed(*node.stored)}


def _weighing(layer: Norm, step: Step) -> tuple[Value, ...]:
    """Weight and bias; ONNX wants them, so that 1 and 0 stand for none."""
    shape = layer.weighed(step.arriving[0])
    return tuple(own(step)) if layer.affine else (_filled(shape, 1), _filled(shape, 0))


def _unweighed(weight: Operand, bias: Operand) -> Fields:
    """Whether weight and bias are 1 and 0 throughout, and no tensors that a layer is called to hold."""
    if weight.is_parameter or bias.is_parameter:
        return {}
    return {"affine": False} if (set(weight.values), set(bias.values)) == ({1.0}, {0.0}) else {}


def read_layernorm(node: OnnxNode) -> Fields | None:
    """Over all that arrives; over the channels of a vector it is the same."""
    if len(node.stored) != 2 or not node.says("axis", 1):
        return None
    over = {"over": "all"} if is_image(node.arriving[0]) else {}
    return {"eps": shortest(node["epsilon"]), **over, **_unweighed(*node.stored)}


def groupnorm(layer: GroupNorm, step: Step) -> OperatorCall:
    """Each group as one map: GroupNormalization of opset 18 has weights for groups, that of 21 is too new."""
    shape = step.arriving[0]
    groups = call("Reshape", *step.inputs, (0, layer.G, prod(shape) // layer.G))
    normal = call("InstanceNormalization", groups, _filled(layer.G, 1), _filled(layer.G, 0), epsilon=layer.eps)
    whole = call("Reshape", normal, (0, *shape))
    if not layer.affine:
        return whole
    return call("Add", call("Mul", whole, per_channel("weight", step)), per_channel("bias", step))


def rmsnorm(layer: RMSNorm, step: Step) -> OperatorCall:
    """Written out: the operator RMSNormalization came with opset 23."""
    (x,), shape = step.inputs, step.arriving[0]
    together = layer.together(shape)
    total = call("ReduceSum", call("Mul", x, x), tuple(range(1, 1 + len(together))))
    root = call("Sqrt", call("Add", call("Mul", total, 1 / prod(together)), layer.eps))
    weight = Own("weight") if layer.over == "all" else per_channel("weight", step)
    return call("Mul", call("Div", x, root), weight)


def lrn(layer: LRN, step: Step) -> OperatorCall:
    """LRN's window of an even size begins a channel later than ours: then the mean of squares is a pooling over C."""
    (x,) = step.inputs
    if layer.size % 2:
        return call("LRN", x, alpha=layer.alpha, beta=layer.beta, bias=layer.k, size=layer.size)
    C, H, W = image(step.arriving[0])
    upright = call("Reshape", call("Mul", x, x), (0, 1, C, H * W))
    before, behind = layer.size // 2, (layer.size - 1) // 2
    means = call("AveragePool", upright, kernel_shape=(layer.size, 1), pads=(before, 0, behind, 0), count_include_pad=1)
    weighed = call("Add", call("Mul", call("Reshape", means, (0, C, H, W)), layer.alpha), layer.k)
    return call("Div", x, call("Pow", weighed, layer.beta))


def read_lrn(node: OnnxNode) -> Fields | None:
    if len(node.arriving) != 1 or node["size"] % 2 == 0:
        return None
    values = {"alpha": node["alpha"], "beta": node["beta"], "k": node["bias"]}
    return {"size": node["size"], **{name: shortest(value) for name, value in values.items()}}


def _filled(size: int | Shape, value: float) -> NDArray[np.float32]:
    import numpy as np

    return np.full(size, value, np.float32)


KINDS: dict[str, Translation] = {
    "batchnorm": both_ways(batchnorm, "BatchNormalization", read_batchnorm, "epsilon", "momentum"),
    "groupnorm": Translation(groupnorm),
    "instancenorm": both_ways(instancenorm, "InstanceNormalization", read_instancenorm, "epsilon"),
    "layernorm": both_ways(layernorm, "LayerNormalization", read_layernorm, "axis", "epsilon"),
    "lrn": both_ways(lrn, "LRN", read_lrn, "alpha", "beta", "bias", "size"),
    "rmsnorm": Translation(rmsnorm),
}
