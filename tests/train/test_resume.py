"""Runs that are broken off: killed at any moment, stopped by Ctrl-C, out of room. What was there stays, and a resumed
run ends with the same bytes as an unbroken one."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from calling import call
from processes import PATIENCE, finish, start
from quadrants import examples, quadrants

from cnnspec.cli.signals import Interruption
from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.train import checkpoint, session
from cnnspec.train.events import Event, Stepped
from cnnspec.train.jsonl_log import JsonlLog

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

RUN = ("train", "net.yaml", "--threads", "2", "--every", "3", "--log", "log.jsonl", "--set", "train.epochs=4")
OPTIONS = ("--set", "train.patience=3", "--set", "train.augment.shift=1", "--set", "train.schedule=cosine")
KEPT = Path("net.checkpoint.safetensors")


def lines(path: Path = Path("log.jsonl")) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def until(process: subprocess.Popen[bytes], count: int) -> None:
    """Until the log has so many lines, or the process has ended."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and lines() < count and time.monotonic() < deadline:
        time.sleep(0.001)


def logged() -> list[dict[str, Any]]:
    records = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in record.items() if key != "images_per_second"} for record in records]


class Whole(NamedTuple):
    """What a run gives that nothing disturbs."""

    weights: bytes
    log: list[dict[str, Any]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    quadrants(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call(*RUN, *OPTIONS).code == 0
        return Whole(Path("net.safetensors").read_bytes(), logged())


def test_killed_at_any_moment(folder: Path, whole: Whole) -> None:
    """Again and again, wherever it is: in a step, in a validation, while the checkpoint is written."""
    moments = random.Random(7)
    resume: tuple[str, ...] = ()
    for count in (2, 9, 16, 27):
        process = start(*RUN, *OPTIONS, *resume)
        until(process, count)
        time.sleep(moments.random() * 0.01)
        process.kill()
        finish(process)
        resume = ("--resume",)
    assert finish(start(*RUN, *OPTIONS, "--resume"))[0] == 0
    assert Path("net.safetensors").read_bytes() == whole.weights
    assert logged() == whole.log
    assert not KEPT.exists()
    assert not list(folder.glob(".cnnspec-*"))


@pytest.mark.parametrize("step", [1, 3, 7, 8, 9, 16, 23])
def test_broken_off_after_a_step(folder: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """In one process: at each of these steps the checkpoint is written, and then all is over."""

    class Over(BaseException):
        pass

    def save_and_end(*given: Any) -> None:
        save(*given)
        raise Over

    save = checkpoint.save
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", save_and_end)
        with pytest.raises(Over):
            call(*RUN, *OPTIONS, "--every", f"{step}")
    assert call(*RUN, *OPTIONS, "--resume").code == 0
    assert Path("net.safetensors").read_bytes() == whole.weights


@pytest.fixture
def interrupted(folder: Path) -> str:
    """Ctrl-C after the third step, in this process; what the run said."""
    save = checkpoint.save

    def save_and_interrupt(*given: Any) -> None:
        save(*given)
        if not asked:
            asked.append(True)
            signal.raise_signal(signal.SIGINT)

    asked: list[bool] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "save", save_and_interrupt)
        called = call(*RUN, *OPTIONS)
    assert called.code == 130
    return called.err


def stopped_after_a_step(*arguments: str) -> None:
    """Run until Ctrl-C comes with the first step."""

    def interrupt(log: JsonlLog, event: Event) -> None:
        if isinstance(event, Stepped):
            signal.raise_signal(signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JsonlLog, "__call__", interrupt)
        assert call(*arguments).code == 130
    assert checkpoint.load(KEPT)[1].progress.step == 1


def test_control_c_at_a_process(folder: Path) -> None:
    process = start(*RUN, *OPTIONS)
    until(process, 5)
    process.send_signal(signal.SIGINT)
    code, said = finish(process)
    assert (code, said.count("--resume goes on from there")) == (130, 1)
    assert "Traceback" not in said
    assert checkpoint.load(KEPT)[1].progress.step >= 4


def test_control_c_keeps_the_run(interrupted: str, folder: Path, whole: Whole) -> None:
    assert (
        interrupted.strip()
        == "note: `net.checkpoint.safetensors` holds the run after step 3; --resume goes on from there"
    )
    assert checkpoint.load(KEPT)[1].progress.step == 3
    assert not Path("net.safetensors").exists()
    assert not list(folder.glob(".cnnspec-*"))
    called = call(*RUN, *OPTIONS, "--resume")
    assert (called.code, called.err) == (0, "")
    assert called.out.splitlines()[1] == "resumed after step 3, epoch 1 of 4"
    assert Path("net.safetensors").read_bytes() == whole.weights


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_ends_a_job_keeps_the_run(folder: Path, number: signal.Signals) -> None:
    process = start(*RUN, *OPTIONS, "--set", "train.epochs=400")
    until(process, 5)
    process.send_signal(number)
    code, said = finish(process)
    assert (code, said.count("--resume goes on from there")) == (128 + number, 1)
    assert checkpoint.load(KEPT)[1].progress.step >= 4


def test_a_control_c_that_is_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell starts `command &` of a script like that."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            signal.raise_signal(signal.SIGINT)
            assert not interruption.asked
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_control_c_does_not_wait() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_an_unfinished_run_is_not_overwritten(interrupted: str, folder: Path) -> None:
    before = KEPT.read_bytes()
    called = call(*RUN, *OPTIONS)
    assert (called.code, "error[E503]: there is an unfinished run" in called.err) == (1, True)
    assert "= why: it has done 3 steps, and 0 of 4 epochs\n" in called.err
    assert KEPT.read_bytes() == before
    assert call(*RUN, *OPTIONS, "--restart").code == 0


def test_the_checkpoint_serves_as_weights(interrupted: str, folder: Path) -> None:
    judged = call("eval", "net.yaml", "--weights", str(KEPT))
    assert (judged.code, judged.err) == (0, "")
    called = call("train", "net.yaml", "--weights", str(KEPT), "--restart", "--set", "train.rate=0.001")
    assert (called.code, called.err) == (0, "")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--set", "train.rate=0.02"], "`train.rate` was 0.01, is 0.02"),
        (["--set", "train.seed=1"], "`train.seed` was 0, is 1"),
        (["--freeze", "conv"], '`train.freeze` was [], is ["conv"]'),
        (["--threads", "1"], "it had 2 threads, has 1"),
        (["--data", "other/x.npz"], "the data are others"),
    ],
)
def test_another_run_is_refused(interrupted: str, folder: Path, options: list[str], why: str) -> None:
    (folder / "other").mkdir()
    examples(folder / "other", seed=1)
    before = KEPT.read_bytes()
    called = call(*RUN, *OPTIONS, "--resume", *options)
    assert (called.code, "error[E502]" in called.err) == (1, True)
    assert f"= why: {why}\n" in called.err
    assert KEPT.read_bytes() == before


def test_another_network_is_refused_and_another_text_is_not(interrupted: str, folder: Path) -> None:
    text = Path("net.yaml").read_text()
    Path("net.yaml").write_text(text.replace("K: 4, P: same", "K: 5, P: same"))
    assert "the network is another one" in call(*RUN, *OPTIONS, "--resume").err
    Path("net.yaml").write_text(f"# a remark\n{text}")
    assert call(*RUN, *OPTIONS, "--resume").code == 0


def test_moved_data_are_the_same_data(interrupted: str, folder: Path) -> None:
    (folder / "other").mkdir()
    Path("x.npz").rename("other/x.npz")
    assert call(*RUN, *OPTIONS, "--resume", "--data", "other/x.npz").code == 0


def test_resuming_keeps_the_number_of_threads(interrupted: str, folder: Path) -> None:
    without = [word for word in RUN if word not in ("--threads", "2")]
    assert "2 threads" in call(*without, *OPTIONS, "--resume").out


def test_the_weights_at_the_beginning_are_part_of_a_run(folder: Path) -> None:
    """They need not be named again; others are refused."""
    for name in ("a.npz", "a.safetensors"):
        call("init", "net.yaml", "-o", name, "--seed", "5")
    call("init", "net.yaml", "-o", "b.npz", "--seed", "6")
    assert call(*RUN, "--weights", "a.npz").code == 0
    expected = Path("net.safetensors").read_bytes()
    for options, said in (((), ""), (("--weights", "a.safetensors"), ""), (("--weights", "b.npz"), "other weights")):
        stopped_after_a_step(*RUN, "--weights", "a.npz", "--restart")
        called = call(*RUN, "--resume", *options)
        assert (called.code, said in called.err) == (1 if said else 0, True), options
        assert said or Path("net.safetensors").read_bytes() == expected
    stopped_after_a_step(*RUN, "--restart")
    assert "it began with other weights" in call(*RUN, "--resume", "--weights", "a.npz").err


def test_lost_weights_that_control_c_kept_are_not_recommended(folder: Path) -> None:
    """It keeps them before their loss is known; a resumed run finds out."""
    lost = *RUN, "--set", "train.optimizer=sgd", "--set", "train.rate=1e6"
    stopped_after_a_step(*lost)
    called = call(*lost, "--resume")
    assert (called.code, "error[E501]" in called.err) == (1, True)
    said = "that it went wrong shows only now: begin anew, `--restart`, with other settings"
    assert called.err.startswith(f"note: `{KEPT}` holds the run after step 1; {said}\n")


def test_nothing_to_resume(folder: Path, whole: Whole) -> None:
    """A run that was killed before its first checkpoint begins anew, which comes to the same."""
    called = call(*RUN, *OPTIONS, "--resume")
    assert called.code == 0
    assert called.err == "note: there is no `net.checkpoint.safetensors`: the run begins\n"
    assert Path("net.safetensors").read_bytes() == whole.weights


def test_a_finished_run_is_left_alone(folder: Path, whole: Whole) -> None:
    """A job that is started again and again needs no other command; nothing is done a second time."""
    assert call(*RUN, *OPTIONS, "--resume").code == 0
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    for options in ((), ("--threads", "2", "--data", "x.npz", "--plot", "curves.svg")):
        called = call(*RUN, *OPTIONS, "--resume", *options)
        assert (called.code, called.out) == (0, "")
        assert called.err == (
            "note: this run is finished: `net.safetensors` is its result, and there is no "
            "`net.checkpoint.safetensors`; --restart begins anew\n"
        )
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
    assert call(*RUN, *OPTIONS, "--restart").out
    assert Path("net.safetensors").read_bytes() == whole.weights


def test_a_finished_run_that_has_replaced_its_first_weights(folder: Path) -> None:
    call("init", "net.yaml", "-o", "net.safetensors")
    assert call(*RUN, "--weights", "net.safetensors", "-o", "net.safetensors").code == 0
    called = call(*RUN, "--weights", "net.safetensors", "--resume")
    assert (called.code, "this run is finished" in called.err) == (0, True)


def test_the_result_of_another_run_is_not_overwritten(folder: Path) -> None:
    assert call(*RUN).code == 0
    before = Path("net.safetensors").read_bytes()
    for setting, why in (("rate=0.2", "`train.rate` was 0.01, is 0.2"), ("epochs=3", "`train.epochs` was 4, is 3")):
        called = call(*RUN, "--resume", "--set", f"train.{setting}")
        assert (called.code, "error[E502]: the result is of another run\n" in called.err) == (1, True)
        assert f"= why: {why}\n" in called.err
    assert Path("net.safetensors").read_bytes() == before


@pytest.mark.parametrize("name", ["net.safetensors", "net.npz"])
def test_weights_of_no_run_are_not_overwritten(folder: Path, name: str) -> None:
    call("init", "net.yaml", "-o", name)
    before = Path(name).read_bytes()
    called = call(*RUN, "-o", name, "--resume")
    assert (called.code, "error[E503]: there is no run to resume, and another file" in called.err) == (1, True)
    assert Path(name).read_bytes() == before


def small_files() -> None:
    """As on a disk that is nearly full: no file grows beyond the size of the log's first lines."""
    import resource  # of POSIX alone

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def test_a_full_disk_loses_nothing(interrupted: str, folder: Path, whole: Whole) -> None:
    """The checkpoint no longer fits; the one before stays as it was, and the run goes on from it when there is room."""
    before = KEPT.read_bytes()
    assert len(before) > 3000
    without = [word for word in RUN if word not in ("--log", "log.jsonl")]
    code, said = finish(start(*without, *OPTIONS, "--resume", preexec_fn=small_files))
    assert (code, "error[E415]: `net.checkpoint.safetensors` cannot be written" in said) == (3, True), said
    assert KEPT.read_bytes() == before
    assert sorted(path.name for path in folder.glob("*")) == sorted(["log.jsonl", KEPT.name, "net.yaml", "x.npz"])
    assert not list(folder.glob(".cnnspec-*"))
    assert call(*RUN, *OPTIONS, "--resume").code == 0
    assert Path("net.safetensors").read_bytes() == whole.weights


def test_a_result_that_cannot_be_written(folder: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """All work is done, and then there is no room: it is not lost."""
    refusal = FileError([Diagnostic("E415", "`net.safetensors` cannot be written")])

    def refuse(*given: Any) -> None:
        raise refusal

    with monkeypatch.context() as patch:
        patch.setattr(session, "save", refuse)
        called = call(*RUN, *OPTIONS)
    assert (called.code, "E415" in called.err) == (3, True)
    assert "--resume goes on from there" in called.err
    called = call(*RUN, *OPTIONS, "--resume", "--plot", "curves.svg")
    assert called.code == 0
    [_, said, _] = called.out.splitlines()  # there is nothing left to learn
    assert said == "resumed after step 32, epoch 4 of 4"
    assert Path("net.safetensors").read_bytes() == whole.weights
    assert logged() == whole.log
    assert Path("curves.svg").exists()


def test_a_checkpoint_that_is_gone_is_not_recommended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody removes its folder while the run goes on."""
    Path("kept").mkdir()

    def remove(log: JsonlLog, event: Event) -> None:
        if isinstance(event, Stepped) and event.step == 5:
            shutil.rmtree("kept")

    monkeypatch.setattr(JsonlLog, "__call__", remove)
    called = call(*RUN, "--checkpoint", "kept/c.safetensors")
    assert (called.code, called.err[:12]) == (3, "error[E415]:")


def test_a_full_disk_for_the_log(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    called = call("train", "net.yaml", "--log", "/dev/full")
    assert (called.code, "error[E415]: `/dev/full` cannot be written" in called.err) == (3, True)


def test_a_reader_that_has_seen_enough(folder: Path) -> None:
    """`cnnspec train ... | head -1`: the run is kept."""
    process = start(*RUN, *OPTIONS, "--set", "train.epochs=400")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    code, said = finish(process)
    assert (code, said) == (141, "")
    _, snapshot = checkpoint.load(KEPT)
    assert snapshot.progress.step > 0
