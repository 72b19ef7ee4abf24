"""Numbers that nothing counts to, in every option that takes one: refused, or taken, but no error of the program."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from calling import call

from cnnspec.cli import COMMANDS, group
from cnnspec.cli.options import MOST, Count
from cnnspec.language.sections.train import Augmentation, Train
from cnnspec.language.values.field_types import field_types


def numbers() -> Iterator[tuple[str, click.Parameter]]:
    """The options of all commands that take a whole number."""
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        for option in command.params:
            if isinstance(option.type, click.types.IntParamType):
                yield f"{name} {option.opts[0]}", option


NUMBERS = dict(numbers())
SETTINGS = [*(f"train.{key}" for key in field_types(Train)), *(f"train.augment.{k}" for k in field_types(Augmentation))]


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_has_a_bound(name: str) -> None:
    kind = NUMBERS[name].type
    assert isinstance(kind, click.IntRange)
    assert kind.max is not None or isinstance(kind, Count)
    for number in (10**19, 10**400):
        with pytest.raises(click.BadParameter, match=r"is (more than|not in the range)") as caught:
            kind(str(number))
        assert len(str(caught.value)) < 500


def test_the_numbers_are_those_of_all_commands() -> None:
    assert {"run --batch", "run --top", "summary --batch", "summary --depth", "init --seed", "train --every"} <= {
        *NUMBERS
    }


@pytest.mark.parametrize("option", ["--batch", "--depth"])
def test_the_largest_numbers_in_a_summary(option: str) -> None:
    assert call("summary", "lenet5", option, str(MOST)).code == 0
    refused = call("summary", "lenet5", option, str(MOST + 1))
    assert (refused.code, "1000000000001 is more than 1,000,000,000,000." in refused.err) == (2, True)


def test_the_largest_input() -> None:
    assert call("summary", "lenet5", "--input", f"1,1,{10**12}").code == 2
    assert call("summary", "lenet5", "--input", f"1,28,{10**11}").code in (0, 1)


@pytest.mark.parametrize("key", SETTINGS)
@pytest.mark.parametrize("value", ["1000000000000", "9" * 400, "-1", "1e300"])
def test_settings(key: str, value: str) -> None:
    assert call("summary", "lenet5", "--train", "--set", f"{key}={value}").code in (0, 1, 3)


@pytest.mark.parametrize("rule", ["x{99999999999}=1", f"x{{{'9' * 5000}}}=1", f"{'(' * 5000}{')' * 5000}=1"])
def test_patterns_of_names(rule: str) -> None:
    called = call("convert", "in.npz", "-o", "out.npz", "--rename", rule)
    assert (called.code, "Invalid value for '--rename'" in called.err) == (2, True)
