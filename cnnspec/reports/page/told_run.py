"""All that the page is told of one input: what the network made of it, where it looked, and the guide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .guide import Story, told
from .heat_data import heat_data
from .run_data import run_data


def told_run(name: str, tale: Story, number: Mapping[str, int], target: int | None) -> dict[str, Any]:
    """Of the input called `name`; `target` is the class whose score is explained, and layers have their `number`."""
    return {
        **run_data(name, tale.trace, number, tale.thread),
        "looked": heat_data(tale.trace, number, target),
        "guide": told(tale.chapters(), number),
    }
