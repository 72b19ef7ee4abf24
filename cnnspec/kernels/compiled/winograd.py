"""Winograd's F(4x4, 3x3) over a strip: from the places where its tiles are multiplied to the output.

Tiles come to the places by `transforms.py`; the products in between are those of a convolution of 1x1, one for each
place, by the kernel for those.
Cost: that of `winograd_tile` for each tile and vector of channels.
"""

from __future__ import annotations

from .layout import STEP
from .memory import Kernel, fields, micro_kernel
from .tables import FROM_PLACES_FIELDS
from .vectors import Vectors
from .winograd_tile import FROM, emit_from


def from_places(vectors: Vectors) -> Kernel:
    """Makes tiles of the output."""
    lanes = vectors.lanes
    of = fields(FROM_PLACES_FIELDS)
    tile = micro_kernel(lambda module, is_part: emit_from(module, vectors, bool(is_part)), range(2), len(FROM))

    def kernel(p: int) -> None:
        channels, rows, columns = of(p, "channels"), of(p, "rows"), of(p, "columns")
        places, has_plus = of(p, "places"), of(p, "plus") != 0
        for n in range(of(p, "images")):
            for r in range(0, rows, STEP):
                for q in range(0, columns, STEP):
                    out = of(p, "out") + n * of(p, "out_image") + r * of(p, "out_row") + q * of(p, "out_column")
                    plus = of(p, "plus") + n * of(p, "plus_image") + r * of(p, "plus_row") + q * of(p, "plus_column")
                    for c in range(0, channels, lanes):
                        left = channels - c
                        tile(
                            1 if left < lanes else 0,
                            (
                                places + 4 * c, of(p, "place"), of(p, "bias") + 4 * c, plus + 4 * c if has_plus else 0,
                                of(p, "plus_row"), of(p, "plus_column"), out + 4 * c, of(p, "out_row"),
                                of(p, "out_column"), rows - r, columns - q, of(p, "limits"), left,
                            ),
                        )  # fmt: skip
                    places += of(p, "tile")

    return kernel
