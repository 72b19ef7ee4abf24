"""Checking takes time in proportion to the size of the spec, whatever the spec is made of, mistakes included.

Each construct is checked at one size and at sixteen times that: work that grows with the square would take 256 times
as long. The bound lies halfway between.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from time import process_time

import pytest
from processor_time import about

from cnnspec.spec import check

HEADER = "input: {C: 4, H: 16, W: 16}\n"
SMALL, TIMES = 150, 16
BOUND = 64
LEAST = 0.002
"""Seconds below which a time says nothing."""

BLOCK = "blocks: {b: {layers: [{conv: {F: 1, K: C}}]}}\n"
WITHIN = '"*{}*"'


def layers(items: Iterable[str], before: str = "") -> str:
    return HEADER + before + "layers:\n" + "".join(f"  - {item}\n" for item in items)


def listed(count: int, item: str) -> str:
    return ", ".join(item.format(i) for i in range(count))


CONSTRUCTS: dict[str, Callable[[int], str]] = {
    "layers of many fields": lambda n: layers(f"conv: {{F: 1, K: {4 + i % 50}, bias: false}}" for i in range(n)),
    "names": lambda n: layers(f"{{relu: {{}}, name: a{i}}}" for i in range(n)),
    "one name for all": lambda n: layers("{relu: {}, name: a}" for _ in range(n)),
    "names that counting meets": lambda n: layers(
        ["relu"] * n + [f"{{relu: {{}}, name: relu{n - i}}}" for i in range(n)]
    ),
    "from": lambda n: layers(line for i in range(n) for line in (f"{{relu: {{}}, name: a{i}}}", f"from: a{i}")),
    "from what is not there": lambda n: layers(f"{{from: b{i}}}" for i in range(n)),
    "from what comes later": lambda n: layers(
        line for i in range(n) for line in (f"from: a{i}", f"{{relu: {{}}, name: a{i}}}")
    ),
    "paths that end": lambda n: layers(["relu", "from: input"] * n + ["relu"]),
    "outputs": lambda n: layers((f"{{relu: {{}}, name: a{i}}}" for i in range(n)), f"outputs: [{listed(n, 'a{}')}]\n"),
    "outputs that are not there": lambda n: layers(["relu"], f"outputs: [{listed(n, 'b{}')}]\n"),
    "branches": lambda n: layers([f"add: [{listed(n, '[relu]')}]"]),
    "branches that are not there": lambda n: layers([f"add: [{listed(n, 'z{}')}]"]),
    "blocks": lambda n: layers(
        (f"b{i}: {{}}" for i in range(n)), "blocks:\n" + "".join(f"  b{i}: {{layers: [relu]}}\n" for i in range(n))
    ),
    "blocks in a circle": lambda n: layers(
        ["b0"], "blocks:\n" + "".join(f"  b{i}: {{layers: [b{(i + 1) % n}]}}\n" for i in range(n))
    ),
    "blocks that no layer is": lambda n: layers(
        (f"c{i}" for i in range(n)), "blocks:\n" + "".join(f"  b{i}: {{layers: [relu]}}\n" for i in range(n))
    ),
    "arguments": lambda n: layers(
        (f"b: {{K: {4 + i % 30}}}" for i in range(n)),
        "blocks: {b: {args: {K: required, S: 1}, layers: [{conv: {F: 1, K: K, S: S}}]}}\n",
    ),
    "arguments that are layers": lambda n: layers(
        (f"b: {{act: [{'tanh' if i % 2 else 'relu'}]}}" for i in range(n)),
        "blocks: {b: {args: {act: []}, layers: [act]}}\n",
    ),
    "arguments that no block has": lambda n: layers(
        [f"b: {{{listed(n, 'Q{}: 1')}}}"], "blocks: {b: {args: {K: 1}, layers: [relu]}}\n"
    ),
    "repetitions": lambda n: layers([f"{{b: {{}}, name: s.1, repeat: {n}}}"], "blocks: {b: {layers: [relu]}}\n"),
    "repetitions of a mistake": lambda n: layers(
        [f"{{b: {{}}, repeat: {n}}}"], "blocks: {b: {layers: [{conv: {F: C/7, K: 8, Q: 1}}]}}\n"
    ),
    "expressions": lambda n: layers(f"conv: {{F: 1, K: (C+{i}-{i})/1}}" for i in range(n)),
    "expressions with mistakes": lambda n: layers(f"conv: {{F: 1, K: C+x{i}}}" for i in range(n)),
    "shapes expected": lambda n: layers("{relu: {}, expect: [C, H, W]}" for _ in range(n)),
    "shapes not met": lambda n: layers("{relu: {}, expect: [C, H, 2*W]}" for _ in range(n)),
    "windows that do not fit": lambda n: layers("conv: {F: 99, K: 4}" for _ in range(n)),
    "unknown layers": lambda n: layers(f"kind{i}" for i in range(n)),
    "unknown fields": lambda n: layers([f"conv: {{F: 1, K: 4, {listed(n, 'Q{}: 1')}}}"]),
    "unknown keys": lambda n: layers(["relu"]) + "".join(f"k{i}: 1\n" for i in range(n)),
    "keys written twice": lambda n: layers(["relu"]) + "name: x\n" * n,
    "layers with two keys": lambda n: layers("{relu: {}, tanh: {}}" for _ in range(n)),
    "patterns of freeze": lambda n: layers(
        ("conv: {F: 1, K: 4}" for _ in range(n)), f"train: {{freeze: [{listed(n, WITHIN)}]}}\n"
    ),
    "classes": lambda n: layers(["relu"], f"classes: [{listed(n, 'c{}')}]\n"),
    "values out of bounds": lambda n: layers(["relu"], f"preprocess: {{mean: [{listed(n, '1e9')}]}}\n"),
    "comments": lambda n: layers(["relu"]) + "# nothing\n" * 10 * n,
}


def seconds(text: str) -> float:
    begun = process_time()
    check(io.StringIO(text))
    return process_time() - begun


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_checking_is_linear(name: str) -> None:
    small, large = CONSTRUCTS[name](SMALL), CONSTRUCTS[name](SMALL * TIMES)
    seconds(small)  # what is made once
    assert min(seconds(large) for _ in range(2)) < BOUND * max(LEAST, *(seconds(small) for _ in range(3)))


def test_many_patterns_over_many_layers() -> None:
    patterns = f"train: {{freeze: [{listed(20_000, WITHIN)}]}}\n"
    with about(2):
        found = check(io.StringIO(layers(["{b: {}, repeat: 10000}"], f"{BLOCK}{patterns}")))
    assert {diagnostic.code for diagnostic in found.diagnostics} == {"E306"}


@pytest.mark.parametrize("count", [1, 45])
def test_what_is_said_of_long_texts_is_short(count: int) -> None:
    patterns = listed(count, "x" * 4000 + "{}")
    found = check(io.StringIO(layers(["conv: {F: 1, K: 4}"], f"train: {{freeze: [{patterns}]}}\n")))
    assert len(found.diagnostics) == 1
    assert len(repr(found.diagnostics[0])) < 3000
