"""What joins share: comparing the shapes of their branches, and the cure when they differ."""

from __future__ import annotations

from math import prod

from ..layer import Misfit, Shape, is_image, times

AXES = ("channels", "rows", "columns")


def unequal(kind: str, arriving: tuple[Shape, ...], odd: Shape, like: Shape, rule: str, help: str) -> Misfit:
    """E205: the branch of shape `odd` does not go with that of shape `like`."""
    shapes = " and ".join(times(shape) for shape in dict.fromkeys(arriving))
    return Misfit(
        "E205",
        f"the branches of `{kind}` have different shapes: {shapes}",
        why=f"{difference(like, odd)}; {rule}",
        help=help,
        shows_input=True,
    )


def difference(like: Shape, odd: Shape) -> str:
    """The axes on which two shapes differ, with their sizes."""
    if len(like) != len(odd):
        return "one is an image, one a vector"
    axes = AXES if is_image(like) else ("lengths",)
    return ", ".join(f"{axis} {m} != {n}" for axis, m, n in zip(axes, like, odd, strict=True) if m != n)


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
        return "`P: same` keeps rows and columns; `crop` or `pad` mends what is left"
    stride = "" if S == [1, 1] else f", S: {S[0]}" if S[0] == S[1] else f", S: {S}"
    return f"give the shortcut a `conv: {{F: 1, K: {target[0]}{stride}}}` (+{price:,} parameters)"
