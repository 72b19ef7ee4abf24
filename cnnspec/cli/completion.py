"""What the shell may complete: names of bundled networks, and of what has a page in the manual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def spec_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Bundled networks, beside the files that the shell knows."""
    from click.shell_completion import CompletionItem

    return [*bundled_names(ctx, param, incomplete), CompletionItem(incomplete, type="file")]


def bundled_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from ..spec import bundled

    return [CompletionItem(name) for name in bundled.names() if name.startswith(incomplete)]


def manual_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from ..reports.manual import search

    return [CompletionItem(name) for name in search.pages() if name.startswith(incomplete) and " " not in name]
