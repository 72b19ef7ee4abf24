"""Findings as SARIF 2.1.0, the OASIS standard that code-scanning services read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ... import __version__
from ...diagnostics import Diagnostic, Fix, Span, catalogue

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(diagnostics: Iterable[Diagnostic], folder: Path | None = None) -> str:
    """Paths become relative to `folder`, by default the current one, where they lie in it."""
    found = list(diagnostics)
    rules = sorted({d.code for d in found})
    base = (folder or Path()).absolute()
    driver = {"name": "cnnspec", "semanticVersion": __version__, "rules": [_rule(code) for code in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(d, rules.index(d.code), base) for d in found],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    page = catalogue.page(code)
    return {
        "id": code,
        "shortDescription": {"text": catalogue.title(code)},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": "warning" if code.startswith("W") else "error"},
    }


def _result(diagnostic: Diagnostic, rule: int, base: Path) -> dict[str, Any]:
    said = (diagnostic.message, diagnostic.label, diagnostic.why, diagnostic.help)
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": "\n".join(filter(None, said))},
    }
    if diagnostic.file:
        result["locations"] = [_location(diagnostic.file, diagnostic.span, base)]
    if diagnostic.notes:
        result["relatedLocations"] = [
            _location(diagnostic.file, note.span, base) | {"id": i, "message": {"text": note.label}}
            for i, note in enumerate(diagnostic.notes)
        ]
    if diagnostic.fixes:
        result["fixes"] = [_fix(fix, diagnostic.file, base) for fix in diagnostic.fixes]
    return result


def _fix(fix: Fix, file: str, base: Path) -> dict[str, Any]:
    replacements = [{"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in fix.edits]
    changes = [{"artifactLocation": {"uri": _uri(file, base)}, "replacements": replacements}]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _location(file: str, span: Span | None, base: Path) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file, base)}}
    if span:
        place["region"] = _region(span)
    return {"physicalLocation": place}


def _region(span: Span) -> dict[str, int]:
    return dict(zip(("startLine", "startColumn", "endLine", "endColumn"), span, strict=True))


def _uri(file: str, base: Path) -> str:
    path = Path(file)
    if path.is_absolute():
        if not path.is_relative_to(base):
            return path.as_uri()
        path = path.relative_to(base)
    return quote(path.as_posix().encode("utf-8", "surrogateescape"))
