"""What a misspelt word was most likely meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

SUGGESTED = 50
"""So many findings of a text are worth the search for near words."""
SUGGESTED_NAMES = 20
"""So many unknown names of layers are: there may be very many to search."""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The entry of `known` that `word` was most likely meant to be, or None when nothing is near.

    Case is forgiven first (`k` -> `K`), then misspellings; a swap of two letters is one slip.
    """
    reach = min(max(1, len(word) // 3), SLIPS)
    candidates = [name for name in known if abs(len(name) - len(word)) <= reach]
    alike = [name for name in candidates if name.lower() == word.lower()]
    if alike or len(word) > LONGEST:
        return min(alike, default=None)
    return _closest(word.lower(), tuple(sorted(set(candidates[:CANDIDATES]))), reach)


def is_certain(word: str, near: str, known: Iterable[str]) -> bool:
    """Whether `word` can only have been meant as `near`: it differs in its case alone, or in one slip, in which no
    other of the `known` names differs from it."""
    word, near = word.lower(), near.lower()
    if word == near or len(word) > LONGEST:
        return word == near
    others = {name.lower() for name in known if abs(len(name) - len(word)) <= 1} - {near}
    return len(others) < CANDIDATES and _slips(word, near, 1) == 1 and all(_slips(word, name, 1) > 1 for name in others)


SLIPS, LONGEST, CANDIDATES = 4, 40, 500
"""Bounds of the search: slips in a word, letters of a word, names it is compared with."""


@lru_cache(maxsize=1024)
def _closest(word: str, candidates: tuple[str, ...], reach: int) -> str | None:
    slips, name = min(((_slips(word, name.lower(), reach), name) for name in candidates), default=(reach + 1, ""))
    return name if slips <= reach and slips < len(word) else None


def _slips(a: str, b: str, most: int) -> int:
    """Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.

    Only the band of the table that at most `most` slips can reach is worked out; beyond, `most + 1`.
    """
    a, b = _apart(a, b)
    far = most + 1
    before: list[int] = []
    row = [j if j <= most else far for j in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [min(i, far)] + [far] * len(b)
        for j in range(max(1, i - most), min(len(b), i + most) + 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != b[j - 1]))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == b[j - 1]:
                cost = min(cost, last[j - 2] + 1)
            row[j] = min(cost, far)
        if min(row) == far:
            return far
    return row[-1]


def _apart(a: str, b: str) -> tuple[str, str]:
    """Two words without what they begin and end with in common."""
    start = _alike(a, b)
    a, b = a[start:], b[start:]
    end = _alike(a[::-1], b[::-1])
    return a[: len(a) - end], b[: len(b) - end]


def _alike(a: str, b: str) -> int:
    """How many letters two words begin with in common."""
    shorter = min(len(a), len(b))
    return next((i for i in range(shorter) if a[i] != b[i]), shorter)
