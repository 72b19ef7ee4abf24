"""Specs as text: any is read or refused, at places that it has; what is found can be told, and mended."""

from __future__ import annotations

import io
import re

from fuzz import spec_texts
from fuzz.target import Target

from cnnspec.diagnostics import SpecError
from cnnspec.reports.diagnostics import to_github, to_json, to_text
from cnnspec.spec import Checked, check
from cnnspec.spec.mending import mend


def checked(data: bytes) -> Checked:
    return check(io.BytesIO(data))


def hold(data: bytes) -> None:
    found = checked(data)
    lines = found.source.lines
    for finding in found.diagnostics:
        assert re.fullmatch("[EW][0-9]{3}", finding.code), finding
        assert finding.message, finding
        assert finding.span is not None, finding
        for span in (finding.span, *(note.span for note in finding.notes)):
            assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column), finding
            assert span.end_line <= len(lines), finding
            assert span.column <= len(lines[span.line - 1]) + 1, finding
            assert span.end_column <= len(lines[span.end_line - 1]) + 1, finding
    told = to_text.render(found.diagnostics, [found.source])
    assert all(line.isprintable() for line in told.splitlines()), told
    to_json.render(found.diagnostics, [(found.source.file, found.spec is not None)])
    assert all(line.startswith("::") for line in to_github.render(found.diagnostics).splitlines())
    if found.spec is None:
        assert any(finding.severity == "error" for finding in found.diagnostics)
        mend(found)
        raise SpecError(found.diagnostics)
    found.spec.graph.verify()


TARGET = Target(spec_texts.valid, hold, spec_texts.words(), is_text=True)
