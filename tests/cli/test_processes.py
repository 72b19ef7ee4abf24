"""The command as a process: closed pipes, full disks, Ctrl-C, closed folders, two runs at once. Files appear whole or
not at all, and nobody sees a traceback."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from calling import HEAD, LAYERS, image, inputs, net
from processes import PATIENCE, code_of, finish, layers_among, modules_after, start
from quadrants import SPEC, quadrants

from cnnspec import weights
from cnnspec.spec import bundled

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes, signals and permissions of POSIX")

DIGIT = str(bundled.folder() / "samples" / "digit-7.png")
COMMANDS = {
    "run": ["run", "lenet5", DIGIT],
    "json": ["run", "lenet5", DIGIT, "--format", "json"],
    "summary": ["summary", "lenet5"],
    "validate": ["validate", "lenet5"],
    "explain": ["explain", "conv"],
    "help": ["--help"],
    "command help": ["run", "--help"],
}
every_command = pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)


@pytest.fixture
def full() -> Iterator[IO[bytes]]:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("there is no /dev/full")
    with device.open("wb") as stream:
        yield stream


@pytest.fixture
def net_of_quadrants(tmp_path: Path) -> Path:
    quadrants(tmp_path, SPEC, 40)
    return tmp_path / "net.yaml"


def with_descriptors(setting: str, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    """The command with its descriptors set by a shell, `2>&-`."""
    command = ["bash", "-c", f'exec "$0" -m cnnspec "$@" {setting}', sys.executable, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True)


@pytest.mark.parametrize("setting", ["2>&-", "2>/dev/full", "2> >(true)"], ids=["closed", "full", "unread"])
def test_standard_error_that_takes_nothing_changes_no_exit_code(setting: str, tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    assert with_descriptors(setting, "init", "lenet5", "-o", weights).returncode == 0
    assert weights.stat().st_size > 200_000
    done = with_descriptors(setting, "run", "lenet5", "no.png", DIGIT)
    assert (done.returncode, b"digit-7.png" in done.stdout) == (4, True)
    assert with_descriptors(setting, "summary", "nowhere.yaml").returncode == 3
    assert with_descriptors(setting, "summary", "--no-such-option").returncode == 2


def test_what_is_written_never_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    """Without standard error the next file that is opened would get its number, and all that is said there."""
    data, out = bundled.folder() / "digits", tmp_path / "o.safetensors"
    arguments = ("train", "digits", "--data", data, "-o", out, "--set", "train.epochs=1", "--log", tmp_path / "log")
    assert with_descriptors("2>&-", *arguments).returncode == 0
    assert all(json.loads(line) for line in (tmp_path / "log").read_text().splitlines())
    assert out.read_bytes()[8:9] == b"{"


def test_what_goes_to_standard_output_by_its_name_is_not_written_over(net_of_quadrants: Path, tmp_path: Path) -> None:
    """Though it is a file: lines of the log and of the run come one behind another."""
    options = ["--threads", "1", "--set", "train.epochs=2", "-o", str(tmp_path / "w.npz"), "--log", "/dev/stdout"]
    with (tmp_path / "said").open("wb") as said:
        assert finish(start("train", net_of_quadrants, *options, stdout=said))[0] == 0
    lines = (tmp_path / "said").read_text().splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    assert [record["step"] for record in records if record["event"] == "step"] == [*range(1, 5)]
    assert [record["epoch"] for record in records if record["event"] == "epoch"] == [1, 2]
    assert [line[:8] for line in lines if not line.startswith("{")][:2] == ["quadrant", "epoch   "]
    with (tmp_path / "schema").open("wb") as said:
        said.write(b"before\n")
        said.flush()
        assert finish(start("init", net_of_quadrants, "-o", tmp_path / "i.npz", stdout=said))[0] == 0
        assert finish(start("schema", "-o", "/dev/stdout", stdout=said))[0] == 0
    first, second, *rest = (tmp_path / "schema").read_text().splitlines()
    assert (first, second.endswith("seed 0")) == ("before", True)
    assert json.loads("\n".join(rest))


def test_a_process_that_is_asked_to_end_removes_what_is_half_written(tmp_path: Path) -> None:
    """And what one that is killed has left is removed by the next, which writes the same file."""
    big = np.zeros((1000, 1000), np.float32)
    weights.save({f"w{i}": big for i in range(20)}, tmp_path / "big.npz")
    for signum, left in ((signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGKILL, 1)):
        process = start("convert", "big.npz", "-o", "out.npz", cwd=tmp_path)
        while process.poll() is None and not any(p.stat().st_size for p in tmp_path.glob(".cnnspec-*.tmp")):
            time.sleep(0.001)
        process.send_signal(signum)
        code, said = finish(process)
        assert code == (-signum if left else 128 + signum), said
        assert len(list(tmp_path.glob(".cnnspec-*"))) == left
        assert not (tmp_path / "out.npz").exists()
    assert finish(start("convert", "big.npz", "-o", "out.npz", cwd=tmp_path)) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["big.npz", "out.npz"]


@every_command
def test_a_closed_pipe(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stream:
        assert finish(start(*arguments, stdout=stream)) == (141, "")


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    """`cnnspec run ... | head -1`: more is written than a pipe holds."""
    np.save(tmp_path / "x.npy", inputs(4000))
    process = start("run", net(tmp_path), tmp_path / "x.npy", "--format", "json")
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b'{"input"')
    process.stdout.close()
    assert finish(process) == (141, "")


@every_command
def test_a_full_disk(arguments: list[str], full: IO[bytes]) -> None:
    code, said = finish(start(*arguments, stdout=full))
    assert code == 3
    assert said.startswith("error[E415]: cannot write the output\n")
    assert "No space left on device" in said
    assert "Traceback" not in said


@every_command
def test_no_standard_output_at_all(arguments: list[str]) -> None:
    code, said = finish(start(*arguments, stdout=None, preexec_fn=lambda: os.close(1)))
    assert (code, said) == (0, "")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8"])
def test_a_terminal_with_few_letters(encoding: str) -> None:
    process = start(*COMMANDS["run"], env={"PYTHONIOENCODING": encoding})
    out, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, b"")
    assert b"99.83 %" in out
    out.decode(encoding)


def asleep(folder: Path) -> Path:
    """A spec whose run takes long: a bundled network over many inputs."""
    np.save(folder / "x.npy", inputs(2000, (3, 64, 64)))
    return folder / "x.npy"


def test_control_c_during_a_run(tmp_path: Path) -> None:
    """No trace, and no part of a file; what stood there before stays."""
    x = asleep(tmp_path)
    out = tmp_path / "y.npz"
    out.write_bytes(b"what was there")
    before = sorted(tmp_path.iterdir())
    process = start("run", "tinyvgg", x, "--init", "he", "--out", out, "--batch", "1")
    assert process.stdout is not None
    for _ in range(8):
        process.stdout.readline()  # results come: it is at work
    process.send_signal(signal.SIGINT)
    code, said = finish(process)
    assert code == 130
    assert said.strip() == ""
    assert out.read_bytes() == b"what was there"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1, 0.15, 0.2, 0.25])
def test_control_c_while_starting(delay: float) -> None:
    """From the first line of ours on, whatever is being imported: 130 and no trace, or all was done already.

    A library may make an error of its own of it, about a file that it was about to read.
    """
    program = (
        "import sys; from cnnspec.__main__ import main\n"
        "print('ready', flush=True)\n"
        f"sys.argv[1:] = {COMMANDS['run']!r}\n"
        "main()"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    code, said = finish(process)
    assert code in (130, 0, -signal.SIGINT), said
    assert "Traceback" not in said
    assert "internal error" not in said


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody but root may write in."""
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def obey_permissions() -> None:
    """For root no folder is closed, until it gives up this capability (Linux)."""
    if os.getuid() == 0 and ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
        raise PermissionError


def test_a_closed_folder(tmp_path: Path, closed: Path) -> None:
    spec, picture = net(tmp_path), image(tmp_path / "a.png")
    try:
        finish(start("--version", preexec_fn=obey_permissions))
    except subprocess.SubprocessError:
        pytest.skip("root cannot give up its rights here")
    commands: list[list[str | Path]] = [
        ["run", spec, picture, "--out", closed / "y.npz"],
        ["init", spec, "-o", closed / "w.npz"],
        ["convert", tmp_path / "net.safetensors", "-o", closed / "w.safetensors"],
    ]
    for arguments in commands:
        code, said = finish(start(*arguments, preexec_fn=obey_permissions))
        assert (code, "error[E415]" in said, "Permission denied" in said) == (3, True, True), said
    assert list(closed.iterdir()) == []


def watched(path: Path, done: Callable[[], bool], look: Callable[[Path], object]) -> int:
    """Look at the file again and again until all is done; how often it was there."""
    seen = 0
    while not done():
        if path.exists():
            look(path)
            seen += 1
    return seen


def test_two_runs_to_one_output(tmp_path: Path) -> None:
    """Whoever looks finds nothing or one run's whole file."""
    spec, out = net(tmp_path), tmp_path / "y.npz"
    for i in range(2):
        np.save(tmp_path / f"{i}.npy", inputs(50 + i))
    processes = [
        start("run", spec, tmp_path / f"{i % 2}.npy", "--out", out, stdout=subprocess.DEVNULL) for i in range(4)
    ]

    def look(path: Path) -> None:
        with np.load(path) as kept:
            assert kept["fc"].shape in ((50, 3), (51, 3))

    assert watched(out, lambda: all(process.poll() is not None for process in processes), look) > 0
    assert [finish(process) for process in processes] == [(0, "")] * 4
    look(out)
    assert not list(tmp_path.glob(".cnnspec-*"))


def test_two_writers_of_weights(tmp_path: Path) -> None:
    spec, out = tmp_path / "net.yaml", tmp_path / "w.safetensors"
    spec.write_text(HEAD + LAYERS)
    processes = [start("init", spec, "-o", out, "--seed", str(seed)) for seed in range(4)]
    watched(out, lambda: all(process.poll() is not None for process in processes), lambda path: len(weights.read(path)))
    assert [finish(process) for process in processes] == [(0, "")] * 4
    assert set(weights.read(out)) == {"conv.weight", "conv.bias", "fc.weight", "fc.bias"}
    assert not list(tmp_path.glob(".cnnspec-*"))


def test_a_run_imports_what_it_needs() -> None:
    """No progress bar, no PyTorch reader, no other command; of the layers, those of the spec and of the engine."""
    loaded = modules_after(code_of(*COMMANDS["json"]))
    assert not loaded & {
        "rich",
        "safetensors",
        "torch",
        "cnnspec.files.pytorch",
        "cnnspec.reports.summary.summary",
        "cnnspec.cli.commands.convert",
    }
    known = layers_among(modules_after("import cnnspec.engine.plan, cnnspec.engine.backends.numpy"))
    assert layers_among(loaded) == known | {"conv", "relu", "maxpool", "flatten", "dense", "softmax"}
