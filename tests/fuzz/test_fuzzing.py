"""A short run of each target, the inputs that once were faults, and the fuzzer itself."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest
from fuzz import limits, target
from fuzz.campaign import Campaign
from fuzz.command import main
from fuzz.target import Target

from cnnspec.diagnostics import Diagnostic, FileError

RUNS = 150
"""Of each target, beside its seeds."""
KNOWN = pytest.mark.xfail(strict=True, reason="a fault that is not mended yet")
CORPUS = [
    pytest.param(name, path, id=f"{name}/{path.name}", marks=[KNOWN] * target.is_known(path))
    for name in target.names()
    for path in target.corpus(name)
]

every_target = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.peers] * (name == "onnx_runtime")) for name in target.names()]
)


@every_target
def test_a_short_run(name: str) -> None:
    campaign = Campaign(target.find(name), seed=0)
    campaign.begin()
    campaign.runs = campaign.executions + RUNS
    campaign.go_on()
    assert campaign.faults == {}
    assert campaign.refusals > 0


@every_target
def test_the_seeds_are_good_inputs(name: str) -> None:
    """What is refused before it is changed leads nowhere."""
    found = target.find(name)
    assert [data for data in found.seeds() if found.execute(data) is not None] == []


@pytest.mark.parametrize(("name", "path"), CORPUS)
def test_what_was_a_fault(name: str, path: Path) -> None:
    target.find(name).execute(path.read_bytes())


# The fuzzer


def refuse(data: bytes) -> None:
    raise FileError([Diagnostic("E403", "no")])


def planted(data: bytes) -> None:
    """Right for the seed, refused for most, wrong for a few."""
    number, _, rest = data.partition(b" ")
    if not number.isdigit():
        refuse(data)
    assert int(number) < 2**31 - 1
    if rest[:1] >= b"\x80":
        raise KeyError(rest)


def test_faults_are_found_and_counted_by_kind() -> None:
    told: list[str] = []
    campaign = Campaign(Target(lambda: [b"1 2"], planted), runs=3000, on_fault=lambda kind, *_: told.append(kind))
    campaign.begin()
    campaign.go_on()
    assert sorted(told) == sorted(campaign.faults)
    assert {kind.partition(" ")[0] for kind in told} == {"AssertionError", "KeyError"}
    assert 100 < campaign.refusals < 2900


def test_equal_seeds_make_equal_inputs() -> None:
    def inputs(seed: int) -> list[bytes]:
        seen: list[bytes] = []
        campaign = Campaign(Target(lambda: [b"one: 1\n", b"\0\1\2"], seen.append), seed, runs=200)
        campaign.begin()
        campaign.go_on()
        return seen

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)


def test_what_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.001)

    def loop(data: bytes) -> None:
        while True:
            try:
                sum(range(1000))
            except Exception:
                continue

    with pytest.raises(limits.TooLong):
        Target(lambda: [b""], loop).execute(b"")


def test_what_takes_too_much_memory() -> None:
    def touch(data: bytes) -> None:
        # Memory of its own: what was freed before is taken again without a new page.
        with mmap.mmap(-1, 2**26) as fresh:
            for _ in range(2**6):
                fresh.write(bytes(2**20))

    with pytest.raises(limits.TooLarge):
        Target(lambda: [b""], touch, memory=2**20).execute(b"")


@pytest.mark.parametrize("refusal", [Diagnostic("E999", "no such code"), Diagnostic("E403", "")])
def test_a_refusal_without_form_is_a_fault(refusal: Diagnostic) -> None:
    def check(data: bytes) -> None:
        raise FileError([refusal])

    with pytest.raises(AssertionError):
        Target(lambda: [b""], check).execute(b"")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["safetensors", "--blind", "--runs", "60", "--found", str(tmp_path)]) == 0
    assert "safetensors: 60 executions" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_command_keeps_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(data: bytes) -> None:
        data.decode("ascii")

    monkeypatch.setattr(target, "find", lambda name: Target(lambda: [b"a"], check))
    assert main(["safetensors", "--blind", "--runs", "60", "--found", str(tmp_path)]) == 1
    (kept,) = tmp_path.glob("safetensors/*")
    assert "UnicodeDecodeError" in capsys.readouterr().err
    assert max(kept.read_bytes()) >= 0x80
