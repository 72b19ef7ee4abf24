"""The rules of the house, held against the files themselves and against fresh processes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path

import pytest
from checkout import ROOT
from processes import code_of, layers_among, modules_after

import cnnspec
from cnnspec.layers import kinds

PACKAGE = Path(cnnspec.__file__).parent
LINES = 400

HEAVY = ("numpy", "rich", "PIL", "safetensors", "click")
AT_THE_DOOR = ("cnnspec.__version__", "cnnspec.in_html", "cnnspec.watched")
OUTER = ("cnnspec.engine", "cnnspec.reports", "cnnspec.cli", "cnnspec.engine.model", "cnnspec.kernels")


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
every_file = pytest.mark.parametrize("module", FILES)


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: no bodies of functions, nothing for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from at_import(child)


def targets(module: str, node: ast.AST) -> Iterator[str]:
    """The full names of the modules that an import statement brings in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        package = module.split(".") if FILES[module].name == "__init__.py" else module.split(".")[:-1]
        above = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield inner if inner in FILES else base


@cache
def imports(module: str, anywhere: bool = False) -> frozenset[str]:
    nodes = ast.walk(tree(module)) if anywhere else at_import(tree(module))
    return frozenset(target for node in nodes for target in targets(module, node))


def with_packages(module: str) -> Iterator[str]:
    """A module and the packages around it, which are imported first."""
    parts = module.split(".")
    yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def loaded_with(module: str) -> dict[str, str]:
    """Everything that importing a module imports -> the module that asks for it."""
    found: dict[str, str] = {}
    waiting = [(name, "") for name in with_packages(module)]
    while waiting:
        name, why = waiting.pop()
        if name in found:
            continue
        found[name] = why
        if name in FILES:
            waiting += [(inner, name) for target in imports(name) for inner in with_packages(target)]
    return found


def belongs(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def inside(package: str) -> list[str]:
    return [module for module in FILES if belongs(module, package)]


def wrong(module: str, *packages: str) -> set[str]:
    """The imports of a module, anywhere in it, that lead into these packages."""
    return {target for target in imports(module, True) if belongs(target, *packages)}


def test_imports_are_seen() -> None:
    """The tests below hold nothing if this finds nothing."""
    assert "numpy" in imports("cnnspec.layers.maxpool", True)
    assert "numpy" not in imports("cnnspec.layers.maxpool")
    assert {"cnnspec.graph.layer", "cnnspec.layers._pool"} <= imports("cnnspec.layers.maxpool")
    assert "cnnspec.graph.graph" in loaded_with("cnnspec.spec")
    assert "pydantic" in loaded_with("cnnspec.layers.conv")
    assert "numpy" in loaded_with("cnnspec.kernels.reference.sliding_windows")


@pytest.mark.parametrize("module", ["cnnspec.spec", *inside("cnnspec.layers")])
def test_specs_and_layers_need_nothing_heavy(module: str) -> None:
    """From the text to the graph: `cnnspec.spec` imports all of that."""
    found = loaded_with(module)
    assert {name: why for name, why in found.items() if belongs(name, *HEAVY, *OUTER)} == {}


# The tables of docs/architecture.md

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FILES_AT_THE_TOP = {"__init__.py", "__main__.py", "py.typed"}


def table(section: str) -> dict[str, list[list[str]]]:
    """The table of a section of the page: the names in backticks of each further cell, by the first cell."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {first.strip(" `"): [re.findall(r"`([\w.]+)`", cell) for cell in cells] for first, *cells in rows}


ROOMS = table("The rooms")
ALLOWED = table("Who may import whom")


def room(module: str) -> str:
    """The room of a module; nothing for those at the top."""
    return FILES[module].relative_to(PACKAGE).parts[0] if FILES[module].parent != PACKAGE else ""


def allowed(module: str, when_loaded: bool) -> list[str]:
    """What a module may import by the table."""
    rows = [cells for name, cells in ALLOWED.items() if belongs(module, f"cnnspec.{name}")]
    return [f"cnnspec.{name}" for cells in rows for cell in cells[: 1 if when_loaded else 2] for name in cell]


def test_the_top_level_is_the_rooms() -> None:
    entries = {path.name for path in PACKAGE.iterdir()} - {"__pycache__", "specs"}
    assert entries == set(ROOMS) | FILES_AT_THE_TOP
    assert {name.partition(".")[0] for name in ALLOWED} == set(ROOMS)


def test_every_folder_of_modules_is_a_package() -> None:
    """One without `__init__.py` is imported all the same, and may be what a move has left behind."""
    assert {path.parent for path in FILES.values()} == {p.parent for p in FILES.values() if p.name == "__init__.py"}


@every_file
def test_imports_are_those_of_the_table(module: str) -> None:
    if not room(module):
        return
    for when_loaded in (True, False):
        ours = {target for target in imports(module, not when_loaded) if belongs(target, "cnnspec")}
        known = (
            "cnnspec.__version__",
            "cnnspec.in_html",
            "cnnspec.watched",
            f"cnnspec.{room(module)}",
            *allowed(module, when_loaded),
        )
        found = {target for target in ours if target != "cnnspec" and not belongs(target, *known)}
        assert found == set()


def test_few_things_are_asked_for_at_the_package_s_door() -> None:
    for module, file in FILES.items():
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ImportFrom) and "cnnspec" in targets(module, node):
                assert {f"cnnspec.{alias.name}" for alias in node.names} < set(AT_THE_DOOR), file


def test_the_table_allows_nothing_in_vain() -> None:
    for name, cells in ALLOWED.items():
        modules = inside(f"cnnspec.{name}")
        for cell, anywhere in zip(cells, (False, True), strict=True):
            found = {target for module in modules for target in imports(module, anywhere)}
            assert {n for n in cell if not any(belongs(target, f"cnnspec.{n}") for target in found)} == set(), name


def test_rooms_stand_below_what_they_import() -> None:
    order = [name for name in ALLOWED if "." not in name]
    for name, cells in ALLOWED.items():
        above = order[: order.index(name.partition(".")[0])]
        assert {n.partition(".")[0] for cell in cells for n in cell} <= set(above), name


OPENERS = {"open", "read_bytes", "read_text", "fdopen"}
NO_FILES = {"Image", "archive"}
"""What is opened out of a file that is open."""
OWN_FILES = {
    "cnnspec.cli": "the void, in place of standard output",
    "cnnspec.diagnostics.catalogue": "its own pages",
    "cnnspec.machine.hardware": "what the system says of itself",
    "cnnspec.cli.commands.specs": "the bundled networks",
    "cnnspec.interop.code.library": "its own definitions",
    "cnnspec.interop.code.shared_definitions": "code that others run",
    "cnnspec.interop.numpy.program_definitions": "code that others run",
    "cnnspec.reports.page.own_files": "the files that the page is made of",
    "cnnspec.train.jsonl_log": "the log that it writes",
}


@every_file
def test_only_files_opens_files(module: str) -> None:
    """Or it would not be known what a command reads: see `cnnspec/files/overwrite_guard.py`."""
    if room(module) == "files" or module in OWN_FILES:
        return
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call):
            whose, _, called = ast.unparse(node.func).rpartition(".")
            is_file = called in OPENERS and (whose or called == "open") and whose not in NO_FILES
            assert not is_file, f"{module}:{node.lineno}"


def circles(arrows: Mapping[str, AbstractSet[str]]) -> set[str]:
    """What is left when those that import nothing, or that nothing imports, are taken away again and again."""
    left = set(arrows)
    while ends := {a for a in left if not arrows[a] & left or not any(a in arrows[b] for b in left)}:
        left -= ends
    return left


def test_no_modules_import_each_other() -> None:
    arrows = {module: imports(module, True) - {module} for module in FILES if room(module)}
    assert circles(arrows) == set()


def test_circles_are_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == {"b", "c"}


# Further rules


@every_file
def test_directions(module: str) -> None:
    if not belongs(module, "cnnspec.cli", "cnnspec.__main__"):
        assert wrong(module, "click") == set()
    if not belongs(module, "cnnspec.cli", "cnnspec.reports"):
        assert wrong(module, "rich") == set()
    if not belongs(module, "cnnspec.layers", "cnnspec.engine", "cnnspec.interop"):
        assert wrong(module, *(f"cnnspec.layers.{kind}" for kind in kinds())) == set(), "a layer is found by its kind"
    if not belongs(module, "cnnspec.language.syntax"):
        assert wrong(module, "yaml") == set()


@every_file
def test_nothing_else_prints(module: str) -> None:
    if belongs(module, "cnnspec.cli"):
        return
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in ("print", "click.echo"), node.lineno
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in ("sys.stdout", "sys.stderr", "sys.__stdout__"), node.lineno


def asks_for_a_kind(node: ast.AST) -> bool:
    """Whether a kind is compared with a layer's: `kind == "conv"`, `step.kind in (...)`, `match layer.kind`."""
    if isinstance(node, ast.Match):
        asked = ast.unparse(node.subject)
    elif isinstance(node, ast.Compare):
        asked = ast.unparse(node)
    else:
        return False
    named = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    return "kind" in asked and any(name in kinds() for name in named)


@every_file
def test_only_layers_ask_for_their_kind(module: str) -> None:
    if not belongs(module, "cnnspec.layers"):
        assert [ast.unparse(node) for node in ast.walk(tree(module)) if asks_for_a_kind(node)] == []


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ('if step.kind == "conv": pass', True),
        ('x = layer.kind in ("conv", "dense")', True),
        ('match layer.kind:\n  case "conv": pass', True),
        ("if kind in kinds(): pass", False),
        ('if token.kind == "name": pass', False),
    ],
)
def test_asking_is_seen(code: str, asks: bool) -> None:
    assert any(map(asks_for_a_kind, ast.walk(ast.parse(code)))) is asks


@every_file
def test_files_are_short(module: str) -> None:
    assert len(FILES[module].read_text(encoding="utf-8").splitlines()) <= LINES


@every_file
def test_files_say_what_they_are(module: str) -> None:
    vague = {"util", "utils", "const", "constants", "helper", "helpers", "misc", "common", "tools"}
    assert not vague & set(module.strip("_").split("."))
    assert ast.get_docstring(tree(module))


def test_importing_the_package_costs_nothing() -> None:
    loaded = modules_after("import cnnspec\ncnnspec.__version__")
    assert not loaded & {"pydantic", "pydantic_core", "numpy", "yaml", "click", "cnnspec.diagnostics"}


@pytest.mark.parametrize("name", ["validate", "summary"])
def test_checking_loads_only_the_layers_of_a_spec(name: str) -> None:
    loaded = modules_after(code_of(name, "lenet5"))
    assert layers_among(loaded) == {"conv", "relu", "maxpool", "flatten", "dense", "softmax"}


@pytest.mark.parametrize(
    ("args", "heavy"),
    [
        (["summary", "lenet5"], {"numpy", "rich", "PIL", "safetensors"}),
        (["validate", "resnet18"], {"numpy", "rich", "PIL", "safetensors"}),
        (["validate", "lenet5"], {"numpy", "rich", "PIL", "safetensors"}),  # its sample is a plain PNG
    ],
)
def test_checking_loads_nothing_heavy(args: list[str], heavy: set[str]) -> None:
    assert not modules_after(code_of(*args)) & heavy


@pytest.mark.parametrize("args", [["explain"], ["explain", "conv", "E203"], ["schema"], ["specs"], ["specs", "lenet5"]])
def test_the_manual_loads_nothing_heavy(args: list[str]) -> None:
    assert not modules_after(code_of(*args)) & {"numpy", "rich", "PIL"}


def test_help_loads_no_command() -> None:
    code = "import contextlib\nwith contextlib.suppress(BaseException):\n " + code_of("--help").replace("\n", "\n ")
    assert not modules_after(code) & {"numpy", "rich", "PIL", "pydantic", "yaml"}


@pytest.mark.parametrize("name", cnnspec.__all__)
def test_public_names(name: str) -> None:
    assert name in dir(cnnspec)
    found = getattr(cnnspec, name)
    assert name == "__version__" or found.__name__ == name


def test_no_other_public_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        cnnspec.lode  # type: ignore[attr-defined]  # noqa: B018


def test_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()
