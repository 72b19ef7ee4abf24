"""What the walk over a document carries: the arriving tensor, and where it is."""

from __future__ import annotations

from typing import NamedTuple

from ...diagnostics import NOWHERE, Span
from ...graph.builder import Value
from ...graph.graph import BlockUse
from ...graph.receptive_field import NOT_SPATIAL, ReceptiveFields
from ..values.scope import Scope
from .symbol_table import ROOT


class Unknown(NamedTuple):
    """A tensor whose shape an earlier mistake left unknown. It looks like a `Value` otherwise."""

    name: str
    shape: None = None
    receptive_fields: ReceptiveFields = NOT_SPATIAL
    span: Span = NOWHERE


Tensor = Value | Unknown


class Context(NamedTuple):
    """Where the walk is: lexical scope, chain of name scopes, block uses around."""

    scope: Scope
    names: tuple[str, ...] = ROOT
    calls: tuple[BlockUse, ...] = ()
