"""What the examples of a data set ought to give, held against the network's output and the loss."""

from __future__ import annotations

from typing import Literal

Loss = Literal["cross_entropy", "mse"]
