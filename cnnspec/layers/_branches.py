"""What joins share: comparing the shapes of their branches, and the cure when they differ."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..diagnostics import Issue
from ..graph.shape import Shape, is_image, times

AXES = ("channels", "rows", "columns")


KEEPS = "`P: same` keeps rows and columns, in a pooling with `S: 1` beside it (else its S is F)"


def unequal(kind: str, arriving: tuple[Shape, ...], compared: Sequence[Shape], rule: str, help: str) -> Issue:
    """E205: the shapes `compared`, which are what matters of those that arrive, are not one."""
    shapes = " and ".join(times(shape) for shape in dict.fromkeys(arriving))
    return Issue(
        "E205",
        f"the branches of `{kind}` have different shapes: {shapes}",
        why=f"{difference(compared)}; {rule}",
        help=help,
        shows_input=True,
    )


def difference(shapes: Sequence[Shape]) -> str:
    """The axes on which shapes differ, with all their sizes."""
    if len({len(shape) for shape in shapes}) > 1:
        return "one is an image, one a vector" if len(shapes) == 2 else "some are images, some vectors"
    rank = len(shapes[0])
    # A model that is imported may have other tensors: they have axes of no name.
    axes = {1: ("lengths",), len(AXES): AXES}.get(rank) or tuple(f"axis {i}" for i in range(rank))
    sizes = {axis: list(dict.fromkeys(along)) for axis, along in zip(axes, zip(*shapes, strict=True), strict=True)}
    return ", ".join(f"{axis} {' != '.join(map(str, n))}" for axis, n in sizes.items() if len(n) > 1)


def projection(first: Shape, other: Shape) -> str:
    """A layer that gives one branch the shape of another, with its price, or what else helps."""
    if is_image(first) != is_image(other):
        return "`flatten` the image, or `reshape` the vector"
    # A window shrinks the larger image; between images of one size the thinner one is the shortcut.
    source, target = sorted((first, other), key=lambda shape: (-prod(shape[1:]), shape[0]))
    price = target[0] * (source[0] + 1)
    if not is_image(first):
        return f"give the shortcut a `dense: {{K: {target[0]}}}` (+{price:,} parameters)"
    S = [-(-n // m) for n, m in zip(source[1:], target[1:], strict=True)]
    if any(-(-n // s) != m for n, s, m in zip(source[1:], S, target[1:], strict=True)):
        return f"{KEEPS}; `crop` or `pad` mends what is left"
    stride = "" if S == [1, 1] else f", S: {S[0]}" if S[0] == S[1] else f", S: {S}"
    return f"give the shortcut a `conv: {{F: 1, K: {target[0]}{stride}}}` (+{price:,} parameters)"
