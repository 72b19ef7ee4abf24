"""What the textbook says of its letters, each with a picture and examples, which are run."""

from __future__ import annotations

from typing import NamedTuple

from ...graph.layer import Example

SIZE = "    output = (W - F + 2P)/S + 1      of the columns; of the rows with H in place of W"


class Letter(NamedTuple):
    """A letter's page: prose in Markdown, and examples."""

    prose: str
    examples: tuple[Example, ...] = ()


LETTERS = {
    "F": Letter(
        f"""A window of F x F cells moves over the image. At each place the cells under it are multiplied by the weights
of the filter and added up, which gives one cell of the output; pooling takes their largest or their mean.

    # # # . .      F = 3 on an image of 5 x 5: this is the first place,
    # # # . .      and there are 5 - 3 + 1 = 3 in each direction
    # # # . .
    . . . . .
    . . . . .

{SIZE}

A filter is as deep as its input: over C channels it has F x F x C weights and one bias. F: 1 sees no neighbours and
mixes the channels of each cell. F is mostly odd, so that there is a cell in the middle.""",
        (
            Example("conv: {F: 3, K: 1}", (1, 5, 5), (1, 3, 3)),
            Example("conv: {F: 3, K: 1, bias: false}", (3, 5, 5), (1, 3, 3)),
            Example("maxpool: {F: 2}", (1, 4, 4), (1, 2, 2)),
        ),
    ),
    "S": Letter(
        f"""The window moves by S cells from one place to the next. S: 1 looks at every place; S: 2 at every other one,
which halves rows and columns. Of pooling layers it is F unless it is written, so that windows do not overlap.

    cells     1 2 3 4 5 6 7
    place 1   # # #
    place 2       # # #
    place 3           # # #      F = 3, S = 2: (7 - 3)/2 + 1 = 3 places

{SIZE}

Where that is not whole, the last cells are never read; `validate` warns, and says how many.""",
        (
            Example("conv: {F: 3, K: 1, S: 2}", (1, 7, 7), (1, 3, 3)),
            Example("conv: {F: 3, K: 1, S: 2, P: 1}", (1, 7, 7), (1, 4, 4)),
            Example("maxpool: {F: 2}", (1, 28, 28), (1, 14, 14)),
        ),
    ),
    "K": Letter(
        """Each of K filters goes over the whole image and makes one map. The maps lie on each other: the depth of the
output is the number of filters, whatever the depth of the input.

                      filter 1  ->  map 1
    C x H x W  ->     filter 2  ->  map 2       K maps: K x H' x W'
                      ...
                      filter K  ->  map K

A filter is as deep as its input, so a layer has K x F x F x C weights and K biases. Of a `dense` layer K is the number
of neurons; each is connected to every value of the vector.""",
        (
            Example("conv: {F: 5, K: 6}", (1, 28, 28), (6, 24, 24)),
            Example("conv: {F: 5, K: 6}", (3, 28, 28), (6, 24, 24)),
            Example("dense: {K: 10}", (84,), (10,)),
        ),
    ),
    "P": Letter(
        f"""P rows and columns of zeros are put around the image, so that the window can stand over its edge.

    0 0 0 0 0
    0 a b c 0      P = 1 around an image of 3 x 3
    0 d e f 0
    0 g h i 0
    0 0 0 0 0

{SIZE}

P = (F - 1)/2 keeps the size where S is 1: 1 for F = 3, 2 for F = 5. `same` is that number, and needs an odd F;
`same-upper` gives input/S, rounded up, with an odd row or column at the bottom and the right; `valid` is 0, as is no P
at all. Without padding each layer makes the image smaller by F - 1.""",
        (
            Example("conv: {F: 3, K: 1, P: 1}", (1, 5, 5), (1, 5, 5)),
            Example("conv: {F: 5, K: 1, P: (F-1)/2}", (1, 28, 28), (1, 28, 28)),
            Example("conv: {F: 5, K: 1, P: same}", (1, 28, 28), (1, 28, 28)),
            Example("conv: {F: 5, K: 1}", (1, 28, 28), (1, 24, 24)),
        ),
    ),
    "D": Letter(
        """The cells that a window reads lie D apart: it sees further with the same number of weights. Everywhere in the
formulas D(F - 1) + 1 stands for F.

    D = 1   # # # . .
    D = 2   # . # . #      F = 3 reaches over 2 x 2 + 1 = 5 cells""",
        (
            Example("conv: {F: 3, K: 1, D: 2}", (1, 7, 7), (1, 3, 3)),
            Example("conv: {F: 3, K: 1, D: 2, P: same}", (1, 7, 7), (1, 7, 7)),
        ),
    ),
    "G": Letter(
        """The channels of input and output are split in G groups, each filter sees the channels of its own: it is C/G
deep. G divides C and K. G = C is a depthwise convolution, whose filters see one channel each.""",
        (
            Example("conv: {F: 3, K: 8, bias: false}", (4, 5, 5), (8, 3, 3)),
            Example("conv: {F: 3, K: 8, G: 2, bias: false}", (4, 5, 5), (8, 3, 3)),
            Example("conv: {F: 3, K: C, G: C, bias: false}", (4, 5, 5), (4, 3, 3)),
        ),
    ),
}
_SIZES = Letter(
    """C is the depth of what arrives at a layer (its channels; red, green and blue are three), H its height in rows, W
its width in columns. They may stand in the numbers of a layer and of a block, and change from layer to layer. A vector
has C alone.""",
    (
        Example("conv: {F: 1, K: 2*C}", (8, 5, 5), (16, 5, 5)),
        Example("avgpool: {F: [H, W]}", (8, 5, 4), (8, 1, 1)),
        Example("dense: {K: C/2}", (84,), (42,)),
    ),
)
LETTERS |= dict.fromkeys("CHW", _SIZES)

TOPICS = {
    "receptive field": """How many rows and columns of the network's input a single cell of a layer can see. It
grows with each window:

    layer 2        . # .          one cell of layer 2
    layer 1      . # # # .        sees 3 cells of layer 1
    input      . # # # # # .      and 5 of the input, F = 3 and S = 1 in both

    field = field before + (F - 1) x jump        jump = product of the S before

`cnnspec summary` has a column with it for every layer.""",
    "feature map": """What one filter makes of the image: one channel of a layer's output. K filters make K of them;
see `cnnspec explain K`.""",
    "MACs": """Multiply-accumulates: products that are added to a sum, the usual measure of a network's work.
A convolution does F x F x C/G of them for each of its K x H' x W' output values. `cnnspec summary` counts them for
every layer.""",
    "parameters": """The numbers that are learned. A convolution has K x F x F x C/G weights and K biases, a dense
layer K x C weights and K biases. `cnnspec summary` counts them for every layer.""",
}
"""Words of the field that stand in no spec."""
