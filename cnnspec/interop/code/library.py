"""Helpers that are copied into generated code: definitions of a module that is read as text, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files


class Library:
    """The functions, classes and constants of a module, with what they need of each other."""

    def __init__(self, text: str) -> None:
        lines = text.splitlines()
        self.texts: dict[str, str] = {}
        self.needs: dict[str, set[str]] = {}
        self.imports: list[str] = []
        """The module's import lines."""
        for node in ast.parse(text).body:
            source = "\n".join(lines[node.lineno - 1 - _decorators(node) : node.end_lineno])
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imports.append(source)
            elif name := _name(node):
                self.texts[name] = source
                self.needs[name] = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        for name, needs in self.needs.items():
            needs &= self.texts.keys() - {name}

    def closure(self, names: Iterable[str]) -> list[str]:
        """The definitions of these names and of all that they need, in the module's order."""
        wanted: set[str] = set()
        open_ = [name for name in names if name in self.texts]
        while open_:
            name = open_.pop()
            if name not in wanted:
                wanted.add(name)
                open_ += self.needs[name]
        return [name for name in self.texts if name in wanted]

    def pieces(self, names: Iterable[str]) -> list[str]:
        """The text of these names and of all that they need; constants in a row are one piece."""
        found: list[str] = []
        before = ""
        for name in self.closure(names):
            text = self.texts[name]
            if found and "\n" not in text and "\n" not in before:
                found[-1] += f"\n{text}"
            else:
                found.append(text)
            before = text
        return found


def _decorators(node: ast.stmt) -> int:
    """How many lines of decorators stand above a definition."""
    above = getattr(node, "decorator_list", [])
    return node.lineno - min(each.lineno for each in above) if above else 0


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def names_in(text: str) -> set[str]:
    """The names that a program uses."""
    return {each.id for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Name)}


@lru_cache(maxsize=8)
def library(package: str, is_shared: bool = False) -> Library:
    """The library of a package: its files whose names end in `definitions.py`; if `is_shared`, behind those of this
    package, which serve several languages."""
    texts = [text for each in ([__package__, package] if is_shared else [package]) for text in _definitions(each)]
    return Library("\n".join(texts))


def _definitions(package: str) -> list[str]:
    own = (each for each in files(package).iterdir() if each.name.endswith("definitions.py"))
    return [each.read_text(encoding="utf-8") for each in sorted(own, key=lambda each: each.name)]
