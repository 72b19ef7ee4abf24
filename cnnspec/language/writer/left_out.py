"""Uses of one block of which some join branches where others have one branch alone: there the other is left out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from .lines import Branch, JoinLine, LeftOut, Line, Lines

Head = Callable[[Line], Hashable]
"""What lines must have in common to be merged."""


def levelled(bodies: Sequence[Lines], head: Head) -> list[Lines]:
    """The bodies with a join in all where some have one; as they are where that makes them no more alike."""
    for sample in bodies:
        for place, line in enumerate(sample):
            if isinstance(line, JoinLine) and len(line.branches) == 2:
                found = [_joined(body, sample, place, line, head) for body in bodies]
                whole = [body for body in found if body is not None]
                if len(whole) == len(bodies):
                    return whole
    return list(bodies)


def _joined(body: Lines, sample: Lines, place: int, join: JoinLine, head: Head) -> Lines | None:
    """A body with a join at a place, as the sample has it: its own, or one that leaves a branch out."""
    if len(body) == len(sample) and head(body[place]) == head(join):
        return body
    end = len(body) - (len(sample) - 1 - place)
    around = [*map(head, body[:place]), *map(head, body[end:])]
    if end <= place or around != [*map(head, sample[:place]), *map(head, sample[place + 1 :])]:
        return None
    inner = body[place:end]
    for index, branch in enumerate(join.branches):
        if isinstance(branch, list) and branch and _begin_or_end_alike(inner, branch, head):
            own: list[Branch] = [LeftOut(), LeftOut()]
            own[index] = inner
            alone = replace(join, steps=(), names=(), branches=tuple(own))
            return [*body[:place], alone, *body[end:]] if head(alone) == head(join) else None
    return None


def _begin_or_end_alike(one: Lines, other: Lines, head: Head) -> bool:
    return head(one[0]) == head(other[0]) or head(one[-1]) == head(other[-1])
