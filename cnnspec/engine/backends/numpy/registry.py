"""Who carries an operation out, by the kind of its layer."""

from __future__ import annotations

from collections.abc import Callable

from ...lowering import Lowering
from ...program import Operation
from . import convolution, data_movement, elementwise, normalization, pooling, resampling, softmax
from .dense import Dense
from .epilogue import EPILOGUES
from .fallback import Fallback

LOWERINGS: dict[str, Callable[[Operation], Lowering]] = {
    **dict.fromkeys(data_movement.COPIES, data_movement.Copy),
    **dict.fromkeys(EPILOGUES, elementwise.Activation),
    "adaptiveavgpool": resampling.lower_adaptive_average,
    "adaptivemaxpool": pooling.AdaptiveMax,
    "add": elementwise.Add,
    "avgpool": pooling.lower_average,
    "batchnorm": elementwise.Affine,
    "concat": data_movement.Concat,
    "constant": elementwise.Constant,
    "conv": convolution.lower,
    "deconv": convolution.lower_transposed,
    "dense": Dense,
    "div": elementwise.Div,
    "flatten": data_movement.Reshape,
    "globalavgpool": pooling.GlobalAverage,
    "globall2pool": pooling.GlobalL2,
    "globalmaxpool": pooling.GlobalMax,
    "groupnorm": normalization.lower_groups,
    "instancenorm": normalization.lower_maps,
    "l2pool": pooling.L2,
    "layernorm": normalization.lower_layer,
    "logsoftmax": softmax.LogSoftmax,
    "lrn": normalization.LRN,
    "max": elementwise.Max,
    "maxpool": pooling.lower_max,
    "mean": elementwise.Mean,
    "min": elementwise.Min,
    "mul": elementwise.Mul,
    "prelu": elementwise.PReLU,
    "reshape": data_movement.Reshape,
    "resize": resampling.lower_resize,
    "rmsnorm": normalization.RootMeanSquare,
    "scale": elementwise.Affine,
    "softmax": softmax.Softmax,
    "sub": elementwise.Sub,
    "sumpool": pooling.lower_sum,
    "upsample": resampling.lower_upsample,
}


def lower(operation: Operation) -> Lowering:
    """The kind's lowering; the layer's own `forward` where there is none."""
    return LOWERINGS.get(operation.layer.kind, Fallback)(operation)
