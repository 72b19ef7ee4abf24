"""What the command leaves alone when it starts: modules that it does not need, and the process of those who import it.

How long it takes hangs on the machine; what it loads does not.
"""

from __future__ import annotations

import pytest
from processes import modules_after

HEAVY = {"numpy", "rich", "PIL", "safetensors", "threadpoolctl", "torch", "onnx", "cnnspec.engine", "cnnspec.kernels"}
SLOW = {"email", "zipfile", "shutil", "tempfile", "socket", "subprocess", "logging", "importlib.metadata"}
SLOW |= {"argparse", "_hashlib"}
"""Parts of the standard library that take as long as a model of pydantic, or many."""


def process(*args: str) -> str:
    """The whole command, as its entry point runs it."""
    ends = "contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit)"
    return (
        f"import contextlib, io\nfrom cnnspec.__main__ import main\n"
        f"sys.argv[1:] = {list(args)}\nwith {ends}:\n    main()"
    )


@pytest.mark.parametrize(
    "args",
    [
        ("validate", "lenet5"),
        ("validate", "resnet18", "--format", "json"),
        ("summary", "lenet5"),
        ("summary", "mobilenet_v2", "--format", "json"),
        ("explain", "conv"),
        ("specs", "lenet5"),
    ],
    ids=" ".join,
)
def test_nothing_is_loaded_in_vain(args: tuple[str, ...]) -> None:
    loaded = modules_after(process(*args))
    assert f"cnnspec.cli.commands.{args[0]}" in loaded
    assert not loaded & (HEAVY | SLOW)


def test_what_is_needed_is_loaded() -> None:
    """The test above holds nothing if modules are not seen."""
    assert {"numpy", "threadpoolctl", "cnnspec.engine"} <= modules_after(process("run", "lenet5"))


def test_a_small_plain_picture_needs_neither_pillow_nor_tables() -> None:
    assert not modules_after(process("run", "lenet5")) & {"PIL", "cnnspec.inputs.number_table"}


def test_the_collector_is_back_at_work() -> None:
    modules_after(f"import gc\n{process('validate', 'lenet5')}\nassert gc.isenabled()")


def test_run_sets_no_variable_of_blas() -> None:
    """How many threads BLAS starts, and which kernel it takes, is said by whoever starts the process."""
    pick = "{key: value for key, value in os.environ.items() if key.startswith(('OPENBLAS', 'OMP', 'MKL'))}"
    modules_after(f"import os\nbefore = {pick}\n{process('run', 'lenet5')}\nassert {pick} == before")


def test_importing_the_package_changes_nothing_in_the_process() -> None:
    """Plugins of pydantic are its caller's business."""
    before = "import gc, os\nbefore = dict(os.environ), gc.get_threshold(), gc.get_freeze_count()\n"
    after = "\nassert (dict(os.environ), gc.get_threshold(), gc.get_freeze_count()) == before and gc.isenabled()"
    loaded = modules_after(f"{before}import cnnspec\ncnnspec.check('lenet5', files=True){after}")
    assert {"pydantic.plugin._loader", "importlib.metadata"} <= loaded


@pytest.mark.parametrize(
    "use",
    [
        "import secrets; assert secrets.compare_digest('a', 'a')",
        "from secrets import token_hex; assert len(token_hex(2)) == 4",
    ],
)
def test_what_is_rarely_used_is_there_when_it_is_used(use: str) -> None:
    stand_in = "from cnnspec.__main__ import Deferred\nsys.modules['secrets'] = Deferred('secrets')\n"
    assert "_hashlib" in modules_after(stand_in + use)


def test_pydantic_gets_its_own_module_when_it_asks_for_more() -> None:
    code = (
        "from cnnspec.__main__ import NoPlugins\n"
        "name = 'pydantic.plugin._loader'\n"
        "sys.modules[name] = NoPlugins(name)\n"
        "from pydantic.plugin._loader import get_plugins\n"
        "assert get_plugins() == () and 'importlib.metadata' not in sys.modules\n"
        "from pydantic.plugin._loader import _plugins\n"
        "assert sys.modules[name].__file__"
    )
    assert "importlib.metadata" in modules_after(code)
