"""`cnnspec convert`: published weights as safetensors."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...diagnostics import FileError, errors
from ...diagnostics.missing_package import ensure_package
from ...diagnostics.wording import listed, quantity
from ...files.zip_records import leaves_folder
from ...reports.drawing.terminal_text import escaped
from ...spec import Spec
from ..diagnostics_output import loaded, show
from ..notes import note
from ..options import OUTPUT, PATH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...interop.model_weights import ModelWeights
    from ...weights.published import Published

    Tensors = Mapping[str, NDArray[Any]]

Renaming = tuple[re.Pattern[str], str]

LARGEST = "3.4028e38"
LONGEST = 1_000
"""Characters of a tensor's name."""
SHOWN = 3
"""Layers that a message names."""


def _rules(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[Renaming]:
    return [_rule(value) for value in values]


def _rule(text: str) -> Renaming:
    """REGEX=NEW as a pattern and what replaces it; the last `=` parts them."""
    pattern, sign, new = text.rpartition("=")
    if not sign:
        raise click.BadParameter(f"{text!r} has no `=` between the pattern and the new text.")
    try:
        compiled = re.compile(pattern)
        compiled.sub(new, "")
    except (re.error, IndexError, OverflowError, RecursionError, ValueError) as error:
        raise click.BadParameter(f"{text!r}: {error}.") from None
    return compiled, new


def _constants(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    return dict(_constant(value) for value in values)


def _constant(text: str) -> tuple[str, float]:
    """NAME=VALUE as a name and a number."""
    name, sign, value = text.rpartition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not sign or not math.isfinite(number):
        raise click.BadParameter(f"{text!r} is no name, `=` and a number.")
    try:
        struct.pack("<f", number)
    except OverflowError:
        raise click.BadParameter(f"{text!r}: weights are float32, whose largest is {LARGEST}.") from None
    return name, number


@click.command("convert")
@click.argument("source", metavar="IN", type=PATH)
@click.option(
    "-o",
    "--output",
    type=OUTPUT,
    required=True,
    help="The .safetensors or .npz file to write; .h5, which needs --for, is for Keras.",
)
@click.option(
    "--for", "wanted", type=PATH, metavar="SPEC", help="Check against SPEC; write just what it needs, as float32."
)
@click.option(
    "--rename",
    "rules",
    multiple=True,
    metavar="REGEX=NEW",
    callback=_rules,
    help="Rename tensors, e.g. '^backbone\\.='; repeatable.",
)
@click.option(
    "--fill",
    "fills",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_constants,
    help="A tensor of SPEC that IN lacks: VALUE everywhere; repeatable.",
)
@click.option(
    "--flatten",
    "counted",
    type=click.Choice(["keras", "spec"]),
    help="For an .h5: who unrolls images, Keras' own `Flatten` or code of `export --to keras`.",
)
@click.option("--key", metavar="KEY", help="Of several sets of weights in a checkpoint, take this one.")
def command(
    source: str,
    output: str,
    wanted: str | None,
    rules: list[Renaming],
    fills: dict[str, float],
    counted: str | None,
    key: str | None,
) -> None:
    """Turn IN (.pth, .npz, .safetensors or an index of several, .keras, .h5) into safetensors.

    PyTorch files are read without PyTorch, and nothing in them is executed. Wrappers such as `state_dict` and
    prefixes such as `module.` are taken off; weights that PyTorch keeps in parts are put together. Those of a Keras
    model get the order of axes that specs have, and with --for the names. With --for, what is missing, extra or
    misshapen is listed. An .h5 is what `model.load_weights` of a Keras model takes, layer by layer; where it unrolls an
    image, --flatten says which model.
    """
    if fills and not wanted:
        raise click.UsageError("--fill needs --for, which says what shape a tensor has.")
    is_for_keras = _is_for_keras(output, wanted)
    if counted and not is_for_keras:
        raise click.UsageError("--flatten is for an .h5 file for Keras.")
    spec = loaded(wanted) if wanted else None
    if is_for_keras and spec is not None and counted is None:
        _ensure_counted_alike(spec)
    from ...weights import save

    found = _found(source, key, spec)
    for remark in found.remarks:
        note(escaped(f"{Path(source).name}: {remark}"))
    tensors = _renamed(found.tensors, rules)
    if spec is not None:
        tensors = _fitted(_filled(tensors, spec, fills), spec, source)
    if spec is not None and is_for_keras:
        from ...interop.keras.weights_file import save_for_keras

        save_for_keras(spec, tensors, output, by_rows=counted != "spec")
    else:
        save(tensors, output)
    values = sum(tensor.size for tensor in tensors.values())
    click.echo(f"{escaped(output)}: {quantity(len(tensors), 'tensor')}, {quantity(values, 'value')}")


def _found(source: str, key: str | None, spec: Spec | None) -> Published | ModelWeights:
    """The tensors in a file, and what is to be said of them."""
    from ...interop.model_weights import is_model, model_weights
    from ...weights.published import published

    if not is_model(source):
        return published(source, key)
    if key is not None:
        raise click.UsageError("--key: a whole model has one set of weights.")
    return model_weights(source, spec)


def _is_for_keras(output: str, wanted: str | None) -> bool:
    """Whether the output is a file for Keras; usage errors for one that cannot be."""
    if Path(output).suffix.lower() != ".h5":
        return False
    if not wanted:
        raise click.UsageError("an .h5 file for Keras needs --for, which says what its layers are.")
    if output.lower().endswith(".weights.h5"):
        raise click.UsageError("Keras expects another format in .weights.h5; end the output in .h5 alone.")
    ensure_package("writing weights for Keras", "h5py", "keras")
    return True


def _ensure_counted_alike(spec: Spec) -> None:
    """A usage error where columns stand in one order in models of Keras, and in another one in code of ours: a model
    would load either."""
    from ...interop.keras.weights_file import behind_an_image

    if names := behind_an_image(spec.graph):
        which = listed([f"`{name}`" for name in names], SHOWN)
        raise click.UsageError(
            f"{which}: columns of an unrolled image, whose order two models count in two ways. --flatten keras is for "
            "one with Keras' own `Flatten`, --flatten spec for one that code of `export --to keras` builds."
        )


def _renamed(tensors: Tensors, rules: list[Renaming]) -> Tensors:
    """The tensors under new names; each rule sees what the ones before it have made."""
    names = {name: name for name in tensors}
    for pattern, new in rules:
        changed = {old: pattern.sub(new, name) for old, name in names.items()}
        if changed == names:
            note(f"--rename '{escaped(pattern.pattern)}={escaped(new)}' changes no name")
        names = changed
    renamed: dict[str, NDArray[Any]] = {}
    for old, name in names.items():
        if name in renamed:
            raise click.UsageError(f"two tensors would be called {name!r}: give them different names by --rename.")
        if not _is_name(name):
            raise click.UsageError(f"{name!r} ({old!r} in the file) is no tensor's name: change it by --rename.")
        renamed[name] = tensors[old]
    return renamed


def _is_name(name: str) -> bool:
    """Whether a weights file may hold the name; in .npz it is that of a file."""
    return 0 < len(name) <= LONGEST and name.isprintable() and not leaves_folder(name)


def _filled(tensors: Tensors, spec: Spec, fills: Mapping[str, float]) -> Tensors:
    """The tensors with those beside them that are one number everywhere."""
    import numpy as np

    for name in fills:
        if name not in spec.graph.tensors:
            raise click.UsageError(f"--fill: the spec has no tensor {name!r}.")
        if name in tensors:
            raise click.UsageError(f"--fill: the file holds {name!r}.")
    return {**tensors, **{name: np.full(spec.graph.tensors[name].shape, value, "f4") for name, value in fills.items()}}


def _fitted(tensors: Tensors, spec: Spec, source: str) -> Tensors:
    """The tensors that the spec needs, in its shapes; what is missing, extra or misshapen is listed."""
    from ...weights import fit

    fitted, found = fit(spec.graph.tensors, tensors, source)
    if errors(found):
        raise FileError(found)
    show(replace(warning, help="they are left out") for warning in found)
    return fitted
