"""`cnnspec explain`: the manual, in the terminal."""

from __future__ import annotations

import click

from ...diagnostics import catalogue
from ...language import keywords
from ...language.values.synonyms import elsewhere, nearest
from ...layers import kinds
from ...reports.drawing.terminal_text import escaped
from ...reports.manual import pages, search
from ...reports.manual.letters import TOPICS
from ...reports.manual.names import page_of
from ...reports.manual.to_markdown import WIDTH, index
from ..completion import manual_names
from ..docstrings import ensure_docstrings
from ..terminal import colour, width


@click.command("explain")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=manual_names)
def command(names: tuple[str, ...]) -> None:
    """Print the manual page of a layer (conv), a key of a spec (train), a field (rate), a letter (F) or a code (E203).

    Words of other frameworks lead to the page of what they are called here: stride, padding, Conv2D. Without NAME,
    everything that has a page is listed.
    """
    ensure_docstrings()
    room = width() or WIDTH
    text = "\n".join(_pages(name, room) for name in names) if names else _everything(room)
    if width() or colour():
        from ...reports.manual import to_terminal

        text = to_terminal.render(text, room, colour())
    click.echo(text, nl=False)


def _pages(name: str, room: int) -> str:
    """The page of a name; or those of what it is called here, with a line that says so."""
    if (page := page_of(name, room)) is not None:
        return page
    if family := search.family(name):
        return index({f"Layers of the kind {escaped(name)}": {kind: pages.summary(kind) for kind in family}}, room)
    found = search.meant(name)
    texts = [page for page in (page_of(other, room) for other in found) if page is not None]
    if not texts:
        raise click.UsageError(_unknown(name))
    called = " and ".join(f"`{other}`" for other in found)
    return "\n".join([*([] if found == [name.upper()] else [f"`{escaped(name)}` is {called} here.\n"]), *texts])


def _unknown(name: str) -> str:
    near, other = search.near(name), nearest(name)
    hint = f"Did you mean {near!r}?" if near else "`cnnspec explain` lists what there is."
    if other or elsewhere(name):
        hint = f"{other or elsewhere(name)}."
    return f"no layer, key, field, letter or code is called {name!r}. {hint}"


def _everything(room: int) -> str:
    return index(
        {
            "Layers": {kind: pages.summary(kind) for kind in kinds()},
            "Keys of a spec": keywords.top(),
            "Keys of a layer or block": keywords.inner(),
            "Letters": keywords.letters(),
            "Words": {topic: text.partition(".")[0].replace("\n", " ") for topic, text in TOPICS.items()},
            "Errors and warnings": {code: catalogue.title(code) for code in catalogue.codes()},
        },
        room,
    )
