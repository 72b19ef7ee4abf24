"""Gray pixels of 8 bits that lie side by side, (n, H, W), as the network's inputs: what an image file of the same
pixels would become."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...files.file_array import StoredArray
from ...files.reading import blaming
from ...graph.shape import Shape
from ...inputs.images import fitting, levels, resized
from ...language.sections.preprocess import Preprocess
from .array_values import Indices
from .dataset import Images


@dataclass(frozen=True, eq=False)
class PixelInputs:
    """Inputs (C, H, W) = `input`, made from pixels by `preprocess`."""

    path: Path
    pixels: StoredArray
    preprocess: Preprocess
    input: Shape

    @classmethod
    def of(cls, path: Path, pixels: StoredArray, preprocess: Preprocess | None, input: Shape) -> PixelInputs:
        """The pixels of the file `path`, or what `images.check` would raise for one of them: E410 to E412."""
        return cls(path, pixels, fitting(path, pixels.shape[1], pixels.shape[2], preprocess, input), input)

    def __len__(self) -> int:
        return len(self.pixels)

    def read(self, indices: Indices) -> Images:
        with blaming(self.path):
            chosen = self.pixels[indices]
        if self.preprocess.changes(self.pixels.shape[1], self.pixels.shape[2]):
            chosen = np.stack([self._resized(picture) for picture in chosen])
        x = np.empty((len(chosen), *self.input), np.float32)
        for channel, table in enumerate(self._levels):
            x[:, channel] = table[chosen]
        return x

    @cached_property
    def _levels(self) -> NDArray[np.float32]:
        """What each channel makes of each of the 256 values a pixel may have, (C, 256)."""
        values = np.broadcast_to(np.arange(256.0), (self.input[0], 1, 256))
        return levels(values, self.preprocess).astype(np.float32)[:, 0]

    def _resized(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        from PIL import Image

        return np.asarray(resized(Image.fromarray(picture), self.preprocess))
