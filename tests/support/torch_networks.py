"""The networks that torchvision lacks, written by hand in PyTorch after their papers, without a look at `specs/`.

Attributes bear the names that the specs' tensors have, so that one set of values serves both.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

NETWORKS: dict[str, Callable[[], nn.Module]] = {}


def network(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    NETWORKS[make.__name__] = make
    return make


class Chain(nn.Sequential):
    """Modules in order; those given without a name have no tensors."""

    def __init__(self, *modules: nn.Module | tuple[str, nn.Module]) -> None:
        super().__init__()
        for i, module in enumerate(modules):
            name, made = module if isinstance(module, tuple) else (f"plain{i}", module)
            self.add_module(name, made)


def conv(C: int, K: int, F: int, S: int = 1, G: int = 1) -> nn.Conv2d:
    return nn.Conv2d(C, K, F, S, padding=(F - 1) // 2, groups=G, bias=False)


@network
def lenet5() -> nn.Module:
    return Chain(
        ("conv1", nn.Conv2d(1, 6, 5, padding=2)),
        nn.ReLU(),
        nn.MaxPool2d(2),
        ("conv2", nn.Conv2d(6, 16, 5)),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        ("dense1", nn.Linear(400, 120)),
        nn.ReLU(),
        ("dense2", nn.Linear(120, 84)),
        nn.ReLU(),
        ("dense3", nn.Linear(84, 10)),
        nn.Softmax(1),
    )


@network
def digits() -> nn.Module:
    return Chain(
        ("conv1", nn.Conv2d(1, 16, 3, padding=1)),
        nn.ReLU(),
        ("conv2", nn.Conv2d(16, 32, 3, padding=1)),
        nn.ReLU(),
        nn.MaxPool2d(2),
        ("conv3", nn.Conv2d(32, 64, 3, padding=1)),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        ("dense1", nn.Linear(256, 10)),
        nn.Softmax(1),
    )


@network
def tinyvgg() -> nn.Module:
    return Chain(
        ("conv_1_1", nn.Conv2d(3, 10, 3)),
        nn.ReLU(),
        ("conv_1_2", nn.Conv2d(10, 10, 3)),
        nn.ReLU(),
        nn.MaxPool2d(2, 2),
        ("conv_2_1", nn.Conv2d(10, 10, 3)),
        nn.ReLU(),
        ("conv_2_2", nn.Conv2d(10, 10, 3)),
        nn.ReLU(),
        nn.MaxPool2d(2, 2),
        nn.Flatten(),
        ("output", nn.Linear(1690, 10)),
        nn.Softmax(1),
    )


@network
def darknet19() -> nn.Module:
    """Filters and sizes as in the table of "YOLO9000", 2016; 0 stands for a pooling."""
    table = "32.3 0 64.3 0 128.3 64.1 128.3 0 256.3 128.1 256.3 0 512.3 256.1 512.3 256.1 512.3 0"
    table += " 1024.3 512.1 1024.3 512.1 1024.3"
    modules: list[nn.Module | tuple[str, nn.Module]] = []
    C, count = 3, 0
    for entry in table.split():
        if entry == "0":
            modules.append(nn.MaxPool2d(2))
            continue
        K, F = map(int, entry.split("."))
        count += 1
        modules += [(f"conv{count}", conv(C, K, F)), (f"batchnorm{count}", nn.BatchNorm2d(K)), nn.LeakyReLU(0.1)]
        C = K
    modules.append((f"conv{count + 1}", nn.Conv2d(C, 1000, 1)))
    return Chain(*modules, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1))


class Basic(nn.Module):
    """He et al. 2015; option A: the shortcut skips pixels, and the new channels are zeros."""

    def __init__(self, C: int, K: int, S: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(C, K, 3, S), nn.BatchNorm2d(K)
        self.conv2, self.bn2 = conv(K, K, 3), nn.BatchNorm2d(K)
        self.stride, self.new = S, K - C

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        half = self.new // 2
        shortcut = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, half))
        return functional.relu(y + shortcut)


@network
def resnet20_cifar() -> nn.Module:
    stages = [
        nn.Sequential(Basic(C, K, S), Basic(K, K, 1), Basic(K, K, 1))
        for C, K, S in ((16, 16, 1), (16, 32, 2), (32, 64, 2))
    ]
    return Chain(
        ("conv1", conv(3, 16, 3)),
        ("bn1", nn.BatchNorm2d(16)),
        nn.ReLU(),
        *((f"layer{i}", stage) for i, stage in enumerate(stages, 1)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        ("fc", nn.Linear(64, 10)),
    )


@network
def mobilenet_v1() -> nn.Module:
    """Howard et al. 2017, table 1."""

    def separable(C: int, K: int, S: int) -> nn.Module:
        depthwise = (("conv_dw", conv(C, C, 3, S, G=C)), ("bn1", nn.BatchNorm2d(C)), nn.ReLU6())
        return Chain(*depthwise, ("conv_pw", conv(C, K, 1)), ("bn2", nn.BatchNorm2d(K)), nn.ReLU6())

    stages = [
        [(32, 64, 1)],
        [(64, 128, 2), (128, 128, 1)],
        [(128, 256, 2), (256, 256, 1)],
        [(256, 512, 2)] + 5 * [(512, 512, 1)],
        [(512, 1024, 2), (1024, 1024, 1)],
    ]
    return Chain(
        ("conv_stem", conv(3, 32, 3, 2)),
        ("bn1", nn.BatchNorm2d(32)),
        nn.ReLU6(),
        ("blocks", nn.Sequential(*(nn.Sequential(*(separable(*sizes) for sizes in stage)) for stage in stages))),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        ("classifier", nn.Linear(1024, 1000)),
    )


class SamePadded(nn.Conv2d):
    """TensorFlow's SAME: ceil(size / S) outputs, the odd cell behind."""

    def forward(self, x: Tensor) -> Tensor:
        (F, _), (S, _) = self.kernel_size, self.stride
        rows, columns = (max((-(-size // S) - 1) * S + F - size, 0) for size in map(int, x.shape[2:]))
        edges = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
        return super().forward(functional.pad(x, edges))


class MBConv(nn.Module):
    """Tan and Le 2019 without squeeze and excite, as in the Lite networks."""

    def __init__(self, expand: int, C: int, K: int, F: int, S: int) -> None:
        super().__init__()
        wide = expand * C
        if expand > 1:
            self._expand_conv, self._bn0 = conv(C, wide, 1), nn.BatchNorm2d(wide, 1e-3)
        self._depthwise_conv = SamePadded(wide, wide, F, S, groups=wide, bias=False)
        self._bn1 = nn.BatchNorm2d(wide, 1e-3)
        self._project_conv, self._bn2 = conv(wide, K, 1), nn.BatchNorm2d(K, 1e-3)
        self.expands, self.skips = expand > 1, S == 1 and C == K

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.skips else y


@network
def efficientnet_lite0() -> nn.Module:
    """Repeats, filters, sizes and strides as in the table of EfficientNet-B0."""
    blocks: list[nn.Module] = []
    C = 32
    for expand, K, repeats, F, S in (
        (1, 16, 1, 3, 1),
        (6, 24, 2, 3, 2),
        (6, 40, 2, 5, 2),
        (6, 80, 3, 3, 2),
        (6, 112, 3, 5, 1),
        (6, 192, 4, 5, 2),
        (6, 320, 1, 3, 1),
    ):
        for i in range(repeats):
            blocks.append(MBConv(expand, C, K, F, S if i == 0 else 1))
            C = K
    return Chain(
        ("_conv_stem", SamePadded(3, 32, 3, 2, bias=False)),
        ("_bn0", nn.BatchNorm2d(32, 1e-3)),
        nn.ReLU6(),
        ("_blocks", nn.Sequential(*blocks)),
        ("_conv_head", conv(C, 1280, 1)),
        ("_bn1", nn.BatchNorm2d(1280, 1e-3)),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        ("_fc", nn.Linear(1280, 1000)),
    )


class UNet(nn.Module):
    """Ronneberger et al. 2015, with padding and batch norm."""

    def __init__(self) -> None:
        super().__init__()
        depths = (64, 128, 256, 512, 1024)
        for i, (C, K) in enumerate(zip((3, *depths), depths, strict=False), 1):
            self.add_module(f"enc{i}" if i < 5 else "bottom", self.pair(C, K))
        for i, K in enumerate(depths[:-1], 1):
            self.add_module(f"up{i}", nn.ConvTranspose2d(2 * K, K, 2, 2))
            self.add_module(f"dec{i}", self.pair(2 * K, K))
        self.mask = nn.Conv2d(64, 1, 1)

    @staticmethod
    def pair(C: int, K: int) -> nn.Module:
        first = (("conv1", conv(C, K, 3)), ("bn1", nn.BatchNorm2d(K)), nn.ReLU())
        return Chain(*first, ("conv2", conv(K, K, 3)), ("bn2", nn.BatchNorm2d(K)), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        seen = []
        for i in range(1, 5):
            x = self.get_submodule(f"enc{i}")(x)
            seen.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.get_submodule("bottom")(x)
        for i in range(4, 0, -1):
            x = self.get_submodule(f"up{i}")(x)
            x = self.get_submodule(f"dec{i}")(torch.cat([seen.pop(), x], 1))
        return torch.sigmoid(self.mask(x))


@network
def unet() -> nn.Module:
    return UNet()
