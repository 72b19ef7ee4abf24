"""Tensors as comma-separated values."""

from __future__ import annotations

from collections.abc import Mapping

from ...graph.layer import TensorSpec
from ..drawing.csv_table import csv_table
from .cells import TITLES, rows


def render(tensors: Mapping[str, TensorSpec]) -> str:
    return csv_table(TITLES, list(rows(tensors)))
