"""Blocks: what their arguments stand for, what is seen from where, how often they are used."""

from __future__ import annotations

import io
from textwrap import dedent

import pytest

from cnnspec.diagnostics import Diagnostic
from cnnspec.graph.graph import Graph
from cnnspec.graph.layer import Layer
from cnnspec.language.elaboration.layer_factory import LayerFactory
from cnnspec.language.syntax.tree import LayerEntry
from cnnspec.language.values.scope import Scope, UnknownValue
from cnnspec.spec import spec


def check(blocks: str, layers: str) -> spec.Checked:
    text = "cnnspec: 1\ninput: {C: 4, H: 8, W: 8}\nblocks:\n"
    text += indented(blocks) + "layers:\n" + indented(layers)
    return spec.check(io.StringIO(text))


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in dedent(text).strip().splitlines())


def graph(blocks: str, layers: str) -> Graph:
    checked = check(blocks, layers)
    assert checked.spec is not None, checked.diagnostics
    assert [d for d in checked.diagnostics if d.severity == "error"] == []
    return checked.spec.graph


def shapes(blocks: str, layers: str) -> list[tuple[int, ...]]:
    return [step.shape for step in graph(blocks, layers).steps]


def depths(blocks: str, layers: str) -> list[int]:
    return [shape[0] for shape in shapes(blocks, layers)]


def errors(blocks: str, layers: str) -> list[Diagnostic]:
    return list(check(blocks, layers).diagnostics)


def error(blocks: str, layers: str) -> Diagnostic:
    (found,) = errors(blocks, layers)
    return found


CONV = "b: {args: {K: required, S: 1}, layers: [conv: {F: 1, K: K, S: S}]}"


# Values


def test_given_and_default() -> None:
    assert shapes(CONV, "- b: {K: 6}\n- b: {K: 2*C, S: 2}") == [(6, 8, 8), (12, 4, 4)]


def test_expression_over_the_arriving_tensor_is_worked_out_at_the_call() -> None:
    """Inside, C is 1 by the time that K is used."""
    blocks = "b: {args: {K: required}, layers: [conv: {F: 1, K: 1}, conv: {F: 1, K: K}]}"
    assert depths(blocks, "- b: {K: C/2}") == [1, 2]


def test_default_sees_what_arrives_and_earlier_arguments() -> None:
    blocks = "b: {args: {K: required, Q: C/2 + K}, layers: [conv: {F: 1, K: Q}]}"
    assert depths(blocks, "- b: {K: 3}\n- b: {K: 1, Q: 10}\n- b: {K: 8}") == [5, 10, 13]


def test_default_never_sees_the_caller() -> None:
    blocks = """
        inner: {args: {Q: 2*K}, layers: [conv: {F: 1, K: Q}]}
        outer: {args: {K: required}, layers: [conv: {F: 1, K: K}, inner]}
    """
    found = error(blocks, "- outer: {K: 3}")
    assert (found.code, found.message) == ("E105", "`K` has no value here")


def test_default_sees_no_later_argument_that_holds_layers() -> None:
    found = error("b: {args: {before: [after], after: [relu]}, layers: [before, after]}", "- b")
    assert (found.code, found.message) == ("E101", "unknown layer `after`")


def test_call_sees_the_callers_arguments() -> None:
    blocks = """
        inner: {args: {K: required}, layers: [conv: {F: 1, K: K}]}
        outer: {args: {K: required}, layers: [inner: {K: K}, inner: {K: 2*K}]}
    """
    assert depths(blocks, "- outer: {K: 3}") == [3, 6]


def test_true_and_false() -> None:
    blocks = "b: {args: {bias: false}, layers: [conv: {F: 1, K: 1, bias: bias}]}"
    made = graph(blocks, "- b\n- b: {bias: true}")
    assert [set(step.tensors) for step in made.steps] == [{"weight"}, {"weight", "bias"}]


def test_word_of_a_field() -> None:
    blocks = (
        "b: {args: {P: valid, mode: nearest}, layers: [conv: {F: 3, K: 1, P: P}, upsample: {factor: 2, mode: mode}]}"
    )
    assert shapes(blocks, "- b\n- b: {P: same, mode: bilinear}") == [(1, 6, 6), (1, 12, 12), (1, 12, 12), (1, 24, 24)]


def test_word_that_is_no_number() -> None:
    found = error("b: {args: {K: required}, layers: [conv: {F: 1, K: 2*K}]}", "- b: {K: wide}")
    assert found.code == "E105"
    assert "the word `wide`" in found.why


# Layers and layers' names


def test_layers_are_spliced_in_and_stand_for_a_branch() -> None:
    blocks = "b: {args: {body: [], side: []}, layers: [body, add: [side, []]]}"
    kinds = [step.kind for step in graph(blocks, "- b\n- b: {body: [relu, tanh], side: [sigmoid]}").steps]
    assert kinds == ["add", "relu", "tanh", "sigmoid", "add"]


def test_layers_see_the_arguments_of_where_they_are_written() -> None:
    blocks = """
        inner: {args: {K: required, body: required}, layers: [conv: {F: 1, K: K}, body]}
        outer: {args: {K: required}, layers: [inner: {K: 10*K, body: [conv: {F: 1, K: K}]}]}
    """
    assert depths(blocks, "- outer: {K: 3}") == [30, 3]


def test_layers_handed_on_keep_their_scope_and_take_the_names_of_where_they_end_up() -> None:
    blocks = """
        inner: {args: {body: required}, layers: [body]}
        outer: {args: {K: required, body: required}, layers: [{inner: {body: body}, name: deep}]}
    """
    made = graph(blocks, "- {outer: {K: 7, body: [{conv: {F: 1, K: C + 1}, name: c}]}, name: top}")
    assert [(step.name, step.shape[0]) for step in made.steps] == [("top.deep.c", 5)]


def test_name_of_an_earlier_layer() -> None:
    """Looked up where it is written: the argument means the spec's `x`, not the block's own."""
    blocks = "b: {args: {other: required}, layers: [{relu: {}, name: x}, concat: [other, []]]}"
    layers = "- {conv: {F: 1, K: 3}, name: x}\n- {b: {other: x}, name: y}"
    assert graph(blocks, layers).steps[-1].inputs == ("x", "y.x")


@pytest.mark.parametrize("name", ["enc-1", "layer1.0", "stage.conv1", "_2"])
def test_names_that_look_like_arithmetic(name: str) -> None:
    blocks = "b: {args: {other: required}, layers: [concat: [other, []]]}"
    assert graph(blocks, f"- {{relu: {{}}, name: {name}}}\n- tanh\n- b: {{other: {name}}}").steps[-1].inputs[0] == name


def test_number_where_layers_are_wanted() -> None:
    found = error("b: {args: {body: required}, layers: [body, relu]}", "- b: {body: 3}")
    assert (found.code, found.label) == ("E112", "it is 3 here")


def test_argument_called_as_a_layer_kind() -> None:
    """`relu` is the argument where it holds layers, else the layer."""
    blocks = "b: {args: {relu: 1}, layers: [relu]}"
    assert [step.kind for step in graph(blocks, "- b\n- b: {relu: [tanh, sigmoid]}").steps] == [
        "relu",
        "tanh",
        "sigmoid",
    ]


def test_references_look_outwards() -> None:
    blocks = "b: {layers: [relu, add: [x, []]]}"
    made = graph(blocks, "- {relu: {}, name: x}\n- {b: {}, name: one}\n- {tanh: {}, name: one.x}\n- {b: {}, name: two}")
    assert [step.inputs for step in made.steps if step.kind == "add"] == [("x", "one.relu1"), ("x", "two.relu1")]


# Mistakes


def test_every_missing_argument_is_shown() -> None:
    blocks = "b: {args: {K: required, F: required}, layers: [conv: {F: F, K: K}]}"
    found = errors(blocks, "- b")
    assert [d.message for d in found] == ["`b` needs the argument `K`", "`b` needs the argument `F`"]
    assert all(d.code == "E103" and d.notes[0].label == "required here" for d in found)


def test_misspelt_argument_is_not_missed_as_well() -> None:
    found = error(CONV, "- b: {k: 6}\n- dense: {K: 3}")
    assert (found.code, found.label) == ("E102", "did you mean `K`?")


def test_every_wrong_argument_is_shown() -> None:
    found = errors(CONV, "- b: {K: 1/0, S: Q*2}")
    assert [d.code for d in found] == ["E106", "E105"]


def test_after_a_mistake_nothing_else_is_blamed() -> None:
    layers = "- conv: {F: 9, K: 4}\n- {b: {K: C, S: H/2}, repeat: C, name: x}\n- add: [x.0, []]\n- conv: {F: 3, K: 2*C}"
    assert [d.code for d in errors(CONV, layers)] == ["E203"]


def test_block_that_reaches_itself() -> None:
    found = error("a: {layers: [b]}\nb: {layers: [relu, a]}", "- a")
    assert (found.code, found.why) == ("E111", "a -> b -> a")


def test_mistake_in_a_repeated_block_is_shown_once() -> None:
    assert error("b: {layers: [conv: {F: 2, K: 1, P: same}]}", "- {b: {}, repeat: 5}").code == "E202"


def test_value_over_several_lines_is_marked_as_a_whole() -> None:
    found = error("b: {layers: [relu]}", "- b\n- conv:\n    F: [9,\n      9]\n    K: 1")
    assert found.span is not None
    assert (found.code, found.span.line, found.span.end_line) == ("E203", 8, 9)


# Repetition


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("layer1.0", ["layer1.0.relu1", "layer1.1.relu1"]),
        ("stage", ["stage.0.relu1", "stage.1.relu1"]),
        ("unit3", ["unit3.relu1", "unit4.relu1"]),
    ],
)
def test_names_of_repetitions(name: str, expected: list[str]) -> None:
    made = graph("b: {layers: [relu]}", f"- {{b: {{}}, repeat: 2, name: {name}}}")
    assert [step.name for step in made.steps] == expected


def test_unnamed_call_adds_nothing_to_names() -> None:
    made = graph("b: {layers: [relu]}", "- {b: {}, repeat: 2}\n- relu")
    assert [step.name for step in made.steps] == ["relu1", "relu2", "relu3"]


def test_named_call_names_its_output() -> None:
    made = graph("b: {layers: [relu, tanh]}", "- {b: {}, name: x}\n- sigmoid\n- add: [x, []]")
    assert made.steps[-1].inputs == ("x.tanh1", "sigmoid1")


def test_everything_is_worked_out_again_at_each_repetition() -> None:
    assert depths("b: {args: {K: required}, layers: [conv: {F: 1, K: K}]}", "- {b: {K: 2*C}, repeat: 3}") == [8, 16, 32]


def test_count_is_an_expression() -> None:
    assert len(graph("b: {layers: [relu]}", "- {b: {}, repeat: C + 1}").steps) == 5


@pytest.mark.parametrize(
    ("count", "code"), [("0", "E114"), ("-1", "E114"), ("10001", "E114"), ("C/3", "E106"), ("x", "E105")]
)
def test_count_out_of_bounds(count: str, code: str) -> None:
    assert error("b: {layers: [relu]}", f"- {{b: {{}}, repeat: {count}}}").code == code


# What is carried along for nothing


def test_unused_blocks_and_arguments_are_warned_about() -> None:
    blocks = """
        used: {args: {K: required, Q: 1}, layers: [conv: {F: 1, K: K}]}
        idle: {args: {R: 2}, layers: [relu]}
    """
    found = errors(blocks, "- used: {K: 2, Q: 3}")
    assert [(d.code, d.message) for d in found] == [
        ("W102", "argument `Q` is never used"),
        ("W101", "block `idle` is never used"),
    ]


def test_argument_of_the_same_name_in_another_block_does_not_count() -> None:
    blocks = """
        one: {args: {K: 1}, layers: [relu]}
        two: {args: {K: 1}, layers: [conv: {F: 1, K: K}]}
    """
    found = error(blocks, "- one: {K: 2}\n- two")
    assert (found.code, found.span and found.span.line) == ("W102", 4)


# The scope by itself


def test_scope_gives_arguments_before_letters() -> None:
    scope = Scope({"K": 7}, (4, 8, 9), ("b",))
    assert [scope.value(name) for name in ("K", "C", "H", "W")] == [7, 4, 8, 9]
    assert scope.used == {("b", "K")}
    assert scope.argument("C") is None


def test_scope_of_a_vector_has_a_length_alone() -> None:
    scope = Scope().at((120,))
    assert scope.value("C") == 120
    assert scope.value("H") is None
    assert scope.names() == ("C",)


def test_scope_knows_what_it_does_not_know() -> None:
    with pytest.raises(UnknownValue):
        Scope().value("C")
    scope = Scope({"K": 1})
    assert scope.value("Q") is None
    assert scope.names() == ("K", "C", "H", "W")


def test_an_entry_is_read_once_for_equal_arguments_and_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    create = LayerFactory._create

    def counted(factory: LayerFactory, item: LayerEntry, scope: Scope) -> Layer:
        read.append(item)
        return create(factory, item, scope)

    monkeypatch.setattr(LayerFactory, "_create", counted)
    text = """\
input: {C: 2, H: 4, W: 4}
blocks:
  unit: {args: {K: C}, layers: [{conv: {F: 3, K: K, P: same}}, relu]}
layers:
  - {unit: {}, repeat: 50}
  - {unit: {K: 3}, repeat: 50}
"""
    checked = spec.check(io.StringIO(text))
    assert len(checked.steps) == 200
    # conv: (C 2, K 2), (C 2, K 3), (C 3, K 3); relu behind them: (C 2, K 2), (C 3, K 3).
    assert len(read) == 5


def test_true_is_not_taken_for_the_number_that_equals_it() -> None:
    text = """\
input: {C: 2, H: 4, W: 4}
blocks:
  unit: {args: {F: required}, layers: [{conv: {F: F, K: 2}}]}
layers:
  - unit: {F: 1}
  - unit: {F: true}
"""
    assert [found.code for found in spec.check(io.StringIO(text)).diagnostics] == ["E104"]


def test_a_use_tells_of_its_arguments() -> None:
    blocks = """
        unit:
          args: {K: required, p: 0.5, flag: true, mode: nearest, body: []}
          layers: [conv: {F: 1, K: K, bias: flag}, body, dropout: {p: p}, upsample: {factor: 1, mode: mode}]
    """
    found = graph(blocks, "- unit: {K: 2*C, p: 1/4, body: [relu]}\n- unit: {K: 3, flag: false, mode: bilinear}")
    first, *_, last = [step.calls[0].arguments for step in found.steps]
    assert first == (("K", "8"), ("p", "0.25"), ("flag", "true"), ("mode", "nearest"), ("body", ""))
    assert last == (("K", "3"), ("p", "0.5"), ("flag", "false"), ("mode", "bilinear"), ("body", ""))
