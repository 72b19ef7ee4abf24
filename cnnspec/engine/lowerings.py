"""Who carries an operation out, by the kind of its layer."""

from __future__ import annotations

from collections.abc import Callable

from . import convolution, copies, joining, mixing, normalising, pooling, standardising
from .dense import Dense
from .finish import FINISHES
from .lowering import Lowering, Plain
from .program import Operation

LOWERINGS: dict[str, Callable[[Operation], Lowering]] = {
    **dict.fromkeys(copies.COPIES, copies.Copy),
    **dict.fromkeys(FINISHES, joining.Activation),
    "adaptiveavgpool": mixing.lower_bins,
    "add": joining.Sum,
    "avgpool": pooling.lower_average,
    "batchnorm": joining.Affine,
    "concat": joining.Concat,
    "conv": convolution.lower,
    "deconv": convolution.lower,
    "dense": Dense,
    "flatten": copies.Reading,
    "globalavgpool": pooling.GlobalAverage,
    "globalmaxpool": pooling.GlobalMax,
    "groupnorm": standardising.lower_groups,
    "instancenorm": standardising.lower_maps,
    "layernorm": standardising.lower_layer,
    "logsoftmax": normalising.LogSoftmax,
    "lrn": normalising.LRN,
    "maxpool": pooling.lower_max,
    "mul": joining.Times,
    "prelu": joining.PReLU,
    "reshape": copies.Reading,
    "scale": joining.Affine,
    "softmax": normalising.Softmax,
    "sumpool": pooling.lower_sum,
    "upsample": mixing.lower_upsample,
}


def lower(operation: Operation) -> Lowering:
    """The kind's lowering; the layer's own `forward` where there is none."""
    return LOWERINGS.get(operation.layer.kind, Plain)(operation)
