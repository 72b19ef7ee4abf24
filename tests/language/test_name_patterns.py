"""Patterns of names say what `fnmatch.fnmatchcase` says, each of them."""

from __future__ import annotations

import copy
import pickle
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from cnnspec.language.sections.name_patterns import NamePatterns
from cnnspec.language.sections.train import Train

names = st.text("ab.1[]!", max_size=6)
patterns = st.text("ab.1*?[]!", max_size=6)


@given(st.lists(patterns, max_size=8), st.lists(names, max_size=5))
def test_every_pattern_matches_as_by_itself(patterns: list[str], names: list[str]) -> None:
    found, fresh = NamePatterns(patterns), NamePatterns(patterns)
    matched = {pattern for pattern in patterns if any(fnmatchcase(name, pattern) for name in names)}
    assert found.idle(names) == [pattern for pattern in dict.fromkeys(patterns) if pattern not in matched]
    for name in names:
        wanted = any(fnmatchcase(name, pattern) for pattern in patterns)
        assert found.match(name) == fresh.match(name) == wanted


def test_settings_stay_equal_and_can_be_copied() -> None:
    """What is made of `freeze` when it is first needed is no part of the settings."""
    fresh, used = Train(freeze=("conv*",)), Train(freeze=("conv*",))
    assert used.freezes("conv1.weight")
    assert fresh == used
    assert fresh.model_dump() == used.model_dump()
    for copied in (copy.deepcopy(used), pickle.loads(pickle.dumps(used))):
        assert copied == fresh
        assert copied.freezes("conv1.weight")
