"""Workers of all kinds come to the same shards, whoever dies, whenever."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from calling import call, net
from dask_machines import Machines, machines
from deadly import Deadly
from image_shards import contents, folder, png, samples, shards, tar
from waiting import until

from cnnspec.bulk.crews import Crew
from cnnspec.bulk.crews.alone import Alone
from cnnspec.bulk.crews.giving_up import ClusterError
from cnnspec.bulk.crews.processes import Processes
from cnnspec.bulk.job import Job
from cnnspec.bulk.listing import listed
from cnnspec.bulk.predicting import Predictions
from cnnspec.bulk.samples.decoding import Decoding
from cnnspec.bulk.task import Shard, Task, tasks
from cnnspec.spec import load
from cnnspec.weights import initial

pytestmark = pytest.mark.peers

DEEP = """\
input: {C: 1, H: 4, W: 6}
preprocess: {mode: gray, resize: [4, 6], scale: 1/255}
blocks:
  unit: {layers: [{conv: {F: 3, K: 128, P: same}}, relu]}
layers:
  - {unit: {}, repeat: 12}
  - flatten
  - dense: {K: 3}
"""
"""Some 2 ms an input: workers are met at work."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("cluster") / "machines", 1) as started:
        yield started


def job(place: Path, telling: Predictions) -> Job:
    spec = load(net(place))
    tensors = initial(spec.graph.tensors, "he", 0)
    return Job(spec.graph, tensors, Decoding(spec.header.preprocess, (1, 4, 6), folder=str(place)), telling, 4)


def work(place: Path) -> list[Task]:
    files = listed([str(folder(place / "in", 24)), str(tar(place / "a.tar", samples(range(8))))], "r.parquet")
    return list(tasks(files, 4, lambda file: []))


def made(crew: Crew, job: Job, work: list[Task]) -> dict[int, Shard]:
    return {shard.number: shard for shard in crew.shards(job, work)}


def test_processes_come_to_the_same_shards(place: Path) -> None:
    telling, todo = Predictions(None, None, 2), work(place)
    assert made(Processes(2), job(place, telling), todo) == made(Alone(), job(place, telling), todo)


@pytest.mark.parametrize("has_no_memory", [False, True])
def test_a_worker_that_dies_loses_nothing(place: Path, has_no_memory: bool) -> None:
    todo = work(place)
    (place / "deaths").mkdir()
    deadly = Deadly(None, None, 2, todo[2].files[1].url, str(place / "deaths"), 2, has_no_memory)
    found = made(Processes(2), job(place, deadly), todo)
    assert len(list((place / "deaths").iterdir())) == 2
    assert found == made(Alone(), job(place, Predictions(None, None, 2)), todo)


def test_what_kills_every_worker_ends_the_run(place: Path) -> None:
    todo = work(place)
    (place / "deaths").mkdir()
    deadly = Deadly(None, None, 2, todo[2].files[1].url, str(place / "deaths"), 99)
    with pytest.raises(ClusterError, match="E435") as caught:
        made(Processes(2), job(place, deadly), todo)
    assert "signal 9" in str(caught.value)
    assert todo[2].files[0].url in str(caught.value)


def run(*words: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cnnspec", "run", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Work(NamedTuple):
    """Some seconds of work: the words of its command up to its results, and what one process makes of it."""

    words: tuple[str, ...]
    shards: dict[str, bytes]
    said: str


@pytest.fixture(scope="module")
def seconds(tmp_path_factory: pytest.TempPathFactory) -> Work:
    place = tmp_path_factory.mktemp("seconds")
    words = (str(net(place, DEEP)), str(folder(place / "in", 600)), "--shard", "20", "--out")
    called = call("run", *words, place / "alone.parquet")
    return Work(words, contents(place / "alone.parquet"), called.out.replace(f"{place}/alone", "r"))


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that a process has begun."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [pid for pid in map(int, found) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="children are read from /proc")
def test_processes_killed_at_any_moment(place: Path, seconds: Work) -> None:
    running = run(*seconds.words, "r.parquet", "--workers", "2")
    choose = random.Random(os.getpid())
    for count in (1, 5, 10):
        until(lambda count=count: len(shards(Path("r.parquet"))) >= count or running.poll() is not None)  # type: ignore[misc]
        if found := children(running):
            os.kill(choose.choice(found), signal.SIGKILL)
    out, err = running.communicate()
    assert (running.returncode, out, err) == (0, seconds.said, "")
    assert contents(Path("r.parquet")) == seconds.shards


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
def test_a_run_killed_at_any_moment_goes_on(place: Path, seconds: Work, workers: tuple[str, ...]) -> None:
    for count in (0, 2, 4):
        running = run(*seconds.words, "r.parquet", *workers)
        until(lambda count=count: len(shards(Path("r.parquet"))) > count)  # type: ignore[misc]
        running.kill()
        running.communicate()
    assert len(shards(Path("r.parquet"))) < len(seconds.shards)
    assert call("run", *seconds.words, "r.parquet").out == seconds.said
    assert contents(Path("r.parquet")) == seconds.shards
    assert not [path for path in Path("r.parquet").iterdir() if path.name.endswith(".tmp")]


# A cluster


def test_workers_of_a_cluster_die_and_join_late(place: Path, seconds: Work, cluster: Machines) -> None:
    running = run(*seconds.words, "r.parquet", "--dask", cluster.address)
    for count in (2, 5, 10):
        until(lambda count=count: len(shards(Path("r.parquet"))) >= count or running.poll() is not None)  # type: ignore[misc]
        cluster.join()
        cluster.kill(cluster.workers[-2])  # for a while there is none
    out, err = running.communicate()
    assert (running.returncode, out, err) == (0, seconds.said, "")
    assert contents(Path("r.parquet")) == seconds.shards


def test_a_cluster_goes_on_with_a_run_that_was_killed(place: Path, seconds: Work, cluster: Machines) -> None:
    running = run(*seconds.words, "r.parquet", "--dask", cluster.address)
    until(lambda: len(shards(Path("r.parquet"))) > 3)
    running.kill()
    running.communicate()
    assert call("run", *seconds.words, "r.parquet", "--dask", cluster.address).out == seconds.said
    assert contents(Path("r.parquet")) == seconds.shards


def test_a_scheduler_that_goes_away_is_said(place: Path, seconds: Work, cluster: Machines) -> None:
    running = run(*seconds.words, "r.parquet", "--dask", cluster.address)
    until(lambda: len(shards(Path("r.parquet"))) > 1)
    cluster.kill(cluster.scheduler)
    out, err = running.communicate()
    assert (running.returncode, out) == (3, "")
    assert "error[E435]: the scheduler has gone" in err
    assert "Traceback" not in err


def test_what_is_wrong_with_a_cluster_is_said_before_any_work(
    place: Path, cluster: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnnspec.bulk.crews import dask_cluster

    folder(place / "in", 3)
    words = ("run", net(place), "in", "--out", "r.parquet", "--dask")
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1)
    for address in ("tcp://127.0.0.1:1", "no address"):
        called = call(*words, address)
        assert called.code == 3
        assert f"error[E435]: no Dask scheduler at `{address}`" in called.err
    assert call(*words, cluster.address, "--workers", "2").code == 2
    ours = dask_cluster.versions()
    for name, other in {"python": "2.7", "cnnspec": "0.0", "numpy": "1.0"}.items():
        with monkeypatch.context() as patched:
            patched.setattr(dask_cluster, "versions", lambda name=name, other=other: {**ours, name: other})
            called = call(*words, cluster.address)
        assert called.code == 3
        assert f"{name} {ours[name]}, here {other}" in called.err
    assert not Path("r.parquet").exists()
    assert call(*words, cluster.address).code == 0


def test_a_cluster_without_workers_ends_after_a_while(place: Path, cluster: Machines) -> None:
    folder(place / "in", 3)
    words = ("run", net(place), "in", "--out", "r.parquet", "--dask", cluster.address)
    assert call(*words, "--wait", "60").code == 0
    cluster.kill(cluster.workers[0])
    called = call(*words, "--restart", "--wait", "1")
    assert (called.code, called.out) == (3, "")
    assert "error[E435]: the scheduler has no worker" in called.err
    assert "none has been there for 1 second" in called.err
    assert "--wait SECONDS" in called.err
    cluster.join()
    assert call(*words, "--wait", "60").out == "r.parquet: 3 rows in 1 shard\n"
    assert "--wait is for the workers of --dask" in call(*words[:5], "--wait", "1").err


def test_archives_with_relative_names_are_found_by_workers_that_run_elsewhere(place: Path, cluster: Machines) -> None:
    import zipfile

    with zipfile.ZipFile("a.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"cat/{number}.png", png(number))
        archive.write(tar(place / "a.tar", samples([7, 8])), "a.tar")
    words = ("run", net(place), "zip://*/*.png::a.zip", "zip://a.tar::a.zip", "--out")
    called = call(*words, "r.parquet", "--dask", cluster.address)
    assert (called.code, called.out) == (0, "r.parquet: 5 rows in 2 shards\n")
    assert call(*words, "alone.parquet").code == 0
    assert contents(Path("r.parquet")) == contents(Path("alone.parquet"))


def test_a_worker_that_joins_late_is_held_to_the_same(place: Path) -> None:
    from types import SimpleNamespace

    from cnnspec.bulk.crews.dask_cluster import JobPlugin, versions

    [task, *_] = work(place)
    plain = job(place, Predictions(None, None, 2))
    for other, probe, said in (({"numpy": "1.0"}, None, "numpy"), ({}, "/gone/in", "does not see the inputs")):
        plugin = JobPlugin("x", plain, {**versions(), **other}, probe)
        plugin.setup(SimpleNamespace(address="tcp://late"))
        with pytest.raises(ClusterError, match="tcp://late") as caught:
            plugin.run(task)
        assert said in str(caught.value)
    plugin = JobPlugin("x", plain, versions(), str(place / "in"))
    plugin.setup(SimpleNamespace(address="tcp://late"))
    assert plugin.run(task) == made(Alone(), plain, [task])[0]
