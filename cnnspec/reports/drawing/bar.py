"""Bars of block characters."""

from __future__ import annotations

EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, columns: int) -> str:
    """A share from 0 to 1 as a bar of up to `columns`, in steps of an eighth; nothing for NaN."""
    if not share > 0:
        return ""
    eighths = round(min(share, 1.0) * columns * 8)
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).rstrip()
