"""The benchmarks' own arithmetic, order and tables. Nothing here depends on how fast anything is."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks import __main__, checking, child, editor, gradients, kernels, many, photos, reading, report, training
from benchmarks.cold import Start, starts, time_starts
from benchmarks.engines import NAMES, engine, missing
from benchmarks.measure import Effort, Result, contestants, measure, turns
from benchmarks.processes import clean
from benchmarks.report import Case, Report, digits, geometric_mean
from benchmarks.workload import NETWORKS, Workload, ends, prepare, value
from cnnspec import check, load
from cnnspec.diagnostics import errors
from cnnspec.engine.backends.numba import NumbaBackend
from cnnspec.engine.model import Model
from cnnspec.graph.layer import TensorSpec
from cnnspec.spec import bundled
from cnnspec.weights import take


def timed(name: str, *medians: float, way: str = "") -> Result:
    rounds = [{"calls": 2, "median": seconds, "least": seconds, "total": 2 * seconds} for seconds in medians]
    return Result(name, way, rounds=rounds, error=1e-6, load_seconds=0.25, peak_bytes=100 << 20)


# Order


def test_everyone_has_one_turn_a_round_and_follows_everyone() -> None:
    rounds = list(turns(3, 6))
    assert rounds[:4] == [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]
    assert Counter(i for order in rounds for i in order) == {0: 6, 1: 6, 2: 6}


def test_nobody_to_time() -> None:
    assert list(turns(0, 0)) == []


def test_environment_that_favours_no_engine() -> None:
    tuned = {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    assert clean(tuned | {"PATH": "/bin", "HOME": "/root"}) == {"PATH": "/bin", "HOME": "/root"}


# Workloads


def test_networks_are_bundled() -> None:
    assert set(NETWORKS) <= set(bundled.names())


@pytest.mark.parametrize(("count", "kept"), [(1, [0]), (2, [0, 1]), (3, [0, 2]), (16, [0, 15])])
def test_ends_of_a_batch(count: int, kept: list[int]) -> None:
    assert ends(list(range(count))) == kept


def test_values_hide_nothing() -> None:
    scale, offset = value("bn.weight", TensorSpec((50,), fill=1.0)), value("bn.bias", TensorSpec((50,)))
    filters = value("conv.weight", TensorSpec((4, 3, 3, 3), fan=(27, 36)))
    assert all(array.dtype == np.float32 for array in (scale, offset, filters))
    assert scale.min() >= 0.5
    assert len(np.unique(scale)) == len(np.unique(offset)) == 50
    assert np.array_equal(value("bn.bias", TensorSpec((50,))), offset)
    assert not np.array_equal(value("bn2.bias", TensorSpec((50,))), offset)


@pytest.mark.parametrize("layer", dict.fromkeys([*kernels.LAYERS, *gradients.LAYERS]), ids=str)
@pytest.mark.parametrize("count", [1, kernels.CHAIN])
def test_layers_are_specs(layer: kernels.Layer, count: int) -> None:
    saved_for_backward = load(io.BytesIO(layer.spec(1).encode())).graph.steps[-1].shape == layer.input
    if count == 1 or saved_for_backward:
        spec = load(io.BytesIO(layer.spec(count).encode()))
        assert spec.graph.input == layer.input
        assert spec.warnings == ()


def test_layers_are_chosen_by_text() -> None:
    assert kernels.matches("64x56x56 sigmoid", [])
    assert kernels.matches("64x56x56 sigmoid", ["conv", "sig"])
    assert not kernels.matches("64x56x56 sigmoid", ["conv"])


@pytest.mark.peers
@pytest.mark.parametrize("text", ["6x14x14 conv", "960x1x1 conv", "deconv", "8x8 batchnorm", "maxpool", "avgpool"])
def test_gradients_of_layers_are_those_of_pytorch(text: str) -> None:
    pytest.importorskip("torch")
    for layer in gradients.LAYERS:
        if text in str(layer):
            step = load(io.BytesIO(layer.spec(1).encode())).graph.steps[-1]
            found, _ = gradients.ours(step, 2)
            for expected, _ in gradients.theirs(step, 2):
                assert gradients.distance(found, expected) < gradients.TOLERANCE
                assert gradients.distance(found[:-1], [2 * array for array in expected[:-1]]) > 0.4


def test_a_layer_in_a_chain() -> None:
    short, long = [timed("cnnspec", 0.003)], [timed("cnnspec", 0.011)]
    assert kernels.seconds("cnnspec", short, long) == pytest.approx(0.001)
    assert kernels.seconds("cnnspec", short, None) == 0.003
    assert kernels.seconds("cnnspec", long, short) is None
    assert kernels.seconds("opencv", short, long) is None


# Engines


@pytest.mark.parametrize("name", NAMES)
def test_engines_say_what_they_need(name: str) -> None:
    before = set(sys.modules)
    found = engine(name)
    assert found.TITLE
    assert found.PACKAGES
    assert found.WAYS
    assert not {"torch", "onnxruntime", "cv2", "openvino", "numba"} & (set(sys.modules) - before)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine("opencv"), "PACKAGES", {"cv2_of_no_machine": "opencv-python-headless"})
    assert missing("opencv") == ["opencv-python-headless"]


def test_too_much_work_is_left_out() -> None:
    small, large = Workload("x", 1, 10**6, Path()), Workload("x", 16, 10**10, Path())
    assert [result.failure for result in contestants(["onnx_reference"], small)] == [""]
    (left_out,) = contestants(["onnx_reference"], large)
    assert left_out.failure == "left out: over 2e+10 multiply-accumulates"
    assert [result.way for result in contestants(["pytorch"], large)] == ["eager", "channels last", "frozen"]


# The child's protocol


def conversation(*requests: Any) -> list[Any]:
    answers = io.StringIO()
    child.serve(io.StringIO("".join(json.dumps(request) + "\n" for request in requests)), answers, child.Session())
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_child_answers_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child.Session, "check", lambda self, a, b: a + b)
    assert conversation({"do": "check", "a": 1, "b": 2}, {"do": "check", "a": 3, "b": 4}) == [
        {"value": 3},
        {"value": 7},
    ]


def test_child_tells_what_failed() -> None:
    first, second = conversation({"do": "fly"}, {"do": "check", "loudly": True})
    assert first["error"].startswith("AttributeError: ")
    assert second["error"].startswith("TypeError: ")


def test_kernels_are_compiled_in_a_process_of_their_own_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def begun() -> None:
        done.append("begun")
        sys.exit()

    monkeypatch.setattr(NumbaBackend, "prepare", lambda self: done.append("here"))
    assert conversation({"do": "prepare"}) == [{"value": None}]
    assert done == ["here"]
    for module in (__main__, training):
        done.clear()
        monkeypatch.setattr(module, "prepare_kernels", lambda: done.append("prepared"))
        monkeypatch.setattr(module, "describe", begun)
        with pytest.raises(SystemExit):
            module.main([])
        assert done == ["prepared", "begun"]


def session(output: Any, folder: Path, expected: Any) -> child.Session:
    made = child.Session()
    made.work = Workload("x", 3, 0, folder)
    np.save(made.work.expected, np.asarray(expected, np.float32))
    made.x = np.zeros((3, 1, 2, 2), np.float32)
    made.run = lambda x: np.asarray(output, np.float32)
    return made


def test_child_checks_both_ends(tmp_path: Path) -> None:
    expected = [[1.0, -4.0], [2.0, 0.0]]
    assert session([[1, -4], [9, 9], [2, 0]], tmp_path, expected).check() == 0
    assert session([[1, -4], [9, 9], [2, 1]], tmp_path, expected).check() == 0.25
    assert session([[1, -4], [9, 9], [2, np.nan]], tmp_path, expected).check() > 1
    with pytest.raises(ValueError, match=r"shape \(3, 3\), expected \(3, 2\)"):
        session(np.zeros((3, 3)), tmp_path, expected).check()


def test_child_calls_once_at_least_and_not_too_often(tmp_path: Path) -> None:
    made = session([[0.0]], tmp_path, [[0.0]])
    calls = []
    made.run = lambda x: calls.append(x) or np.zeros(1, np.float32)  # type: ignore[func-returns-value]
    made.last = 0.0
    assert made.round(0.0, 5)["calls"] == 1
    assert len(calls) == 2  # one of them untimed
    found = made.round(60.0, 5)
    assert found["calls"] == 5
    assert 0 <= found["least"] <= found["median"] <= found["total"]
    made.last = 10.0
    calls.clear()
    made.round(0.0, 5)
    assert len(calls) == 1


def test_peak_memory_is_that_of_this_process() -> None:
    assert 1 << 20 < child.peak_bytes() < 1 << 40


# Results and tables


def test_medians() -> None:
    assert timed("cnnspec", 0.9, 0.1, 0.3).seconds == 0.3
    assert timed("cnnspec", 0.9, 0.1).spent == pytest.approx(2.0)
    assert Result("cnnspec", "").seconds is None


def test_geometric_mean() -> None:
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)
    assert geometric_mean([3.0]) == pytest.approx(3.0)
    assert geometric_mean([]) is None


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0172, "0.017"),
        (0.9996, "1.00"),
        (1.234, "1.23"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (99.96, "100"),
        (3828.4, "3,828"),
    ],
)
def test_digits(number: float, written: str) -> None:
    assert digits(number) == written


def two_networks() -> Report:
    fast, slow, frozen = timed("pytorch", 0.02, way="eager"), timed("pytorch", 0.03, way="frozen"), "frozen"
    lenet = Case("lenet5", 1, 1, [timed("cnnspec", 0.04), timed("onnxruntime", 0.01), fast, slow])
    failed = Result("onnxruntime", "", failure="Failed: no | such operator")
    better = [timed("pytorch", 0.03, way="eager"), timed("pytorch", 0.01, way=frozen)]
    unet = Case("unet", 16, 1, [timed("cnnspec", 0.0025), failed, *better])
    return Report({"processor": "Some 9000", "cores": 2, "system": "Linux"}, [lenet, unet])


def test_the_quickest_way_counts() -> None:
    lenet, unet = two_networks().cases
    assert [lenet.best("pytorch"), unet.best("pytorch")] == [lenet.results[2], unet.results[3]]
    assert lenet.ratio("pytorch") == pytest.approx(2.0)
    assert unet.ratio("pytorch") == pytest.approx(0.25)
    assert unet.best("onnxruntime") is None
    assert unet.ratio("onnxruntime") is None
    assert unet.ratio("opencv") is None


def test_markdown() -> None:
    lines = report.markdown_text(two_networks()).splitlines()
    assert "### 1 thread" in lines
    assert "| network | batch | cnnspec | ONNX Runtime | PyTorch |" in lines
    assert "| lenet5 | 1 | 40.0 | 10.0 (4.00) | 20.0 (2.00), eager |" in lines
    assert "| unet | 16 | 2.50 | - | 10.0 (0.250), frozen |" in lines
    assert "| geometric mean |  |  | (4.00) | (0.707) |" in lines
    assert "| unet | 100 MiB, 250 ms | - | 100 MiB, 250 ms |" in lines
    assert r"- ONNX Runtime on unet, batch 16: Failed\: no \| such operator" in lines
    assert "### Cold start" not in lines


def test_both_backends_are_compared() -> None:
    found = two_networks()
    lenet = found.cases[0]
    numba = timed("cnnspec_numba", 0.02)
    for result in (*lenet.results, numba):
        for each in result.rounds:
            each["processor"] = each["median"]
    found.cases[:] = [replace(lenet, results=[*lenet.results, numba], macs=10**9, weight_bytes=10**8)]
    found.machine |= {"peak": 200.0, "bandwidth": 20.0}
    lines = report.markdown_text(found).splitlines()
    assert (
        "| network | batch | cnnspec | ONNX Runtime | PyTorch | cnnspec, numba | share of peak | share of memory |"
        in lines
    )
    assert "| lenet5 | 1 | 40.0 | 10.0 (4.00; 2.00) | 20.0 (2.00; 1.00), eager | 20.0 (2.00) | 50% | 25% |" in lines
    assert "| geometric mean |  |  | (4.00; 2.00) | (2.00; 1.00) | (2.00) |  |  |" in lines
    assert "| lenet5 | 1 | 40.0 | 10.0 (4.00; 2.00) | 20.0 (2.00; 1.00) | 20.0 (2.00) |" in lines
    assert "| geometric mean |  |  | (4.00; 2.00) | (2.00; 1.00) | (2.00) |" in lines
    assert json.loads(report.json_text(found))["cases"][0]["ratios_numba"]["onnxruntime"] == pytest.approx(2.0)


def test_a_roof_that_was_not_measured_gives_no_share() -> None:
    case = replace(two_networks().cases[0], macs=10**9, weight_bytes=10**8)
    assert case.share(200.0) is case.memory_share(20.0) is None
    numba = timed("cnnspec_numba", 0.02)
    numba.rounds[0]["processor"] = 0.02
    with_numba = replace(case, results=[numba])
    assert with_numba.share(0.0) is with_numba.memory_share(0.0) is None
    assert with_numba.memory_share(10.0) == pytest.approx(0.5)


def test_markdown_has_a_table_for_each_number_of_threads() -> None:
    found = two_networks()
    found.cases.append(replace(found.cases[0], threads=2))
    found.starts = [Start("validate", "`cnnspec validate`", "cnnspec", [], [0.3, 0.1, 0.2], [0.4, 0.5, 0.3])]
    lines = report.markdown_text(found).splitlines()
    assert [line for line in lines if "# " in line] == [
        "### 1 thread",
        "### 2 threads",
        "### Memory and loading",
        "### Cold start",
        "### Left out",
    ]
    assert "| validate | `cnnspec validate` | 200 | 400 |" in lines


def test_a_busy_machine_is_named() -> None:
    found = two_networks()
    assert "busy" not in report.markdown_text(found)
    found.machine["load"] = 0.2
    assert "busy" not in report.markdown_text(found)
    found.machine["load"] = 4.71
    assert "busy with other work (load 4.7)" in report.markdown_text(found)


def test_json() -> None:
    found = two_networks()
    found.cases[0].results[0].pools.append(
        {"user_api": "blas", "internal_api": "openblas", "version": "0.3.31", "architecture": "Zen"}
    )
    found.cases[0].results[1].versions.update(onnxruntime="1.32.0")
    written = json.loads(report.json_text(found))
    assert written["blas"] == "openblas 0.3.31, kernel Zen"
    assert written["versions"] == {"onnxruntime": "1.32.0"}
    assert written["cases"][0]["ratios"] == {"onnxruntime": pytest.approx(4.0), "pytorch": pytest.approx(2.0)}
    assert written["cases"][1]["results"][1]["seconds"] is None
    assert written["cases"][0]["results"][0]["rounds"][0]["calls"] == 2


# Commands


def test_options() -> None:
    everything = __main__.parse([])
    assert everything.networks == tuple(NETWORKS)
    assert (everything.threads, everything.batch, everything.engines) == ((1, 2), None, NAMES)
    assert everything.effort.rounds == 9
    quick = __main__.parse(["--quick", "--networks", "vgg16", "--rounds", "2"])
    assert (quick.networks, quick.threads, quick.batch, quick.effort.rounds) == (("vgg16",), (1,), (1,), 2)
    chosen = __main__.parse(["--threads", "2,4", "--batch", "8", "--engines", "cnnspec,opencv"])
    assert (chosen.threads, chosen.batch, chosen.engines) == ((2, 4), (8,), ("cnnspec", "opencv"))


def test_unknown_engine(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.parse(["--engines", "cnnspec,tensorflow"])
    assert "no engine tensorflow; there are cnnspec," in capsys.readouterr().err


@pytest.mark.parametrize(
    ("result", "counts"),
    [
        (timed("opencv", 0.1), False),
        (Result("opencv", "", failure="error: unknown operator"), False),
        (Result("opencv", "", failure="wrong: off by 0.5 of the largest value"), True),
        (Result("cnnspec", "", failure="error: anything"), True),
        (Result("cnnspec_numba", "", failure="error: anything"), True),
    ],
)
def test_what_the_exit_code_tells(result: Result, counts: bool) -> None:
    assert __main__.is_fault(result) is counts


# With the engines themselves

TINY = """
input: {C: 2, H: 9, W: 9}
layers:
  - conv: {F: 3, S: 2, K: 4, P: same-upper}
  - batchnorm
  - relu
  - globalavgpool
  - flatten
  - dense: {K: 3}
"""

EVERY_KIND = """
input: {C: 2, H: 12, W: 12}
layers:
  - {conv: {F: 3, S: 2, K: 4, P: same-upper, bias: false}, name: uneven}
  - batchnorm
  - relu
  - deconv: {F: 2, S: 2, K: 4}
  - conv: {F: 3, K: 8, P: same, G: 2}
  - add: [[relu6], [sigmoid], [tanh]]
  - mul: [[], [globalavgpool, hardsigmoid]]
  - concat: [[silu], [hardswish], [{leakyrelu: {slope: 0.2}}], [identity]]
  - pad: {top: 1, right: 2}
  - maxpool: {F: 3, S: 2, P: 1, rounding: ceil}
  - avgpool: {F: 3, S: 1, P: 1, count_padding: false}
  - adaptiveavgpool: {out: 3}
  - globalmaxpool
  - flatten
  - dropout: {}
  - dense: {K: 5}
  - softmax
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Workload:
    pytest.importorskip("onnx")
    (tmp_path / "tiny.yaml").write_text(TINY)
    return prepare(str(tmp_path / "tiny.yaml"), 3, tmp_path / "files")


@pytest.mark.peers
def test_files_of_a_workload(tiny: Workload) -> None:
    model = load(tiny.spec).compile(tiny.weights)
    np.testing.assert_allclose(ends(model(np.load(tiny.input))), np.load(tiny.expected), rtol=1e-4, atol=1e-5)
    assert tiny.macs == load(tiny.spec).graph.totals.macs
    kept = tiny.onnx.stat().st_mtime_ns
    prepare(tiny.spec, 3, tiny.folder)
    assert tiny.onnx.stat().st_mtime_ns == kept


@pytest.mark.peers
def test_engines_agree_and_are_timed(tiny: Workload) -> None:
    names = [name for name in NAMES if name != "pytorch" and not missing(name)]
    for result in measure(tiny, names, 1, Effort(rounds=2, seconds=0.001)):
        assert result.failure == ""
        assert len(result.rounds) == 2
        assert result.seconds
        assert result.peak_bytes
        assert result.versions


@pytest.mark.peers
def test_wrong_results_are_not_timed(tiny: Workload) -> None:
    np.save(tiny.expected, 2 * np.load(tiny.expected))
    (found,) = measure(tiny, ["cnnspec"], 1, Effort(rounds=2, seconds=0.001))
    assert found.failure.startswith("wrong: off by 5.0e-01")
    assert found.rounds == []


@pytest.mark.peers
def test_an_engine_that_cannot_load_is_no_traceback(tiny: Workload) -> None:
    tiny.onnx.write_bytes(b"no network")
    failed, found = measure(tiny, ["onnxruntime", "cnnspec"], 1, Effort(rounds=1, seconds=0.001))
    assert failed.failure
    assert found.seconds


@pytest.mark.peers
def test_pytorch_network(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from benchmarks import torch_network

    torch.set_num_threads(1)
    (tmp_path / "every.yaml").write_text(EVERY_KIND)
    work = prepare(str(tmp_path / "every.yaml"), 2, tmp_path / "files")
    graph = load(work.spec).graph
    assert {step.kind for step in graph.steps} == set(torch_network.KINDS)
    x = np.load(work.input)
    expected = Model(graph, take(graph.tensors, work.weights)).trace(x)[graph.outputs[0]]
    with torch.inference_mode():
        found = torch_network.network(work.spec, work.weights)(torch.from_numpy(x))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.peers
def test_cold_starts(tiny: Workload) -> None:
    """Every command arrives; PyTorch's are left out, they take seconds and are an import alone."""
    pytest.importorskip("onnxruntime")
    work = prepare("lenet5", 1, tiny.folder / "lenet5")
    sample = load("lenet5").sample()
    assert isinstance(sample, Path)
    chosen = [start for start in starts(work, sample) if start.engine != "pytorch"]
    assert all(len(start.times) == len(start.processor) == 1 for start in time_starts(chosen, 1))


# Reading


def test_all_places_hold_the_same_examples(tmp_path: Path) -> None:
    sources = dict(reading.written(tmp_path, 30, load("lenet5")))
    assert len(sources) == 4
    found = [
        sorted((int(label), x.tobytes()) for x, label in zip(*examples.read(np.arange(30)), strict=True))
        for examples in sources.values()
    ]
    assert all(other == found[0] for other in found)


def test_checking_is_timed_beside_lenet5(capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.main(["--times", "3", "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["validate", "summary --format json"]


@pytest.mark.parametrize("name", ["lenet5", "resnet50"])
def test_a_key_makes_a_mistake_and_the_next_mends_it(name: str) -> None:
    wrong, right = editor.texts((bundled.folder() / f"{name}.yaml").read_text(encoding="utf-8"))
    assert [len(errors(check(io.StringIO(text)).diagnostics)) for text in (wrong, right)] == [1, 0]


@pytest.mark.peers
def test_keys_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(1) as own:  # where a browser is open, the main thread's loop is its
        assert own.submit(editor.main, ["lenet5", "--keys", "2"]).result() == 0
    assert re.fullmatch(r"lenet5: \d+ ms from a key to the findings, \d+ to \d+\n", capsys.readouterr().out)


def test_photos_a_second() -> None:
    slow, one = Start("all", "slow", "", ()), Start("one", "one", "", ())
    slow.times, slow.processor = [2.0, 4.0, 3.0], [1.0, 1.0, 1.0]
    one.times, one.processor = [0.5], [0.25]
    *_, first, second = photos.lines([slow, one], 100)
    assert first == "| 100 | slow | 33.3 | 30.0 | 10.0 |"
    assert second == "| 1 | one | 2.00 | 500 | 250 |"


def test_photos_are_images(tmp_path: Path) -> None:
    photos.make(tmp_path / "photos", 2)
    for path in (tmp_path / "photos").iterdir():
        with Image.open(path) as image:
            assert image.size == (640, 480)
    assert len([*(tmp_path / "photos").iterdir()]) == 2


@pytest.mark.peers
def test_many_images_are_run_over(tmp_path: Path) -> None:
    many.prepare(tmp_path, argparse.Namespace(network="lenet5", images=3, kills=0.0))
    taken = many.run(tmp_path, "00000.tar", "--out", "r.parquet")
    assert taken.processor > 0 < taken.seconds
    assert len(list((tmp_path / "files").iterdir())) == 3
    assert (tmp_path / "r.parquet" / "part-000000.parquet").exists()
