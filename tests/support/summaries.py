"""What the tests of `cnnspec summary` share: a few specs, and ways to run it."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner, Result

from cnnspec.cli import group
from cnnspec.reports.summary.summary import Summary, summarise
from cnnspec.spec import check

BLOCKS = """\
input: {C: 4, H: 16, W: 12}
rounding: floor
blocks:
  pair: {args: {K: required}, layers: [{conv: {F: 3, K: K, P: same}}, relu]}
  wrap: {args: {K: required}, layers: [{pair: {K: K}}]}
  deep: {args: {K: required}, layers: [{pair: {K: K}, name: first}, {pair: {K: K}}, {pair: {K: K}}]}
layers:
  - pair: {K: 4}
  - pair: {K: 4}
  - {wrap: {K: 8}, name: wrapped}
  - {deep: {K: 8}, name: deep, repeat: 2}
  - globalavgpool
"""
FIELDS = """\
name: Fields
input: {C: 4, H: 19, W: 13}
rounding: floor
layers:
  - conv: {F: [3, 1], S: [2, 1], P: {top: 1, left: 2}, K: 4, G: 2}
  - conv: {F: 3, S: [2, 2], P: [1, 2], K: 8, bias: false, rounding: exact}
  - batchnorm: {eps: 1e-7}
  - leakyrelu: {slope: 0.2}
  - slice: {from: 2, to: C/2 + 2}
  - permute: {order: [H, W, C]}
"""
HEADS = """\
name: Heads
input: {C: 3, H: 8, W: 8}
layers:
  - {conv: {F: 3, K: 4}, name: stem}
  - {conv: {F: 1, K: 2}, name: edge_map}
  - from: stem
  - globalavgpool
  - flatten
  - {dense: {K: 5}, name: classes}
outputs: [classes, edge_map]
"""


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(group, ["summary", *arguments], input=given, standalone_mode=False)


def shown(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exception is None, result.exception
    assert (result.return_value, result.stderr) == (0, "")
    return result.stdout


def summary(spec: str, **options: Any) -> Summary:
    found = summarise(check(spec), **options)
    assert found is not None
    return found
