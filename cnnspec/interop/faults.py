"""What is said of models that cannot be imported. Their parts are called what their files call them."""

from __future__ import annotations

from ..diagnostics import Diagnostic, FileError, Span

GENTLE = "export the model again with the program that made it"
ALONE = "the file holds weights and no network"
SHOWN = 20
"""Findings of one model that are shown."""


class Unsaid(Exception):  # noqa: N818 - it becomes a Diagnostic with the part's name
    """Why a part of a model is no layer."""


def broken(path: str, message: str, why: str = "", help: str = GENTLE) -> FileError:
    """E430: the file is read, but what it holds is no network that could be imported."""
    return FileError.about(path, "E430", message, why=why, help=help)


def unsaid(path: str, what: str, why: str, help: str = "", span: Span | None = None) -> Diagnostic:
    """E431: a part of a model is no layer of the language."""
    return Diagnostic("E431", f"{what} is no layer", file=path, span=span, why=why, help=help)


def differs(path: str, largest: float, judge: str) -> FileError:
    """E432: what was made computes something else."""
    message = f"the spec would not compute what the model does: it differs by {largest:.1e} of its output's scale"
    why = f"so says {judge}, on random inputs; that is a fault of the import, or the model computes no fixed function"
    return FileError.about(
        path, "E432", message, why=why, help="`--no-verify` writes it all the same; please report it"
    )


def rounds(path: str, largest: float, why: str) -> FileError:
    """E432: the model and what was made of it are too far apart, if by rounding alone."""
    message = f"the model rounds so much that it differs from the spec by {largest:.1e} of its output's scale"
    return FileError.about(
        path, "E432", message, why=why, help="`--no-verify` writes the spec, which computes the same"
    )
