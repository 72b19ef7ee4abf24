"""Compiled code as images: they run wherever they lie, in memory that is never writable and executable at once."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT

from cnnspec.engine.backends.numba import compiler, executable, linker, native, processor
from cnnspec.engine.backends.numba.compiler import SOURCES
from cnnspec.engine.backends.numba.image import HEAD, NoImageError, image
from cnnspec.kernels.compiled.vectors import Vectors

pytestmark = pytest.mark.skipif(not processor.runs_images(), reason="images are made on Linux for x86-64")

MOVE = Vectors("small", 4, 8)
PLAIN = """
@numbers = private constant [4 x i64] [i64 10, i64 20, i64 30, i64 40]
define internal i64 @of(i64 %i) noinline {
  %at = getelementptr [4 x i64], ptr @numbers, i64 0, i64 %i
  %value = load i64, ptr %at
  ret i64 %value
}
define void @there(i64 %table) {
  %at = inttoptr i64 %table to ptr
  %i = load i64, ptr %at
  %value = call i64 @of(i64 %i)
  store i64 %value, ptr %at
  ret void
}
"""
"""Code that refers to a constant and to other code."""


def built(text: str) -> bytes:
    from llvmlite import binding

    processor.target(anywhere=True)
    code: bytes = processor.target(anywhere=True).emit_object(binding.parse_assembly(text))
    return code


def called(made: bytes, i: int) -> int:
    address = executable.executable(made)
    assert address
    value = ctypes.c_int64(i)
    ctypes.CFUNCTYPE(None, ctypes.c_int64)(address)(ctypes.addressof(value))
    return value.value


def test_it_runs_wherever_it_lies() -> None:
    made = image(built(PLAIN), "there")
    assert [called(made, i) for i in range(4)] == [10, 20, 30, 40]
    shifted = HEAD.pack(made[:8], HEAD.unpack_from(made)[1] + 4096) + bytes(4096) + made[HEAD.size :]
    assert called(shifted, 2) == 30


@pytest.mark.parametrize(
    "text",
    [
        "@v = global i64 3\ndefine void @there(i64 %t) {\n  store i64 %t, ptr @v\n  ret void\n}",
        "@v = common global i64 0\ndefine void @there(i64 %t) {\n  store i64 %t, ptr @v\n  ret void\n}",
        "declare void @exit(i64)\ndefine void @there(i64 %t) {\n  call void @exit(i64 %t)\n  ret void\n}",
        "@v = external global i64\ndefine void @there(i64 %t) {\n  store i64 %t, ptr @v\n  ret void\n}",
        "define void @elsewhere(i64 %t) {\n  ret void\n}",
    ],
    ids=["variable", "common variable", "call of others", "variable of others", "another name"],
)
def test_what_is_more_than_code_gives_no_image(text: str) -> None:
    with pytest.raises(NoImageError):
        image(built(text), "there")


def test_objects_of_others_give_no_image() -> None:
    code = built(PLAIN)
    for other in (b"", b"MZ" + code[2:], code[:4] + b"\x01" + code[5:], code[:18] + b"\xb7\x00" + code[20:]):
        with pytest.raises(NoImageError):
            image(other, "there")


def test_a_damaged_object_gives_an_image_or_none() -> None:
    """Never another exception, and never memory beyond its own size."""
    code = built(PLAIN)
    for end in range(0, len(code), 7):
        with pytest.raises(NoImageError):
            image(code[:end], "there")
    random = np.random.default_rng(0)
    for _ in range(3000):
        damaged = bytearray(code)
        damaged[random.integers(len(code))] = random.integers(256)
        try:
            made = image(bytes(damaged), "there")
        except NoImageError:
            continue
        assert len(made) <= 8 * 4096 + len(code)
        assert HEAD.unpack_from(made)[1] < len(made) - HEAD.size


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CNNSPEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    return tmp_path / "cache"


def move() -> None:
    """By native code, in steps of its own vectors."""
    x, y = np.arange(6, dtype=np.float32), np.zeros(6, np.float32)
    fields = (x.ctypes.data, y.ctypes.data, 1, 1, 1, 6, *2 * (0, 0, 24, 4))
    native.NativeCall(native.function("move", MOVE), fields, x, y)()
    np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    "spoil",
    [lambda code: code[:-1], lambda code: code[: len(code) // 2], lambda code: code[:40] + b"\xcc" + code[41:]],
    ids=["cut at its end", "cut in the middle", "one byte altered"],
)
def test_a_damaged_file_is_never_run(
    cache: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytes], bytes]
) -> None:
    move()
    [file] = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(spoil(whole))
    loaded: list[bytes] = []

    def watched(code: bytes) -> int | None:
        loaded.append(code)
        return executable.executable(code)

    monkeypatch.setattr(native, "_FUNCTIONS", {})
    monkeypatch.setattr(linker, "executable", watched)
    move()
    assert loaded == [whole[:-32]]
    assert file.read_bytes() == whole


def test_where_nobody_may_execute_what_he_wrote_llvm_links(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linker, "executable", lambda _: None)
    move()
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    monkeypatch.setattr(compiler, "image", refuse)
    for file in cache.iterdir():
        file.unlink()
    move()
    [file] = cache.iterdir()
    assert file.read_bytes().startswith(b"\x7fELF")
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    move()


def refuse(code: bytes, name: str) -> bytes:
    raise NoImageError(name)


def test_memory_that_may_not_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = image(built(PLAIN), "there")
    system = executable._system()

    class Strict:
        mmap, munmap = system.mmap, system.munmap

        @staticmethod
        def mprotect(*_: int) -> int:
            return -1

    monkeypatch.setattr(executable, "_system", lambda: Strict)
    assert executable.executable(made) is None
    monkeypatch.setattr(Strict, "mmap", lambda *_: executable.FAILED)
    assert executable.executable(made) is None


def test_all_kernels_are_images() -> None:
    for name in SOURCES:
        assert executable.is_image(native._code(name, processor.vectors())), name


RUNS = (
    "import sys; from cnnspec import load, weights; import numpy; spec = load('lenet5');"
    "model = spec.compile(weights.initial(spec.graph.tensors, 'he', 0), backend='numba');"
    "model(numpy.zeros((1, 1, 28, 28)));"
)
LEARNS = """
import sys
import numpy
from cnnspec import load, weights
from cnnspec.language.sections.train import Train
from cnnspec.train.trainer import Trainer

for name, shape, output in (
    ("lenet5", (1, 28, 28), ()),
    ("mobilenet_v2", (3, 32, 32), ()),
    ("unet", (3, 32, 32), (1, 32, 32)),
):
    graph = load(name, shape).graph
    graph = graph.until(graph.by_name[graph.outputs[0]].inputs[0])
    settings = Train(loss="binary_cross_entropy" if output else "cross_entropy")
    trainer = Trainer(graph, settings, weights.initial(graph.tensors, "he", 0), backend="numba")
    trainer.step(numpy.zeros((2, *shape), numpy.float32), numpy.zeros((2, *output), int), 1e-3)
"""


@pytest.mark.parametrize("work", [RUNS, LEARNS], ids=["runs", "learns"])
def test_a_warm_process_loads_no_compiler_and_no_memory_is_writable_and_executable(work: str) -> None:
    for name in SOURCES:
        native.function(name, processor.vectors())
    program = work + "print(*sys.modules, sep='\\n'); print('@'); print(open('/proc/self/maps').read())"
    environment = {"PYTHONPATH": str(ROOT), "CNNSPEC_CACHE": os.environ["CNNSPEC_CACHE"], "PATH": ""}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    modules, _, maps = done.stdout.partition("@")
    assert not {"numba", "llvmlite"} & set(modules.split())
    assert not re.search(r" rwx. ", maps)
    anonymous = re.findall(r"^\S+ (\S+) 00000000 00:00 0 *$", maps, re.MULTILINE)
    assert "r-xp" in anonymous
