"""The one layout of a spec: what changes, and what never does."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_specs import texts

from cnnspec.diagnostics import SpecError
from cnnspec.language.document.formatting import formatted
from cnnspec.language.syntax.layout import lexemes, same
from cnnspec.language.syntax.nodes import Mapping
from cnnspec.language.syntax.parser import parse
from cnnspec.language.syntax.source import Source
from cnnspec.spec import bundled, check

BUNDLED = {name: (bundled.folder() / f"{name}.yaml").read_text(encoding="utf-8") for name in bundled.names()}

WILD = """\

cnnspec:   1
input:   {C: 3,H: 32 , W : 32}   #image


blocks:
      part:   # a
            args: { K : required,S: 1 }
            layers:
            - conv: { F: 3,   K: K,
                      P: same}
            # inside
            - {relu: {}}
            -   add:
                     main:
                     -  { conv: {F: 1, K: K} ,  name:  x }
                     - batchnorm
                     side: [ ]
            # at the end of the block
# before the layers
layers: [ {conv: {F: 3, K: 8}}, # first
   relu , conv: {F: 3,
     K: 4},
   # before part
   part: {K: 8}, flatten # end
   ]
about: >
      some text
        further in

      end
classes: [
  "a",   'b',
       "c" ]
preprocess: {mode: rgb,
      scale: 1/255}
  # odd"""

LAID_OUT = """\
cnnspec: 1
input: {C: 3, H: 32, W: 32}      # image

blocks:
  part:       # a
    args: {K: required, S: 1}
    layers:
      - conv: {F: 3, K: K,
               P: same}
      # inside
      - relu: {}
      - add:
          main:
            - {conv: {F: 1, K: K}, name: x}
            - batchnorm
          side: []
      # at the end of the block
# before the layers
layers:
  - conv: {F: 3, K: 8}  # first
  - relu
  - conv: {F: 3,
           K: 4}
  # before part
  - part: {K: 8}
  - flatten  # end
about: >
      some text
        further in

      end
classes: [
  "a", 'b',
  "c"]
preprocess: {mode: rgb,
             scale: 1/255}
# odd
"""


def laid_out(text: str) -> str:
    return formatted(Source("net.yaml", text))


def test_layout() -> None:
    assert laid_out(WILD) == LAID_OUT


def test_what_is_laid_out_stays() -> None:
    assert laid_out(LAID_OUT) == LAID_OUT


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_specs_are_laid_out(name: str) -> None:
    assert laid_out(BUNDLED[name]) == BUNDLED[name]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("layers: [relu]\n", "layers:\n  - relu\n"),
        ("layers:\n- relu\n-  {conv: {F: 3,K: 1}}\n", "layers:\n  - relu\n  - conv: {F: 3, K: 1}\n"),
        ("layers:\n  - {relu}\n", "layers:\n  - {relu}\n"),
        ("layers:\n  - {relu: {}, name: a}\n", "layers:\n  - {relu: {}, name: a}\n"),
        ("layers:\n  - - relu\n    - tanh\n", "layers:\n  - - relu\n    - tanh\n"),
        ("a:\n    b:\n        c: 1\n", "a:\n  b:\n    c: 1\n"),
        ("a:\n    [1,2,\n  3]\n", "a:\n  [1, 2,\n   3]\n"),
        ("a: {b: , c: }\n", "a: {b: , c: }\n"),
        ("a: 'it''s  so'   \n", "a: 'it''s  so'\n"),
        ("a: |\n    x\n      y  \n\n    z\n", "a: |\n    x\n      y  \n\n    z\n"),
        ("b:\n    a: |\n        x\n         y\n", "b:\n  a: |\n      x\n       y\n"),
        ('a: "one\n      two"\n', 'a: "one\n  two"\n'),
        ("a: one\n     two # so\n", "a: one\n  two    # so\n"),
        ("w:\n- [1,  0, -1]\n- [ -1, 0,  1 ]\n", "w:\n  - [1,  0, -1]\n  - [-1, 0,  1]\n"),
        ("w: [1,  0]\n", "w: [1, 0]\n"),
        ("---\na: 1\n", "---\na: 1\n"),
        ("a: 1\r\nb:    2\r\n", "a: 1\r\nb: 2\r\n"),
        ("#one\n\n\n\n## two\na: 1\n", "# one\n\n## two\na: 1\n"),
        ('{"input":{"C":1},"layers":["relu"]}', '{"input": {"C": 1}, "layers": ["relu"]}\n'),
        ("a: 1 # é 😀\nb: 'é'   #x\n", "a: 1  # é 😀\nb: 'é'   # x\n"),
    ],
)
def test_details(text: str, wanted: str) -> None:
    assert laid_out(text) == wanted
    assert laid_out(wanted) == wanted


def test_lists_of_layers_in_blocks_may_stay_on_their_line_if_they_fit() -> None:
    short = "blocks:\n  a:\n    layers: [relu, {conv: {F: 3, K: 4}}]\n"
    assert laid_out(short) == short
    long = short.replace("relu,", "relu, " + "batchnorm, " * 10)
    assert laid_out(long).count("\n      - batchnorm") == 10


@pytest.mark.parametrize("text", ["a: {", "a: 1\na: 2\n", "a: &x 1\n", "", "- a\n"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        laid_out(text)


def test_same_sees_a_difference() -> None:
    text = "a: {b: 1}  # x\n"
    assert same(text, "a:\n  b: 1  #x\n")
    for other in ("a: {b: 2}  # x\n", "a: {b: 1}  # y\n", "a: {b: 1}\n", "a: {b: '1'}  # x\n", "a: {"):
        assert not same(text, other)


def shaken(text: str, draw: random.Random) -> str:
    """The same with other blanks and another indentation."""
    factor = draw.choice([1, 2, 3])
    source = Source("", text)
    root, found = parse(source)
    assert isinstance(root, Mapping)
    assert not found
    made, end = "", 0
    for lexeme in lexemes(source, root):
        gap = text[end : lexeme.start]
        before = made[-1:]
        if "\n" in gap or not made:
            indent = len(gap) - gap.rfind("\n") - 1
            made += "\n" * gap.count("\n") * (1 + draw.randrange(2) * (gap.count("\n") > 1)) + " " * indent * factor
        elif before == "-" and not lexeme.is_comment:
            made += " " * (2 * factor - 1)
        elif lexeme.is_comment:
            made += gap
        else:
            may_grow = before in ("{", "[", ",", ":") or lexeme.text in ("}", "]", ",")
            made += gap + " " * (draw.randrange(3) if may_grow else 0)
        made += lexeme.text
        end = lexeme.end
    return made + "\n" * draw.randrange(3)


def aligned(text: str) -> str:
    """Comments two blanks behind what they are beside."""
    return re.sub(r"(?<=\S) +#", "  #", text)


WITHOUT_ROWS = [name for name, text in BUNDLED.items() if not re.search(r"- \[+-?[0-9]", text)]


@pytest.mark.parametrize("name", WITHOUT_ROWS)
def test_all_layouts_become_one(name: str) -> None:
    text = BUNDLED[name]
    for seed in range(3):
        other = shaken(text, random.Random(f"{name}{seed}"))
        assert other != text
        made = laid_out(other)
        assert aligned(made) == aligned(text)
        assert laid_out(made) == made


@given(texts(), st.randoms(use_true_random=False))
def test_the_network_stays(text: str, draw: random.Random) -> None:
    other = shaken(text, draw)
    made = laid_out(other)
    assert same(other, made)
    assert laid_out(made) == made
    before, after = check(text), check(made)
    assert [d.code for d in before.diagnostics] == [d.code for d in after.diagnostics]
    if before.spec and after.spec:
        steps = [step._replace(span=(0, 0, 0, 0)) for step in before.spec.graph.steps]  # type: ignore[arg-type]
        assert steps == [step._replace(span=(0, 0, 0, 0)) for step in after.spec.graph.steps]  # type: ignore[arg-type]


@given(st.sampled_from(sorted(BUNDLED)), st.randoms(use_true_random=False))
def test_comments_anywhere(name: str, draw: random.Random) -> None:
    """Each line may have a comment before it, of any indentation, and one behind."""
    lines = []
    for line in BUNDLED[name].splitlines():
        if draw.random() < 0.2:
            lines.append(f"{' ' * draw.randrange(9)}#{draw.randrange(100)}")
        lines.append(f"{line} # {draw.randrange(100)}" if line and draw.random() < 0.2 and "#" not in line else line)
    text = "\n".join(lines)
    root, found = parse(Source("", text))
    if root is None or found:  # within a text of several lines a comment is none
        return
    made = laid_out(text)
    assert same(text, made)
    assert laid_out(made) == made
    assert re.findall("# ?([0-9]+)", made) == re.findall("# ?([0-9]+)", text)
