"""The tables that native functions are called with: by name, what stands at each place. Nothing here needs a compiler,
so those who call kernels that are compiled already load none.
"""

from __future__ import annotations

# By `convolution`.

CONVOLUTION_FIELDS = (
    "x", "out", "plus", "filters", "bias", "limits", "taps", "table",
    "images", "rows", "columns",
    "x_image", "x_row", "x_column", "out_image", "out_row", "out_column", "plus_image", "plus_row", "plus_column",
    "tap_count", "tap_block", "depth", "depth_block", "channels",
)  # fmt: skip
"""Addresses; the strip's size; steps in bytes from one image, row and cell to the next; taps and the values of each,
all and at a time; channels. `limits` are two float32 and two that are none; `table` is memory, three numbers a cell."""

# By `channel_taps` and `gradients`.

TAP = 16
"""Bytes of a tap in a list, two offsets: in the image, from a cell; and of its filters, or of what is added up for
them, from those of the first tap."""

# By `channel_taps`.

CELLS = 8
"""Of a tile."""
CHANNEL_TAPS_FIELDS = (
    "x", "out", "taps", "weights", "row_table", "tap_count", "rows", "cells", "x_cell", "out_cell", "channels",
)  # fmt: skip
"""Addresses; taps, of which there may be none; rows, for each its offsets from `x` and from `out`; cells of a row;
steps in bytes; channels."""

# By `gradients`.

GRADIENT_FIELDS = (
    "x", "y", "out", "taps", "row_table", "tap_count", "rows", "cells", "x_cell", "y_cell", "channels",
)  # fmt: skip
"""Addresses; taps, at least one, of all channels of the image unless these are kept apart; rows of the strip and cells
of each; steps in bytes; channels of the output."""
FILTER_GRADIENT_FIELDS = (*GRADIENT_FIELDS, "starts")
"""The same of filters over all channels: whether the sums start at 0, not at what `out` has."""

# By `highest`.

HIGHEST_FIELDS = (
    "x", "y", "which", "row_table", "run_table", "planes", "rows", "columns", "runs",
    "x_plane", "x_cell", "tap_row", "tap_column", "taps_across", "values", "adds",
)  # fmt: skip
"""Addresses of images (planes, ..., values), of outputs (planes, rows, columns, values), and of the taps' numbers, a
byte for each; sizes; steps in bytes from plane to plane, from a window to the next one beside it, from tap to tap; taps
of a window's row; values of a cell; whether the way back adds to what is there. For each row `row_table` has the bytes
to the first tap that its windows see, how many rows of taps, and the number of the first; `run_table` for each run its
first cell, how many cells, bytes to the first tap, how many columns of taps, and the number of the first."""

# By `movement`.

MOVE_FIELDS = (
    "x", "out", "n", "a", "b", "c", "x_n", "x_a", "x_b", "x_c", "out_n", "out_a", "out_b", "out_c",
)  # fmt: skip
"""Addresses, 0 for zeros; four sizes; steps in bytes along each."""

# By `values`.

TWO_FIELDS = (
    "x", "y", "out", "function", "n", "a", "b", "values",
    "x_n", "x_a", "x_b", "y_n", "y_a", "y_b", "out_n", "out_a", "out_b",
)  # fmt: skip
"""Addresses; the function's number; three sizes and the length of a run; steps in bytes."""

# By `transposition`.

TRANSPOSE_FIELDS = ("x", "out", "row_table", "column_table", "rows", "columns", "depth", "x_depth", "out_depth")
"""Value j of row i goes from 4j bytes behind `x` and the row's place to 4i bytes behind `out` and the column's place.
That is done `depth` times, with steps in bytes between them."""

# By `transforms`.

SQUARE_FIELDS = (
    "x", "out", "images", "down", "across", "x_image", "x_down", "x_across", "x_row", "x_column",
    "tile", "place", "channels", "row", "column", "rows", "columns", "step",
)  # fmt: skip
"""Addresses; how many squares; steps in bytes from one to the next, and from cell to cell of one; in the result from
square to square, and from cell to cell; channels; where the first square begins on an image of so many rows and
columns, beyond which zeros are seen, and cells from one square to the next. The result has whole vectors of channels.
"""

# By `winograd`.

FROM_PLACES_FIELDS = (
    "places", "out", "plus", "bias", "limits", "images", "rows", "columns", "tile", "place",
    "out_image", "out_row", "out_column", "plus_image", "plus_row", "plus_column", "channels",
)  # fmt: skip
"""Addresses; images, rows and columns of the output; steps in bytes from a tile's values to the next one's, from place
to place, and in the output; channels."""

# By `place_products`.

PLACE_PRODUCTS_FIELDS = (
    "square", "square_table", "product", "product_table", "filters", "nothing", "before", "after", "room",
    "before_place", "after_place", "room_place", "depth", "block", "channels",
)  # fmt: skip
"""Addresses of the functions `filters_to_places` and `convolution` and of their tables, in which what changes from
block to block is filled in; of packed filters, of zeros for the first sums, of tiles before and after the products, and
of room for a block at the places; steps in bytes from place to place in these; channels of the image, all and of a
block, and of the output."""

# By `batch_norm`.

KEPT = ("factor", "offset", "mean", "running_mean", "running_var")
"""Rows (C,) of float32 that the way forward leaves: y = x*factor + offset; the batch's mean; the running statistics."""
KEPT_WIDE = ("mean", "factor", "scale")
"""The same of float64; the scale is 1/sqrt(variance + eps)."""
FOUND = ("slope", "plus", "weight", "bias")
"""Rows (C,) of float32 that the way back leaves: dx = dy*factor + x*slope + plus; the gradients by weight and bias."""
