"""What `doctor` found, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from ...machine.doctor import Advice, Findings, Without


def render(findings: Findings, without: Without | None, advice: Sequence[Advice]) -> str:
    """One JSON object: everything that was found, and the advice."""
    found = asdict(findings) | {"without_variables": asdict(without) if without else None}
    found["cores"]["usable"], found["memory"]["usable"] = findings.cores.usable, findings.memory.usable
    found["advice"] = [asdict(piece) for piece in advice]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
