"""What a checkpoint or a result says of its run, changed at random: it is refused, or the run goes on; it never fails
in any other way."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quadrants import quadrants
from safetensors.numpy import load_file, save_file

from cnnspec.diagnostics import Failure, FileError
from cnnspec.spec import Spec, load
from cnnspec.train import checkpoint
from cnnspec.train.events import Stepped
from cnnspec.weights.formats import safetensors

CHECKPOINT, RESULT = "cnnspec.training", "cnnspec.run"
KEPT = Path("a.checkpoint.safetensors")
FILES: dict[str, Any] = {"output": "a.safetensors", "checkpoint": KEPT, "save_every": 1}
SETTINGS: dict[str, Any] = {"schedule": "cosine", "patience": 2, "epochs": 3}
VALUES = st.one_of(
    st.sampled_from(
        [None, True, False, 0, -1, 1, 2, 3, 99, -(10**6), 10**6, 10**20, 10**400, 0.5, -0.5, 1e308, -1e308]
    ),
    st.sampled_from([float("nan"), float("inf"), "", "1", [], {}, [0], {"a": 1}]),
    st.integers(-20, 20),
)


class Stop(Exception):  # noqa: N818
    """What a test ends a run with."""


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spec]:
    folder = tmp_path_factory.mktemp("net")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield load(quadrants(folder))


def stop_at(step: int) -> Any:
    def check(event: object) -> None:
        if isinstance(event, Stepped) and event.step >= step:
            raise Stop

    return check


@pytest.fixture(scope="module")
def notes(net: Spec) -> dict[str, Any]:
    """Of a run in its second epoch; its arrays lie in `whole.safetensors`."""
    with pytest.raises(Stop):
        net.train(**FILES, **SETTINGS, threads=1, on_event=stop_at(12))
    KEPT.rename("whole.safetensors")
    found: dict[str, Any] = json.loads(safetensors.metadata("whole.safetensors")[CHECKPOINT])
    return found


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to all parts of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*way, key)
        yield from places(inner, (*way, key))


@st.composite
def mutants(draw: st.DrawFn, value: Any) -> Any:
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        if not (ways := list(places(value))):
            break
        way = draw(st.sampled_from(ways))
        parent = value
        for key in way[:-1]:
            parent = parent[key]
        change = draw(st.sampled_from(["put", "put", "put", "drop", "twice"]))
        if change == "put":
            parent[way[-1]] = copy.deepcopy(draw(VALUES))
        elif change == "drop":
            del parent[way[-1]]
        elif isinstance(parent, list):
            parent.append(copy.deepcopy(parent[way[-1]]))
        else:
            parent[f"{way[-1]}_"] = parent[way[-1]]
    return value


def go_on(net: Spec) -> None:
    """Resume a run, which is taken or refused, and remove its files."""
    try:
        net.train(**FILES, **SETTINGS, threads=1, resume=True, on_event=stop_at(0))
    except (Failure, Stop):
        pass
    finally:
        for path in (KEPT, Path("a.safetensors")):
            path.unlink(missing_ok=True)


@given(data=st.data())
@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_notes(net: Spec, notes: dict[str, Any], data: st.DataObject) -> None:
    mutant = data.draw(mutants(notes))
    save_file(load_file("whole.safetensors"), KEPT, {CHECKPOINT: json.dumps(mutant)})
    go_on(net)


@given(data=st.data())
@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_notes_of_a_result(net: Spec, notes: dict[str, Any], data: st.DataObject) -> None:
    """Of which more epochs are asked for."""
    whole = copy.deepcopy(notes)
    whole["progress"] |= {"batch": 0, "step": 8, "sums": {"examples": 0, "loss": 0.0, "answers": 0, "correct": 0}}
    whole["identity"]["settings"]["epochs"] = 1
    tensors = {name: array for name, array in load_file("whole.safetensors").items() if "/" not in name}
    save_file(tensors, "a.safetensors", {RESULT: json.dumps(data.draw(mutants(whole)))})
    go_on(net)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("batch", 99, "99 batches"),
        ("batch", -1, "progress.batch"),
        ("step", -(10**6), "progress.step"),
        ("step", 13, "13 steps"),
        ("step", 10**400, "progress.step"),
        ("first_loss", None, "first batch"),
        ("epochs", [], "12 steps"),
    ],
)
def test_what_is_said_of_them(net: Spec, notes: dict[str, Any], key: str, value: Any, said: str) -> None:
    mutant = copy.deepcopy(notes)
    assert (mutant["progress"]["batch"], mutant["progress"]["step"]) == (3, 11)
    mutant["progress"][key] = value
    save_file(load_file("whole.safetensors"), KEPT, {CHECKPOINT: json.dumps(mutant)})
    with pytest.raises(FileError, match="E403") as caught:
        net.train(**FILES, **SETTINGS, threads=1, resume=True)
    KEPT.unlink()
    assert caught.value.diagnostics[0].why.startswith("what it says of the run is wrong: ")
    assert said in caught.value.diagnostics[0].why or key == "batch" or key == "epochs"


def test_an_optimizer_that_has_made_more_steps(net: Spec, notes: dict[str, Any]) -> None:
    for steps in (-1, 12):
        arrays = load_file("whole.safetensors") | {"optimizer/steps": np.array(steps)}
        save_file(arrays, KEPT, {CHECKPOINT: json.dumps(notes)})
        with pytest.raises(FileError, match="E403"):
            net.train(**FILES, **SETTINGS, threads=1, resume=True)
        KEPT.unlink()


def test_notes_survive_being_written(net: Spec, notes: dict[str, Any]) -> None:
    identity, snapshot = checkpoint.load("whole.safetensors")
    checkpoint.save("again.safetensors", identity, snapshot)
    assert Path("again.safetensors").read_bytes() == Path("whole.safetensors").read_bytes()
