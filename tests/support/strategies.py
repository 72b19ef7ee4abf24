"""What Hypothesis draws in several tests: pairs of numbers, images' sizes, padding."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

Pair = tuple[int, int]


def pairs(low: int, high: int) -> st.SearchStrategy[Pair]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


often = settings(deadline=None, max_examples=150)
sizes = pairs(1, 9)
sides = st.fixed_dictionaries({side: st.integers(0, 3) for side in ("top", "bottom", "left", "right")})
