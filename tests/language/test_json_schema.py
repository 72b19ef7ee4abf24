"""The JSON Schema of the language: it accepts what `validate` accepts, and refuses words that are misspelt."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import ui_cases
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from yaml12 import data

from cnnspec.cli import group
from cnnspec.graph.layer import Example, Join
from cnnspec.language.document.document import Document, load
from cnnspec.language.json_schema import language, of_spec
from cnnspec.language.sections.header import Header
from cnnspec.language.syntax.source import read
from cnnspec.language.values.expression import ExpressionError, parse
from cnnspec.language.values.field_types import field_types
from cnnspec.language.values.names import Names, expression
from cnnspec.layers import find, kinds
from cnnspec.spec import bundled

EXAMPLES = [(kind, example) for kind in kinds() for example in find(kind).examples]
GOOD = [(kind, example) for kind, example in EXAMPLES if not isinstance(example.produces, str)]
every_good_example = pytest.mark.parametrize(("kind", "example"), GOOD, ids=[f"{k}: {e.yaml}" for k, e in GOOD])
every_spec = pytest.mark.parametrize("name", bundled.names())


@cache
def general() -> Draft202012Validator:
    return Draft202012Validator(language())


def document(text: str) -> Document:
    found, _ = load(read("test.yaml", text.encode()))
    assert found is not None
    return found


def closed(text: str) -> Draft202012Validator:
    """The schema of the spec in `text`."""
    return Draft202012Validator(of_spec("test", document(text).blocks))


def bundled_text(name: str) -> str:
    return (bundled.folder() / f"{name}.yaml").read_text(encoding="utf-8")


def net(*layers: object, **rest: object) -> dict[str, object]:
    return {"input": {"C": 3, "H": 32, "W": 32}, "layers": [*layers], **rest}


def test_both_are_schemas() -> None:
    Draft202012Validator.check_schema(language())
    Draft202012Validator.check_schema(of_spec("resnet50", document(bundled_text("resnet50")).blocks))


def test_every_reference_leads_somewhere() -> None:
    for schema in (language(), of_spec("x", document(bundled_text("resnet50")).blocks)):
        used = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(schema)))
        assert used == schema["$defs"].keys()


@every_spec
def test_accepts_every_bundled_spec(name: str) -> None:
    text = bundled_text(name)
    assert list(general().iter_errors(data(text))) == []
    assert list(closed(text).iter_errors(data(text))) == []


@every_good_example
def test_accepts_every_example(kind: str, example: Example) -> None:
    item = data(example.yaml)
    assert general().is_valid(net(item))
    block = {"layers": [item]}
    assert general().is_valid(net("b", blocks={"b": block}))


@pytest.mark.parametrize("key", [*field_types(Header), "blocks", "layers"])
def test_misspelt_key_at_the_top(key: str) -> None:
    spec = net("relu", blocks={"b": {"layers": ["relu"]}})
    good = data("""
        {cnnspec: 1, name: 7, about: x, input: {C: 3, H: 8, W: 8}, rounding: floor, outputs: [a], blocks: {},
         train: {epochs: 2}, preprocess: {mode: rgb}, classes: [0, no], weights: w, sample: s,
         expect: {params: "<= 1M"}, layers: [relu]}
    """)
    assert general().is_valid(good)
    assert key in good
    good[f"{key}x"] = good.pop(key)
    assert not general().is_valid(good)
    assert not general().is_valid(spec | {f"{key}x": good[f"{key}x"]})


@pytest.mark.parametrize("key", ["input", "preprocess", "train", "expect"])
def test_misspelt_key_in_a_section(key: str) -> None:
    model = field_types(Header)[key].model
    assert model is not None
    for field in field_types(model):
        section = {name: 1 for name, info in model.model_fields.items() if info.is_required()}
        assert general().is_valid(net("relu", **{key: section}))
        assert not general().is_valid(net("relu", **{key: section | {field + "x": 1}}))


@pytest.mark.parametrize("kind", kinds())
def test_misspelt_kind(kind: str) -> None:
    item = data(next(e.yaml for k, e in GOOD if k == kind))
    wrong = f"{kind}x"
    misspelt = wrong if isinstance(item, str) else {wrong: item[kind]}
    assert not general().is_valid(net(misspelt))
    assert not general().is_valid(net({"add": [[], [misspelt]]}))
    in_block = {"blocks": {"b": {"layers": [misspelt]}}}
    assert general().is_valid(net("b", **in_block)) is not issubclass(find(kind), Join)
    text = json.dumps(net("b", blocks={"b": {"layers": ["relu"]}}))
    assert closed(text).is_valid(net("b", blocks={"b": {"layers": ["relu"]}}))
    assert not closed(text).is_valid(net("b", **in_block))
    assert not closed(text).is_valid(net(misspelt, "b", blocks={"b": {"layers": ["relu"]}}))


def fields_of_examples() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(kind, field, an item that gives the field), each field once."""
    seen = set()
    for kind, example in GOOD:
        item = data(example.yaml)
        if issubclass(find(kind), Join) or isinstance(item, str) or not item[kind]:
            continue
        for field in item[kind]:
            if (kind, field) not in seen:
                seen.add((kind, field))
                yield kind, field, item


@pytest.mark.parametrize(("kind", "field", "item"), [*fields_of_examples()])
def test_misspelt_field(kind: str, field: str, item: dict[str, Any]) -> None:
    wrong = copy.deepcopy(item)
    wrong[kind][f"{field}x"] = wrong[kind].pop(field)
    assert general().is_valid(net(item))
    assert not general().is_valid(net(wrong))
    assert not general().is_valid(net("b", blocks={"b": {"layers": [wrong]}}))
    assert not general().is_valid(net({"mul": {"a": [wrong], "b": []}}))


@pytest.mark.parametrize(
    ("item", "ok"),
    [
        ("relu", True),
        ("relu:", True),
        ("conv", False),
        ("conv:", False),
        ("add", False),
        ("conv: {F: 3}", False),
        ("conv: {F: 3, K: 0}", False),
        ("conv: {F: 3, K: 4*C}", True),
        ("conv: {F: 3, K: foo}", False),
        ("conv: {F: 3, K: C, P: (F-1)/2}", True),
        ("conv: {F: 3, K: F}", False),
        ("conv: {F: 3, K: '3'}", False),
        ("conv: {F: 3, K: true}", False),
        ("conv: {F: 3, K: 3.5}", False),
        ("conv: {F: [3, 3, 3], K: 2}", False),
        ("conv: {F: 3, K: 2, P: smae}", False),
        ("conv: {F: 3, K: 2, P: {top: 1, left: F/2}}", True),
        ("conv: {F: 3, K: 2, P: {tpo: 1}}", False),
        ("conv: {F: 3, K: 2, bias: no}", False),
        ("conv: {F: 3, K: 2, bias: bias}", False),
        ("dropout: {p: 1/2}", True),
        ("dropout: {p: 1.5}", False),
        ("batchnorm: {eps: 1e-3}", True),
        ("{relu: {}, name: a.b-1, expect: [C, H, W]}", True),
        ("{relu: {}, name: 3}", True),
        ("{relu: {}, name: a/b}", False),
        ("{relu: {}, name: a, expect: 3}", False),
        ("{relu: {}, repeat: 2}", False),
        ("{relu: {}, tanh: {}}", False),
        ("{name: a}", False),
        ("{name: a, expect: [1]}", False),
        ("{}", False),
        ("[]", False),
        ("from: input", True),
        ("{from: input, name: a}", False),
        ("add: [[], relu1]", True),
        ("add: [[]]", False),
        ("add: {a: []}", False),
        ("add: {a: [], b: x}", True),
        ("add: [[], {conv: {F: 1, K: 2}}]", False),
        ("conv: {F: 3\n}", False),
    ],
)
def test_items(item: str, ok: bool) -> None:
    assert general().is_valid(net(data(item))) is ok


BLOCKS = """
input: {C: 3, H: 32, W: 32}
blocks:
  plain: {layers: [relu]}
  unit:
    args: {K: required, S: 1, bias: false, mode: nearest, end: [relu], skip: enc}
    layers:
      - {conv: {F: 3, K: 2*K, S: S, bias: bias}, name: c}
      - upsample: {factor: 2, mode: mode}
      - end
      - concat: [[], skip]
layers: [%s]
"""


@pytest.mark.parametrize(
    ("item", "with_any", "with_these"),
    [
        ("plain", True, True),
        ("{plain: {}, repeat: 3}", True, True),
        ("{unit: {K: 8}, name: u1, repeat: C}", True, True),
        ("{unit: {K: 8, end: [tanh, {dropout: {p: 0}}]}}", True, True),
        ("unit: {K: 8, end: [{relu: {x: 1}}]}", False, False),
        ("{unit: {K: 8, skip: enc1, mode: bilinear, bias: true, S: H/16}}", True, True),
        ("unit", True, False),
        ("unit: {S: 2}", True, False),
        ("unit: {K: 8, s: 2}", True, False),
        ("unit: {K: {a: 1}}", False, False),
        ("untit: {K: 8}", True, False),
        ("{unit: {K: 8}, plain: {}}", False, False),
        ("{unit: , K: 8}", False, False),
        ("{relu: {}, repeat: 2}", False, False),
        ("{plain: {}, repeat: 0}", False, False),
        ("{plain: {}, repeat: 20000}", False, False),
        ("conv: {F: 3, K: K}", False, False),
        ("conv", False, False),
    ],
)
def test_items_beside_blocks(item: str, with_any: bool, with_these: bool) -> None:
    text = BLOCKS % item
    assert general().is_valid(data(text)) is with_any
    assert closed(BLOCKS % "relu").is_valid(data(text)) is with_these


@pytest.mark.parametrize(
    ("before", "after"),
    [("K: 2*K", "K: 2*KK"), ("bias: bias}", "bias: bais}"), ("mode: mode}", "mode: moed}"), ("- end", "- edn")],
)
def test_misspelt_argument_in_a_known_block(before: str, after: str) -> None:
    text = BLOCKS % "relu"
    assert text.count(before) == 1
    assert not closed(text).is_valid(data(text.replace(before, after)))


@pytest.mark.parametrize(
    "blocks",
    [
        "{relu: {layers: [tanh]}}",
        "{from: {layers: [tanh]}}",
        "{b: {layers: [tanh], arg: {}}}",
        "{b: {args: {C: 1}, layers: [tanh]}}",
        "{b: {args: {a-b: 1}, layers: [tanh]}}",
        "{b: {args: {a: {}}, layers: [tanh]}}",
        "{b: {args: {}}}",
        "{b: [tanh]}",
    ],
)
def test_blocks_that_are_refused(blocks: str) -> None:
    assert not general().is_valid(net("relu", blocks=data(blocks)))


@pytest.mark.parametrize(
    "text",
    ["C", "4*K", "(F-1)/2", "C//2 % 3", "-C", "1/255", "((C))", "2 * (C + 1e-3)", "0.5*C", "1--1", "4K", "C H", "",
     "*C", "C+", "a.b", "f(x", "C**2", "007+1", "1.+2", "C=1"],
)  # fmt: skip
def test_expressions_are_those_of_the_language(text: str) -> None:
    pattern = expression(Names("x", (), None))["pattern"]
    try:
        parse(text)
    except ExpressionError:
        assert not re.search(pattern, text) or text.count("(") != text.count(")")
    else:
        assert re.search(pattern, text)


SEEN = {"E101", "E102", "E103", "E104", "E110"}
"""What a schema can see, as long as it hangs on no shape."""


@pytest.mark.parametrize("case", ui_cases.CLEAN, ids=ui_cases.name)
def test_accepts_what_validate_accepts(case: ui_cases.Case) -> None:
    spec = data(case.spec)
    assert list(general().iter_errors(spec)) == []
    assert list(closed(case.spec).iter_errors(spec)) == []


@pytest.mark.parametrize("case", ui_cases.MESSAGES, ids=ui_cases.name)
def test_agrees_with_the_messages_of_validate(case: ui_cases.Case) -> None:
    codes = set(re.findall(r"(?:error|warning)\[(\w+)\]", case.expected))
    if all(code.startswith(("W", "E2", "E3")) for code in codes):
        assert list(general().iter_errors(data(case.spec))) == []
    elif codes & SEEN and not any(code.startswith("E0") for code in codes):
        found, _ = load(read("net.yaml", case.spec.encode()))
        schema = of_spec("net", found.blocks) if found else language()
        assert not Draft202012Validator(schema).is_valid(data(case.spec))


def test_descriptions_for_hovering() -> None:
    schema = language()
    for kind in kinds():
        name = "branches" if issubclass(find(kind), Join) else kind
        properties = schema["$defs"][name].get("properties", {})
        assert all(field["description"] for field in properties.values())
    assert "cross-correlation" in schema["$defs"]["conv"]["description"]
    assert schema["$defs"]["conv"]["properties"]["S"]["default"] == 1
    assert all(field["description"] for field in schema["properties"].values())


def invoke(*args: str, **rest: Any) -> Any:
    return CliRunner().invoke(group, ["schema", *args], **rest)


def test_command() -> None:
    result = invoke()
    assert result.exit_code == 0
    assert json.loads(result.stdout) == language()


def test_command_for_a_spec(tmp_path: Path) -> None:
    result = invoke("resnet50")
    schema = json.loads(result.stdout)
    assert schema["$id"] == "urn:cnnspec:spec:1:resnet50"
    assert "bottleneck" in json.dumps(schema)
    spec = tmp_path / "my net.yaml"
    spec.write_text(BLOCKS % "covn")
    schema = json.loads(invoke(str(spec)).stdout)
    assert schema["$id"] == "urn:cnnspec:spec:1:my%20net"
    assert not Draft202012Validator(schema).is_valid(data(spec.read_text()))


def test_command_writes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "cnnspec.json"
    result = invoke("-o", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(file.read_text(encoding="utf-8")) == language()
