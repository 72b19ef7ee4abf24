"""Numbers that kernels share with those who call them. Nothing here needs a compiler."""

from __future__ import annotations

# Work items, by `running`.

NEXT, BEHIND, DONE = 0, 8, 16
"""Places of what threads share, in cache lines of their own: how many items are taken; how many from the first on are
done; and from there on, for each item, whether it is done."""
OWN = ("progress", "count", "needs", "items", "calls", "finished", "patience", "result")
"""What a thread has: where that is; how many items there are, and how many of the first each needs; where the calls of
each begin and end among `calls`, pairs of a function's address and its table's, -1 where it is the interpreter's; which
of those was finished there, or -1; how often to look before it gives up for a while; and what it came back with: an
item for the interpreter, or one of the following."""
OVER, WAITING = -1, -2

# Values, by `values`.

FUNCTIONS = (
    "abs", "clamp", "elu", "exp", "gelu", "gelu_tanh", "hardsigmoid", "hardswish", "leakyrelu", "mish", "root",
    "scaled", "sigmoid", "silu", "softplus", "softsign", "tanh", "thresholdedrelu",
)  # fmt: skip
"""Of one value, by their numbers; each has three parameters, whether it needs them or not."""
PARAMETERS = 3
JOINS = ("add", "bend", "divide", "larger", "multiply", "smaller", "subtract")
"""Of two values, by their numbers."""

# Tiles of F(4x4, 3x3), by `winograd`.

STEP, SIDE = 4, 6
"""Cells of the output along a tile's side, and of the image."""
