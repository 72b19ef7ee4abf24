"""A memory plan as Markdown."""

from __future__ import annotations

from ...drawing.markdown_table import code, plain, table
from .cells import CONVENTIONS, RIGHT, TITLES, facts, rows
from .plan import Allocation


def render(name: str, plan: Allocation) -> str:
    cells = ((code(first), *rest) for first, *rest in rows(plan))
    totals = [f"- **{label}** {value}" for label, value in facts(plan)]
    conventions = [f"- {convention}" for convention in CONVENTIONS]
    lines = [
        f"## {plain(name)}",
        "",
        *table(TITLES, RIGHT, cells),
        "",
        *totals,
        "",
        *conventions,
    ]
    return "".join(f"{line}\n" for line in lines)
