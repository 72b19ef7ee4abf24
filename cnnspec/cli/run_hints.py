"""What `run` says beside its results of images that are not like those which the network knows."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from ..diagnostics import FileError
from ..spec import Spec
from .notes import note

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..spec.running import BatchResult


class GroundHint:
    """Says it once when a gray image is dark on light, and the spec's sample (or else the first of its examples) light
    on dark. A network that has learned the one makes nothing of the other."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        preprocess = spec.header.preprocess
        self.is_open = preprocess is not None and not preprocess.invert and spec.graph.input[0] == 1

    def add(self, found: BatchResult) -> None:
        """Look at a batch."""
        if not self.is_open or found.inputs is None:
            return
        from ..inputs.ground import DARK, LIGHT, ground
        from ..reports.drawing.terminal_text import escaped

        preprocess = self.spec.header.preprocess
        assert preprocess is not None, "it is open"
        for name, x in zip(found.names, found.inputs, strict=True):
            if ground(x, preprocess) > LIGHT and x.min() != x.max():
                self.is_open = False
                if self._known is not None and ground(self._known, preprocess) < DARK:
                    how = "is dark on light; what the network knows is light on dark"
                    note(f"`{escaped(name)}` {how}: `preprocess: {{..., invert: true}}` in the spec turns it round")
                return

    @cached_property
    def _known(self) -> Array | None:
        """An input that the network knows."""
        with suppress(FileError):
            from ..spec.running import first

            return first(self.spec.sample(), self.spec.graph, self.spec.header.preprocess)
        with suppress(FileError):
            import numpy as np

            from ..train.datasets import open_dataset

            settings = self.spec.header.train
            examples = open_dataset(self.spec.data_path(), self.spec, settings.loss if settings else "cross_entropy")
            return np.asarray(examples.inputs.read(np.arange(1))[0])
        return None
