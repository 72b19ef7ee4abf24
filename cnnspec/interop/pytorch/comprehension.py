"""Equal modules in a row, or such in which one number grows by steps -> a loop."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..code.layout import Expression, Loop

LEAST = 3
"""Modules in a row that are worth a loop."""
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])|(?<=[a-z_])\d+(?=\")")


def comprehended(modules: Sequence[Expression]) -> tuple[Expression, ...]:
    """The same modules, those in a row as `*(... for ...)`."""
    found: list[Expression] = []
    at = 0
    while at < len(modules):
        count, text = _row(modules[at], [str(module) for module in modules[at:]])
        if count >= LEAST:
            element, header = text
            found.append(Loop(element, header))
            at += count
        else:
            found.append(modules[at])
            at += 1
    return tuple(found)


def _row(first: Expression, texts: Sequence[str]) -> tuple[int, tuple[Expression, str]]:
    """How many texts from the first on are one with numbers that grow, and the loop that makes them."""
    numbers = [[int(each) for each in NUMBER.findall(text)] for text in texts]
    forms = [NUMBER.sub("#", text) for text in texts]
    if len(texts) < LEAST or forms[1] != forms[0]:
        return 1, ("", "")
    steps = [two - one for one, two in zip(numbers[0], numbers[1], strict=True)]
    count = 1
    while count < len(texts) and forms[count] == forms[0]:
        if numbers[count] != [first + count * step for first, step in zip(numbers[0], steps, strict=True)]:
            break
        count += 1
    if count < LEAST:
        return 1, ("", "")
    return count, _loop(first, numbers[0], steps, count)


def _loop(module: Expression, numbers: Sequence[int], steps: Sequence[int], count: int) -> tuple[Expression, str]:
    if not any(steps):
        return module, f"for _ in range({count})"
    text = str(module)
    parts = iter(zip(numbers, steps, strict=True))

    def grown(match: re.Match[str]) -> str:
        first, step = next(parts)
        in_name = text[match.end() : match.end() + 1] == '"'
        if not step:
            return match.group()
        way = "i" if step == 1 else f"{step} * i"
        said = f"{first} + {way}" if first and not in_name else f"i + {first}" if first else way
        return f"{{{said}}}" if in_name else said

    grown_text = NUMBER.sub(grown, text)
    # A name with a number in it is a text with a place for it.
    grown_text = re.sub(r'"(\w*\{[^}]*\}\w*)"', r'f"\1"', grown_text)
    return grown_text, f"for i in range({count})"
