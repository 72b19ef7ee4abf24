"""The contract of a format that networks are imported from. Commands and library calls know no more of it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ..files.reading import AnyPath
from ..files.recognition import Kind
from ..graph.shape import Shape
from .imported import Imported


class Wish(NamedTuple):
    """What a person wants of an import: what the spec calls its file of weights, `""` for no such line; (C, H, W) for
    models that leave it free; values up to which the model is taken; whether both are held against each other; the
    file with the model's numbers, for formats that keep them apart; what the spec calls the file of its classes' names
    where they are many, `""` where all are to stand in it; and whether what the model does to all pixels first may be
    the spec's `preprocess`, and no layer."""

    weights: str = ""
    size: Shape | None = None
    outputs: tuple[str, ...] = ()
    verify: bool = True
    numbers: AnyPath | None = None
    classes: str = ""
    preprocess: bool = True


class Importer(Protocol):
    """A format."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the names of its files end, in small letters."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What its files are found to be by their content."""

    @property
    def package(self) -> str:
        """The package that it needs, or nothing."""

    @property
    def has_numbers_apart(self) -> bool:
        """Whether a model's numbers lie in a file of their own."""

    def read(self, path: AnyPath, wish: Wish) -> Imported:
        """The model as a spec. The package is there. Raises FileError: E403 and E404 for files, E430 for what is no
        network, E431 for parts that are no layers, E432 where the spec computes something else."""
