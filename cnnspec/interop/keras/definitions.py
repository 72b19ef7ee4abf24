"""What generated Keras code defines. Read as text, never imported by cnnspec.

Images are (N, H, W, C), vectors (N, C). A layer of the model has the name of the spec's, with `_` for dots.
"""

import keras
from keras import KerasTensor, layers, ops

from ..code.shared_definitions import Pair, Sides, Tensors, bins, sides


def load_weights(model: keras.Model, tensors: Tensors) -> None:
    """Give the model the tensors of the spec, their axes turned as Keras has them."""
    for name in {name.rpartition(".")[0] for name in tensors}:
        layer = model.get_layer(name.replace(".", "_"))
        keys = ("weight", "bias", "running_mean", "running_var")
        values = [
            tensors[f"{name}.{key}"] for key in keys if f"{name}.{key}" in tensors
        ]
        if values[0].ndim == 4:
            is_depthwise = isinstance(layer, layers.DepthwiseConv2D)
            axes = (2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0)
            values[0] = values[0].transpose(axes)
        elif isinstance(layer, layers.Dense):
            values[0] = values[0].T
        elif values[0].ndim == 3:
            values = [value.transpose(1, 2, 0) for value in values]
        pairs = zip(values, layer.weights, strict=True)
        layer.set_weights([value.reshape(own.shape) for value, own in pairs])


def spelled(name: str) -> str:
    """A layer's name without dots."""
    return name.replace(".", "_")


def padded(x: KerasTensor, P: Sides, value: float = 0.0) -> KerasTensor:
    """The image with rows and columns around it; where P is negative, with less."""
    (top, bottom), (left, right) = sides(P)
    if min(top, bottom, left, right) < 0:
        H, W = x.shape[1:3]
        rows = slice(max(0, -top), H - max(0, -bottom))
        x = x[:, rows, max(0, -left) : W - max(0, -right)]
    around = ((max(0, top), max(0, bottom)), (max(0, left), max(0, right)))
    if around == ((0, 0), (0, 0)):
        return x
    return ops.pad(x, ((0, 0), *around, (0, 0)), constant_values=value)


def conv(
    x: KerasTensor,
    K: int,
    F: Pair,
    name: str,
    S: Pair = 1,
    P: Sides = 0,
    D: Pair = 1,
    G: int = 1,
    bias: bool = True,
) -> KerasTensor:
    """A convolution of K filters; with as many groups as channels a depthwise one."""
    x = padded(x, P)
    C = x.shape[-1]
    if G == C > 1:
        made = layers.DepthwiseConv2D(
            F,
            strides=S,
            dilation_rate=D,
            depth_multiplier=K // C,
            use_bias=bias,
            name=spelled(name),
        )
        return made(x)
    made = layers.Conv2D(
        K,
        F,
        strides=S,
        dilation_rate=D,
        groups=G,
        use_bias=bias,
        name=spelled(name),
    )
    return made(x)


def deconv(
    x: KerasTensor,
    K: int,
    F: Pair,
    name: str,
    S: Pair = 1,
    cut: Sides = 0,
    bias: bool = True,
) -> KerasTensor:
    """A transposed convolution, with so many cells cut off at the sides."""
    made = layers.Conv2DTranspose(K, F, strides=S, use_bias=bias, name=spelled(name))
    (top, bottom), (left, right) = sides(cut)
    rows, columns = (S, S) if isinstance(S, int) else S
    height, width = (F, F) if isinstance(F, int) else F
    bottom += max(0, rows - height)  # Keras goes on to the end of the last stride
    right += max(0, columns - width)
    return padded(made(x), ((-top, -bottom), (-left, -right)))


def dense(x: KerasTensor, K: int, name: str, bias: bool = True) -> KerasTensor:
    """K neurons."""
    return layers.Dense(K, use_bias=bias, name=spelled(name))(x)


def batchnorm(
    x: KerasTensor,
    name: str,
    eps: float = 1e-5,
    momentum: float = 0.1,
    affine: bool = True,
) -> KerasTensor:
    """Each channel by the mean and the variance that were met in training."""
    made = layers.BatchNormalization(
        epsilon=eps,
        momentum=1 - momentum,
        center=affine,
        scale=affine,
        name=spelled(name),
    )
    return made(x)


def layernorm(x: KerasTensor, name: str, eps: float = 1e-5) -> KerasTensor:
    """The channels at each place by their own mean and variance."""
    return layers.LayerNormalization(epsilon=eps, name=spelled(name))(x)


def layernorm_all(x: KerasTensor, name: str, eps: float = 1e-5) -> KerasTensor:
    """All values by their own mean and variance."""
    axes = list(range(1, len(x.shape)))
    return layers.LayerNormalization(axis=axes, epsilon=eps, name=spelled(name))(x)


def groupnorm(x: KerasTensor, name: str, G: int, eps: float = 1e-5) -> KerasTensor:
    """Each group of channels by its own mean and variance."""
    return layers.GroupNormalization(G, epsilon=eps, name=spelled(name))(x)


def prelu(x: KerasTensor, name: str) -> KerasTensor:
    """x above 0, below it times a slope for each channel."""
    axes = list(range(1, len(x.shape) - 1))
    return layers.PReLU(shared_axes=axes, name=spelled(name))(x)


def maxpool(x: KerasTensor, F: Pair, S: Pair, P: Sides = 0) -> KerasTensor:
    """The largest value of each window; padding is never it."""
    return ops.max_pool(padded(x, P, float("-inf")), F, S)


def avgpool(x: KerasTensor, F: Pair, S: Pair, P: Sides = 0) -> KerasTensor:
    """The mean of each window, padding included."""
    return ops.average_pool(padded(x, P), F, S)


def sumpool(x: KerasTensor, F: Pair, S: Pair, P: Sides = 0) -> KerasTensor:
    """The sum of each window."""
    rows, columns = (F, F) if isinstance(F, int) else F
    return avgpool(x, F, S, P) * (rows * columns)


def hardsigmoid(x: KerasTensor, slope: float, offset: float) -> KerasTensor:
    """slope * x + offset between 0 and 1."""
    return ops.clip(x * slope + offset, 0, 1)


def adaptiveavgpool(x: KerasTensor, out: Pair) -> KerasTensor:
    """The mean of each bin."""
    rows, columns = (out, out) if isinstance(out, int) else out
    H, W = x.shape[1:3]
    means = [ops.mean(x[:, each], axis=1, keepdims=True) for each in bins(H, rows)]
    x = ops.concatenate(means, axis=1)
    means = [
        ops.mean(x[:, :, each], axis=2, keepdims=True) for each in bins(W, columns)
    ]
    return ops.concatenate(means, axis=2)


def globalavgpool(x: KerasTensor) -> KerasTensor:
    """The mean of each channel, (N, 1, 1, C)."""
    return layers.GlobalAveragePooling2D(keepdims=True)(x)


def globalmaxpool(x: KerasTensor) -> KerasTensor:
    """The largest value of each channel, (N, 1, 1, C)."""
    return layers.GlobalMaxPooling2D(keepdims=True)(x)


def flatten(x: KerasTensor) -> KerasTensor:
    """(N, H, W, C) becomes (N, C * H * W), channel by channel as in the spec."""
    return layers.Flatten()(layers.Permute((3, 1, 2))(x))


def upsample(x: KerasTensor, factor: Pair, mode: str = "nearest") -> KerasTensor:
    """An image so many times as large."""
    return layers.UpSampling2D(factor, interpolation=mode)(x)
