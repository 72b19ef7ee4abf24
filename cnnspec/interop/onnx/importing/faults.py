"""What is said of nodes. A node is named by what its file calls it, or by what it makes."""

from __future__ import annotations

from ....diagnostics import Diagnostic
from ... import faults
from ...faults import broken as broken

MANY = 100_000
"""Nodes at most; a network of the language has up to 20,000 layers."""


def unsaid(path: str, node: str, op: str, why: str, help: str = "") -> Diagnostic:
    """E431: a node is no layer of the language."""
    return faults.unsaid(path, f"node `{node}` (`{op}`)" if op else f"the output `{node}`", why, help)
