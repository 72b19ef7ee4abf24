"""Types of fields, each by itself: it reads, refuses, describes, and gives its schema."""

from __future__ import annotations

from io import StringIO
from math import prod
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from yaml_nodes import HERE, node

from cnnspec.diagnostics import Diagnostic, Failure
from cnnspec.graph.layer import STRICT, Count, Natural, Pair
from cnnspec.language.syntax.emitter import flow
from cnnspec.language.syntax.nodes import Scalar, sequence, word
from cnnspec.language.values.array_literal import ArrayLiteral
from cnnspec.language.values.field_types import FieldType, Slot, Spelled, field_type, field_types
from cnnspec.language.values.names import Names, Schema
from cnnspec.language.values.scope import Scope, WordArgument
from cnnspec.layers._windowed import Padding, Sides
from cnnspec.spec import load

NAMES = Names("expression", ("C", "H", "W"))
Axis = Literal["C", "H", "W"]
Budget = Annotated[int | str, Spelled("<= [0-9]+M?", '"<= 1M"')]


class Corner(BaseModel):
    """A corner."""

    model_config = STRICT

    top: Natural = Field(0, description="rows above")
    left: Natural


def read(kind: FieldType, data: Any, plain: bool = False, **arguments: Any) -> Any:
    scope = Scope(arguments, (3, 8, 8))
    return Slot("f", kind, (scope, scope)).read(node(data, plain))


def refusal(kind: FieldType, data: Any, plain: bool = False, **arguments: Any) -> Diagnostic:
    with pytest.raises(Failure) as caught:
        read(kind, data, plain, **arguments)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None
    return diagnostic


@pytest.mark.parametrize(
    ("annotation", "data", "value"),
    [
        (str, "3", "3"),
        (str, "same", "same"),
        (str, True, "true"),
        (str | None, None, None),
        (Axis, "H", "H"),
        (bool, True, True),
        (int, 7, 7),
        (int, "2*C", 6),
        (float, 7, 7),
        (float, "1/4", 0.25),
        (Literal[1], 1, 1),
        (Budget, "<= 5M", "<= 5M"),
        (Budget, 5, 5),
        (tuple[int, ...], [1, "C", 3], (1, 3, 3)),
        (tuple[int, int], [1, 2], (1, 2)),
        (Pair, 3, 3),
        (Pair, [3, "C"], (3, 3)),
        (Corner, {"left": "C"}, {"left": 3}),
        (Corner, {}, {}),
        (dict[str, tuple[int, ...]], {"a": [1], "b": [2]}, {"a": (1,), "b": (2,)}),
        (dict[str, int], {}, {}),
        (ArrayLiteral, [1, "1/4"], ArrayLiteral((2,), (1, 0.25))),
        (ArrayLiteral, [[1, 2, 3], [4, 5, 6]], ArrayLiteral((2, 3), (1, 2, 3, 4, 5, 6))),
        (ArrayLiteral, [[[[7]]]], ArrayLiteral((1, 1, 1, 1), (7,))),
        (str | ArrayLiteral | None, "a.npy", "a.npy"),
        (str | ArrayLiteral | None, [0], ArrayLiteral((1,), (0,))),
        (dict[str, ArrayLiteral], {"a.bias": [0]}, {"a.bias": ArrayLiteral((1,), (0,))}),
        (Padding, "same", "same"),
        (Padding, 1, 1),
        (Padding, [1, 2], (1, 2)),
        (Padding, {"top": 1}, {"top": 1}),
        (int | Literal["all"] | None, "all", "all"),
        (int | Literal["all"] | None, "C", 3),
        (int | Literal["all"] | None, None, None),
    ],
)
def test_reads(annotation: Any, data: Any, value: Any) -> None:
    found = read(field_type(annotation), data)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "value", "written"),
    [
        (str, "no", '["no"]'),
        (str | None, None, "[null]"),
        (Axis, "H", "[H]"),
        (Axis | None, None, "[null]"),
        (bool, False, "[false]"),
        (int, 7, "[7]"),
        (float, 1e-5, "[1e-5]"),
        (Budget, "<= 5M", '["<= 5M"]'),
        (Budget, 5, "[5]"),
        (tuple[int, ...], (1, 1), "[[1, 1]]"),
        (Pair, (3, 3), "[3]"),
        (Pair | None, (3, 4), "[[3, 4]]"),
        (Corner, Corner(left=0), "[{left: 0}]"),
        (Corner, Corner(top=2, left=1), "[{top: 2, left: 1}]"),
        (dict[str, tuple[int, ...]], {"a": (1,)}, "[{a: [1]}]"),
        (Padding, "same", "[same]"),
        (Padding, 1, "[1]"),
        (Padding, (1, 1), "[[1, 1]]"),
        (Padding, Sides(top=1), "[{top: 1}]"),
        (int | Literal["all"] | None, "all", "[all]"),
    ],
)
def test_writes(annotation: Any, value: Any, written: str) -> None:
    kind = field_type(annotation)
    assert kind.holds(value)
    assert flow(sequence([kind.write(value)])) == written


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (str, 3),
        (Axis, "h"),
        (Axis, None),
        (bool, 1),
        (int, True),
        (int, 0.5),
        (float, "1"),
        (Pair, (1, 2, 3)),
        (tuple[int, ...], (1, "a")),
        (Corner, Sides()),
        (Padding, "sam"),
        (dict[str, int], {"a": "b"}),
    ],
)
def test_values_of_other_types(annotation: Any, value: Any) -> None:
    assert not field_type(annotation).holds(value)


def test_reads_what_arguments_hold() -> None:
    word = WordArgument(Scalar("H", True, HERE), ())
    assert read(field_type(Axis), "a", a=word) == "H"
    assert read(field_type(Axis | int), "a", a=word) == "H"
    assert read(field_type(bool), "a", a=False) is False
    assert read(field_type(int), "a+1", a=4) == 5
    assert read(field_type(str), "a", a=4) == "a"


@pytest.mark.parametrize(
    ("annotation", "data", "code", "message", "label", "help"),
    [
        (str, None, "E104", "`f` takes text", "this is empty", ""),
        (str, [1], "E104", "`f` takes text", "this is a list", ""),
        (str, {"a": 1}, "E104", "`f` takes text", "this is a mapping", ""),
        (Axis, "h", "E104", "`f` takes `C`, `H` or `W`", "did you mean `H`?", ""),
        (Axis, "depth", "E104", "`f` takes `C`, `H` or `W`", "this is `depth`", ""),
        (Axis, True, "E104", "`f` takes `C`, `H` or `W`", "this is true", ""),
        (bool, 1, "E104", "`f` takes true or false", "this is `1`", ""),
        (bool, None, "E104", "`f` takes true or false", "this is empty", ""),
        (int, True, "E104", "`f` takes a whole number", "this is true", ""),
        (int, "3", "E104", "`f` takes a whole number", 'this is the text "3"', "write 3 without quotes"),
        (int, "q", "E105", "`q` has no value here", "", "known here: C, H, W"),
        (int, 0.5, "E106", "0.5 is not a whole number", "", ""),
        (int | Literal["all"], "al", "E105", "`al` has no value here", "did you mean `all`?", "known here: C, H, W"),
        (
            int | Literal["all"],
            "some",
            "E105",
            "`some` has no value here",
            "",
            "`all` or a number; known here: C, H, W",
        ),
        (Budget, "many", "E104", '`f` takes a whole number or text such as `"<= 1M"`', "this is `many`", ""),
        (tuple[int, ...], [], "E104", "`f` takes a list (a whole number each)", "this is empty", ""),
        (tuple[int, ...], 3, "E104", "`f` takes a list (a whole number each)", "this is `3`", "`f: [3]`"),
        (tuple[int, int], [1], "E104", "`f` takes a list of 2", "this is a list of 1", ""),
        (tuple[int, int], [1, True], "E104", "`f` takes a whole number", "this is true", ""),
        (Pair, True, "E104", "`f` takes a whole number (>= 1)", "this is true", ""),
        (Pair | None, None, "E104", "`f` takes a whole number (>= 1)", "this is empty", ""),
        (Pair, {}, "E104", "`f` takes a whole number (>= 1) or a list of 2", "this is a mapping", ""),
        (Corner, 3, "E104", "`f` takes a mapping of top, left", "this is `3`", ""),
        (Corner, "3x4", "E104", "`f` takes a mapping of top, left", "this is `3x4`", ""),  # in which order?
        (Corner, "3x3", "E104", "`f` takes a mapping of top, left", "this is `3x3`", "`f: {top: 3, left: 3}`"),
        (Corner, [4, 4], "E104", "`f` takes a mapping of top, left", "this is a list", "`f: {top: 4, left: 4}`"),
        (Corner, [3, "H"], "E104", "`f` takes a mapping of top, left", "this is a list", ""),
        (Corner, {"left": True}, "E104", "`left` takes a whole number (>= 0)", "this is true", ""),
        (Corner, {"lef": 1}, "E102", "unknown field `lef`", "did you mean `left`?", "known here: top, left"),
        (dict[str, int], 1, "E104", "`f` takes a mapping with a whole number for each name", "this is `1`", ""),
        (dict[str, int], {"a": True}, "E104", "`a` takes a whole number", "this is true", ""),
    ],
)
def test_refuses(annotation: Any, data: Any, code: str, message: str, label: str, help: str) -> None:
    found = refusal(field_type(annotation), data)
    assert (found.code, found.message, found.label, found.help) == (code, message, label, help)


@pytest.mark.parametrize(
    ("annotation", "text", "why", "fixes"),
    [
        (bool, "yes", "YAML 1.1 reads `yes` as true, YAML 1.2 as a word: write true", ["write `true`"]),
        (Axis, "yes", "YAML 1.1 reads `yes` as true, YAML 1.2 as a word", []),
        (int, "yes", "YAML 1.1 reads `yes` as true, YAML 1.2 as a word", []),
        (int, "010", "YAML 1.1 reads the leading zero of `010` as octal, YAML 1.2 as nothing: leave it out", []),
        (float, ".5", "`.5` has no digit before its point: write 0 there", ["write `0.5`"]),
        (Axis, ".5", "`.5` has no digit before its point: write 0 there", []),
    ],
)
def test_refuses_what_yaml_reads_in_two_ways(annotation: Any, text: str, why: str, fixes: list[str]) -> None:
    found = refusal(field_type(annotation), text, plain=True)
    assert (found.code, found.why) == ("E008", why)
    assert [fix.title for fix in found.fixes] == fixes


def test_a_letter_is_a_name_where_numbers_are_taken() -> None:
    assert refusal(field_type(Count), "N", plain=True).code == "E105"
    assert refusal(field_type(bool), "N", plain=True).code == "E008"
    assert refusal(field_type(bool | int), "N", plain=True).code == "E008"


def test_a_pattern_in_small_letters() -> None:
    found = refusal(field_type(Annotated[int | str, Spelled("A[A-Z]", "AB")]), "ab")
    assert found.help == '`f: "AB"`, with a capital letter'


def test_an_argument_of_the_wrong_type_is_said() -> None:
    word = WordArgument(Scalar("wide", True, HERE), ())
    assert refusal(field_type(Axis), "a", a=word).label == "this is the word `wide`"
    assert refusal(field_type(Count), "a", a=word).label == "this is the word `wide`"
    assert refusal(field_type(Count), "a", a=True).label == "this is a"
    assert refusal(field_type(bool), "a", a=3).label == "this is `a`"


def test_a_section_tells_all_its_mistakes() -> None:
    with pytest.raises(Failure) as caught:
        read(field_type(Corner), {"top": True, "lef": 1})
    assert [d.code for d in caught.value.diagnostics] == ["E104", "E102"]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("F//2", (1, 2)),
        ("C", 3),
        ("same", "same"),
        (["F//2", "F//2"], (1, 2)),
        ({"top": "F", "bottom": "F", "left": "F", "right": "F"}, {"top": 3, "bottom": 3, "left": 5, "right": 5}),
    ],
)
def test_each_axis_has_its_own_letters(data: Any, value: Any) -> None:
    padding = field_type(Padding)
    assert padding.per_axis
    axes = (Scope({"F": 3}, (3, 8, 8)), Scope({"F": 5}, (3, 8, 8)))
    assert Slot("P", padding, axes).read(node(data)) == value


SIDES = "a mapping of top, bottom, left, right"


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (str, "text"),
        (str | None, "text"),
        (Axis | None, "`C`, `H` or `W`"),
        (bool, "true or false"),
        (int, "a whole number"),
        (Annotated[float, Field(gt=0, le=1e-5)], "a number (> 0, <= 1e-5)"),
        (Literal[1], "1"),
        (Budget, 'a whole number or text such as `"<= 1M"`'),
        (tuple[int, ...], "a list (a whole number each)"),
        (tuple[str, ...], "a list of texts"),
        (tuple[int, int], "a list of 2"),
        (tuple[Axis, Axis], "a list of 2 (`C`, `H` or `W` each)"),
        (Pair, "a whole number (>= 1) or a list of 2"),
        (Sides, SIDES),
        (dict[str, int], "a mapping with a whole number for each name"),
        (Padding, f"`same`, `same-upper`, `valid`, a whole number (>= 0), a list of 2 or {SIDES}"),
        (Natural | Annotated[float, Field(lt=1)], "a number (>= 0)"),
    ],
)
def test_describes(annotation: Any, words: str) -> None:
    assert field_type(annotation).describe() == words


ARITHMETIC: Schema = {"$ref": "#/$defs/expression"}
INTEGER: list[Schema] = [{"type": "integer", "minimum": 1}, ARITHMETIC]
COUNTS: list[Schema] = [{"type": "array", "items": {"anyOf": INTEGER}, "minItems": 1}]


@pytest.mark.parametrize(
    ("annotation", "schemas"),
    [
        (str | None, [{"type": ["string", "number", "boolean"]}, {"type": "null"}]),
        (Axis | None, [{"enum": ["C", "H", "W"]}, {"enum": ["a"]}, {"type": "null"}, {"const": "none"}]),
        (bool, [{"type": "boolean"}, {"enum": ["a"]}]),
        (Count, INTEGER),
        (
            Annotated[float, Field(gt=0, lt=1)],
            [{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, ARITHMETIC],
        ),
        (Budget, [{"type": "integer"}, ARITHMETIC, {"type": "string", "pattern": "^(?:<= [0-9]+M?)$"}]),
        (Pair, [*INTEGER, {"type": "array", "items": {"anyOf": INTEGER}, "minItems": 2, "maxItems": 2}]),
        (
            dict[str, Count] | tuple[Count, ...] | None,
            [
                {"type": "null"},
                *COUNTS,
                {"type": "object", "additionalProperties": {"anyOf": INTEGER}},
                {"const": "none"},
            ],
        ),
    ],
)
def test_gives_its_schema(annotation: Any, schemas: list[Schema]) -> None:
    names = Names("expression", ("C", "H", "W"), ("a",))
    assert field_type(annotation).schemas(names) == schemas
    assert field_type(annotation).schema(names) == {"anyOf": schemas}


def test_gives_the_schema_of_a_section() -> None:
    natural = {"anyOf": [{"type": "integer", "minimum": 0}, ARITHMETIC]}
    assert field_type(Corner).schema(NAMES) == {
        "type": "object",
        "description": "A corner.",
        "properties": {"top": natural | {"description": "rows above", "default": 0}, "left": natural},
        "additionalProperties": False,
        "required": ["left"],
    }


def test_gives_the_schema_of_each_axis() -> None:
    assert {"$ref": "#/$defs/expression-per-axis"} in field_type(Padding).schemas(NAMES)


def test_types_are_shared() -> None:
    assert field_type(Pair) is field_type(Pair)
    assert field_types(Corner) is field_types(Corner)


def test_a_schema_is_its_own() -> None:
    """Fields of one type have descriptions of their own."""
    field_type(str).schema(NAMES)["description"] = "of one field"
    assert "description" not in field_type(str).schema(NAMES)


def test_the_word_for_nothing_at_all_may_be_written() -> None:
    """As the manual gives it for a default: `clip: none`. Where a text may stand, it is a text."""
    for text in ("none", "null", ""):
        for key in ("clip", "patience"):
            given = f"input: {{C: 1, H: 2, W: 2}}\nlayers: [flatten, {{dense: {{K: 2}}}}]\ntrain: {{{key}: {text}}}\n"
            train = load(StringIO(given)).header.train
            assert train is not None
            assert getattr(train, key) is None
    assert field_type(str | None).reads(word("none"), Scope())
    assert "none" not in str(field_type(str | None).schema(Names("expression", (), ())))


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        ([], "E104", "this is empty"),
        ([[]], "E104", "this is empty"),
        ([[1, 2], []], "E104", "this is empty"),
        ([[1, 2], [3]], "E104", "this one has 1, the first one 2"),
        ([[[1], [2]], [[3]]], "E104", "this one has 1, the first one 2"),
        ([[1, 2], 3], "E104", "this is a number among lists"),
        ([1, [2]], "E104", "this is a list among numbers"),
        ([[[[[1]]]]], "E104", "this is a list 5 deep"),
        (3, "E104", "this is `3`"),
        ([1, None], "E104", "this is empty"),
        ([1, True], "E104", "this is true"),
        ([1, {"a": 2}], "E104", "this is a mapping"),
        ([1, "nought"], "E105", ""),
        ([1, "1e13"], "E106", ""),
    ],
)
def test_lists_of_numbers_that_are_no_array(data: Any, code: str, said: str) -> None:
    found = refusal(field_type(ArrayLiteral), data, plain=True)
    assert (found.code, found.label) == (code, said)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 3), (2, 1, 2, 2)])
def test_an_array_is_written_as_it_is_read(shape: tuple[int, ...]) -> None:
    array = ArrayLiteral(shape, tuple(i / 4 for i in range(prod(shape))))
    kind = field_type(ArrayLiteral)
    assert kind.holds(array)
    scope = Scope({}, ())
    assert Slot("f", kind, (scope, scope)).read(kind.write(array)) == array


@pytest.mark.parametrize(
    ("typed", "wanted", "is_fit"),
    [((2, 2), (1, 1, 2, 2), True), ((2, 3), (2, 3, 1, 1), True), ((1,), (1,), True), ((4,), (2, 2), False),
     ((1, 2, 2), (2, 2), True), ((2, 3), (3, 2), False), ((2,), (1,), False)],
)  # fmt: skip
def test_axes_of_length_1_need_not_be_written(typed: tuple[int, ...], wanted: tuple[int, ...], is_fit: bool) -> None:
    assert ArrayLiteral(typed, (0,) * prod(typed)).fits(wanted) is is_fit
