"""Does a weights file fit a network? Names and shapes are compared; no value is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, permutations
from math import prod

from ..diagnostics import Diagnostic, closest
from ..diagnostics.wording import listed, quantity
from ..graph.layer import TensorSpec
from ..graph.shape import Shape, trimmed
from .stored import TensorInfo

OPTIMIZER, BEST = "optimizer/", "best/"
"""How the names of those tensors begin that a checkpoint of training holds beside the network's."""

_PLAIN = re.compile(r"[\w.-]+")
"""What may be shown inside a command: nothing that a shell would act on."""

LISTED = 10
MISFITS = 50

_LAYOUTS: dict[Shape, str] = {
    (3, 2, 0, 1): "that is the Keras layout",
    (2, 3, 0, 1): "that is the Keras layout of one filter a channel",
    (0, 3, 1, 2): "that is the channels-last layout",
    (1, 0): "that is the transpose, the Keras layout",
}
_KERAS = ((3, 2, 0, 1), (1, 0))


def match(needed: Mapping[str, TensorSpec], header: Mapping[str, TensorInfo], file: str) -> list[Diagnostic]:
    """What keeps the tensors in `file` from being the network's: E401 and E402, and W401 for extra ones."""
    places = {name: place(name, tensor, header) for name, tensor in needed.items()}
    misfits = [
        found for name, at in places.items() if at in header and (found := misfit(name, needed[name], header[at], file))
    ]
    if any("Keras" in found.help for found in misfits):
        misfits += _either_way(places, needed, header, file)
    missing = [name for name, at in places.items() if at not in header]
    used = set(places.values())
    extra = [name for name in header if name not in used and not _is_of_training(name)]
    return [
        *_shortened(misfits, file),
        *_missing(missing, needed, extra, header, file),
        *_extra(extra, len(header), file),
    ]


def _is_of_training(name: str) -> bool:
    """Whether a tensor is what training goes on from, and nothing to run."""
    return name.startswith((OPTIMIZER, BEST)) or name.endswith(".num_batches_tracked")


def place(name: str, tensor: TensorSpec, header: Mapping[str, TensorInfo]) -> str:
    """The name under which a file holds a tensor: its own, or its layer's for a bare one."""
    layer = name.removesuffix(".weight")
    return layer if tensor.bare and name not in header and layer in header else name


def misfit(name: str, tensor: TensorSpec, entry: TensorInfo, file: str) -> Diagnostic | None:
    """Why a stored tensor cannot be the network's (E401); None when it can."""
    layer, _, role = name.rpartition(".")
    if entry.dtype == "BOOL":
        message = f"weights for `{layer}` have the wrong type"
        why = f"the spec needs numbers as {role}; the file holds {entry.dtype}"
        return Diagnostic("E401", message, file=file, why=why, help="save it as F32")
    if trimmed(entry.shape) == trimmed(tensor.shape):
        return None
    return Diagnostic(
        "E401",
        f"weights for `{layer}` have the wrong shape",
        file=file,
        why=f"the spec needs {role} {tensor.shape}{_axes(tensor)}; the file holds {entry.shape}",
        help=_layout(tensor, entry.shape),
    )


def _either_way(
    places: Mapping[str, str], needed: Mapping[str, TensorSpec], header: Mapping[str, TensorInfo], file: str
) -> Iterator[Diagnostic]:
    """Where others have the Keras layout: those that have as many rows as columns and fit in both."""
    for name, at in places.items():
        held = header[at].shape if at in header else ()
        layout = next((axes for axes in _KERAS if len(axes) == len(held)), None)
        if layout and held == needed[name].shape and tuple(held[axis] for axis in layout) == held and max(held) > 1:
            message = f"weights for `{name.rpartition('.')[0]}` fit in either layout"
            why = f"{held} is as wide as high; other tensors of the file have their axes in another order"
            yield Diagnostic("E401", message, file=file, why=why, help=_cure(needed[name], layout))


def _axes(tensor: TensorSpec) -> str:
    """The letters of a weight's axes. A filter looks at fan_in values; `deconv` has its filters second."""
    if tensor.fan is None or len(tensor.shape) not in (2, 4):
        return ""
    first, per_filter = tensor.shape[0], prod(tensor.shape[1:])
    outer, inner = ("K", "C") if tensor.fan[0] == per_filter else ("C", "K")
    whole = tensor.fan[1] if outer == "K" else tensor.fan[0]
    groups = "" if first * prod(tensor.shape[2:]) == whole else "/G"
    return f" = {outer}, {inner}{groups}{', FH, FW' * (len(tensor.shape) == 4)}"


def _layout(tensor: TensorSpec, held: Shape) -> str:
    """How the axes were moved, when that is all and can be told for certain: one known layout, or one at all."""
    if len(tensor.shape) != len(held) or len(held) > 4:
        return ""
    for orders in (tuple(_LAYOUTS), tuple(permutations(range(len(held))))):
        fitting = [axes for axes in orders if len(axes) == len(held) and tuple(held[i] for i in axes) == tensor.shape]
        if fitting:
            return _cure(tensor, fitting[0]) if len(fitting) == 1 else ""
    return ""


def _cure(tensor: TensorSpec, axes: Shape) -> str:
    """What to save in place of a stored array. In Keras the columns of neurons behind an unrolled image have the order
    H, W, C, so that the transpose would run, and be wrong."""
    layout = _LAYOUTS.get(axes, "its axes are in another order")
    if axes != (1, 0) or tensor.unrolled is None:
        return f"{layout}: save `array.transpose{axes}`"
    if not tensor.unrolled:
        return ""
    C, H, W = tensor.unrolled
    if C == 1 or H * W == 1:
        return f"{layout}: save `array.transpose{axes}`"
    K = tensor.shape[0]
    way = f"array.reshape({H}, {W}, {C}, {K}).transpose(3, 2, 0, 1).reshape({K}, -1)"
    return f"that is the Keras layout, whose `Flatten` counts H, W, C: save `{way}`"


def _shortened(misfits: list[Diagnostic], file: str) -> Iterator[Diagnostic]:
    yield from misfits[:MISFITS]
    if len(misfits) > MISFITS:
        message = f"weights for {quantity(len(misfits), 'tensor')} are wrong; the first {MISFITS} are shown"
        yield Diagnostic("E401", message, file=file)


def _missing(
    missing: list[str], needed: Mapping[str, TensorSpec], extra: list[str], header: Mapping[str, TensorInfo], file: str
) -> Iterator[Diagnostic]:
    if missing:
        message = f"the weights file lacks {len(missing):,} of {quantity(len(needed), 'tensor')}"
        shape = trimmed(needed[missing[0]].shape)
        alike = (name for name in extra if trimmed(header[name].shape) == shape)
        help = _prefix(missing, extra) or _in_parts(missing, extra) or _guess(missing[0], alike)
        yield Diagnostic("E402", message, file=file, why=f"missing: {_listed(missing)}", help=help)


def _prefix(missing: list[str], extra: list[str]) -> str:
    """Says so when all missing tensors are there, but with something before their names (or without it)."""
    first, held = missing[0], set(extra)
    longer = (name.removesuffix(first) for name in extra if name.endswith(first))
    for prefix in longer:
        if _PLAIN.fullmatch(prefix) and all(prefix + name in held for name in missing):
            rule = f"^{re.escape(prefix)}="
            return f"in the file, their names begin with `{prefix}`: `convert --rename '{rule}'` removes it"
    parts = first.split(".")
    for prefix in (".".join(parts[:count]) + "." for count in range(1, len(parts))):
        if all(name.startswith(prefix) and name.removeprefix(prefix) in held for name in missing):
            return f"in the file, their names lack `{prefix}`: `convert --rename '^={prefix}'` adds it"
    return ""


def _in_parts(missing: list[str], extra: list[str]) -> str:
    from .reparametrisation import parts  # only a mistake needs it

    found = parts(extra)
    for name in missing:
        if name in found:
            kept = _listed(list(found[name].values()))
            return f"in the file, `{name}` is kept in parts, {kept}: `cnnspec convert` puts together what PyTorch parts"
    return ""


def _guess(name: str, extra: Iterable[str]) -> str:
    near = closest(name, islice(extra, 1000))
    return f"the file has `{near}`: did you mean that for `{name}`?" if near else ""


def _extra(extra: list[str], count: int, file: str) -> Iterator[Diagnostic]:
    if extra:
        message = f"the spec does not use {len(extra):,} of the file's {quantity(count, 'tensor')}"
        yield Diagnostic("W401", message, file=file, why=f"unused: {_listed(extra)}")


def _listed(names: list[str]) -> str:
    return listed([f"`{name}`" for name in names], LISTED)
