"""What generated code defines where PyTorch has nothing of the kind. Read as text, never imported by cnnspec."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

Size = int | tuple[int, int]
Sides = tuple[int, int, int, int]


class Conv2dSame(nn.Conv2d):
    """A convolution with ceil(size / stride) outputs, as TensorFlow's SAME.

    The odd row is padded at the bottom, the odd column at the right.
    """

    def forward(self, x: Tensor) -> Tensor:
        sides: list[int] = []
        for axis in (1, 0):
            size, step = x.shape[2 + axis], self.stride[axis]
            extent = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
            total = max(0, (-(-size // step) - 1) * step + extent - size)
            sides += [total // 2, total - total // 2]
        return super().forward(F.pad(x, sides))


def max_pool_padded(
    x: Tensor, size: Size, stride: Size, sides: Sides, dilation: Size = 1
) -> Tensor:
    """The largest value of each window; cells at the sides are never it."""
    x = F.pad(x, sides, value=float("-inf"))
    return F.max_pool2d(x, size, stride, dilation=dilation)


def sum_pool_padded(
    x: Tensor, size: Size, stride: Size, sides: Sides, dilation: Size = 1
) -> Tensor:
    """The sum of each window, with zeros at the sides: a convolution with ones."""
    rows, columns = (size, size) if isinstance(size, int) else size
    ones = x.new_ones(x.shape[1], 1, rows, columns)
    x = F.pad(x, sides)
    return F.conv2d(x, ones, stride=stride, dilation=dilation, groups=x.shape[1])


def avg_pool_padded(
    x: Tensor,
    size: Size,
    stride: Size,
    sides: Sides,
    counted: Sides = (0, 0, 0, 0),
    dilation: Size = 1,
) -> Tensor:
    """The mean of each window, over the image and those cells around it that count."""
    cells = F.pad(torch.ones_like(x[:1, :1]), counted, value=1.0)
    left, right, top, bottom = (a - b for a, b in zip(sides, counted, strict=True))
    rest = (left, right, top, bottom)
    total = sum_pool_padded(x, size, stride, sides, dilation)
    return total / sum_pool_padded(cells, size, stride, rest, dilation)


def pad_channels(x: Tensor, before: int, after: int, mode: str) -> Tensor:
    """Copies of channels before the first and after the last."""
    C = x.shape[1]
    index = torch.arange(-before, C + after)
    if mode == "edge":
        index = index.clamp(0, C - 1)
    elif mode == "wrap":
        index = index % C
    else:
        index = (C - 1) - ((C - 1) - index.abs()).abs()
    return x[:, index]


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """Channels of each group, taken in turn."""
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


class LayerNorm2d(nn.LayerNorm):
    """Layer norm over the channels at each place of an image."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class RMSNorm2d(nn.RMSNorm):
    """RMS norm over the channels at each place of an image."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Scale(nn.Module):
    """Each channel times a learned value, and with `bias` plus another."""

    def __init__(self, C: int, bias: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(C))
        self.bias = nn.Parameter(torch.zeros(C)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        shape = (-1,) + (1,) * (x.ndim - 2)
        x = x * self.weight.view(shape)
        return x if self.bias is None else x + self.bias.view(shape)


class AddConstant(nn.Module):
    """Each value plus a fixed one."""

    weight: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight


class MulConstant(nn.Module):
    """Each value times a fixed one."""

    weight: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("weight", torch.ones(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


def drop_path(x: Tensor, p: float, training: bool) -> Tensor:
    """In training, all values of an image are dropped with probability p."""
    if not training or p == 0:
        return x
    kept = torch.rand(len(x), *(1,) * (x.ndim - 1), device=x.device) >= p
    return x * kept / (1 - p)
