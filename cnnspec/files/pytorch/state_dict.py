"""The state_dict inside whatever was saved around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote as shell_quote
from typing import TypeVar

from ...diagnostics.wording import listed
from ..reading import Malformed
from .refusal import quote, refusal
from .values import Foreign, Tensor, foreign

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
MOST_MAPPINGS = 1_000
LONGEST_KEY = 100


NO_WEIGHTS = ("optim", "sched", "scaler", "rng", "random")
"""How the keys begin under which a training program keeps tensors of its own."""


@dataclass(frozen=True, slots=True)
class StateDict:
    """The tensors by name that a checkpoint holds under `key`, empty for the outermost mapping. `others` are the keys
    of further sets of weights, `left_out` the names of tensors that are foreign."""

    tensors: dict[str, Tensor]
    key: str
    others: tuple[str, ...]
    left_out: tuple[str, ...]


def unwrap(tree: object, key: str | None = None) -> StateDict:
    """Name -> tensor, from the mapping that was saved, the one kept under a usual key of it, or that under `key`.

    A prefix common to all names comes off. What else lies beside the tensors (an epoch, an optimizer's
    state) is left out. Raises Malformed when no named tensors are found.
    """
    if isinstance(tree, Foreign):
        raise foreign(tree.path)
    found = {".".join(path): mapping for path, mapping in _mappings(tree)}
    sets = [name for name in found if _is_network(name, found[name])]
    chosen = _chosen(found, sets, key)
    mapping = found[chosen]
    tensors = {name: value for name, value in mapping.items() if isinstance(value, Tensor)}
    named = {name: tensor for name, tensor in tensors.items() if isinstance(name, str)}
    if not named or len(named) < len(tensors):
        raise _without_tensors(mapping)
    left_out = tuple(str(name) for name, value in mapping.items() if isinstance(value, Foreign))
    others = tuple(name for name in sets if found[name] is not mapping)
    return StateDict(without_prefix(named), chosen, others, left_out)


def _mappings(tree: object) -> Iterator[tuple[tuple[str, ...], dict[object, object]]]:
    """The mappings in each other, the outer ones first, each once, with the keys that lead to it."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), tree)]
    seen: set[int] = set()
    for path, value in waiting:
        if not isinstance(value, dict) or id(value) in seen or len(path) > MOST_WRAPPERS:
            continue
        if len(seen) == MOST_MAPPINGS:
            return
        seen.add(id(value))
        yield path, value
        keys = (key for key in value if isinstance(key, str) and len(key) <= LONGEST_KEY)
        waiting += (((*path, key), value[key]) for key in keys if isinstance(value[key], dict))


def _is_network(name: str, mapping: Mapping[object, object]) -> bool:
    """Whether a mapping can be a network's weights: one of its tensors has two axes or more."""
    if any(part.startswith(NO_WEIGHTS) for part in name.split(".")):
        return False
    return any(isinstance(value, Tensor) and len(value.shape) > 1 for value in mapping.values())


def _chosen(found: Mapping[str, dict[object, object]], sets: list[str], key: str | None) -> str:
    """The key of the mapping to take."""
    if not found:
        raise refusal(
            "holds no mapping of names to tensors",
            "a state_dict is wanted, or a mapping that has one under a key such as `state_dict` or `model`",
        )
    if key is not None and key not in found:
        there = f"there is {listed([quote(name) for name in sets if name], MOST_KEYS_SHOWN)}" if any(sets) else ""
        several = _candidates(found, sets, "")[1:]
        cure = _choice(sets[0]) if several else "leave out `--key`"
        raise refusal(f"has nothing under {quote(key)}", there or "it holds one set of weights", cure)
    chosen, *others = _candidates(found, sets, key or "")
    if others:
        names = listed([quote(name) for name in (chosen, *others)], MOST_KEYS_SHOWN)
        raise refusal("holds several sets of weights", f"there is {names}", _choice(chosen))
    return chosen


def _choice(key: str) -> str:
    return f"`--key {shell_quote(key)}` chooses one"


def _candidates(found: Mapping[str, dict[object, object]], sets: list[str], key: str) -> list[str]:
    """The keys of the mappings of equal rank that may be meant by one, or by none, ""."""
    chosen = _innermost(found, key)
    inner = [name for name in sets if name.startswith(f"{chosen}." if chosen else "")]
    return [chosen] if chosen in sets or not inner else inner


def _innermost(found: Mapping[str, dict[object, object]], key: str) -> str:
    """The key of the mapping to which the usual keys lead, from that under `key` on."""
    for _ in range(MOST_WRAPPERS):
        inner = next((name for name in WRAPPERS if _may_wrap(found[key].get(name))), None)
        path = f"{key}.{inner}".removeprefix(".")
        if inner is None or path not in found:
            break
        key = path
    return key


def _may_wrap(value: object) -> bool:
    """Settings may stand under `model` too; they hold no tensors."""
    return isinstance(value, dict) and any(isinstance(item, Tensor | dict) for item in value.values())


def _without_tensors(mapping: Mapping[object, object]) -> Malformed:
    if strange := next((value for value in mapping.values() if isinstance(value, Foreign)), None):
        return foreign(strange.path)
    keys = [quote(str(key)) for key in list(mapping)[:MOST_KEYS_SHOWN]]
    more = ", …" if len(mapping) > MOST_KEYS_SHOWN else ""
    return refusal(
        "holds no named tensors", f"its keys are {', '.join(keys)}{more}" if keys else "the mapping in it is empty"
    )


def without_prefix(named: dict[str, T]) -> dict[str, T]:
    """The same under the names without a prefix of `PREFIXES` that all have.

    Both come in either order, and no more often than that.
    """
    for prefix in PREFIXES * 2:
        if all(name.startswith(prefix) for name in named):
            named = {name.removeprefix(prefix): tensor for name, tensor in named.items()}
    return named
