"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..layer import Shape

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class InputShape(click.ParamType):
    """C,H,W as three whole numbers."""

    name = "C,H,W"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shape:
        parts = str(value).replace("x", ",").split(",")
        if len(parts) != 3 or not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
            self.fail(f"{value!r} is not C,H,W, three whole numbers such as 3,224,224", param, ctx)
        return tuple(int(part) for part in parts)


input_option: Decorator = click.option(
    "--input", "shape", type=InputShape(), help="Try the spec at another input size, e.g. 3,320,320."
)
