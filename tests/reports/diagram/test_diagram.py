"""What is drawn: nodes and edges, folded blocks, equal blocks as one; three formats of it, and the volumes."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from xml.etree import ElementTree

import pytest
from readme import DOCS

from cnnspec.reports.diagram import to_dot, to_mermaid, to_svg, volumes_svg
from cnnspec.reports.diagram.diagram import Diagram, diagram
from cnnspec.reports.summary.summary import Summary, summarise
from cnnspec.spec import bundled, check

NAMESPACE = "{http://www.w3.org/2000/svg}"
HOSTILE = 'a"b\\n<script>alert(1)</script>]-->|&#x; ::error::'


def summary_of(spec: str | StringIO) -> Summary:
    summary = summarise(check(spec))
    assert summary is not None
    return summary


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{NAMESPACE}text")]


@pytest.mark.parametrize("name", bundled.names())
@pytest.mark.parametrize("depth", [None, 0, 1, 2])
def test_nothing_is_lost(name: str, depth: int | None) -> None:
    """The nodes' parameters and MACs are the network's, and every edge leads on to another node."""
    summary = summary_of(name)
    drawn = diagram(summary, depth)
    assert summary.totals is not None
    assert sum(node.params for node in drawn.nodes) == summary.totals.params
    assert sum(node.macs for node in drawn.nodes) == summary.totals.macs
    order = {node.key: i for i, node in enumerate(drawn.nodes)}
    assert len(order) == len(drawn.nodes)
    assert all(order[edge.source] < order[edge.target] for edge in drawn.edges)
    assert {edge.target for edge in drawn.edges} == order.keys() - {"input"}


def test_layer_by_layer_there_is_a_node_for_each() -> None:
    summary = summary_of("lenet5")
    drawn = diagram(summary, 0)
    assert [node.title for node in drawn.nodes] == ["input", *(step.name for step in summary.steps)]
    assert [(node.kind, node.shape) for node in drawn.nodes][1] == ("conv F 5x5 P same K 6", (6, 28, 28))


def test_equal_blocks_in_a_row_are_one() -> None:
    drawn = diagram(summary_of("resnet50"))
    found = {node.title: node.times for node in drawn.nodes if node.times > 1}
    assert found == {"layer1.1": 2, "layer2.1": 3, "layer3.1": 5, "layer4.1": 2}


def test_blocks_that_something_else_reads_stay_apart() -> None:
    text = "input: {C: 4, H: 8, W: 8}\nblocks:\n  b: {layers: [{conv: {F: 3, K: C, P: same}}]}\n"
    text += "layers:\n  - {b: {}, name: one}\n  - {b: {}, name: two}\n  - add: [one, two]\n"
    drawn = diagram(summary_of(StringIO(text)), 1)
    assert [node.times for node in drawn.nodes] == [1, 1, 1, 1]


# Formats


@pytest.mark.parametrize(("name", "depth"), [("lenet5", 0), ("resnet20_cifar", 1), ("unet", 1)])
def test_the_three_formats(name: str, depth: int, golden: Callable[[str, str], None]) -> None:
    drawn = diagram(summary_of(name), depth)
    golden(f"draw-{name}.svg", to_svg.render(drawn))
    golden(f"draw-{name}.mmd", to_mermaid.render(drawn))
    golden(f"draw-{name}.dot", to_dot.render(drawn))


def test_the_pictures_of_the_pages_are_those_of_the_commands() -> None:
    summary = summary_of("lenet5")
    assert (DOCS / "lenet5.svg").read_text(encoding="utf-8") == to_svg.render(diagram(summary), "right")
    assert (DOCS / "lenet5-volumes.svg").read_text(encoding="utf-8") == volumes_svg.render(summary)


def test_the_volumes(golden: Callable[[str, str], None]) -> None:
    golden("draw-volumes-lenet5.svg", volumes_svg.render(summary_of("lenet5")))


@pytest.mark.parametrize("name", bundled.names())
def test_every_picture_is_whole_and_says_all(name: str) -> None:
    summary = summary_of(name)
    drawn = diagram(summary)
    for direction in ("down", "right"):
        said = texts(to_svg.render(drawn, direction))
        assert {line for node in drawn.nodes for line in to_svg.lines_of(node)} <= set(said)
    root = ElementTree.fromstring(to_svg.render(drawn))
    _, _, wide, high = map(float, root.attrib["viewBox"].split())
    for box in root.iter(f"{NAMESPACE}rect"):
        if "x" in box.attrib:
            assert 0 <= float(box.attrib["x"]) <= float(box.attrib["x"]) + float(box.attrib["width"]) <= wide
            assert 0 <= float(box.attrib["y"]) <= float(box.attrib["y"]) + float(box.attrib["height"]) <= high
    assert summary.name in texts(volumes_svg.render(summary))


def test_hostile_names_stay_text() -> None:
    drawn = diagram(summary_of("lenet5"))
    first = drawn.nodes[1]._replace(title=HOSTILE, kind=HOSTILE)
    drawn = Diagram(HOSTILE, (drawn.nodes[0], first, *drawn.nodes[2:]), drawn.edges)
    assert HOSTILE in texts(to_svg.render(drawn))
    (label,) = (line for line in to_mermaid.render(drawn).splitlines() if line.startswith("    n1["))
    inner = label.removeprefix('    n1["').removesuffix('"]')
    assert not set('"<>&`') & set(inner.replace("<br/>", ""))
    assert HOSTILE in re.sub(r"#(\d+);", lambda code: chr(int(code[1])), inner)
    for line in to_dot.render(drawn).splitlines():
        assert (line.count('"') - line.count('\\"')) % 2 == 0, line
