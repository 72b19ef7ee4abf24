"""Words of a command line. An empty one is nobody's choice: it is what is left of a variable of the shell that is not
set."""

from __future__ import annotations

from typing import Any

import click

EMPTY = "it is empty: is a variable of the shell not set?"


class Word(click.types.StringParamType):
    """A text that is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail(EMPTY, param, ctx)
        return super().convert(value, param, ctx)


WORD = Word()
