"""The site made of these pages: ./check docs builds it in build/site, offline.

The pages are written to be read on a code host, too, so their links are relative to the files. Here the README opens
the site, links that lead out of docs/ go to the repository, and the pages of the codes stand under their table.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from posixpath import join, normpath
from typing import TYPE_CHECKING

from cnnspec import __version__
from cnnspec.diagnostics.catalogue import codes, page

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Homepage"]
LINK = re.compile(r"(?<=\]\()(?!https://|#)([^)#]+)")

project = "cnnspec"
version = release = __version__
author = copyright = ""
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]  # some pages of codes show what is not YAML
html_theme = "furo"
html_title = f"cnnspec {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_copyright = html_show_sphinx = False
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "top_of_page_buttons": [],
    "footer_icons": [{"name": "The repository", "url": REPOSITORY, "html": "The repository", "class": ""}],
}


def outward(text: str, folder: str) -> str:
    """Relative links of a page in `folder` as the site needs them: within docs/, or to the repository."""

    def link(found: re.Match[str]) -> str:
        path = normpath(join(folder, found[1]))
        return path.removeprefix("docs/") if path.startswith("docs/") else f"{REPOSITORY}/blob/main/{path}"

    return LINK.sub(link, text)


def nested(text: str) -> str:
    """A page as a section of another: its titles one level down. What is fenced is left alone."""
    parts = text.split("```")
    parts[::2] = [re.sub(r"^#", "##", part, flags=re.MULTILINE) for part in parts[::2]]
    return "```".join(parts)


def complete(app: Sphinx, name: str, source: list[str]) -> None:
    """A page with what the site adds to it."""
    text = outward(source[0], "docs")
    if name == "index":
        text = outward((ROOT / "README.md").read_text(encoding="utf-8"), "") + text
    if name == "errors":
        text = re.sub(r"\]\([^)]*/(\w+)\.md\)", lambda found: f"](#{found[1].lower()})", source[0])
        text += "".join(f"\n({code.lower()})=\n\n{nested(page(code))}" for code in codes())
    source[0] = text


def setup(app: Sphinx) -> None:
    app.connect("source-read", complete)
