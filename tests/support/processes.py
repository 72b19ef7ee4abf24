"""The command as a process of its own, and what a fresh process has loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from checkout import ROOT

PATIENCE = 600
"""Seconds until a process counts as hung: none of the tests' takes more than a few on a quiet machine."""


def start(*arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
    """`cnnspec` with these arguments; `env` adds to the environment, the rest is as in `Popen`."""
    options.setdefault("stdout", subprocess.PIPE)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **options.pop("env", {})}
    command = [sys.executable, "-m", "cnnspec", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, **options)


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Exit code and standard error."""
    try:
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, said.decode()


def code_of(*args: str) -> str:
    """The code of a command that is called as a function."""
    return f"from cnnspec.cli import group\ngroup.main({list(args)}, standalone_mode=False)"


def modules_after(code: str) -> set[str]:
    """Names of the modules that a fresh process has loaded after running `code`, in an environment that says little."""
    program = f"import sys\n{code}\nsys.stdout = sys.__stdout__\nprint('@', *sys.modules)"
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.rpartition("@")[2].split())


def layers_among(modules: set[str]) -> set[str]:
    """The kinds of layers whose files are among these modules."""
    return {name.rpartition(".")[2] for name in modules if name.startswith("cnnspec.layers.") and "._" not in name}
