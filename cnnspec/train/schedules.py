"""How the learning rate goes on, from step to step."""

from __future__ import annotations

from math import cos, pi

from ..language.sections.train import Train

RISE = 0.3
"""Share of the steps in which the rate of `one-cycle` rises."""
START, END = 25, 10_000
"""`one-cycle` starts at the rate over `START` and ends at that over `END`."""


def rate(settings: Train, step: int, steps: int) -> float:
    """The learning rate of a step, counted from 0 over all epochs, where an epoch has so many `steps`.

    `warmup` rises evenly; `cosine` then falls to 0 as half a wave (Loshchilov and Hutter: "SGDR", 2017).
    """
    total, warm = steps * settings.epochs, round(settings.warmup * steps)
    if step < warm:
        return settings.rate * (step + 1) / warm
    if settings.schedule == "step":
        return settings.rate * settings.factor ** (step // (steps * settings.every))
    if settings.schedule == "cosine":
        return _wave(settings.rate, 0.0, (step - warm) / (total - warm))
    if settings.schedule == "one-cycle":
        return _one_cycle(settings.rate, step, total)
    return settings.rate


def _one_cycle(highest: float, step: int, total: int) -> float:
    """Up and down as half waves (Smith and Topin: "Super-Convergence", 2018, with the ends that PyTorch has)."""
    low, top = highest / START, max(RISE * total - 1, 1e-9)
    if step <= top:
        return _wave(low, highest, step / top)
    return _wave(highest, low / END, (step - top) / max(total - 1 - top, 1e-9))


def _wave(start: float, end: float, way: float) -> float:
    """From `start` to `end` along half a cosine wave, `way` from 0 to 1."""
    return end + (start - end) * (1 + cos(pi * way)) / 2
