"""`cnnspec explain`: the manual, in the terminal."""

from __future__ import annotations

import click

from ...diagnostics import catalogue, closest
from ...language import keywords
from ...layers import kinds
from ...reports.manual import pages
from ...reports.manual.to_markdown import index, render, styled
from ..docstrings import ensure_docstrings
from ..terminal import colour


@click.command("explain")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def command(names: tuple[str, ...]) -> None:
    """Print the manual page of a layer (conv), a key of a spec (train), a field (rate), a letter (F) or a code (E203).

    Without NAME, everything that has a page is listed.
    """
    ensure_docstrings()
    text = "\n".join(map(_page, names)) if names else _everything()
    click.echo(styled(text) if colour() else text, nl=False)


def _page(name: str) -> str:
    if name in kinds():
        return render(pages.layer_page(name))
    if name in _keys():
        return render(pages.key_page(name))
    if name in keywords.letters():
        return render(pages.letter_page(name))
    if name.upper() in catalogue.codes():
        return catalogue.page(name.upper())
    if name in pages.fields():
        return render(pages.field_page(name))
    near = closest(name, [*kinds(), *_keys(), *keywords.letters(), *catalogue.codes(), *pages.fields()])
    hint = f"Did you mean {near!r}?" if near else "`cnnspec explain` lists what there is."
    raise click.UsageError(f"no layer, key, field, letter or code is called {name!r}. {hint}")


def _keys() -> dict[str, str]:
    return keywords.inner() | keywords.top()


def _everything() -> str:
    return index(
        {
            "Layers": {kind: pages.summary(kind) for kind in kinds()},
            "Keys of a spec": keywords.top(),
            "Keys of a layer or block": keywords.inner(),
            "Letters": keywords.letters(),
            "Errors and warnings": {code: catalogue.title(code) for code in catalogue.codes()},
        }
    )
