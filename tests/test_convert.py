"""`cnnspec convert`: published weights, renamed and checked against a spec."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import HEAD, LAYERS, call
from checkpoint_writer import __name__ as _  # noqa: F401 - replaced below

from cnnspec import weights
from cnnspec.spec import load
