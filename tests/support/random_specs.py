"""Random valid specs, as YAML text that a person might have written, over small images and vectors."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

from hypothesis import strategies as st

from cnnspec.graph.layer import Join
from cnnspec.layers import find, kinds
from cnnspec.spec import spec

images = st.tuples(st.sampled_from((2, 1, 3, 4)), st.sampled_from((6, 1, 5, 8, 9)), st.sampled_from((7, 2, 4, 6, 10)))
vectors = st.tuples(st.sampled_from((12, 1, 2, 7, 36)))
LARGEST = 3000
"""Values in a tensor, at most: nothing here may take long to run."""

Draw = Callable[[st.SearchStrategy[Any]], Any]

BLOCKS = """\
blocks:
  unit:
    args: {K: required, F: 1, S: 1}
    layers:
      - {conv: {F: F, K: K, S: S, P: same-upper, bias: false}, name: conv}
      - batchnorm
      - relu
  residual:
    args: {F: 3, body: [relu], shortcut: []}
    layers:
      - add: {main: [{unit: {K: C, F: F}, name: inner}, body], shortcut: shortcut}
"""
"""What many networks are made of."""
WIDE = """\
  wide:
    args: {K: C, Q: K + 1, mode: nearest}
    layers:
      - concat: [[{unit: {K: Q}, repeat: 2}], []]
      - upsample: {factor: [1, 1], mode: mode}
"""


def numbers(least: int, most: int) -> st.SearchStrategy[str]:
    """A whole number, plain or as the result of arithmetic."""
    ways = ("{0}", "{0}", "{0} + 0", "{1} - 1", "{2}/2", "({0}*3)//3", "-{0} + {2}")
    return st.builds(lambda n, way: way.format(n, n + 1, 2 * n), st.integers(least, most), st.sampled_from(ways))


def pairs(least: int, most: int) -> st.SearchStrategy[str]:
    """One number for both axes, or one for each."""
    one = numbers(least, most)
    return one | st.builds("[{}, {}]".format, one, one)


paddings = st.one_of(
    st.sampled_from(["same", "same-upper", "same-upper", "valid", "(F-1)/2", "D*(F-1)/2", "F//2"]),
    pairs(0, 2),
    st.builds("{{top: {}, left: {}, bottom: {}}}".format, numbers(0, 2), numbers(0, 2), numbers(0, 2)),
)
flags = st.sampled_from(["true", "false"])
depths = st.one_of(numbers(1, 6), st.sampled_from(["C", "2*C", "C/2", "C + 2"]))
groups = st.sampled_from(["1", "C", "2", "C/2"])
roundings = st.sampled_from(["floor", "exact"])
pool_roundings = st.sampled_from(["floor", "ceil", "ceil", "exact"])
POOL = {"F": pairs(1, 4), "S": pairs(1, 3), "P": paddings, "D": pairs(1, 2), "rounding": pool_roundings}
WINDOW = {"S": pairs(1, 3), "P": paddings, "D": pairs(1, 3), "G": groups, "bias": flags}
SIDES = {side: numbers(0, 2) for side in ("top", "bottom", "left", "right")}

FIELDS: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "conv": {"F": pairs(1, 5), "K": depths, **WINDOW, "rounding": roundings},
    "deconv": {"F": pairs(1, 4), "K": depths, **WINDOW, "extra": numbers(0, 1)},
    "maxpool": POOL,
    "sumpool": POOL,
    "l2pool": POOL,
    "avgpool": {**POOL, "count_padding": flags},
    "adaptiveavgpool": {"out": pairs(1, 5)},
    "dense": {"K": depths, "bias": flags},
    "upsample": {"factor": pairs(1, 3), "mode": st.sampled_from(["nearest", "bilinear"])},
    "resize": {
        "to": pairs(1, 9),
        "mode": st.sampled_from(["nearest", "bilinear", "cubic"]),
        "place": st.sampled_from(["half-pixel", "align-corners", "asymmetric"]),
        "near": st.sampled_from(["round-half-down", "round-half-up", "floor", "ceil"]),
    },
    "pad": SIDES,
    "crop": SIDES,
    "slice": {"axis": st.sampled_from("CHW"), "from": numbers(0, 2)},
    "permute": {"order": st.permutations("CHW").map(lambda axes: f"[{', '.join(axes)}]")},
    "reshape": {"C": st.just("C*H*W")},
    "groupnorm": {"G": groups},
    "channelshuffle": {"G": groups},
    "pixelshuffle": {"factor": st.just("2")},
}
"""Fields worth varying; the first of a kind is always written. What is not here is taken from the examples."""
REQUIRED = {"conv": 2, "deconv": 2, "pad": 0, "crop": 0, "slice": 0}
STEEP = frozenset({"exp", "sqrt"})
"""Kinds that make numbers of any size, beside which no other can be compared."""
SINGLE = tuple(kind for kind in kinds() if not issubclass(find(kind), Join) and kind not in STEEP)
OVER_VECTORS = ("dense", "dense", *(kind for kind in SINGLE if any(len(e.arriving) == 1 for e in find(kind).examples)))
FAVOURED = ("conv", "deconv", "conv", "deconv", "maxpool", "avgpool", "batchnorm", "upsample")


@st.composite
def plain(draw: Draw, among: tuple[str, ...] = SINGLE) -> str:
    """A layer with random fields, as the inside of a flow mapping."""
    kind = draw(st.sampled_from(among))
    if kind not in FIELDS:
        examples = [e.yaml for e in find(kind).examples if isinstance(e.produces, tuple)]
        body = draw(st.sampled_from(examples))
        return body if ":" in body else f"{body}: {{}}"
    fields = FIELDS[kind]
    always = REQUIRED.get(kind, 1)
    written = {key: draw(value) for i, (key, value) in enumerate(fields.items()) if i < always or draw(st.booleans())}
    return f"{kind}: {{{', '.join(f'{key}: {value}' for key, value in written.items())}}}"


favoured = st.one_of(plain(FAVOURED), plain())
keeping = st.sampled_from(
    [
        "relu",
        "{conv: {F: 3, K: C, P: same}}",
        "{conv: {F: [1, 3], K: C, P: D*(F-1)/2, D: 2, G: C}}",
        "{maxpool: {F: 3, S: 1, P: 1}}",
        "{avgpool: {F: 2, S: 1, P: same-upper}}",
        "batchnorm",
        "dropout",
    ]
)
"""Layers behind which rows, columns and depth are as before."""


@st.composite
def join(draw: Draw, names: list[str]) -> str:
    kind = draw(st.sampled_from(["add", "concat", "concat", "mul"]))
    if kind == "mul" and draw(st.booleans()):
        gate = draw(st.sampled_from(["globalavgpool", "globalmaxpool", "adaptiveavgpool: {out: 1}"]))
        return f"mul: {{gate: [{gate}, {{conv: {{F: 1, K: C}}}}, sigmoid], image: []}}"
    if draw(st.integers(0, 3)) == 0:
        half = ["{{conv: {{F: 3, K: {}, S: 2, P: same-upper}}}}", "{{maxpool: {{F: 2, P: same-upper}}}}"]
        return f"concat: [[{half[0].format(draw(depths))}], [{half[1].format()}]]"
    if draw(st.integers(0, 3)) == 0:
        axis = draw(st.sampled_from("CHW"))
        return f"concat: [[], [{draw(keeping)}]], axis: {axis}"
    branches = [
        draw(st.sampled_from(names))
        if names and draw(st.booleans())
        else f"[{', '.join(draw(st.lists(keeping, max_size=3)))}]"
        for _ in range(draw(st.integers(2, 3)))
    ]
    return f"{kind}: [{', '.join(branches)}]"


@st.composite
def call(draw: Draw) -> str:
    block = draw(st.sampled_from(["unit", "residual", "residual", "wide"]))
    arguments = {
        "unit": [("K", depths), ("F", numbers(1, 4)), ("S", numbers(1, 2))],
        "residual": [
            ("F", numbers(1, 3)),
            ("body", keeping.map("[{}]".format)),
            ("shortcut", st.one_of(st.just("none"), keeping.map("[{}]".format))),
        ],
        "wide": [("K", depths), ("Q", numbers(1, 4)), ("mode", st.sampled_from(["nearest", "bilinear"]))],
    }[block]
    given = [
        (key, draw(value))
        for i, (key, value) in enumerate(arguments)
        if (block, i) == ("unit", 0) or draw(st.booleans())
    ]
    repeat = f", repeat: {draw(numbers(1, 3))}" if draw(st.booleans()) else ""
    return f"{block}: {{{', '.join(f'{key}: {value}' for key, value in given)}}}{repeat}"


@st.composite
def texts(draw: Draw, without: frozenset[str] = frozenset()) -> str:
    """A spec that `load` accepts. What does not fit the tensor that arrives, or makes it large, is left out.

    `without` are layer kinds that may not occur.
    """
    size = draw(images | images | images | vectors)
    rounding = draw(st.sampled_from(["", "rounding: floor\n"]))
    given = ", ".join(f"{axis}: {length}" for axis, length in zip("CHW", size, strict=False))
    head = f"cnnspec: 1\ninput: {{{given}}}\n{rounding}{BLOCKS}{WIDE}layers:\n"
    lines: list[str] = []
    names: list[str] = ["input"]
    single = favoured if len(size) == 3 else plain(OVER_VECTORS)
    items = st.one_of(single, single, join(names), call(), st.sampled_from(names).map("from: {}".format))
    tail = draw(st.sampled_from([[], [], ["flatten: {}"], ["flatten: {}", "dense: {K: 5}", "softmax: {}"]]))
    for i, strategy in enumerate([items] * draw(st.integers(3, 9)) + [*map(st.just, tail)]):
        item = draw(strategy)
        named = not item.startswith("from") and draw(st.booleans())
        line = f"  - {{{item}, name: n{i}}}\n" if named else f"  - {{{item}}}\n"
        if accepted(head + "".join(lines) + line, without):
            lines.append(line)
            names += [f"n{i}"] if named and "repeat" not in item else []
    text = head + "".join(lines or ["  - identity\n"])
    several = [name for name in names[1:] if draw(st.booleans())]
    return f"outputs: [{', '.join(several)}]\n{text}" if len(several) > 1 else text


@lru_cache(maxsize=256)
def accepted(text: str, without: frozenset[str]) -> bool:
    loaded = spec.check(io.StringIO(text)).spec
    if loaded is None:
        return False
    steps = loaded.graph.steps
    return all(prod(step.shape) <= LARGEST and step.kind not in without for step in steps)


def load(text: str) -> spec.Spec:
    return spec.load(io.StringIO(text))
