"""What is said of models that cannot be imported. A node is named by what its file calls it, or by what it makes."""

from __future__ import annotations

from ....diagnostics import Diagnostic, FileError

MANY = 100_000
"""Nodes at most; a network of the language has up to 20,000 layers."""
GENTLE = "export the model again with the program that made it"


def broken(path: str, message: str, why: str = "", help: str = GENTLE) -> FileError:
    """E430: the file is read, but what it holds is no network that could be imported."""
    return FileError.about(path, "E430", message, why=why, help=help)


def unsaid(path: str, node: str, op: str, why: str, help: str = "") -> Diagnostic:
    """E431: a node is no layer of the language."""
    what = f"node `{node}` (`{op}`)" if op else f"the output `{node}`"
    return Diagnostic("E431", f"{what} is no layer", file=path, why=why, help=help)


def differs(path: str, largest: float, judge: str) -> FileError:
    """E432: what was made computes something else."""
    message = f"the spec would not compute what the model does: it differs by {largest:.1e} of its output's scale"
    why = f"so says {judge}, on random inputs; that is a fault of the import, or the model computes no fixed function"
    return FileError.about(
        path, "E432", message, why=why, help="`--no-verify` writes it all the same; please report it"
    )
