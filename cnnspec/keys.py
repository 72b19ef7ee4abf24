"""The keys of a spec and what they are for, in words."""

from __future__ import annotations

from .header import Header

LAYERS = "the network: a list of layers, each a word (`relu`) or a mapping with one layer key (`conv: {F: 3, K: 8}`)"
BLOCKS = "named lists of layers with arguments, which are then used like layers"

BLOCK = {
    "args": "the block's arguments with their defaults; `required` for those that a use must give",
    "layers": "the block's layers; numbers in them may use its arguments and the C, H, W that arrive",
}

BESIDE = {
    "name": "the layer's name: letters, digits, `_`, `-`, and dots between parts. Tensors: `NAME.weight` and so on",
    "repeat": "how many times a block comes in a row; digits at the end of `name` count up",
    "expect": "the shape that must come out, over the C, H, W that arrive: `[2*C, H/2, W/2]`",
}
FROM = "go on from an earlier layer of this name, or from `input`"


def top() -> dict[str, str]:
    """The keys at the top of a spec."""
    header = {name: info.description or "" for name, info in Header.model_fields.items()}
    return header | {"blocks": BLOCKS, "layers": LAYERS}


def inner() -> dict[str, str]:
    """The keys inside a list of layers or a block."""
    return BESIDE | {"from": FROM, "args": BLOCK["args"]}
