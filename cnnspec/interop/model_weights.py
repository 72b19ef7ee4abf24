"""The weights of another program's whole model, under the names of a spec that says the same network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ..diagnostics import FileError
from ..diagnostics.missing_package import needed
from ..diagnostics.wording import listed
from ..files.reading import AnyPath
from ..files.recognition import HDF5, KERAS, look
from ..graph.graph import Graph
from .alignment import Match, aligned, differences
from .faults import ALONE
from .imported import Imported
from .importing import read_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..spec import Spec

LISTED = 3
EPS = 1e-3
"""What norms of Keras have where nothing is said."""
KINDS = (HDF5, KERAS)


class ModelWeights(NamedTuple):
    """Tensors by name, and what a person should know of how they came by them."""

    tensors: Mapping[str, NDArray[Any]]
    remarks: list[str]


def is_model(path: AnyPath) -> bool:
    """Whether a file is a whole model whose weights `model_weights` takes. Raises FileError: E403 and E404."""
    return look(path) in KINDS


def model_weights(path: AnyPath, spec: Spec | None = None) -> ModelWeights:
    """The weights of a Keras model, in the layouts of specs: under the names of `spec`, whose layers are found by what
    arrives at them and the shapes of their weights, or else as the model's layers are called. Weights without a model
    need `spec`.

    Raises FileError as `read_model`.
    """
    if spec is not None and (alone := _alone(path, spec)) is not None:
        return ModelWeights(alone, _unknown_eps(spec.graph))
    found = _model(path, spec)
    if spec is None:
        return ModelWeights(found.tensors, [])
    matches = aligned(spec.graph, found.spec.graph)
    taken: dict[str, NDArray[Any]] = {}
    for step in spec.graph.steps:
        if step.name in matches:
            name, columns = matches[step.name]
            held = {key: found.tensors[f"{name}.{key}"] for key in step.tensors}
            if columns is not None:
                held["weight"] = held["weight"][:, columns]
            taken |= {f"{step.name}.{key}": array for key, array in held.items()}
    used = {match.name for match in matches.values()}
    rest = [name for name in found.tensors if name.rpartition(".")[0] not in used]
    remarks = _remarks(spec.graph, found.spec.graph, matches)
    if alike := [f"`{name}`" for name in rest if name in spec.graph.tensors]:
        remarks.append(f"of that name, but at another place of the network: {listed(alike, LISTED)}")
    others = {name: found.tensors[name] for name in rest if name not in spec.graph.tensors}
    return ModelWeights({**taken, **others}, remarks)


def _unknown_eps(graph: Graph) -> list[str]:
    """What weights without their model do not say."""
    found = dict.fromkeys(eps for step in graph.steps if (eps := getattr(step.layer, "eps", EPS)) != EPS)
    if not found:
        return []
    return [f"the eps of norms is not in the file: Keras takes {EPS:g} by itself, the spec {min(found):g}"]


def _remarks(graph: Graph, other: Graph, matches: Mapping[str, Match]) -> list[str]:
    remarks = []
    if called := [f"`{own}` is `{match.name}`" for own, match in matches.items() if own != match.name]:
        remarks.append(f"layers are called otherwise in the model: {listed(called, LISTED)}")
    if apart := differences(graph, other, matches):
        remarks.append(f"the spec computes something else: {listed(apart, LISTED)}")
    return remarks


def _alone(path: AnyPath, spec: Spec) -> dict[str, NDArray[Any]] | None:
    """The weights in a file that holds nothing else; None for others."""
    try:
        needed("reading Keras", "h5py")
    except FileError:
        return None  # whoever reads the model says which package is missing
    from .keras.importing.weights_alone import weights_alone

    return weights_alone(path, spec.graph)


def _model(path: AnyPath, spec: Spec | None) -> Imported:
    """The model; where it leaves the size of its input free, with that of the spec."""
    try:
        return read_model(path, verify=False, preprocess=False)
    except FileError as error:
        is_free = any("`--input " in each.help for each in error.diagnostics)
        if is_free and spec is not None:
            return read_model(path, verify=False, input=spec.graph.input, preprocess=False)
        if is_free or any(each.message == ALONE for each in error.diagnostics):
            raise FileError(replace(each, help="`--for SPEC` says it") for each in error.diagnostics) from None
        raise
