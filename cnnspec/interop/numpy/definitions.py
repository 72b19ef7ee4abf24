"""What generated NumPy code defines: a function for each kind of layer. Read as text; the tests import it, too.

Arrays are batches: images (N, C, H, W), vectors (N, C).
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..code.shared_definitions import Array, Pair, Sides, Tensors, bins, sides


def pair(value: Pair) -> tuple[int, int]:
    """One number stands for rows and columns."""
    return (value, value) if isinstance(value, int) else value


def padded(x: Array, P: Sides, value: float = 0.0) -> Array:
    """The image with rows and columns around it; where P is negative, with less."""
    (top, bottom), (left, right) = ((P, P), (P, P)) if isinstance(P, int) else P
    H, W = x.shape[2:]
    x = x[:, :, max(0, -top) : H - max(0, -bottom), max(0, -left) : W - max(0, -right)]
    rows, columns = (max(0, top), max(0, bottom)), (max(0, left), max(0, right))
    return np.pad(x, ((0, 0), (0, 0), rows, columns), constant_values=value)


def windows(x: Array, F: Pair, S: Pair, D: Pair = 1) -> Array:
    """All windows of an image: (N, C, rows, columns, FH, FW), a view."""
    (FH, FW), (SH, SW), (DH, DW) = pair(F), pair(S), pair(D)
    extent = (DH * (FH - 1) + 1, DW * (FW - 1) + 1)
    seen = sliding_window_view(x, extent, axis=(2, 3))
    return seen[:, :, ::SH, ::SW, ::DH, ::DW]


def conv(
    x: Array,
    tensors: Tensors,
    name: str,
    S: Pair = 1,
    P: Sides = 0,
    D: Pair = 1,
    G: int = 1,
) -> Array:
    """Convolution: every filter over every window, as one product of matrices."""
    weight, bias = tensors[f"{name}.weight"], tensors.get(f"{name}.bias")
    K, depth, FH, FW = weight.shape  # depth: channels of one group
    seen = windows(padded(x, P), (FH, FW), S, D)
    N, _, rows, columns = seen.shape[:4]
    seen = seen.reshape(N, G, depth, rows, columns, FH, FW)
    seen = seen.transpose(0, 1, 2, 5, 6, 3, 4).reshape(N, G, -1, rows * columns)
    y = weight.reshape(G, K // G, -1) @ seen  # (N, G, K/G, rows * columns)
    y = y.reshape(N, K, rows, columns)
    return y if bias is None else y + bias[:, None, None]


def deconv(
    x: Array,
    tensors: Tensors,
    name: str,
    size: tuple[int, int],
    S: Pair = 1,
    P: Sides = 0,
    D: Pair = 1,
    G: int = 1,
) -> Array:
    """Transposed convolution: every cell adds its filters to an image of that size."""
    weight, bias = tensors[f"{name}.weight"], tensors.get(f"{name}.bias")
    N, C, H, W = x.shape
    maps, FH, FW = weight.shape[1:]  # maps: filters of one group
    (SH, SW), (DH, DW), (rows, columns) = pair(S), pair(D), size
    (top, _), (left, _) = ((P, P), (P, P)) if isinstance(P, int) else P
    filters = weight.reshape(G, C // G, -1).swapaxes(1, 2)
    seen = filters @ x.reshape(N, G, C // G, H * W)
    seen = seen.reshape(N, G * maps, FH, FW, H, W)
    height = max(top + rows, (H - 1) * SH + DH * (FH - 1) + 1)
    width = max(left + columns, (W - 1) * SW + DW * (FW - 1) + 1)
    y = np.zeros((N, G * maps, height, width), x.dtype)
    for i in range(FH):
        for j in range(FW):
            cells = y[:, :, i * DH :, j * DW :]
            cells[:, :, : (H - 1) * SH + 1 : SH, : (W - 1) * SW + 1 : SW] += seen[
                :, :, i, j
            ]
    y = y[:, :, top : top + rows, left : left + columns]
    return y if bias is None else y + bias[:, None, None]


def dense(x: Array, tensors: Tensors, name: str) -> Array:
    """Neurons: (N, C) with a weight (K, C) gives (N, K)."""
    y = x @ tensors[f"{name}.weight"].T
    bias = tensors.get(f"{name}.bias")
    return y if bias is None else y + bias


def maxpool(x: Array, F: Pair, S: Pair, P: Sides = 0, D: Pair = 1) -> Array:
    """The largest value of each window; padding is never it."""
    return windows(padded(x, P, -np.inf), F, S, D).max(axis=(4, 5))


def sumpool(x: Array, F: Pair, S: Pair, P: Sides = 0, D: Pair = 1) -> Array:
    """The sum of each window."""
    return windows(padded(x, P), F, S, D).sum(axis=(4, 5))


def avgpool(
    x: Array,
    F: Pair,
    S: Pair,
    P: Sides = 0,
    D: Pair = 1,
    counted: Sides = 0,
) -> Array:
    """The mean of each window, over the image and so much of the padding as counts."""
    cells = padded(np.ones_like(x[:1, :1]), counted, 1.0)
    if counted != P:
        rest = np.subtract(sides(P), sides(counted)).tolist()
        cells = padded(cells, (tuple(rest[0]), tuple(rest[1])))
    return sumpool(x, F, S, P, D) / sumpool(cells, F, S, 0, D)


def globalavgpool(x: Array) -> Array:
    """The mean of each channel, (N, C, 1, 1)."""
    return x.mean(axis=(2, 3), keepdims=True)


def globalmaxpool(x: Array) -> Array:
    """The largest value of each channel, (N, C, 1, 1)."""
    return x.max(axis=(2, 3), keepdims=True)


def globall2pool(x: Array) -> Array:
    """The root of the sum of squares of each channel, (N, C, 1, 1)."""
    return np.sqrt(np.square(x).sum(axis=(2, 3), keepdims=True))


def adaptiveavgpool(x: Array, out: Pair) -> Array:
    """The mean of each bin."""
    H, W = pair(out)
    x = np.stack([x[:, :, rows].mean(axis=2) for rows in bins(x.shape[2], H)], axis=2)
    return np.stack(
        [x[..., cells].mean(axis=3) for cells in bins(x.shape[3], W)], axis=3
    )


def adaptivemaxpool(x: Array, out: Pair) -> Array:
    """The largest value of each bin."""
    H, W = pair(out)
    x = np.stack([x[:, :, rows].max(axis=2) for rows in bins(x.shape[2], H)], axis=2)
    return np.stack(
        [x[..., cells].max(axis=3) for cells in bins(x.shape[3], W)], axis=3
    )


def per_channel(values: Array, x: Array) -> Array:
    """Values (C,), or one for each place, shaped to go with a batch x."""
    return values.reshape(values.shape + (1,) * (x.ndim - 1 - values.ndim))


def batchnorm(x: Array, tensors: Tensors, name: str, eps: float = 1e-5) -> Array:
    """Each channel by the mean and the variance that were met in training."""
    std = np.sqrt(tensors[f"{name}.running_var"] + np.float32(eps))
    factor = tensors.get(f"{name}.weight", np.float32(1)) / std
    bias = tensors.get(f"{name}.bias", np.float32(0))
    offset = bias - tensors[f"{name}.running_mean"] * factor
    return x * per_channel(factor, x) + per_channel(offset, x)


def standardised(x: Array, axis: tuple[int, ...], eps: float) -> Array:
    """Along some axes mean 0 and variance 1."""
    centred = x - x.mean(axis=axis, keepdims=True)
    variance = np.square(centred).mean(axis=axis, keepdims=True)
    return centred / np.sqrt(variance + np.float32(eps))


def scaled(x: Array, tensors: Tensors, name: str) -> Array:
    """Times the weight, plus the bias, where there are some."""
    weight, bias = tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias")
    if weight is not None:
        x = x * per_channel(weight, x)
    return x if bias is None else x + per_channel(bias, x)


def layernorm(x: Array, tensors: Tensors, name: str, eps: float = 1e-5) -> Array:
    """The channels at each place by their own mean and variance."""
    return scaled(standardised(x, (1,), eps), tensors, name)


def layernorm_all(x: Array, tensors: Tensors, name: str, eps: float = 1e-5) -> Array:
    """All values by their own mean and variance."""
    return scaled(standardised(x, tuple(range(1, x.ndim)), eps), tensors, name)


def grouped(x: Array, G: int, eps: float) -> Array:
    """Each group of channels with mean 0 and variance 1."""
    return standardised(x.reshape(len(x), G, -1), (2,), eps).reshape(x.shape)


def groupnorm(
    x: Array, tensors: Tensors, name: str, G: int, eps: float = 1e-5
) -> Array:
    """Each group of channels by its own mean and variance."""
    return scaled(grouped(x, G, eps), tensors, name)


def instancenorm(x: Array, tensors: Tensors, name: str, eps: float = 1e-5) -> Array:
    """Each channel by its own mean and variance."""
    return groupnorm(x, tensors, name, x.shape[1], eps)


def rmsnorm(x: Array, tensors: Tensors, name: str, eps: float = 1e-5) -> Array:
    """The channels at each place over the root of their mean square."""
    square = np.square(x).mean(axis=1, keepdims=True)
    return scaled(x / np.sqrt(square + np.float32(eps)), tensors, name)


def rmsnorm_all(x: Array, tensors: Tensors, name: str, eps: float = 1e-5) -> Array:
    """All values over the root of their mean square."""
    square = np.square(x).mean(axis=tuple(range(1, x.ndim)), keepdims=True)
    return scaled(x / np.sqrt(square + np.float32(eps)), tensors, name)


def lrn(x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
    """Each value over a power of the squares in the channels around it."""
    before, behind = size // 2, (size - 1) // 2
    squares = np.pad(np.square(x), ((0, 0), (before, behind), (0, 0), (0, 0)))
    total = sliding_window_view(squares, size, axis=1).sum(axis=-1)
    return x / (k + alpha / size * total) ** beta


def add_constant(x: Array, tensors: Tensors, name: str) -> Array:
    """Plus a stored value for each cell."""
    return x + tensors[f"{name}.weight"]


def mul_constant(x: Array, tensors: Tensors, name: str) -> Array:
    """Times a stored value for each cell."""
    return x * tensors[f"{name}.weight"]


def prelu(x: Array, tensors: Tensors, name: str) -> Array:
    """x above 0, below it times a slope for each channel."""
    slope = per_channel(tensors[f"{name}.weight"], x)
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


def flatten(x: Array) -> Array:
    """(N, C, H, W) becomes (N, C * H * W)."""
    return x.reshape(len(x), -1)


def cropped(x: Array, cut: tuple[tuple[int, int], ...]) -> Array:
    """Without so many cells at the two ends of each axis."""
    sizes = zip(x.shape[1:], cut, strict=True)
    return x[:, *(slice(before, size - behind) for size, (before, behind) in sizes)]


def upsample(x: Array, factor: Pair) -> Array:
    """Each cell several times."""
    rows, columns = pair(factor)
    return x.repeat(rows, axis=2).repeat(columns, axis=3)


def mixed(x: Array, axis: int, factor: int) -> Array:
    """An axis so many times as long, its cells mixed with their neighbours."""
    size = x.shape[axis]
    places = (np.arange(size * factor) + 0.5) / factor - 0.5
    places = np.clip(places, 0, size - 1)
    before = np.floor(places).astype(int)
    behind = np.minimum(before + 1, size - 1)
    share = (places - before).astype(x.dtype).reshape((-1,) + (1,) * (3 - axis))
    return x.take(before, axis) * (1 - share) + x.take(behind, axis) * share


def upsample_bilinear(x: Array, factor: Pair) -> Array:
    """An image so many times as large, each cell mixed of those that are near."""
    rows, columns = pair(factor)
    return mixed(mixed(x, 2, rows), 3, columns)


def pixelshuffle(x: Array, factor: int) -> Array:
    """factor * factor channels become as many cells of one."""
    N, _, H, W = x.shape
    x = x.reshape(N, -1, factor, factor, H, W).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(N, -1, H * factor, W * factor)


def pixelunshuffle(x: Array, factor: int) -> Array:
    """factor * factor cells become as many channels."""
    N, C, H, W = x.shape
    x = x.reshape(N, C, H // factor, factor, W // factor, factor)
    return x.transpose(0, 1, 3, 5, 2, 4).reshape(N, -1, H // factor, W // factor)


def channelshuffle(x: Array, G: int) -> Array:
    """The channels of G groups, taken in turn."""
    groups = x.reshape(len(x), G, -1, *x.shape[2:])
    return groups.swapaxes(1, 2).reshape(x.shape)
