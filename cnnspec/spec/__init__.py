"""A spec as a person holds it: text, folder, graph, the files it names. Load, check, compile."""

from __future__ import annotations

from .spec import Checked, Spec, check, load

__all__ = ["Checked", "Spec", "check", "load"]
