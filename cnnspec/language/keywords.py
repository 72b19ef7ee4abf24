"""The keys of a spec and what they are for, in words."""

from __future__ import annotations

from .sections.header import Header

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
LETTERS = {
    "F": "size of the window: `5` or `[rows, columns]`",
    "S": "stride, `2` or `[rows, columns]`",
    "K": "number of filters or neurons = depth of the output",
    "P": "zero padding: `2`, `[rows, columns]`, `{top: 1, left: 1}` (sides left out are 0), "
    "`same`, `same-upper`, `valid`",
    "D": "dilation: the window's cells lie D apart",
    "G": "groups of channels that do not see each other; G = C is depthwise",
    "C, H, W": "the size of what arrives, for use in arithmetic",
}
FROM = "go on from an earlier layer of this name, or from `input`"


MORE = {
    "name": """Any layer may have one; a layer without fields becomes a mapping for it. Other layers are called
by their kind and a counter: `relu1`, `relu2`.

    layers:
      - {relu: {}, name: first}
      - conv: {F: 3, K: 8}
        name: second""",
    "repeat": """The block is worked out anew each time, with the C, H, W that arrive then. A name that ends in
a number counts up from there: this makes `stage.1` and `stage.2`. Any other name gets `.0`, `.1`,
and so on. A block without a name adds none to its layers.

    blocks:
      twice: {layers: [{conv: {F: 3, K: 2*C, P: same}}, relu]}
    layers:
      - {twice: {}, name: stage.1, repeat: 2}""",
    "from": """It is an item of a list of layers, by itself. What comes next reads that layer's output. The
layers between are still there for joins, for `outputs` and for another `from`.

    layers:
      - {relu: {}, name: stem}
      - {conv: {F: 1, K: 4}, name: side}
      - from: stem
      - concat: [side, []]""",
    "args": """An argument is a number, an expression, true or false, a word, a list of layers or the name of
a layer, and may not be called C, H or W. Its default may use C, H, W and the arguments above it. Where it is
a branch of a join, `none` leaves that out.

    blocks:
      part:
        args: {K: required, S: 1, wide: 4*K}
        layers: [{conv: {F: 1, S: S, K: wide}}, {conv: {F: 1, K: K}}]
    layers:
      - part: {K: 8, S: 2}""",
}
"""What a key's line alone does not tell, with an example."""


def letters() -> dict[str, str]:
    """The textbook's letters, one by one."""
    return {letter: said for these, said in LETTERS.items() for letter in these.split(", ")}


def top() -> dict[str, str]:
    """The keys at the top of a spec."""
    header = {name: info.description or "" for name, info in Header.model_fields.items()}
    return header | {"blocks": BLOCKS, "layers": LAYERS}


def inner() -> dict[str, str]:
    """The keys inside a list of layers or a block."""
    return BESIDE | {"from": FROM, "args": BLOCK["args"]}
