"""Numbers that kernels share with those who call them. Nothing here needs a compiler."""

from __future__ import annotations

LINE = 64
"""Bytes of a cache line, which are copied at once."""

# Work items, by `running`.

ENDED, BEHIND, ITEMS = 0, 8, 16
"""Places of what threads share, in cache lines of their own: whether the run has been ended; how many items from the
first on are done; and from there on what becomes of each item."""
FREE, TAKEN, DONE = 0, 1, 2
OWN = (
    "progress", "count", "needs", "items", "calls", "mine", "mine_count", "next",
    "finished", "looks", "patience", "give_way", "result",
)  # fmt: skip
"""What a thread has: where that is; how many items there are, and how many of the first each needs; where the calls of
each begin and end among `calls`, pairs of a function's address and its table's, -1 where it is the interpreter's; the
items that it takes before others, how many, and which of them comes next; which item was finished in the interpreter,
or -1; how often to look before others may have the core, and how often to let them before it comes back; the address of
the system's call for that; and what it came back with: an item for the interpreter, or one of the following."""
OVER, WAITING = -1, -2

AWAY, CALLED, BUSY, LINGERING = 0, 1, 2, 3
"""What a helper does: it sleeps; it is called to a run; it takes part in it; it is awake to see whether another begins.
Each has its word in a cache line of its own."""
HELPER = ("run", "own", "state", "looks", "patience", "give_way")
"""What a helper has beside its own: the address of `run`, that of its own, and of its word."""
LEADER = ("run", "own", "states", "helpers", "looks", "patience", "give_way")
"""The same of who begins runs: where the helpers' words are, and how many."""
GATHER = ("states", "helpers", "were_away", "away")
"""To call them: for each whether it was away, and of how many that is true."""

# Values, by `values`.

FUNCTIONS = (
    "abs", "clamp", "elu", "exp", "gelu", "gelu_tanh", "hardsigmoid", "hardswish", "leakyrelu", "mish", "root",
    "scaled", "sigmoid", "silu", "softplus", "softsign", "tanh", "thresholdedrelu",
)  # fmt: skip
"""Of one value, by their numbers; each has three parameters, whether it needs them or not."""
PARAMETERS = 3
JOINS = ("add", "bend", "divide", "larger", "multiply", "smaller", "subtract")
"""Of two values, by their numbers."""
SLOPES = ("between", "relu", "sigmoid", "tanh")
"""Products of a gradient with a function's derivative, by their numbers; what that follows from is the function's
value. `between` has two limits."""

# Steps of weights, by `updates`.

UPDATES = ("sgd", "momentum", "nesterov", "adam")
"""Rules, by their numbers: twice these, and one more where the gradient includes decay."""
UPDATE_NUMBERS = ("shrink", "decay", "keep", "rate", "momentum", "new", "old_squares", "new_squares", "by_root", "eps")
"""A step's, in float32: what the gradient is times; how much of the weights it includes, and what these are times; the
rate; of SGD the momentum; of Adam what is new of the mean, old and new of the squares, what their root is times, and
what is added to it."""

# Tiles of F(4x4, 3x3), by `winograd`.

STEP, SIDE = 4, 6
"""Cells of the output along a tile's side, and of the image."""
WITHIN = 0, 0, SIDE, SIDE, 0
"""The last fields of `transforms`, for squares of which none reaches beyond its image."""
