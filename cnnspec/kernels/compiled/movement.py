"""Values of 4 bytes copied from one place to another, whatever their steps; or zeros put there.

Cost: that of the memory where values lie side by side, a few cycles a value where they do not.
"""

from __future__ import annotations

from .layout import LINE
from .memory import Kernel, addresses, copy_line, copy_value, fields, put_zero, put_zero_line
from .tables import MOVE_FIELDS
from .vectors import Vectors


def move(vectors: Vectors) -> Kernel:
    """Copies, the last axis innermost."""
    of, at = fields(MOVE_FIELDS), addresses(MOVE_FIELDS)

    def kernel(p: int) -> None:
        # Steps are read beforehand: what is written might change them, for all that the compiler knows.
        c, x_c, out_c = of(p, "c"), of(p, "x_c"), of(p, "out_c")
        for i in range(of(p, "n")):
            for j in range(of(p, "a")):
                for k in range(of(p, "b")):
                    x, out = at(p, "x", i, j, k), at(p, "out", i, j, k)
                    lines = 4 * c // LINE
                    if of(p, "x") == 0 and out_c == 4:
                        for m in range(lines):
                            put_zero_line(out + LINE * m)
                        for m in range(LINE // 4 * lines, c):
                            put_zero(out + 4 * m)
                    elif of(p, "x") == 0:
                        for m in range(c):
                            put_zero(out + m * out_c)
                    elif x_c == 4 and out_c == 4:
                        for m in range(lines):
                            copy_line(x + LINE * m, out + LINE * m)
                        for m in range(LINE // 4 * lines, c):
                            copy_value(x + 4 * m, out + 4 * m)
                    else:
                        for m in range(c):
                            copy_value(x + m * x_c, out + m * out_c)

    return kernel
