"""Darknet's arithmetic, written down once more with PyTorch by its conventions: the oracle of its import."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Section = tuple[str, dict[str, Any]]


class Oracle:
    """Draws the numbers of sections in the order of the file, and runs them on an image (1, C, H, W)."""

    def __init__(self, sections: Sequence[Section], size: tuple[int, int, int]) -> None:
        import torch

        self.torch, self.sections, self.size = torch, sections, size
        self.random = np.random.default_rng(0)
        self.drawn: list[Any] = []
        self.x = self.random.standard_normal((1, *size), np.float32)
        self.outputs: list[Any] = []
        value = torch.from_numpy(self.x)
        made: list[Any] = []
        for kind, fields in sections:
            if kind == "yolo":
                self.outputs.append(value.numpy())
            else:
                value = getattr(self, kind)(value, made, fields)
            made.append(value)
        self.outputs = self.outputs or [value.numpy()]

    def written(self, folder: Path, header: bytes = struct.pack("<iiiq", 0, 2, 5, 77)) -> Path:
        """`net.cfg`, with `net.weights` beside it."""
        C, H, W = self.size
        lines = ["# a network", "[net]", f"channels={C}", f"height = {H}", f"width={W}", ""]
        for kind, fields in self.sections:
            lines += [f"[{kind}]", *(f"{name}={value}" for name, value in fields.items()), ""]
        (folder / "net.cfg").write_text("\n".join(lines))
        (folder / "net.weights").write_bytes(header + b"".join(array.tobytes() for array in self.drawn))
        return folder / "net.cfg"

    def draw(self, *shape: int, positive: bool = False) -> Any:
        array = self.random.standard_normal(shape, np.float32)
        self.drawn.append(np.abs(array) + np.float32(0.5) if positive else array)
        return self.torch.from_numpy(self.drawn[-1])

    def convolutional(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        n, size, groups = said["filters"], said["size"], said.get("groups", 1)
        bias, norm = self.draw(n), None
        if said.get("batch_normalize"):
            norm = self.draw(n), self.draw(n), self.draw(n, positive=True)
        weight = self.draw(n, x.shape[1] // groups, size, size)
        padding = size // 2 if said.get("pad") else said.get("padding", 0)
        y = self.torch.nn.functional.conv2d(x, weight, None, said.get("stride", 1), padding, 1, groups)
        return self.finished(y, bias, norm, said)

    def connected(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        x = x.reshape(1, -1)
        n, norm = said["output"], None
        bias, weight = self.draw(n), self.draw(n, x.shape[1])
        if said.get("batch_normalize"):
            norm = self.draw(n), self.draw(n), self.draw(n, positive=True)
        return self.finished(x @ weight.T, bias, norm, said)

    def finished(self, y: Any, bias: Any, norm: Any, said: dict[str, Any]) -> Any:
        def column(values: Any) -> Any:
            return values.reshape(1, -1, *[1] * (y.ndim - 2))

        if norm is not None:
            scales, means, variances = map(column, norm)
            y = scales * (y - means) / (variances.sqrt() + 1e-6)
        return self.activated(y + column(bias), said.get("activation", "logistic"))

    def activated(self, y: Any, name: str) -> Any:
        F = self.torch.nn.functional
        functions: dict[str, Callable[[Any], Any]] = {
            "linear": lambda y: y,
            "leaky": lambda y: self.torch.where(y > 0, y, 0.1 * y),
            "relu": lambda y: y.clamp(min=0),
            "logistic": lambda y: 1 / (1 + (-y).exp()),
            "mish": lambda y: y * F.softplus(y).tanh(),
            "swish": lambda y: y / (1 + (-y).exp()),
        }
        return functions[name](y)

    def maxpool(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        """Each cell by the loop of Darknet: `padding` cells in all, half of them before, sizes rounded down."""
        size, stride = said["size"], said.get("stride", 1)
        padding = said.get("padding", size - 1)
        _, C, H, W = x.shape
        rows, columns = (H + padding - size) // stride + 1, (W + padding - size) // stride + 1
        y = self.torch.empty(1, C, rows, columns)
        for i in range(rows):
            for j in range(columns):
                top, left = i * stride - padding // 2, j * stride - padding // 2
                seen = x[0, :, max(0, top) : top + size, max(0, left) : left + size]
                y[0, :, i, j] = seen.reshape(C, -1).max(1).values
        return y

    def avgpool(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        return x.mean((2, 3), keepdim=True)

    def route(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        groups, part = said.get("groups", 1), said.get("group_id", 0)
        values = [made[int(at)] for at in str(said["layers"]).split(",")]  # lists count backwards from their end, too
        return self.torch.cat([value.chunk(groups, 1)[part] for value in values], 1)

    def shortcut(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        return self.activated(x + made[said["from"]], said.get("activation", "linear"))

    def scale_channels(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        return x * made[said["from"]]

    def upsample(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        return x.repeat_interleave(said["stride"], 2).repeat_interleave(said["stride"], 3)

    def dropout(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        return x

    def softmax(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        return x.reshape(1, -1).softmax(1)

    def cost(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        return x

    def reorg(self, x: Any, made: list[Any], said: dict[str, Any]) -> Any:
        """Darknet's own loop over the cells of the arriving image."""
        s = said["stride"]
        _, c, h, w = x.shape
        flat, out, c_out = x.reshape(-1), self.torch.empty(x.numel()), c // (s * s)
        for k in range(c):
            c2, offset = k % c_out, k // c_out
            for j in range(h):
                for i in range(w):
                    at = (i * s + offset % s) + w * s * ((j * s + offset // s) + h * s * c2)
                    out[i + w * (j + h * k)] = flat[at]
        return out.reshape(1, c * s * s, h // s, w // s)
