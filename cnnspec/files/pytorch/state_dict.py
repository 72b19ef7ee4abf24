"""The state_dict inside whatever was saved around it."""

from __future__ import annotations

from typing import TypeVar

from .refusal import quote, refusal
from .values import Tensor

T = TypeVar("T")

WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
    "state_dict_ema",
    "model_ema",
    "ema_state_dict",
)
"""Keys under which training programs keep the weights, the likeliest first."""

PREFIXES = ("module.", "_orig_mod.")
"""What `DataParallel` and `torch.compile` put before every name."""

MOST_WRAPPERS = 8
MOST_KEYS_SHOWN = 8


def unwrap(tree: object) -> dict[str, Tensor]:
    """Name -> tensor, from the mapping that was saved or the one kept under a usual key of it.

    A prefix common to all names comes off. What else lies beside the tensors (an epoch, an optimizer's
    state) is left out. Raises Malformed when no named tensors are found.
    """
    mapping = _innermost(tree)
    tensors = {name: value for name, value in mapping.items() if isinstance(value, Tensor)}
    named = {name: tensor for name, tensor in tensors.items() if isinstance(name, str)}
    if not named or len(named) < len(tensors):
        keys = [quote(str(key)) for key in list(mapping)[:MOST_KEYS_SHOWN]]
        more = ", …" if len(mapping) > MOST_KEYS_SHOWN else ""
        raise refusal(
            "holds no named tensors",
            f"its keys are {', '.join(keys)}{more}" if keys else "the mapping in it is empty",
        )
    return without_prefix(named)


def _innermost(tree: object) -> dict[object, object]:
    for _ in range(MOST_WRAPPERS):
        if not isinstance(tree, dict):
            break
        inner = next((tree[key] for key in WRAPPERS if _may_wrap(tree.get(key))), None)
        if inner is None:
            return tree
        tree = inner
    raise refusal(
        "holds no mapping of names to tensors",
        "a state_dict is wanted, or a mapping that has one under a key such as `state_dict` or `model`",
    )


def _may_wrap(value: object) -> bool:
    """Settings may stand under `model` too; they hold no tensors."""
    return isinstance(value, dict) and any(isinstance(item, Tensor | dict) for item in value.values())


def without_prefix(named: dict[str, T]) -> dict[str, T]:
    """The same under the names without a prefix of `PREFIXES` that all have.

    Both come in either order, and no more often than that.
    """
    for prefix in PREFIXES * 2:
        if all(name.startswith(prefix) for name in named):
            named = {name.removeprefix(prefix): tensor for name, tensor in named.items()}
    return named
