"""Weights as they are published: PyTorch's checkpoints too, names and all as their writers left them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..diagnostics.wording import listed
from ..files.reading import AnyPath, Malformed, blaming
from ..files.recognition import CHECKPOINT, EMPTY, INDEX, NPZ, PICKLE, SAFETENSORS, TORCHSCRIPT, ZIP, look, refusal
from .reparametrisation import joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tensors = Mapping[str, NDArray[Any]]

LISTED = 8
_OWN = {NPZ: ".npz", SAFETENSORS: ".safetensors"}
_REMOVE = (
    "where the network is at hand, make them whole and save again: `torch.nn.utils.remove_weight_norm`, "
    "`remove_spectral_norm`, `parametrize.remove_parametrizations`, `prune.remove`"
)


class Published(NamedTuple):
    """Tensors by name, without the prefixes that PyTorch puts before all names and with weights whole that it keeps in
    parts. `remarks` are what a person should know of how the file was read."""

    tensors: Tensors
    remarks: list[str]


def published(path: AnyPath, key: str | None = None) -> Published:
    """The weights in a `.safetensors` or `.npz` file, in the files of an index, or in a PyTorch checkpoint, whatever it
    is called; of several sets in it those under `key`.

    Raises FileError: E403, E404, E406 and E408 as `read` and `files.pytorch.read`.
    """
    with blaming(path):
        found = look(path)
        if found is not None and found not in (CHECKPOINT, PICKLE, TORCHSCRIPT, ZIP, EMPTY, INDEX, *_OWN):
            raise refusal(found, "PyTorch checkpoints, .safetensors and .npz files are read")
    is_own = found is INDEX or found in _OWN or (found is None and Path(path).suffix.lower() in _OWN.values())
    tensors, remarks = _own(path, key, found is INDEX) if is_own else _checkpoint(path, key)
    whole = joined(tensors)
    return Published(whole.tensors, remarks + _put_together(whole.made) + _in_parts(whole.left))


def _own(path: AnyPath, key: str | None, is_index: bool) -> tuple[Tensors, list[str]]:
    from ..files.pytorch import without_prefix
    from . import read
    from .initialisation import ensure_memory
    from .sharded import sharded

    if key is not None:
        with blaming(path):
            raise Malformed("only a PyTorch checkpoint holds sets of weights to choose from", "leave out `--key`")
    held = sharded(path) if is_index else read(path)
    ensure_memory((entry.shape for entry in held.header.values()), "convert where there is more memory", str(path))
    return {new: held[name] for new, name in without_prefix({name: name for name in held}).items()}, []


def _checkpoint(path: AnyPath, key: str | None) -> tuple[Tensors, list[str]]:
    from ..files.pytorch import read

    found = read(path, key)
    remarks = []
    if found.others and key is None:
        place = f"under `{found.key}`" if found.key else "of the outermost mapping"
        more = f"it has more under {_names(found.others)}"
        remarks.append(f"the weights {place} are taken; {more}, which `--key` chooses")
    if found.left_out:
        remarks.append(f"tensors of a kind that is not read are left out: {_names(found.left_out)}")
    if found.foreign:
        remarks.append(f"passed over, and nothing of it executed: {_names(found.foreign)}")
    return found.tensors, remarks


def _put_together(made: Mapping[str, str]) -> list[str]:
    titles = dict.fromkeys(made.values())
    return [
        f"put together from the parts of {title}: {_names([name for name in made if made[name] == title])}"
        for title in titles
    ]


def _in_parts(left: Mapping[str, tuple[str, ...]]) -> list[str]:
    if not left:
        return []
    name, parts = next(iter(left.items()))
    return [f"kept in parts in a way that is not known: {_names(list(left))} (`{name}` as {_names(parts)}); {_REMOVE}"]


def _names(names: tuple[str, ...] | list[str]) -> str:
    return listed([f"`{name}`" for name in names], LISTED)
