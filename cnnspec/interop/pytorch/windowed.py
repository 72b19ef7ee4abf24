"""Layers with windows, and neurons, in PyTorch."""

from __future__ import annotations

from ..code.layout import Expression, call
from ..code.place import Place, channels, field, single
from ..code.windows import cut, is_symmetric, padding, reach, sides
from .rule import Arguments, Rule, Said, function, module


def _filters(at: Place, made: str, **padded: str) -> dict[str, str]:
    """The arguments of a convolution behind channels, filters and size."""
    return (
        at.option("stride", 1, field("S", single), "S")
        | padded
        | at.option("dilation", 1, field("D", single), "D")
        | at.option("groups", 1, field("G"), "G")
        | at.option("bias", True, field("bias"))
    )


def _sizes(at: Place) -> tuple[str, str, str]:
    """Channels, filters, size."""
    return (
        at.value("C", channels),
        at.value("K", field("K")),
        at.value("F", field("F", single)),
    )


def conv(at: Place) -> Said:
    """What is padded on one side only is padded beforehand, by SAME's rule where it is that."""
    sizes = _sizes(at)
    if at.all(is_symmetric):
        return module(call("nn.Conv2d", *sizes, **_filters(at, "", **at.option("padding", 0, padding, "P"))))
    made = _filters(at, "")
    if at.all(lambda layer, _: layer.P == "same-upper"):
        return module(call("Conv2dSame", *sizes, **made))
    around = at.value("sides", sides)

    def forward(name: str, arriving: Arguments) -> Expression:
        return call(name, call("F.pad", *arriving, around))

    return Said(call("nn.Conv2d", *sizes, **made), forward, alone=False, kept=True)


def deconv(at: Place) -> Said:
    """What is cut off, or added, on one side only is so behind it."""
    sizes = _sizes(at)
    if at.all(lambda layer, step: is_symmetric(layer, step) and layer.P != "same-upper"):
        padded = at.option("padding", 0, padding, "P") | at.option("output_padding", 0, field("extra", single), "extra")
        return module(call("nn.ConvTranspose2d", *sizes, **_filters(at, "", **padded)))
    more = at.option("output_padding", 0, lambda layer, step: single(_more(layer, step)), "extra")
    around = at.value("sides", lambda layer, step: tuple(-max(0, cells) for cells in cut(layer, step)))

    def forward(name: str, arriving: Arguments) -> Expression:
        return call("F.pad", call(name, *arriving), around)

    made = call("nn.ConvTranspose2d", *sizes, **_filters(at, "", **more))
    return Said(made, forward, alone=False, kept=True)


def _more(layer: object, step: object) -> tuple[int, int]:
    """Cells that a transposed convolution adds to what it paints, along rows and columns."""
    _, right, _, bottom = cut(layer, step)  # type: ignore[arg-type]
    return max(0, -bottom), max(0, -right)


def dense(at: Place) -> Said:
    bias = at.option("bias", True, field("bias"))
    C = at.value("C", channels)
    return module(call("nn.Linear", C, at.value("K", field("K")), **bias))


def _fits(layer: object, step: object) -> bool:
    """Whether PyTorch's own padding does: the same on both sides, and no more than half a window."""
    rows, columns = layer.windows(step.arriving[0])  # type: ignore[attr-defined]
    return all(window.before == window.after and 2 * window.before <= window.F for window in (rows, columns))


def _is_dense(layer: object, step: object) -> bool:
    """Whether a window's cells lie side by side."""
    return all(window.D == 1 for window in layer.windows(step.arriving[0]))  # type: ignore[attr-defined]


def _pool(at: Place, made: str, written: str, **more: str) -> Said:
    given = (
        at.option("padding", 0, padding, "P")
        | _dilation(at)
        | at.option("ceil_mode", False, lambda layer, _: layer.rounding == "ceil")
        | more
    )
    F = at.value("F", field("F", single))
    if not at.all(lambda layer, _: layer.stride == layer.F):
        given = {"stride": at.value("S", field("stride", single))} | given
    return function(lambda x: call(written, x, F, **given), call(made, F, **given) if made else None)


def _dilation(at: Place) -> dict[str, str]:
    return at.option("dilation", 1, lambda layer, _: single(layer.dilation), "D")


def _padded(at: Place, written: str) -> Said:
    """A pooling over an image to which all that windows read is added, or cut off, beforehand."""
    F, S = at.value("F", field("F", single)), at.value("S", field("stride", single))
    around, dilation = at.value("sides", reach), _dilation(at)
    return function(lambda x: call(written, x, F, S, around, **dilation))


def maxpool(at: Place) -> Said:
    return _pool(at, "nn.MaxPool2d", "F.max_pool2d") if at.all(_fits) else _padded(at, "max_pool_padded")


def sumpool(at: Place) -> Said:
    if at.all(_fits) and at.all(_is_dense):
        return _pool(at, "nn.AvgPool2d", "F.avg_pool2d", divisor_override="1")
    return _padded(at, "sum_pool_padded")


def l2pool(at: Place) -> Said:
    """The root of the sum of squares."""
    F, S = at.value("F", field("F", single)), at.value("S", field("stride", single))
    around, dilation = at.value("sides", reach), _dilation(at)

    def written(x: Expression) -> Expression:
        return call("torch.sqrt", call("sum_pool_padded", call("torch.square", x), F, S, around, **dilation))

    return function(written)


def avgpool(at: Place) -> Said:
    """Padding counts or not: PyTorch says which for padding of its own alone."""
    is_upper = at.all(lambda layer, _: layer.P == "same-upper")
    if at.all(_fits) and at.all(_is_dense) and (is_upper or at.all(lambda layer, _: layer.P != "same-upper")):
        counted = (
            at.option("count_include_pad", True, lambda layer, step: any(sides(layer, step)) is False)
            if is_upper
            else at.option("count_include_pad", True, field("count_padding"))
        )
        return _pool(at, "nn.AvgPool2d", "F.avg_pool2d", **counted)
    F, S = at.value("F", field("F", single)), at.value("S", field("stride", single))
    around = at.value("sides", reach)
    dilation = _dilation(at)
    counted_sides = at.option(
        "counted",
        (0, 0, 0, 0),
        lambda layer, step: sides(layer, step) if layer.count_padding and layer.P != "same-upper" else (0, 0, 0, 0),
    )
    return function(lambda x: call("avg_pool_padded", x, F, S, around, **counted_sides, **dilation))


def adaptive(made: str, written: str) -> Rule:
    def rule(at: Place) -> Said:
        out = at.value("out", field("out", single))
        return function(lambda x: call(written, x, out), call(made, out))

    return rule


def whole(made: str, written: str) -> Rule:
    return lambda _: function(lambda x: call(written, x, "1"), call(made, "1"))


def globall2pool(_: Place) -> Said:
    return function(lambda x: call("torch.linalg.vector_norm", x, dim="(2, 3)", keepdim="True"))


KINDS: dict[str, Rule] = {
    "adaptiveavgpool": adaptive("nn.AdaptiveAvgPool2d", "F.adaptive_avg_pool2d"),
    "adaptivemaxpool": adaptive("nn.AdaptiveMaxPool2d", "F.adaptive_max_pool2d"),
    "avgpool": avgpool,
    "conv": conv,
    "deconv": deconv,
    "dense": dense,
    "globalavgpool": whole("nn.AdaptiveAvgPool2d", "F.adaptive_avg_pool2d"),
    "globall2pool": globall2pool,
    "globalmaxpool": whole("nn.AdaptiveMaxPool2d", "F.adaptive_max_pool2d"),
    "l2pool": l2pool,
    "maxpool": maxpool,
    "sumpool": sumpool,
}
