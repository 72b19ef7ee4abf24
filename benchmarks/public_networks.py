"""Networks of public libraries as files: from PyTorch by its exporter, from Keras as it saves them.

Nothing is downloaded. The values are drawn, the same ones each time, and so that they hide nothing: no filter is 0, no
batch norm leaves its input as it is, and no output dies away or grows beyond bounds.
"""

from __future__ import annotations

import importlib
import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any
from unittest import mock

import numpy as np


@dataclass(frozen=True, slots=True)
class Library:
    """Where networks come from: those that are taken unless others are named, and how one is written to a folder."""

    names: Sequence[str]
    write: Callable[[str, Path], Path]


def torchvision(part: str) -> ModuleType:
    """A module of torchvision, also where its wheel does not fit torch's: on import it describes compiled operators
    that are not there then, and that no classifier or transform needs."""
    import torch

    with mock.patch.object(torch.library, "register_fake", _as_written):
        return importlib.import_module(f"torchvision.{part}")


def _as_written(*_: Any, **__: Any) -> Callable[[Any], Any]:
    """A decorator that leaves its function alone."""
    return lambda function: function


def drawn(module: Any) -> Any:
    """A PyTorch module with values that are neither trivial nor large, as it stands after training."""
    import torch

    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for key, tensor in module.state_dict().items():
            if not tensor.is_floating_point():
                tensor.zero_()
                continue
            values = torch.randn(tensor.shape, generator=random)
            if tensor.ndim > 1:
                tensor.copy_(values * (2 / tensor[0].numel()) ** 0.5)
            elif key.endswith(("running_var", "weight")):
                tensor.copy_(1 + 0.1 * values.abs())
            else:
                tensor.copy_(0.1 * values)
    return module.eval()


def settled(module: Any, shape: tuple[int, ...]) -> Any:
    """A module whose batch norms know what arrives of noise, as after training: otherwise values grow from layer to
    layer, and rounding with them, in every program."""
    import torch

    norms = [part for part in module.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches: of the one
        norm.train()
    with torch.no_grad():
        module(torch.randn(4, *shape, generator=torch.Generator().manual_seed(1)))
    return module.eval()


def as_onnx(module: Any, shape: tuple[int, ...], path: Path) -> Path:
    """What PyTorch's exporter writes of a module for one image of a shape C, H, W."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (torch.zeros(1, *shape),), path, dynamo=False)
    return path


def _torchvision(name: str, folder: Path) -> Path:
    models = torchvision("models")
    # These two draw their first values slowly, and ask whether they shall.
    first = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    (side,) = models.get_model_weights(name).DEFAULT.transforms().crop_size
    module, shape = drawn(models.get_model(name, weights=None, **first)), (3, side, side)
    return as_onnx(settled(module, shape), shape, folder / f"{name}.onnx")


def _timm(name: str, folder: Path) -> Path:
    torchvision("models")  # timm imports it as well
    timm = importlib.import_module("timm")
    module = drawn(timm.create_model(name, pretrained=False, exportable=True))
    shape = module.default_cfg["input_size"]
    return as_onnx(settled(module, shape), shape, folder / f"{name}.onnx")


def _keras(name: str, folder: Path) -> Path:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = importlib.import_module("keras")
    model = getattr(keras.applications, name)(weights=None, input_shape=(224, 224, 3))
    random = np.random.default_rng(0)
    for variable in model.weights:
        values = random.standard_normal(variable.shape)
        if variable.path.endswith(("gamma", "variance")):
            variable.assign(1 + 0.1 * abs(values))
        elif values.ndim > 1:
            # A filter of a depthwise kernel (F, F, C, 1) sees one channel, one of the others (F, F, C, K) all.
            seen = values.shape[:2] if "depthwise" in variable.path else values.shape[:-1]
            variable.assign(values * (2 / math.prod(seen)) ** 0.5)
        elif variable.dtype == "float32":
            variable.assign(0.1 * values)
    path = folder / f"{name}.keras"
    settled_in_keras(keras, model).save(path)
    return path


def settled_in_keras(keras: Any, model: Any) -> Any:
    """The same of a model of Keras, with noise of the two kinds that an import is checked with: what is larger than all
    that norms have met would decide for one class beyond all doubt, and hide every difference."""
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0  # of what was known before
    random, shape = np.random.default_rng(1), (2, *model.input_shape[1:])
    noise = np.concatenate([random.random(shape, np.float32), random.standard_normal(shape, np.float32)])
    factors = [layer.scale for layer in model.layers if isinstance(layer, keras.layers.Rescaling)]
    model(noise / factors[0] if factors else noise, training=True)  # pixels, which it makes such noise of
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
    return model


LIBRARIES: Mapping[str, Library] = MappingProxyType(
    {
        "torchvision": Library(
            (
                "alexnet",
                "vgg11",
                "squeezenet1_0",
                "squeezenet1_1",
                "mobilenet_v2",
                "mobilenet_v3_small",
                "mobilenet_v3_large",
                "shufflenet_v2_x0_5",
                "shufflenet_v2_x1_0",
                "resnet18",
                "resnet50",
                "resnext50_32x4d",
                "densenet121",
                "googlenet",
                "inception_v3",
                "efficientnet_b0",
                "efficientnet_v2_s",
                "regnet_x_400mf",
                "regnet_y_400mf",
                "mnasnet0_5",
                "convnext_tiny",
                "swin_t",
            ),
            _torchvision,
        ),
        "timm": Library(
            (
                "convmixer_768_32",
                "convnext_atto",
                "convnextv2_atto",
                "cspdarknet53",
                "cspresnet50",
                "darknet53",
                "ecaresnet26t",
                "edgenext_xx_small",
                "efficientformer_l1",
                "ese_vovnet19b_dw",
                "fastvit_t8",
                "fbnetc_100",
                "gcresnet33ts",
                "gernet_s",
                "ghostnet_100",
                "hardcorenas_a",
                "hgnetv2_b0",
                "inception_next_atto",
                "inception_resnet_v2",
                "inception_v4",
                "mixnet_s",
                "mobilenetv1_100",
                "mobilenetv4_conv_small",
                "mobileone_s0",
                "mobilevit_xxs",
                "poolformer_s12",
                "repghostnet_050",
                "repvgg_a0",
                "res2net50_14w_8s",
                "resnest14d",
                "resnet10t",
                "resnetaa50d",
                "resnetblur50",
                "resnetv2_50",
                "rexnet_100",
                "seresnet50",
                "skresnet18",
                "spnasnet_100",
                "tf_efficientnet_lite0",
                "tinynet_e",
                "tresnet_m",
            ),
            _timm,
        ),
        "keras": Library(
            (
                "MobileNet",
                "MobileNetV2",
                "MobileNetV3Small",
                "EfficientNetB0",
                "DenseNet121",
                "ResNet50",
            ),
            _keras,
        ),
    }
)


def installed() -> list[str]:
    """The libraries that are there."""
    return [library for library in LIBRARIES if find_spec(library)]
