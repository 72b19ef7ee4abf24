"""The rules of the language, one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cnnspec.graph.graph import Graph
from cnnspec.spec import Checked, check

Codes = list[str]


@pytest.fixture
def checked(tmp_path: Path) -> Callable[[str], Checked]:
    """Checks a spec; without `input:` in it, 4x8x8 arrives."""

    def look(text: str) -> Checked:
        head = "" if "input:" in text else "input: {C: 4, H: 8, W: 8}\n"
        (tmp_path / "net.yaml").write_text(head + text, encoding="utf-8")
        return check(tmp_path / "net.yaml")

    return look


@pytest.fixture
def graph(checked: Callable[[str], Checked]) -> Callable[[str], Graph]:
    def look(text: str) -> Graph:
        found = checked(text)
        assert found.spec is not None, found.diagnostics
        assert not [d for d in found.diagnostics if d.severity == "error"], found.diagnostics
        found.spec.graph.verify()
        return found.spec.graph

    return look


@pytest.fixture
def codes(checked: Callable[[str], Checked]) -> Callable[[str], Codes]:
    return lambda text: [d.code for d in checked(text).diagnostics]


Look = Callable[[str], Graph]
Find = Callable[[str], Codes]


def names(graph: Graph) -> list[str]:
    return [step.name for step in graph.steps]


def shapes(graph: Graph) -> list[tuple[int, ...]]:
    return [step.shape for step in graph.steps]


class TestNames:
    def test_unnamed_layers_are_counted_by_kind(self, graph: Look) -> None:
        found = graph("layers: [{conv: {F: 1, K: 2}}, relu, {conv: {F: 1, K: 2}}, relu, softmax]")
        assert names(found) == ["conv1", "relu1", "conv2", "relu2", "softmax1"]

    @pytest.mark.parametrize("layers", ["{relu: {}, name: relu2}, relu, relu", "relu, relu, {relu: {}, name: relu2}"])
    def test_counters_skip_given_names_wherever_they_stand(self, graph: Look, layers: str) -> None:
        assert sorted(names(graph(f"layers: [{layers}]"))) == ["relu1", "relu2", "relu3"]
        assert [s.name for s in graph(f"layers: [{layers}]").steps if s.name != "relu2"] == ["relu1", "relu3"]

    def test_named_call_is_a_scope(self, graph: Look) -> None:
        blocks = "blocks: {b: {layers: [{conv: {F: 1, K: 2}, name: c}, relu]}}\n"
        found = graph(blocks + "layers: [{b: {}, name: stage.1}, relu, {b: {}, name: other}]")
        assert names(found) == ["stage.1.c", "stage.1.relu1", "relu1", "other.c", "other.relu1"]

    def test_unnamed_call_adds_nothing(self, graph: Look) -> None:
        assert names(graph("blocks: {b: {layers: [relu, relu]}}\nlayers: [relu, b, relu]")) == [
            "relu1", "relu2", "relu3", "relu4"
        ]  # fmt: skip

    def test_join_is_no_scope(self, graph: Look) -> None:
        found = graph("layers: [{add: [[relu], []], name: sum}, relu]")
        assert names(found) == ["relu1", "sum", "relu2"]

    def test_call_names_its_output(self, graph: Look) -> None:
        found = graph("blocks: {b: {layers: [relu, softmax]}}\nlayers: [{b: {}, name: x}, relu, {add: [x, []]}]")
        assert found.steps[-1].inputs == ("x.softmax1", "relu1")

    def test_equal_names_are_an_error(self, codes: Find) -> None:
        assert codes("layers: [{relu: {}, name: a}, {relu: {}, name: a}]") == ["E108"]
        inner = "blocks: {b: {layers: [{relu: {}, name: a}]}}\n"
        assert codes(inner + "layers: [b, b]") == ["E108"]
        assert codes(inner + "layers: [{b: {}, name: x}, {b: {}, name: y}]") == []

    def test_dots_make_no_two_names_one(self, codes: Find) -> None:
        assert codes(
            "blocks: {b: {layers: [{relu: {}, name: a}]}}\nlayers: [{b: {}, name: x}, {relu: {}, name: x.a}]"
        ) == ["E108"]


class TestRepeat:
    BLOCK = "blocks: {b: {layers: [{relu: {}, name: r}]}}\n"

    @pytest.mark.parametrize(
        ("call", "expected"),
        [
            ("name: layer1, repeat: 3", ["layer1.r", "layer2.r", "layer3.r"]),
            ("name: layer1.0, repeat: 2", ["layer1.0.r", "layer1.1.r"]),
            ("name: layer9, repeat: 2", ["layer9.r", "layer10.r"]),
            ("name: stage, repeat: 2", ["stage.0.r", "stage.1.r"]),
            ("name: stage, repeat: 1", ["stage.0.r"]),
            ("name: layer1, repeat: 1", ["layer1.r"]),
            ("name: stage", ["stage.r"]),
        ],
    )
    def test_names_count_up(self, graph: Look, call: str, expected: list[str]) -> None:
        assert names(graph(self.BLOCK + f"layers: [{{b: {{}}, {call}}}]")) == expected

    def test_everything_is_worked_out_again(self, graph: Look) -> None:
        found = graph("blocks: {b: {layers: [{conv: {F: 1, K: 2*C}}]}}\nlayers: [{b: {}, repeat: 3}]")
        assert shapes(found) == [(8, 8, 8), (16, 8, 8), (32, 8, 8)]

    def test_count_may_be_an_expression(self, graph: Look) -> None:
        assert len(graph(self.BLOCK + "layers: [{b: {}, repeat: C/2, name: x}]").steps) == 2


class TestArguments:
    def test_values_see_the_caller(self, graph: Look) -> None:
        found = graph(
            "blocks:\n"
            "  inner: {args: {K: required}, layers: [{conv: {F: 1, K: K}}]}\n"
            "  outer: {args: {K: required}, layers: [{inner: {K: 2*K}}, {inner: {K: C+K}}]}\n"
            "layers: [{outer: {K: 3}}]\n"
        )
        assert shapes(found) == [(6, 8, 8), (9, 8, 8)]

    def test_blocks_do_not_see_the_arguments_of_their_callers(self, codes: Find) -> None:
        spec = (
            "blocks:\n"
            "  inner: {layers: [{conv: {F: 1, K: width}}]}\n"
            "  outer: {args: {width: required}, layers: [inner, {conv: {F: 1, K: width}}]}\n"
            "layers: [{outer: {width: 3}}]\n"
        )
        assert codes(spec) == ["E105"]

    def test_defaults_see_what_arrives_and_earlier_arguments(self, graph: Look) -> None:
        found = graph(
            "blocks: {b: {args: {K: required, Q: C/4, R: K+Q+H}, layers: [{conv: {F: 1, K: R}}]}}\n"
            "layers: [{b: {K: 3}}, {b: {K: 3, Q: 10}}]\n"
        )
        assert shapes(found) == [(3 + 1 + 8, 8, 8), (3 + 10 + 8, 8, 8)]

    def test_defaults_do_not_see_the_caller_nor_later_arguments(self, codes: Find) -> None:
        inner = "inner: {args: {Q: width}, layers: [{conv: {F: 1, K: Q}}]}"
        outer = "outer: {args: {width: 3}, layers: [inner, {conv: {F: 1, K: width}}]}"
        assert codes(f"blocks: {{{inner}, {outer}}}\nlayers: [outer]") == ["E104"]
        assert codes("blocks: {b: {args: {Q: R, R: 2}, layers: [{conv: {F: Q, K: R}}]}}\nlayers: [b]") == ["E104"]

    def test_required_arguments(self, codes: Find) -> None:
        assert codes("blocks: {b: {args: {K: required}, layers: [{conv: {F: 1, K: K}}]}}\nlayers: [b]") == ["E103"]

    @pytest.mark.parametrize("name", ["C", "H", "W", "a-b", "1a"])
    def test_names_that_cannot_be_arguments(self, codes: Find, name: str) -> None:
        assert codes(f"blocks: {{b: {{args: {{{name}: 1}}, layers: [relu]}}}}\nlayers: [b]")[0] == "E112"

    def test_words_and_truth_values(self, graph: Look) -> None:
        found = graph(
            "blocks: {b: {args: {pad: same, bias: true}, layers: [{conv: {F: 3, K: 4, P: pad, bias: bias}}]}}\n"
            "layers: [b, {b: {pad: valid, bias: false}}]\n"
        )
        assert shapes(found) == [(4, 8, 8), (4, 6, 6)]
        assert [set(step.tensors) for step in found.steps] == [{"weight", "bias"}, {"weight"}]

    def test_layers_are_spliced_in(self, graph: Look) -> None:
        found = graph(
            "blocks: {b: {args: {middle: []}, layers: [relu, middle, softmax]}}\n"
            "layers: [b, {b: {middle: [tanh, sigmoid]}}]\n"
        )
        kinds = [step.kind for step in found.steps]
        assert kinds == ["relu", "softmax", "relu", "tanh", "sigmoid", "softmax"]

    def test_layers_as_a_branch(self, graph: Look) -> None:
        found = graph(
            "blocks: {res: {args: {shortcut: []}, layers: [{add: {main: [relu], shortcut: shortcut}}]}}\n"
            "layers: [res, {res: {shortcut: [tanh]}}]\n"
        )
        assert [step.inputs for step in found.steps if step.kind == "add"] == [
            ("relu1", "input"),
            ("relu2", "tanh1"),
        ]

    def test_layers_given_as_argument_see_the_place_where_they_are_written(self, graph: Look) -> None:
        found = graph(
            "blocks:\n"
            "  inner: {args: {K: 1, body: required}, layers: [{conv: {F: 1, K: K}}, body]}\n"
            "  outer: {args: {K: 7}, layers: [{inner: {K: 2, body: [{conv: {F: 1, K: K}}]}}]}\n"
            "layers: [outer]\n"
        )
        assert shapes(found) == [(2, 8, 8), (7, 8, 8)]

    def test_but_they_see_the_shape_that_arrives_where_they_end_up(self, graph: Look) -> None:
        found = graph(
            "blocks: {b: {args: {body: required}, layers: [{conv: {F: 1, K: 10}}, body]}}\n"
            "layers: [{b: {body: [{conv: {F: 1, K: C/2}}]}}]\n"
        )
        assert shapes(found) == [(10, 8, 8), (5, 8, 8)]

    def test_and_their_names_take_the_scope_where_they_end_up(self, graph: Look) -> None:
        found = graph(
            "blocks: {b: {args: {body: required}, layers: [body]}}\n"
            "layers: [{b: {body: [{relu: {}, name: r}]}, name: x}]\n"
        )
        assert names(found) == ["x.r"]

    def test_argument_may_name_an_earlier_layer(self, graph: Look) -> None:
        found = graph(
            "blocks: {up: {args: {skip: required}, layers: [{concat: [skip, []]}]}}\n"
            "layers: [{relu: {}, name: enc1}, tanh, {up: {skip: enc1}, name: dec1}]\n"
        )
        assert found.steps[-1].inputs == ("enc1", "tanh1")

    def test_a_number_cannot_stand_for_layers(self, codes: Find) -> None:
        assert codes("blocks: {b: {args: {x: 3}, layers: [x]}}\nlayers: [b]") == ["E112"]


class TestBranches:
    def test_empty_branch_is_what_arrives(self, graph: Look) -> None:
        found = graph("layers: [relu, {concat: [[], [tanh], []]}]")
        assert found.steps[-1].inputs == ("relu1", "tanh1", "relu1")
        assert found.steps[-1].shape == (12, 8, 8)

    def test_from_goes_on_from_an_earlier_layer(self, graph: Look) -> None:
        found = graph("outputs: [a, b]\nlayers: [relu, {tanh: {}, name: a}, from: relu1, {sigmoid: {}, name: b}]")
        assert found.by_name["b"].inputs == ("relu1",)
        assert found.outputs == ("a", "b")

    def test_from_inside_a_branch(self, graph: Look) -> None:
        found = graph("layers: [relu, tanh, {add: [[{from: relu1}, sigmoid], []]}]")
        assert found.by_name["sigmoid1"].inputs == ("relu1",)

    def test_input_is_a_name(self, graph: Look) -> None:
        assert graph("layers: [relu, {add: [input, []]}]").steps[-1].inputs == ("input", "relu1")

    def test_names_are_looked_up_from_the_inside_out(self, graph: Look) -> None:
        found = graph(
            "blocks:\n"
            "  b: {layers: [{relu: {}, name: r}, {add: [r, stem]}]}\n"
            "layers: [{tanh: {}, name: stem}, {sigmoid: {}, name: r}, {b: {}, name: x}, {add: [r, x.r]}]\n"
        )
        assert found.by_name["x.add1"].inputs == ("x.r", "stem")
        assert found.by_name["add1"].inputs == ("r", "x.r")

    def test_names_inside_a_call_are_not_known_outside_without_its_name(self, codes: Find) -> None:
        spec = "blocks: {b: {layers: [{relu: {}, name: r}, tanh]}}\nlayers: [{b: {}, name: x}, {add: [r, []]}]"
        assert codes(spec) == ["E107"]

    def test_a_layer_kind_is_no_branch(self, codes: Find) -> None:
        assert codes("layers: [{add: [relu, []]}]") == ["E107"]

    def test_joins_take_two_branches_or_more(self, codes: Find) -> None:
        assert codes("layers: [{add: [[]]}]") == ["E113"]

    def test_add_never_broadcasts(self, codes: Find) -> None:
        assert codes("layers: [{add: [[globalavgpool], []]}]") == ["E205"]
        assert codes("layers: [{mul: [[globalavgpool], []]}]") == []


class TestOutputs:
    def test_the_last_layer_by_default(self, graph: Look) -> None:
        assert graph("layers: [relu, tanh]").outputs == ("tanh1",)

    def test_several_by_name_in_order(self, graph: Look) -> None:
        assert graph("outputs: [tanh1, relu1]\nlayers: [relu, tanh]").outputs == ("tanh1", "relu1")

    def test_expectation_for_several_outputs(self, codes: Find) -> None:
        spec = "outputs: [a, b]\nlayers: [{relu: {}, name: a}, flatten, {tanh: {}, name: b}]\n"
        assert codes(spec + "expect: {output: {a: [4, 8, 8], b: [256]}}") == []
        assert codes(spec + "expect: {output: {a: [4, 8, 8], b: [255]}}") == ["E302"]
        assert codes(spec + "expect: {output: {c: [1]}}") == ["E302"]
        assert codes(spec + "expect: {output: [4, 8, 8]}") == ["E302"]


class TestArithmetic:
    @pytest.mark.parametrize(
        ("value", "K"),
        [("4*C", 16), ("C/2", 2), ("H*W", 64), ("7//2", 3), ("7%4", 3), ("-2+C", 2), ("(C+2)/3", 2)],
    )
    def test_values(self, graph: Look, value: str, K: int) -> None:
        assert graph(f"layers: [{{conv: {{F: 1, K: {value}}}}}]").steps[0].shape[0] == K

    @pytest.mark.parametrize("value", ["C/3", "C*0.5", "0.1+0.2", "4.0"])
    def test_whole_numbers_only(self, codes: Find, value: str) -> None:
        assert codes(f"layers: [{{conv: {{F: 1, K: {value}}}}}]") == ["E106"]

    def test_decimals_are_exact(self, graph: Look) -> None:
        """In binary, 0.1 + 0.2 is not 0.3."""
        assert graph("layers: [{dropout: {p: 0.1+0.2}}]").steps[0].layer.model_dump()["p"] == 0.3

    def test_letters_after_flatten(self, graph: Look, codes: Find) -> None:
        assert graph("layers: [flatten, {dense: {K: C/2}}]").steps[1].shape == (128,)
        assert codes("layers: [flatten, {dense: {K: H}}]") == ["E105"]

    def test_letters_are_those_of_the_tensor_that_arrives(self, graph: Look) -> None:
        found = graph("layers: [{conv: {F: 3, K: C+W}}, {conv: {F: 1, K: C+W}}]")
        assert shapes(found) == [(12, 6, 6), (18, 6, 6)]

    def test_in_P_the_letters_F_S_D_are_the_layers_own_per_axis(self, graph: Look) -> None:
        found = graph("layers: [{conv: {F: [3, 5], D: [2, 1], K: 1, P: D*(F-1)/2}}]")
        assert found.steps[0].shape == (1, 8, 8)

    @pytest.mark.parametrize("P", ["[F//2, F//2]", "{top: F//2, bottom: F//2, left: F//2, right: F//2}"])
    def test_each_side_has_the_letters_of_its_axis(self, graph: Look, P: str) -> None:
        found = graph(f"layers: [{{conv: {{F: [3, 7], K: 1, P: {P}}}}}]")
        assert found.steps[0].shape == (1, 8, 8)

    def test_and_nowhere_else(self, codes: Find) -> None:
        assert codes("layers: [{conv: {F: 3, K: F}}]") == ["E105"]


class TestRounding:
    LAYERS = "layers: [{maxpool: {F: 3, S: 2%s}}]"

    def test_floor_is_the_default_with_a_warning(self, graph: Look, codes: Find) -> None:
        assert graph(self.LAYERS % "").steps[0].shape == (4, 3, 3)
        assert codes(self.LAYERS % "") == ["W201"]

    @pytest.mark.parametrize(("rounding", "found"), [("floor", []), ("exact", ["E206"]), ("ceil", [])])
    def test_a_layer_says(self, codes: Find, rounding: str, found: Codes) -> None:
        assert codes(self.LAYERS % f", rounding: {rounding}") == found

    @pytest.mark.parametrize(("rounding", "found"), [("floor", []), ("exact", ["E206"])])
    def test_the_spec_says(self, codes: Find, rounding: str, found: Codes) -> None:
        assert codes(f"rounding: {rounding}\n" + self.LAYERS % "") == found

    def test_the_layer_has_the_last_word(self, codes: Find) -> None:
        assert codes("rounding: exact\n" + self.LAYERS % ", rounding: floor") == []

    def test_ceil_hangs_over_the_edge(self, graph: Look) -> None:
        assert graph(self.LAYERS % ", rounding: ceil").steps[0].shape == (4, 4, 4)

    def test_what_divides_is_silent(self, codes: Find) -> None:
        assert codes("layers: [{maxpool: {F: 2}}]") == []


class TestExpectations:
    LAYERS = "layers: [flatten, {dense: {K: 10}}]\n"  # 2,570 parameters

    @pytest.mark.parametrize(
        ("budget", "holds"),
        [
            ("2570", True),
            ("2571", False),
            ('"< 2570"', False),
            ('"< 2571"', True),
            ('"<= 2570"', True),
            ('"<= 2.57K"', True),
            ('"<=2.569K"', False),
            ('"> 2569"', True),
            ('"> 2570"', False),
            ('">= 2570"', True),
            ('">= 0.001M"', True),
            ('">= 1G"', False),
        ],
    )
    def test_budgets(self, codes: Find, budget: str, holds: bool) -> None:
        assert codes(self.LAYERS + f"expect: {{params: {budget}}}") == ([] if holds else ["E301"])

    @pytest.mark.parametrize("budget", ['"= 3"', '"3K"', '"=> 3"', '"< 3k"', '"< -3"', "3.5", '"2570"', "[1]", "true"])
    def test_what_is_no_budget(self, codes: Find, budget: str) -> None:
        assert codes(self.LAYERS + f"expect: {{params: {budget}}}")[0] in ("E104", "E106")

    def test_every_total(self, codes: Find) -> None:
        totals = "params: 2570, macs: 2560, buffers: 0, weight_bytes: 10280, peak_activation_bytes: 1064"
        assert codes(self.LAYERS + f"expect: {{output: [10], {totals}}}") == []

    def test_of_a_layer(self, codes: Find) -> None:
        assert codes("layers: [{conv: {F: 3, K: 5}, expect: [5, H-2, W-2]}]") == []
        assert codes("layers: [{conv: {F: 3, K: 5}, expect: [5, H, W]}]") == ["E302"]

    def test_of_a_call_holds_at_every_repetition(self, codes: Find) -> None:
        block = "blocks: {half: {layers: [{maxpool: {F: 2}}]}}\n"
        assert codes(block + "layers: [{half: {}, repeat: 3, expect: [C, H/2, W/2]}]") == []
        assert codes(block + "layers: [{half: {}, repeat: 3, expect: [4, 4, 4]}]") == ["E302", "E302"]


class TestWarnings:
    def test_unused_block(self, codes: Find) -> None:
        assert codes("blocks: {b: {layers: [relu]}}\nlayers: [relu]") == ["W101"]
        assert codes("blocks: {a: {layers: [b]}, b: {layers: [relu]}}\nlayers: [relu]") == ["W101", "W101"]

    def test_unused_argument(self, codes: Find) -> None:
        assert codes("blocks: {b: {args: {K: 1}, layers: [relu]}}\nlayers: [b]") == ["W102"]

    def test_argument_used_by_another_arguments_default(self, codes: Find) -> None:
        spec = "blocks: {b: {args: {K: 1, Q: 2*K}, layers: [{conv: {F: 1, K: Q}}]}}\nlayers: [b]"
        assert codes(spec) == []

    def test_layer_that_reaches_no_output(self, codes: Find) -> None:
        assert codes("layers: [relu, tanh, from: relu1, sigmoid]") == ["W103"]

    def test_each_path_that_leads_nowhere_says_how_long_it_is(self, checked: Callable[[str], Checked]) -> None:
        found = checked("layers: [relu, tanh, from: relu1, elu, silu, from: relu1, sigmoid]").diagnostics
        assert [d.label for d in found] == ["computed for nothing", "2 layers are computed for nothing"]

    def test_rows_that_are_never_read(self, codes: Find) -> None:
        assert codes("layers: [{conv: {F: 3, S: 2, K: 1}}]") == ["W201"]

    def test_warnings_do_not_make_a_spec_unusable(self, graph: Look) -> None:
        assert graph("layers: [relu, tanh, from: relu1, sigmoid]").outputs == ("sigmoid1",)


class TestSilence:
    """Independent mistakes are all reported; what only suffers from one is not."""

    def test_layers_behind_a_mistake(self, codes: Find) -> None:
        assert codes("layers: [{conv: {F: 30, K: 1}}, {maxpool: {F: 99}}, {dense: {K: C/3}}]") == ["E203"]

    def test_names_of_broken_layers_are_known(self, codes: Find) -> None:
        assert codes("layers: [{covn: {F: 3, K: 1}, name: a}, relu, {add: [a, []]}]") == ["E101"]

    def test_mistakes_that_need_no_shape(self, codes: Find) -> None:
        layers = "covn, {conv: {F: 4, K: 1, P: same}}, {dense: {k: 3}}, {conv: {F: 0, K: x}}, rleu, {from: nowhere}"
        found = codes(f"layers: [{layers}]\nexpect: {{parms: 3}}")
        assert sorted(found) == ["E101", "E101", "E102", "E102", "E104", "E105", "E107", "E202"]

    def test_expectations_wait_for_a_sound_network(self, codes: Find) -> None:
        assert codes("layers: [rleu]\nexpect: {params: 5}\nclasses: [a]") == ["E101"]
