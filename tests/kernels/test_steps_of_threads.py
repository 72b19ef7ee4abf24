"""Native calls that threads share step by step: what a step needs is there, whichever hands it went through."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from engine_cases import Array
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numba.part import Part
from cnnspec.engine.backends.numba.processor import vectors
from cnnspec.engine.backends.numba.training.addresses import address
from cnnspec.engine.backends.numba.training.calls import EACH, Native, Numbers
from cnnspec.kernels.compiled.layout import BUSY, JOINS, LINGERING

PARTS, VALUES = 5, 40
"""Of each row; float32 values of each part."""


def sums(rows: Array, ones: Array, first: int, times: int) -> Numbers:
    """Tables (times, parts, fields) that add ones to parts of every second row from `first` on: to the row behind it,
    in reverse order, so that each thread needs what another one made."""
    step, part = rows.strides[0], 4 * VALUES
    return np.array(
        [
            [
                (
                    *(address(rows) + (first + 2 * i) * step + j * part, address(ones)),
                    address(rows) + (first + 2 * i + 1) * step + (PARTS - 1 - j) * part,
                    *(JOINS.index("add"), 1, 1, 1, VALUES, *[0] * 9),
                )
                for j in range(PARTS)
            ]
            for i in range(times)
        ],
        np.int64,
    )


def carried_out(native: Native, times: int, owners: tuple[Numbers, Numbers], start: Array) -> Array:
    rows, ones = np.zeros((2 * times + 1, PARTS * VALUES), np.float32), np.ones(VALUES, np.float32)
    rows[0] = start
    native.carry_out_by_steps(*(("join", sums(rows, ones, i, times), EACH, owners[i]) for i in range(2)))
    return rows


def exact(times: int, start: Array) -> Array:
    turned = start.reshape(PARTS, VALUES)[::-1].ravel()
    return np.stack([i + (turned if i % 2 else start) for i in range(2 * times + 1)])


@settings(max_examples=40, deadline=None)
@given(
    threads=st.integers(1, 5),
    times=st.integers(1, 300),
    owners=st.tuples(*[st.lists(st.integers(0, 4), min_size=PARTS, max_size=PARTS)] * 2),
)
def test_each_step_finds_what_the_one_before_it_made(
    threads: int, times: int, owners: tuple[list[int], list[int]]
) -> None:
    native, start = Native(vectors(), threads), np.arange(PARTS * VALUES, dtype=np.float32)
    first, second = (np.minimum(each, threads - 1) for each in owners)
    for _ in range(3):
        np.testing.assert_array_equal(carried_out(native, times, (first, second), start), exact(times, start))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    native, start = Native(vectors(), 3), np.arange(PARTS * VALUES, dtype=np.float32)
    owners = np.arange(PARTS) % 3, np.arange(PARTS)[::-1] % 3
    carried_out(native, 50, owners, start)
    child = os.fork()
    if not child:
        right = np.array_equal(carried_out(native, 50, owners, start), exact(50, start))
        os._exit(0 if right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(carried_out(native, 50, owners, start), exact(50, start))


def test_ctrl_c_comes_through_once_all_threads_are_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    native, values = Native(vectors(), 2), np.zeros(1 << 22, np.float32)
    table = (*[address(values)] * 3, JOINS.index("add"), 1, 1, 1, values.size, *[0] * 9)
    tables, owners = np.array([table] * 20, np.int64), np.ones(20, np.int64)
    native.carry_out("join", tables, owners)
    crew = native.steps.crew

    def interrupted(leader: Part) -> bool:
        while crew.states[0] not in (BUSY, LINGERING):
            time.sleep(0)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(crew.run, "take_part", interrupted)
        with pytest.raises(KeyboardInterrupt):
            native.carry_out("join", tables, owners)
        assert crew.states[0] != BUSY
    values[:] = 1
    native.carry_out("join", tables[:3], owners[:3])
    assert (values == 8).all()


@pytest.mark.parametrize("shape", [(0,), (0, 17)])
def test_no_table_is_no_call(shape: tuple[int, ...]) -> None:
    for threads in (1, 2):
        Native(vectors(), threads).carry_out("join", np.empty(shape, np.int64), np.empty(0, np.int64))
