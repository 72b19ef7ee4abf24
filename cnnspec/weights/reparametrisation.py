"""Weights that PyTorch keeps in parts, put together again: weight norm, spectral norm, pruning.

Each is computed as `torch.nn.utils` does it for a network that is not training, from what the file holds. Parts whose
rule is not known for certain are left as they are and told: a guess would run, and be wrong.

Sources: Salimans and Kingma, "Weight Normalization", 2016; Miyato et al., "Spectral Normalization for Generative
Adversarial Networks", 2018; PyTorch's `weight_norm.py`, `spectral_norm.py`, `parametrizations.py` and `prune.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Parts = Mapping[str, NDArray[Any]]
    """The tensors of a weight by their part: `weight_g`, `0._u`."""
    Rule = Callable[[Parts], "NDArray[np.float64] | None"]

CERTAIN = 0.99
"""From here on a cosine tells that a vector belongs to a matrix."""

_PART = re.compile(
    r"^(?P<layer>(?:.*\.)?)(?:(?P<name>\w+?)_(?P<old>g|v|u|orig|mask)|parametrizations\.(?P<of>\w+)\.(?P<new>.+))$"
)


class Whole(NamedTuple):
    """Tensors under the names of whole weights. `made` are those that were put together, by name what they were;
    `left` those that could not be, by name their parts."""

    tensors: Mapping[str, NDArray[Any]]
    made: dict[str, str]
    left: dict[str, tuple[str, ...]]


def parts(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """For each weight that is kept in parts its name, with the parts and the names under which they are kept."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        if match := _PART.match(name):
            weight = f"{match['layer']}{match['name'] or match['of']}"
            found.setdefault(weight, {})[match["old"] or match["new"]] = name
    return {weight: held for weight, held in found.items() if _is_certain(held)}


def _is_certain(held: Mapping[str, str]) -> bool:
    """`weight_v` alone may be anybody's name."""
    return bool({"original", "original0"} & held.keys()) or (len(held) > 1 and bool({"g", "orig"} & held.keys()))


def joined(tensors: Mapping[str, NDArray[Any]]) -> Whole:
    """The tensors with their weights put together, as float32, in the place of the parts."""
    import numpy as np

    made, left, gone = {}, {}, set[str]()
    arrays: dict[str, NDArray[Any]] = {}
    for weight, held in parts(tensors).items():
        title, rule = _RULES.get(frozenset(held), ("", None))
        found = rule({part: tensors[name] for part, name in held.items()}) if rule and weight not in tensors else None
        if found is None:
            left[weight] = tuple(held.values())
            continue
        arrays[weight] = found.astype(np.float32)
        made[weight] = title
        gone |= set(held.values())
    if not made:
        return Whole(tensors, made, left)
    kept = {name: array for name, array in tensors.items() if name not in gone}
    return Whole({**arrays, **kept}, made, left)


def _weight_norm(v: NDArray[Any], g: NDArray[Any]) -> NDArray[np.float64] | None:
    """g * v / |v|, with a length for each filter: the axes that g has lost."""
    import numpy as np

    lengths = g if g.ndim else g.reshape((1,) * v.ndim)
    lost = tuple(axis for axis, size in enumerate(lengths.shape) if size == 1)
    if not lost or lengths.shape != tuple(1 if axis in lost else size for axis, size in enumerate(v.shape)):
        return None
    exact = v.astype(np.float64)
    with np.errstate(all="ignore"):
        scaled: NDArray[np.float64] = exact * (lengths / np.sqrt(np.square(exact).sum(lost, keepdims=True)))
    return scaled


def _spectral_norm(w: NDArray[Any], u: NDArray[Any], v: NDArray[Any]) -> NDArray[np.float64] | None:
    """w / (u' W v), where W is w with its filters as rows.

    They are along the first axis, of a transposed convolution along the second. Where both have the length of u, the
    one counts for which u is what W makes of v, as training leaves them.
    """
    import numpy as np

    exact, left, right = (part.astype(np.float64) for part in (w, u, v))
    if w.ndim < 2:
        return None
    matrices = [np.moveaxis(exact, axis, 0).reshape(w.shape[axis], -1) for axis in ((0, 1) if w.ndim > 2 else (0,))]
    fitting = [matrix for matrix in matrices if (left.shape, right.shape) == ((len(matrix),), (matrix.shape[1],))]
    if len(fitting) > 1:
        fitting = [matrix for matrix in fitting if left @ (matrix @ right) > CERTAIN * np.linalg.norm(matrix @ right)]
    if len(fitting) != 1 or not (sigma := left @ (fitting[0] @ right)):
        return None
    return exact / sigma


def _pruned(w: NDArray[Any], mask: NDArray[Any]) -> NDArray[np.float64] | None:
    """What is left of the weight."""
    import numpy as np

    return w.astype(np.float64) * mask if w.shape == mask.shape else None


_RULES: dict[frozenset[str], tuple[str, Rule]] = {
    frozenset({"g", "v"}): ("weight norm", lambda p: _weight_norm(p["v"], p["g"])),
    frozenset({"original0", "original1"}): ("weight norm", lambda p: _weight_norm(p["original1"], p["original0"])),
    frozenset({"orig", "u", "v"}): ("spectral norm", lambda p: _spectral_norm(p["orig"], p["u"], p["v"])),
    frozenset({"original", "0._u", "0._v"}): (
        "spectral norm",
        lambda p: _spectral_norm(p["original"], p["0._u"], p["0._v"]),
    ),
    frozenset({"orig", "mask"}): ("pruning", lambda p: _pruned(p["orig"], p["mask"])),
}
"""By the parts that a weight has: what it was, and how it is put together."""
