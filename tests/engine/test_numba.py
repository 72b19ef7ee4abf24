"""The backend numba: chosen by name, its code kept on disk, and what happens where that cannot be."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from calling import call, inputs
from engine_cases import Array, error, graph, lively
from leftovers import interrupted, no_threads_left
from processes import PATIENCE, modules_after

from cnnspec.diagnostics import FileError
from cnnspec.engine import backends
from cnnspec.engine import plan as plan_module
from cnnspec.engine.backends.numba import NumbaBackend, crew, kernel_selection, native, part, processor
from cnnspec.engine.backends.numba.compiler import SOURCES
from cnnspec.engine.backends.numba.costs import OF_TILES
from cnnspec.engine.backends.numba.executor import NativeExecutor
from cnnspec.engine.backends.numba.functions import FUNCTIONS_OF
from cnnspec.engine.backends.numba.kernel_selection import KERNELS
from cnnspec.engine.backends.numba.lowered import Lowered
from cnnspec.engine.compiled import BoundPlan
from cnnspec.engine.model import Model
from cnnspec.engine.passes import Wanted, optimise
from cnnspec.engine.program import program
from cnnspec.files import byproducts
from cnnspec.kernels.compiled.layout import AWAY, ITEMS, LINE
from cnnspec.kernels.compiled.vectors import Vectors
from cnnspec.machine import compiled_code, threads
from cnnspec.machine.threads import Job
from cnnspec.spec import load

SMALL = Vectors("small", 4, 8)
"""Of no processor: quick to compile."""


@pytest.fixture(scope="module")
def code() -> dict[tuple[str, Vectors], bytes]:
    """What is compiled once for all tests here."""
    wanted = [("convolution", SMALL), *((name, processor.vectors()) for name in SOURCES)]
    return {each: native._code(*each) for each in wanted}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: dict[tuple[str, Vectors], bytes]) -> Path:
    """An empty folder for compiled code. Compiling takes no time here."""
    monkeypatch.setattr(native, "compiled", lambda *each: code[each])
    monkeypatch.setenv("CNNSPEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    return tmp_path / "cache"


def outputs() -> Array:
    found = graph((3, 9, 8), "  - {conv: {F: 3, K: 5, P: 1}}\n  - relu\n")
    model = Model(found, lively(found), 1, backend="numba")
    y: Array = next(iter(model.run(inputs(2, found.input)).values()))
    return y


def test_code_is_kept_and_found_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    native.function("convolution", SMALL)
    [file] = cache.iterdir()
    before = file.read_bytes()
    assert (cache.stat().st_mode & 0o777) == 0o700 or os.name == "nt"
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    monkeypatch.setattr(native, "compiled", lambda *_: pytest.fail("compiled again"))
    native.function("convolution", SMALL)
    assert file.read_bytes() == before


@pytest.mark.parametrize("spoil", [b"", b"short", b"x" * 5000])
def test_code_that_is_not_as_it_was_written_is_made_anew(
    cache: Path, monkeypatch: pytest.MonkeyPatch, spoil: bytes
) -> None:
    native.function("convolution", SMALL)
    [file] = cache.iterdir()
    file.write_bytes(spoil)
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    native.function("convolution", SMALL)
    assert byproducts.kept(file)


def test_another_source_version_or_processor_has_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {native._file("convolution", SMALL)}
    for module, name, value in (
        (native, "_sources", "other"),
        (native, "numba_version", "0.0"),
        (processor, "described", "abacus"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, lambda value=value: value)
            files.add(native._file("convolution", SMALL))
    files.add(native._file("convolution", Vectors("small", 4, 16)))
    assert len(files) == 5


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_nothing_is_run_from_a_folder_that_others_may_write_to(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    file = cache / "x.o"
    assert not byproducts.keep(file, b"code")
    cache.chmod(0o700)
    assert byproducts.keep(file, b"code")
    assert byproducts.kept(file) == b"code"
    cache.chmod(0o777)
    assert byproducts.kept(file) is None


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_nothing_is_run_that_others_may_have_written(cache: Path) -> None:
    file = cache / "x.code"
    before = os.umask(0)
    try:
        assert byproducts.keep(file, b"code")
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    for mode in (0o620, 0o602):
        file.chmod(mode)
        assert byproducts.kept(file) is None
        assert not file.exists()
        assert byproducts.keep(file, b"code")
    if os.getuid() == 0:
        os.chown(file, 65534, -1)
        assert byproducts.kept(file) is None


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_what_others_may_write_to_is_replaced_by_what_they_may_not(cache: Path) -> None:
    file = cache / "x.code"
    assert byproducts.keep(file, b"old")
    file.chmod(0o666)
    assert byproducts.keep(file, b"new")
    assert byproducts.kept(file) == b"new"


def test_where_nothing_can_be_kept_it_runs_from_memory(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = outputs()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CNNSPEC_CACHE", str(tmp_path / "file" / "inside"))
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    np.testing.assert_array_equal(outputs(), wanted)
    assert "for this process only" in NumbaBackend(SMALL).preparation()


def test_several_processes_at_once(cache: Path) -> None:
    """Each writes a whole file, or finds one."""
    code = (
        f"import os; os.environ['CNNSPEC_CACHE'] = {str(cache)!r};"
        "from cnnspec.engine.backends.numba import native; from cnnspec.kernels.compiled.vectors import Vectors;"
        "native.function('convolution', Vectors('small', 4, 8))"
    )
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(modules_after, [code] * 3))
    [file] = cache.iterdir()
    assert byproducts.kept(file)


def test_numba_is_not_imported_where_the_code_is_there() -> None:
    for name in SOURCES:
        native.function(name, processor.vectors())
    modules = modules_after(
        f"import os; os.environ['CNNSPEC_CACHE'] = {os.environ['CNNSPEC_CACHE']!r};"
        "from cnnspec import load, weights; spec = load('lenet5');"
        "import numpy; model = spec.compile(weights.initial(spec.graph.tensors, 'he', 0), backend='numba');"
        "model(numpy.zeros((1, 1, 28, 28)))"
    )
    assert "numba" not in modules
    assert "llvmlite" not in modules or not processor.runs_images()


@pytest.mark.parametrize("package", ["numba", "llvmlite"])
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setattr(compiled_code, "find_spec", lambda name: None if name == package else find_spec(name))
    assert compiled_code.compiler().numba is None, "the doctor says how to install it"
    backends._loaded.cache_clear()
    cure = "pip install numba"
    with pytest.raises(FileError, match=f"the backend numba needs the package `{package}`") as raised:
        backends.chain("numba")
    assert cure in str(raised.value)
    called = call("run", "lenet5", "--backend", "numba")
    assert called.code == 3
    assert f"error[E417]: the backend numba needs the package `{package}`" in called.err
    assert f"help: `{cure}`" in called.err


def test_run_and_eval_take_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = call("run", "lenet5", "--init", "he", "--backend", "numba")
    assert first.code == 0
    assert f"note: kernels are compiled for this processor, kept in {cache}" in first.err
    second = call("run", "lenet5", "--init", "he", "--backend", "numba")
    assert (second.code, second.err) == (0, "")
    assert second.out == call("run", "lenet5", "--init", "he").out == first.out


NATIVE = """\
  - {conv: {F: 3, K: 40, P: 1}}
  - {relu: {}}
  - {maxpool: {F: 3, S: 2, P: 1}}
  - {conv: {F: 3, K: C, G: C, P: 1}}
  - {add: [[{conv: {F: 1, K: 40}}, batchnorm], []]}
  - {globalavgpool: {}}
"""


REST = """\
  - {deconv: {F: 3, K: 32, S: 2, P: 1}}
  - {groupnorm: {G: 4}}
  - {silu: {}}
  - {deconv: {F: 4, K: C, S: 2, G: C}}
  - {layernorm: {}}
  - {prelu: {}}
  - {l2pool: {F: 3, S: 2}}
  - {lrn: {size: 3}}
  - {instancenorm: {}}
  - {upsample: {factor: 2, mode: bilinear}}
  - {rmsnorm: {over: all}}
  - {resize: {to: [30, 40], mode: bilinear}}
  - {sub: [[], [{layernorm: {over: all}}]]}
  - {adaptivemaxpool: {out: 6}}
  - {logsoftmax: {}}
"""


def bound(threads: int, layers: str = NATIVE) -> tuple[BoundPlan, NativeExecutor, Array]:
    """A plan for two inputs, the executor of which carries it out."""
    found = graph((16, 40, 50), layers)
    model = Model(found, lively(found), threads, backend="numba")
    plan = BoundPlan(model.plan.compiled, 2, threads)
    assert isinstance(plan.executor, NativeExecutor)
    return plan, plan.executor, inputs(2, found.input)


@pytest.fixture
def small_stages_are_shared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.engine.compiled.WORTH", 0)


@pytest.fixture
def mish_is_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a kind that has no compiled kernel."""
    monkeypatch.delitem(KERNELS, "mish")
    monkeypatch.delitem(FUNCTIONS_OF, "mish")


@pytest.mark.usefixtures("small_stages_are_shared_too")
@pytest.mark.parametrize("layers", [NATIVE, REST])
def test_a_run_is_one_call_where_all_is_native(layers: str) -> None:
    plan, executor, x = bound(2, layers)
    assert [part.others for part in executor.parts] == [{}, {}]
    assert len(executor.needs) > 10
    first, second = plan.run(x), plan.run(x)
    [name] = first
    np.testing.assert_array_equal(first[name], second[name])


@pytest.mark.usefixtures("small_stages_are_shared_too", "mish_is_numpys")
@pytest.mark.parametrize(
    "layers", [NATIVE, REST, f"{NATIVE}  - softmax\n", "  - tanh\n" + NATIVE.replace("relu", "mish")]
)
def test_threads_that_give_up_waiting_make_the_same(layers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, _, x = bound(1, layers)
    [(name, wanted)] = plan.run(x).items()
    for patience in (0, 1, 1000):
        monkeypatch.setattr(part, "PATIENCE", patience)
        monkeypatch.setattr(part, "LOOKS", 1 + patience)
        plan, executor, _ = bound(3, layers)
        for _ in range(20):
            np.testing.assert_array_equal(plan.run(x)[name], wanted)
            assert executor.progress[ITEMS:].all()


@pytest.mark.usefixtures("small_stages_are_shared_too", "mish_is_numpys")
@pytest.mark.parametrize("threads", [1, 3])
def test_what_a_call_raises_arrives_and_the_next_run_is_whole(threads: int) -> None:
    plan, executor, x = bound(threads, NATIVE.replace("relu", "mish"))
    [(name, wanted)] = plan.run(x).items()

    def fail() -> None:
        raise ArithmeticError("by intent")

    item = max(executor.parts[0].others) if executor.parts else 0
    lists = [each.others[item] for each in executor.parts] or [executor.calls]
    for calls in lists:
        calls.append(fail)
    for _ in range(3):
        with pytest.raises(ArithmeticError, match="by intent"):
            executor.run()
    for calls in lists:
        calls.remove(fail)
    np.testing.assert_array_equal(plan.run(x)[name], wanted)


@pytest.mark.usefixtures("small_stages_are_shared_too")
def test_helpers_stay_awake_for_a_while_and_sleep_then(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, executor, x = bound(3)
    given: list[int] = []
    give, states = executor.crew.threads.give, executor.crew.states[:: LINE // 8]

    def counted(number: int, job: Job) -> None:
        given.append(number)
        give(number, job)

    monkeypatch.setattr(executor.crew.threads, "give", counted)
    for _ in range(3):
        before = len(given)
        plan.run(x)
        assert set(given[before:]) <= {0, 1}
        deadline = time.monotonic() + PATIENCE
        while (states != AWAY).any():
            assert time.monotonic() < deadline
            time.sleep(1e-3)
    assert given.count(0) == given.count(1) == 3


@pytest.mark.usefixtures("small_stages_are_shared_too")
def test_a_run_does_not_wait_for_helpers_that_do_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, executor, x = bound(3)
    [(name, wanted)] = plan.run(x).items()
    plan, executor, x = bound(3)
    jobs: list[Job] = []
    with monkeypatch.context() as patch:
        patch.setattr(executor.crew.threads, "give", lambda number, job: jobs.append(job))
        for _ in range(3):
            np.testing.assert_array_equal(plan.run(x)[name], wanted)
    assert len(jobs) == 6
    for late in jobs:
        late()  # there is nothing to do any more
    assert not executor.crew.states[:: LINE // 8].any()
    np.testing.assert_array_equal(plan.run(x)[name], wanted)


@pytest.mark.usefixtures("small_stages_are_shared_too", "mish_is_numpys")
@pytest.mark.parametrize("layers", [NATIVE, NATIVE.replace("relu", "mish")])
def test_threads_end_with_a_run_that_is_interrupted_anywhere(layers: str) -> None:
    """Before any line of what calls the others and works with them. Another plan computes on as if nothing had been."""
    found = graph((16, 40, 50), layers)
    tensors, x = lively(found), inputs(2, found.input)
    wanted = np.asarray(Model(found, tensors, 1, backend="numba")(x))

    def everywhere() -> int:
        model, line = Model(found, tensors, 3, backend="numba"), 1
        while interrupted(partial(model, x), line, plan_module, crew, part, threads):
            line += 1 + line // 20
        np.testing.assert_array_equal(model(x), wanted)
        return line

    with no_threads_left():
        assert everywhere() > 50


@pytest.mark.parametrize("n", [1, 3])
def test_threads_share_large_filters_by_channels(n: int) -> None:
    found = graph((512, 13, 18), "  - conv: {F: 3, P: 1, K: 500}\n  - relu\n")
    tensors, x = lively(found), inputs(n, found.input)
    alone = Model(found, tensors, 1, backend="numba")
    [lowering] = alone.plan.compiled.lowerings
    assert isinstance(lowering, Lowered)
    strips = list(lowering.kernel.strips(n, 13, 18))
    assert len(strips) >= kernel_selection.ITEMS
    assert any(strip.k0 for strip in strips)
    y = np.asarray(alone(x))
    assert error(y, alone.trace(x)["relu1"]) < 1e-4
    for count in (2, 3):
        np.testing.assert_array_equal(Model(found, tensors, count, backend="numba")(x), y)


def test_exact_leaves_winograd_out() -> None:
    found = load("resnet18", (3, 64, 64)).graph
    kernels = [
        {
            operation.kernel
            for operation in optimise(program(found), Wanted(found.outputs, backends.chain("numba"), exact))
        }
        for exact in (False, True)
    ]
    assert kernels[0] & OF_TILES.keys()
    assert not kernels[1] & OF_TILES.keys()


def test_another_numba_backend_is_not_another_result() -> None:
    """The same bytes each time: nothing hangs on where arrays lie."""
    assert len({outputs().tobytes() for _ in range(5)}) == 1
