"""`cnnspec doctor`: what a machine offers, from files as Linux has them; what would help, from findings."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from file_systems import machine

from cnnspec.cli import group
from cnnspec.machine import blas, doctor
from cnnspec.machine.blas import Blas, Speed
from cnnspec.machine.compiled_code import Compiler, fault, version
from cnnspec.machine.doctor import Advice, Findings, Without, advise
from cnnspec.machine.hardware import Cores, Processor, SystemMemory, cores, count_cores, instructions, memory, processor
from cnnspec.reports.doctor import to_json, to_text

GIB = 2**30


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(6)), raising=False)


# Cores and memory


def test_cores_without_limits(tmp_path: Path) -> None:
    assert count_cores(tmp_path) == Cores(8, 6, None)
    assert cores(tmp_path) == 6


def test_cores_without_affinity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert count_cores(tmp_path) == Cores(8, 8, None)


@pytest.mark.parametrize(
    ("limit", "quota", "usable"),
    [
        ("max 100000\n", None, 6),
        ("150000 100000\n", 1.5, 2),
        ("50000 100000\n", 0.5, 1),
        ("1600000 100000\n", 16.0, 6),
        ("0 100000\n", None, 6),
        ("nonsense", None, 6),
        ("", None, 6),
    ],
)
def test_quota_of_version_2(tmp_path: Path, limit: str, quota: float | None, usable: int) -> None:
    root = machine(tmp_path, proc__self__cgroup="0::/\n", sys__fs__cgroup__cpu_DOT_max=limit)
    assert count_cores(root) == Cores(8, 6, quota)
    assert cores(root) == usable


def test_the_tightest_quota_above_holds(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        proc__self__cgroup="0::/user/job/step\n",
        sys__fs__cgroup__user__cpu_DOT_max="200000 100000",
        sys__fs__cgroup__user__job__cpu_DOT_max="400000 100000",
        sys__fs__cgroup__user__job__step__cpu_DOT_max="max 100000",
        sys__fs__cgroup__other__cpu_DOT_max="100000 100000",
    )
    assert count_cores(root).quota == 2


@pytest.mark.parametrize("folder", ["cpu", "cpu,cpuacct"])
@pytest.mark.parametrize(("quota", "expected"), [("-1", None), ("250000", 2.5)])
def test_quota_of_version_1(tmp_path: Path, folder: str, quota: str, expected: float | None) -> None:
    """In a container /proc names the path outside of it, which is not there."""
    root = machine(tmp_path, proc__self__cgroup="5:memory:/docker/1f\n3:cpu,cpuacct:/docker/1f\n0::/docker/1f\n")
    machine(root / "sys/fs/cgroup" / folder, cpu_DOT_cfs_quota_us=f"{quota}\n", cpu_DOT_cfs_period_us="100000\n")
    assert count_cores(root).quota == expected


def test_memory(tmp_path: Path) -> None:
    installed = memory(tmp_path).installed
    assert installed
    assert memory(tmp_path) == SystemMemory(installed, None)
    two = machine(tmp_path / "2", proc__self__cgroup="0::/a\n", sys__fs__cgroup__a__memory_DOT_max=f"{1 << 20}\n")
    assert memory(two) == SystemMemory(installed, 1 << 20)
    assert memory(two).usable == 1 << 20
    endless = machine(tmp_path / "3", proc__self__cgroup="0::/\n", sys__fs__cgroup__memory_DOT_max="max\n")
    assert memory(endless).usable == installed
    file = {"sys__fs__cgroup__memory__memory_DOT_limit_in_bytes": "9223372036854771712\n"}
    one = machine(tmp_path / "1", proc__self__cgroup="4:memory:/docker/1f\n", **file)
    assert memory(one) == SystemMemory(installed, None)


def test_memory_untold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert memory(tmp_path).usable is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("model name\t: A 1\nflags\t\t: fpu sse2 avx avx2 avx512f\n\nmodel name\t: B\n", Processor("A 1", "AVX-512")),
        ("model name\t: A 2\nflags\t\t: fpu sse2 avx\n", Processor("A 2", "AVX")),
        ("model name\t: A 3\nFeatures\t: fp asimd\n", Processor("A 3", "NEON")),
        ("model name\t: A 4\n", Processor("A 4", "")),
    ],
)
def test_processor(tmp_path: Path, lines: str, expected: Processor) -> None:
    assert processor(machine(tmp_path, proc__cpuinfo=lines)) == expected


@pytest.mark.parametrize(
    ("lines", "model", "sets"),
    [
        (
            "vendor_id\t: V\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: A 1\ncpu MHz\t: 3.1\nflags\t: fma avx2\n",
            ("V", "25", "17", "", "A 1", "", "", "", "", ""),
            {"avx2", "fma"},
        ),
        ("Features\t: fp asimd\nCPU part\t: 0xd0c\n", (*("" for _ in range(8)), "0xd0c", ""), {"fp", "asimd"}),
        ("", ("",) * 10, set()),
    ],
)
def test_instructions(tmp_path: Path, lines: str, model: tuple[str, ...], sets: set[str]) -> None:
    found = instructions(machine(tmp_path, proc__cpuinfo=lines))
    assert found.model == model
    assert set(found.sets) == sets


def test_version_without_importing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert version("numpy") == np.__version__
    assert version("a_package_that_nobody_wrote") is None
    package = tmp_path / "package_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert version("package_of_a_test") is None
    for number in ("1.2", "1.3"):  # of two that are described, which one is there nobody knows
        described = tmp_path / f"package_of_a_test-{number}.dist-info"
        described.mkdir()
        (described / "METADATA").write_text(f"Name: package-of-a-test\nVersion: {number}\n")
        assert version("package_of_a_test") in ("1.2", number)


def test_processor_without_proc(tmp_path: Path) -> None:
    found = processor(tmp_path)
    assert found.name
    assert found.vectors == ""


# BLAS

BUILT = {"name": "scipy-openblas", "found": True, "version": "0.3.31"}
LOADED = {
    "user_api": "blas",
    "internal_api": "mkl",
    "version": "2025.1",
    "num_threads": 4,
    "threading_layer": "gnu",
}


def test_blas_is_what_is_loaded() -> None:
    assert blas.describe(BUILT, [LOADED]) == Blas("mkl", "2025.1", None, 4, True)
    assert blas.describe(BUILT, [LOADED | {"architecture": "Zen"}]).kernel == "Zen"
    assert blas.describe(BUILT, []) == Blas("scipy-openblas", "0.3.31")
    assert blas.describe({"name": "none", "found": False}, []) == Blas(None)
    assert blas.describe({}, []) == Blas(None)


def test_speed_is_measured() -> None:
    measured = blas.speed(0.01)
    assert measured.together > 0
    assert measured.single is None or measured.single > 0


def test_a_library_that_threadpoolctl_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threadpoolctl.threadpool_info", list)
    found = blas.blas()
    assert (found.loaded, found.kernel, found.threads) == (False, None, None)
    assert blas.speed(0.01).single is None


# Advice

FINDINGS = Findings(
    Processor("Some 9000", "AVX2"),
    Cores(8, 8, None),
    SystemMemory(16 * GIB),
    "3.12.1 (CPython, Linux x86_64)",
    "2.4.0",
    Blas("openblas", "0.3.31", "Haswell", 8, True),
    Compiler("0.68.1", "/home/ada/.cache/cnnspec"),
    Speed(100.0, 700.0),
    {},
)


def advice(findings: Findings, without: Without | None = None) -> list[Advice]:
    return list(advise(findings, without))


def test_nothing_to_say() -> None:
    assert advice(FINDINGS) == []
    assert "Nothing stands in the way" in to_text.render(FINDINGS, [], colour=False)


def test_a_slower_kernel_is_forced() -> None:
    findings = replace(FINDINGS, variables={"OPENBLAS_CORETYPE": "Haswell"})
    (found,) = advice(findings, Without("SkylakeX", Speed(215.0, 1400.0)))
    assert found.message == "`OPENBLAS_CORETYPE=Haswell` slows NumPy down"
    assert found.why == "100 GFLOP/s with the kernel Haswell; without it, 215 with the kernel SkylakeX"
    assert "`env -u OPENBLAS_CORETYPE cnnspec ...`" in found.help


def test_two_variables_slow_numpy_down() -> None:
    findings = replace(FINDINGS, variables={"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_L2_SIZE": "512"})
    (found,) = advice(findings, Without("Zen", Speed(None, 1400.0)))
    assert found.message == "`OPENBLAS_CORETYPE=Haswell` and `OPENBLAS_L2_SIZE=512` slow NumPy down"
    assert found.why == "700 GFLOP/s with the kernel Haswell; without them, 1400 with the kernel Zen"
    assert "-u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE" in found.help


def test_a_forced_kernel_that_costs_nothing() -> None:
    findings = replace(FINDINGS, variables={"OPENBLAS_CORETYPE": "Haswell"})
    assert advice(findings, Without("SkylakeX", Speed(105.0, 500.0))) == []


@pytest.mark.parametrize("name", [None, "blas", "lapack", "none"])
def test_a_library_that_is_not_tuned(name: str | None) -> None:
    (found,) = advice(replace(FINDINGS, blas=Blas(name)))
    assert "without a library that is tuned" in found.message


@pytest.mark.parametrize("name", ["scipy-openblas", "openblas64", "mkl-sdl", "accelerate", "flexiblas"])
def test_libraries_that_are_tuned(name: str) -> None:
    assert advice(replace(FINDINGS, blas=Blas(name))) == []


def test_too_few_threads() -> None:
    findings = replace(FINDINGS, blas=replace(FINDINGS.blas, threads=1), variables={"OMP_NUM_THREADS": "1"})
    (found,) = advice(findings)
    assert found.message == "`OMP_NUM_THREADS=1`: NumPy's products take 1 thread, 8 cores can be used"
    assert found.why.startswith("the others stand still")
    assert "`OPENBLAS_NUM_THREADS=8`" in found.help


def test_too_many_threads_and_a_quota() -> None:
    threads, quota = advice(replace(FINDINGS, cores=Cores(8, 8, 1.5)))
    assert threads.message == "NumPy's products take 8 threads, 2 cores can be used"
    assert threads.why.startswith("threads that share a core wait")
    assert quota.message == "a control group limits this process to 1.5 of 8 cores"


def test_other_processes_take_the_cores() -> None:
    (found,) = advice(replace(FINDINGS, speed=Speed(100.0, 20.0)))
    assert found.message == "NumPy's products are slower with 8 threads than with one"
    assert found.why.startswith("20 GFLOP/s, and 100 with one")
    assert advice(replace(FINDINGS, speed=Speed(None, 20.0))) == []


def test_affinity() -> None:
    findings = replace(FINDINGS, cores=Cores(8, 2), blas=replace(FINDINGS.blas, threads=2))
    (found,) = advice(findings)
    assert found.message == "this process may run on 2 of 8 cores"


def test_numpy_kept_from_instructions() -> None:
    (found,) = advice(replace(FINDINGS, variables={"NPY_DISABLE_CPU_FEATURES": "X86_V4"}))
    assert "'X86_V4'" in found.why


# As text, as JSON, as a command


def test_the_compiler_is_named_or_how_to_install_it() -> None:
    shown = to_text.render(replace(FINDINGS, compiler=Compiler(None, "")), [], colour=False)
    assert "numba      none; `pip install numba` brings `--backend numba`" in shown


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "print('hello'); raise ImportError('Numba needs NumPy 2.1 or less.\\nmore')",
            "ends with ImportError: Numba needs",
        ),
        ("raise OSError('no shared object file')", "ends with OSError: no shared object file"),
        ("import os; os.abort()", "importing it ends the process with SIGABRT"),
        ("import os; os._exit(7)", "importing it ends the process with exit code 7"),
    ],
)
def test_a_compiler_that_cannot_be_loaded(tmp_path: Path, quick: pytest.MonkeyPatch, code: str, said: str) -> None:
    """It is installed: whether it can be imported is seen by importing it."""
    (tmp_path / "numba").mkdir()
    (tmp_path / "numba" / "__init__.py").write_text(code)
    quick.syspath_prepend(str(tmp_path))
    found = Compiler("0.1", "", fault())
    assert said in found.fault
    assert "\n" not in found.fault
    (advice_on_it,) = advice(replace(FINDINGS, compiler=found))
    assert advice_on_it.why == found.fault
    assert advice_on_it.help == "`pip install --upgrade --force-reinstall numba`"
    shown = to_text.render(replace(FINDINGS, compiler=found), [], colour=False)
    assert "numba      0.1, which cannot be loaded" in shown


def test_a_compiler_that_can_be_loaded() -> None:
    assert fault() == ""


def test_text() -> None:
    findings = replace(
        FINDINGS, cores=Cores(8, 8, 1.5), memory=SystemMemory(16 * GIB, 2 * GIB), variables={"OMP_NUM_THREADS": "8"}
    )
    shown = to_text.render(findings, advice(findings), colour=False).splitlines()
    assert shown[:9] == [
        "processor  Some 9000, AVX2",
        "cores      2 usable of 8, limited to the time of 1.5",
        "memory     16.0 GiB, limited to 2.0 GiB",
        "Python     3.12.1 (CPython, Linux x86_64)",
        "NumPy      2.4.0",
        "BLAS       openblas 0.3.31, kernel Haswell, 8 threads",
        "numba      0.68.1, for `--backend numba`; compiled kernels are kept in /home/ada/.cache/cnnspec",
        "speed      100 GFLOP/s with one thread, 700 with 8 (float32 matrix products)",
        "set        OMP_NUM_THREADS=8",
    ]
    assert shown[10] == "What would make it faster:"
    assert sum(line.startswith("- ") for line in shown) == 2


def test_text_of_a_variable_is_safe_to_print() -> None:
    shown = to_text.render(replace(FINDINGS, variables={"OPENBLAS_CORETYPE": "\x1b[31mred"}), [], colour=False)
    assert "\x1b" not in shown


def test_what_is_unknown_is_said() -> None:
    findings = replace(
        FINDINGS, blas=Blas("scipy-openblas", "0.3.31"), speed=Speed(None, 99.0), memory=SystemMemory(None)
    )
    shown = to_text.render(findings, [], colour=False)
    assert "BLAS       scipy-openblas 0.3.31, kernel and threads unknown" in shown
    assert "speed      99 GFLOP/s (float32" in shown
    assert "memory     unknown" in shown


def test_json() -> None:
    without = Without("SkylakeX", Speed(215.0, 1400.0))
    found = json.loads(to_json.render(FINDINGS, without, [Advice("a", "b", "c")]))
    assert found["cores"] == {"installed": 8, "allowed": 8, "quota": None, "usable": 8}
    assert found["memory"]["usable"] == 16 * GIB
    assert found["blas"]["kernel"] == "Haswell"
    assert found["without_variables"] == {"kernel": "SkylakeX", "speed": {"single": 215.0, "together": 1400.0}}
    assert found["advice"] == [{"message": "a", "why": "b", "help": "c"}]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Measurements that take no time, in an environment without variables of that kind."""
    monkeypatch.setattr(doctor, "SECONDS", 0.01)
    for name in (*doctor.CHOOSING, *doctor.COUNTING, doctor.LIMITING):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_command(quick: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(group, ["doctor"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[:8]] == [
        "processor",
        "cores",
        "memory",
        "Python",
        "NumPy",
        "BLAS",
        "numba",
        "speed",
    ]


def test_command_measures_again_without_the_variables(quick: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From a folder whose modules must not be mistaken for the real ones."""
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')\n")
    quick.chdir(tmp_path)
    quick.setenv("OPENBLAS_L2_SIZE", "1024")
    found = json.loads(CliRunner().invoke(group, ["doctor", "--format", "json"]).stdout)
    assert found["variables"] == {"OPENBLAS_L2_SIZE": "1024"}
    assert found["without_variables"]["speed"]["together"] > 0


def test_no_second_process(quick: pytest.MonkeyPatch) -> None:
    quick.setattr("sys.executable", "/nowhere/python")
    findings = replace(FINDINGS, variables={"OPENBLAS_CORETYPE": "Haswell"})
    assert doctor.examine_without(findings) is None
    assert doctor.examine_without(FINDINGS) is None
