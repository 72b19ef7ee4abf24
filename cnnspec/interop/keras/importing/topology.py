"""A configuration -> the layers of a network and what each is given, those of nested models among them.

Both ways of saying it are read: that of Keras 2, `[["conv1", 0, 0, {}]]`, and that of Keras 3, in which tensors stand
among a call's arguments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...faults import Unsaid, broken
from .model_file import Place

MODELS = ("Sequential", "Functional", "Model")
FIRST = "channels_first"
"""What a layer says whose images are C, H, W."""
INPUTS = ("InputLayer",)
DEEPEST = 16
"""Models inside each other."""
MANY = 20_000
"""Layers, as many as a network of the language has."""
NUMBERS = (int, float)


class Ref(NamedTuple):
    """What the `node`th use of a layer makes."""

    layer: str
    node: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """One use of a layer. `name` has those of the models around it, `inputs` are names of uses, or numbers."""

    name: str
    kind: str
    config: Mapping[str, Any]
    inputs: tuple[str | float, ...]
    output: str
    counted: Place = ()
    named: Place = ()
    is_of_keras: bool = False
    """Whether the file says that its class is Keras' own."""


@dataclass(slots=True)
class Topology:
    """The uses of layers in an order that runs, the input's size as the file has it, and the outputs' names."""

    size: tuple[int | None, ...] = ()
    nodes: list[Node] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    input: str = ""

    @property
    def channels_first(self) -> bool:
        """Whether images are C, H, W in the model; a layer that says otherwise is at odds with it."""
        return any(node.config.get("data_format") == FIRST for node in self.nodes)


def topology(config: Mapping[str, Any], path: str, outputs: tuple[str, ...]) -> Topology:
    """The network of a configuration, up to some of its layers. Raises FileError (E430) for what is none."""
    reading = _Reading(path)
    found = reading.found
    try:
        found.outputs = reading.model(config, (), (), None, outputs)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as fault:
        why = f"{type(fault).__name__}: {fault}"
        raise broken(path, "the model's configuration is not as Keras writes it", why) from fault
    return found


class _Reading:
    def __init__(self, path: str) -> None:
        self.path = path
        self.found = Topology()
        self.models = 0

    def model(
        self, config: Mapping[str, Any], counted: Place, named: Place, given: str | None, wanted: tuple[str, ...] = ()
    ) -> list[str]:
        """The names of what a model makes of what it is given; of the network itself that is its input."""
        self.models += 1
        if len(named) > DEEPEST or self.models > MANY:
            raise broken(self.path, "models lie too deep in each other")
        if config["class_name"] not in MODELS:
            kind = _word(config["class_name"])
            raise broken(self.path, f"the model is a `{kind}`", "Sequential and Functional models say their layers", "")
        inner = config["config"]
        layers = [dict(layer) for layer in (inner if isinstance(inner, list) else inner["layers"])]
        if config["class_name"] == "Sequential":
            uses = _in_a_row(layers, {} if isinstance(inner, list) else inner)
            start, ends = Ref(layers[0]["config"]["name"]), [Ref(layers[-1]["config"]["name"])]
        else:
            uses = {Ref(each["name"], i): use for each in layers for i, use in enumerate(_uses(each))}
            (start, *others), ends = _refs(inner["input_layers"]), _refs(inner["output_layers"])
            if others:
                raise broken(self.path, f"a network has one input; this model has {1 + len(others)}", help="")
        if wanted:
            ends = [self._asked(name, layers) for name in wanted]
        return _Model(self, layers, uses, start, counted, named, given).values(ends)

    def _asked(self, name: str, layers: list[dict[str, Any]]) -> Ref:
        from ....diagnostics import closest

        names = [layer["config"]["name"] for layer in layers]
        if name not in names:
            near = closest(name, names)
            help = f"did you mean `{near}`?" if near else "names of layers are wanted"
            raise broken(self.path, f"the model has no layer `{name}`", help=help)
        return Ref(name)


class _Model:
    """One model's layers, each written out once its own inputs are."""

    def __init__(
        self,
        reading: _Reading,
        layers: list[dict[str, Any]],
        uses: Mapping[Ref, list[Ref | float]],
        start: Ref,
        counted: Place,
        named: Place,
        given: str | None,
    ) -> None:
        self.reading, self.uses, self.start, self.given = reading, uses, start, given
        self.layers = {_name(layer): layer for layer in layers}
        if len(self.layers) < len(layers):
            raise broken(reading.path, "two layers of a model have one name")
        self.counted = {
            name: (*counted, own) for name, own in zip(self.layers, _counted(self.layers.values()), strict=True)
        }
        self.named = named
        self.made: dict[Ref, str] = {}

    def values(self, ends: list[Ref]) -> list[str]:
        open_now: set[Ref] = set()
        waiting = [*reversed(ends)]
        while waiting:
            ref = waiting[-1]
            missing = [each for each in self._inputs(ref) if isinstance(each, Ref) and each not in self.made]
            if ref in self.made:
                waiting.pop()
            elif missing:
                if ref in open_now:
                    raise broken(self.reading.path, f"the layers around `{_word(ref.layer)}` stand in a circle")
                open_now.add(ref)
                waiting += reversed(missing)
            else:
                self.made[ref] = self._take(ref)
                waiting.pop()
        return [self.made[end] for end in ends]

    def _inputs(self, ref: Ref) -> list[Ref | float]:
        return [] if ref == self.start and self.layers[ref.layer]["class_name"] == "InputLayer" else self.uses[ref]

    def _take(self, ref: Ref) -> str:
        """Write a use out; the name of what it makes."""
        found, layer = self.reading.found, self.layers[ref.layer]
        kind, config, named = layer["class_name"], layer["config"], (*self.named, ref.layer)
        name = "/".join(named)
        if kind in INPUTS:
            if self.given is not None:
                return self.given
            found.size, found.input = _size(config), name
            return name
        given = [self.made[each] if isinstance(each, Ref) else each for each in self._inputs(ref)]
        if ref == self.start and not given:  # a Sequential without a layer for its input
            if self.given is None:
                found.size, found.input = _size(config), "input of the model"
            given = [found.input if self.given is None else self.given]
        if kind in MODELS:
            if len(given) != 1 or not isinstance(given[0], str):
                raise broken(self.reading.path, f"the model `{_word(name)}` in it has {len(given)} inputs", "", "")
            (made,) = self.reading.model(layer, self.counted[ref.layer], named, given[0])
            return made
        if len(found.nodes) >= MANY:
            raise broken(self.reading.path, f"the model has more than {MANY:,} layers")
        output = f"{name}#{ref.node}#{len(found.nodes)}"
        places = self.counted[ref.layer], named
        of_keras = str(layer.get("module", "")).startswith("keras.")
        config = {**_keywords(layer, ref.node), **config}
        found.nodes.append(Node(_word(name), str(kind), config, tuple(given), output, *places, of_keras))
        return output


def _in_a_row(layers: list[dict[str, Any]], model: Mapping[str, Any]) -> dict[Ref, list[Ref | float]]:
    """The uses in a Sequential."""
    first = layers[0]["config"]
    if layers[0]["class_name"] != "InputLayer" and "build_input_shape" in model:
        layers[0]["config"] = {"batch_input_shape": model["build_input_shape"], **first}
    refs = [Ref(_name(layer)) for layer in layers]
    return {ref: [refs[i - 1]] if i else [] for i, ref in enumerate(refs)}


def _name(layer: Mapping[str, Any]) -> str:
    name = layer.get("name") or layer["config"]["name"]
    if not isinstance(name, str):
        raise TypeError("a layer's name is no text")
    return name


def _word(text: object) -> str:
    """A word of a stranger for a line of ours."""
    return str(text)[:100] if str(text).isprintable() else "?"


def _size(config: Mapping[str, Any]) -> tuple[int | None, ...]:
    shape = config.get("batch_shape") or config.get("batch_input_shape") or ()
    if isinstance(shape, Mapping):  # as Keras has written tuples at times
        shape = shape.get("items", ())
    sizes = tuple(shape)[1:]
    if not all(size is None or (type(size) is int and size > 0) for size in sizes):
        raise ValueError("the input's sizes are no numbers")
    return sizes


def _refs(found: Any) -> list[Ref]:
    """The layers that a model names as its inputs or outputs."""
    if isinstance(found, list) and len(found) == 3 and isinstance(found[0], str):
        return [_ref(found)]
    return [ref for each in (found.values() if isinstance(found, Mapping) else found) for ref in _refs(each)]


def _ref(found: Any) -> Ref:
    layer, node, tensor = found[:3]
    if not isinstance(layer, str) or type(node) is not int or tensor != 0:
        raise ValueError("a layer is given what no layer makes")
    return Ref(layer, node)


def _uses(layer: Mapping[str, Any]) -> list[list[Ref | float]]:
    return [list(_arguments(use)) for use in layer.get("inbound_nodes", ())] or [[]]


def _arguments(use: Any) -> Iterator[Ref | float]:
    """What a use is given: what others make, and numbers."""
    if isinstance(use, Mapping) and "args" in use:
        yield from _arguments(use["args"])
        yield from (each for each in _arguments(list(use.get("kwargs", {}).values())) if isinstance(each, Ref))
    elif isinstance(use, Mapping):
        if use.get("class_name") == "__keras_tensor__":
            yield _ref(use["config"]["keras_history"])
    elif isinstance(use, list) and len(use) in (3, 4) and isinstance(use[0], str):
        yield _ref(use)
    elif isinstance(use, list):
        for each in use:
            yield from _arguments(each)
    elif isinstance(use, NUMBERS) and not isinstance(use, bool):
        yield float(use)


def _keywords(layer: Mapping[str, Any], node: int) -> dict[str, Any]:
    """The numbers that a use of a function of `keras.ops` is given by name, and the bounds of `x[...]`."""
    if not str(layer.get("module", "")).startswith("keras.src.ops"):
        return {}
    use = layer["inbound_nodes"][node]
    found = {key: value for key, value in use.get("kwargs", {}).items() if isinstance(value, NUMBERS)}
    return found | ({"slices": use["args"][1]} if layer["class_name"] == "GetItem" else {})


def _counted(layers: Any) -> Iterator[str]:
    """What `.keras` files call the layers of a model: their classes with counters, `conv2d`, `conv2d_1`."""
    counts: Counter[str] = Counter()
    for layer in layers:
        if str(layer.get("module", "")).startswith("keras.src.ops"):
            yield ""
            continue
        name = snake_case(str(layer["class_name"]))
        yield f"{name}_{counts[name]}" if counts[name] else name
        counts[name] += 1


def snake_case(name: str) -> str:
    """As Keras names layers after their classes: `Conv2D` -> `conv2d`, `ReLU` -> `re_lu`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def only(inputs: tuple[str | float, ...]) -> str:
    """The one value that a layer is given."""
    if len(inputs) != 1 or not isinstance(inputs[0], str):
        raise Unsaid(f"it takes one input, {len(inputs)} are given")
    return inputs[0]
