"""Everything that README.md and docs/ show: blocks are executed, outputs, tables and figures compared.

The two blocks of *Quick start* are CI's. `pytest --update-golden` takes outputs as they are now.
"""

from __future__ import annotations

import doctest
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make_readme_picture as picture
import numpy as np
import pytest
import readme
import yaml
from checkout import ROOT
from fuzz import command as fuzz_command
from readme import (
    CONTRIBUTING,
    DOCS,
    README,
    Block,
    Command,
    Shell,
    blocks,
    commands,
    console,
    is_spec,
    rows,
    words,
)

import cnnspec
from cnnspec.cli import COMMANDS
from cnnspec.cli import group as command_line
from cnnspec.inputs import images
from cnnspec.language import keywords
from cnnspec.language.elaboration.binding import REPEATS
from cnnspec.language.elaboration.bounds import LAYERS
from cnnspec.language.syntax import parser, source, tree
from cnnspec.language.values import expression
from cnnspec.layers import find
from cnnspec.reports.manual.pages import entries
from cnnspec.spec import bundled, check

QUICK_START = [block for block in blocks("sh") if block.page == README and block.section == "Quick start"]
MISTAKEN = ("first.yaml", "slips.yaml")
"""Specs that are shown for what is wrong in them; consoles show what is said of it."""
CONSOLES = blocks("console")
SCRIPTS = [block for block in blocks("sh") if block not in QUICK_START]
SPECS = [block for block in blocks("yaml") if is_spec(block) and block.about not in MISTAKEN]
SESSIONS = [block for block in blocks("python") if block.about in ("", "peers")]
CONFIGURATIONS = [block for block in blocks() if block.about.startswith(".")]
IMAGES = blocks("dockerfile")
DRAWINGS = blocks("text")


def marked(found: list[Block]) -> list[Any]:
    peers = {"peers": [pytest.mark.peers]}
    return [pytest.param(block, id=str(block), marks=peers.get(block.about, [])) for block in found]


def replace(page: Path, old: str, new: str) -> None:
    """In a page, once."""
    text = readme.text(page)
    assert text.count(old) == 1
    page.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def updating(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


# The pages as a whole


def test_readme_opens_with_what_it_is_a_picture_and_the_quick_start() -> None:
    opening, _, rest = readme.text(README).partition("\n## Quick start\n")
    assert opening.startswith("# cnnspec\n\n")
    assert re.findall(r"!\[.+\]\((.*)\)", opening) == ["docs/cnnspec.svg"]
    assert rest.count("\n") < 250


def test_readme_leads_to_every_page() -> None:
    links = set(re.findall(r"\]\((.*?)\)", readme.text(README)))
    pages = {page.relative_to(ROOT).as_posix() for page in readme.pages()}
    assert pages - links == {"README.md", "docs/index.md"}


def test_quick_start_is_two_command_lines() -> None:
    assert [block.text.count("\n") for block in QUICK_START] == [1, 1]
    assert len([block for block in blocks() if block.page == README and block.section == "Quick start"]) == 2


def test_every_block_is_executed() -> None:
    """None is left out: not by its language, its first line, or the way in which it is fenced."""
    files = [b for b in blocks("python") if b not in SESSIONS] + [b for b in blocks("yaml") if b.about in MISTAKEN]
    files += [block for block in blocks("toml") if block not in CONFIGURATIONS]
    kinds = [QUICK_START, CONSOLES, SCRIPTS, SPECS, SESSIONS, CONFIGURATIONS, IMAGES, DRAWINGS, files]
    assert sorted(map(str, blocks())) == sorted(str(block) for kind in kinds for block in kind)
    for page in readme.pages():
        fences = re.findall(r"^[ >]*(?:```|~~~)", readme.text(page), re.MULTILINE)
        assert len(fences) == 2 * len([block for block in blocks() if block.page == page]), page
    for block in (*CONSOLES, *SCRIPTS):
        assert block.about in ("", "peers")
    for block in DRAWINGS:
        assert not re.search(r"^\s*(\$|cnnspec|python|pip)\s", block.text, re.MULTILINE)


def test_no_page_is_forgotten(tmp_path: Path) -> None:
    """A page that somebody adds is one whose blocks are executed, wherever it lies in docs/."""
    new = tmp_path / "docs" / "more" / "new.md"
    new.parent.mkdir(parents=True)
    new.write_text("# New\n\n## Part\n\n```sh\ncnnspec specs\n```\n", encoding="utf-8")
    assert blocks(root=tmp_path) == [Block(new, "sh", "", "cnnspec specs\n", "Part", 5)]


def test_a_file_has_one_content() -> None:
    for name, content in readme.files().items():
        assert {block.text for block in blocks() if block.about == name} == {content}, name


@pytest.mark.parametrize("page", readme.pages(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((.*?)\)", readme.text(page)):
        target, _, anchor = link.partition("#")
        if target.startswith("https://"):
            continue
        file = (page.parent / target) if target else page
        assert file.is_file(), link
        if anchor:
            titles = re.findall(r"^#+ (.*)$", readme.text(file), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, link


# Commands


@pytest.mark.parametrize("block", marked(CONSOLES))
def test_console(block: Block, shell: Shell, updating: bool) -> None:
    ran = [Command(command.line, shell.run(command.line)) for command in commands(block)]
    if updating:
        replace(block.page, block.text, console(ran))
    else:
        assert console(ran) == block.text


@pytest.mark.parametrize("block", marked(SCRIPTS))
def test_script(block: Block, shell: Shell) -> None:
    for line in block.text.splitlines():
        shell.run(line)


def test_every_command_has_a_section_with_an_example() -> None:
    pages = (DOCS / "commands.md", DOCS / "training.md")
    run = "".join(block.text for block in (*CONSOLES, *SCRIPTS) if block.page in pages)
    assert re.findall(r"^## (.*)$", readme.FENCED.sub("", readme.text(pages[0])), re.MULTILINE) == list(COMMANDS)
    for name in COMMANDS:
        assert f"cnnspec {name}" in run


def test_readme_lists_the_commands() -> None:
    listed = re.search(r"^\| command \|.*\n\|[-:|]+\n((?:\|.*\n)+)", readme.text(README), re.MULTILINE)
    assert listed is not None
    assert re.findall(r"^\| \[`([\w-]+)`\]\(docs/commands\.md#\1\)", listed[1], re.MULTILINE) == list(COMMANDS)


def test_options_exist(pytestconfig: pytest.Config) -> None:
    """Every `--option` of the pages is one of cnnspec's, of the fuzzer's or of pytest's; some are other programs'."""
    context = command_line.make_context("cnnspec", [], resilient_parsing=True)
    loaded = (command_line.get_command(context, name) for name in COMMANDS)
    known = {
        option
        for command in loaded
        if command
        for parameter in command.get_params(context)
        for option in parameter.opts
    }
    found = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", readme.everything()))
    fuzzing = {option for action in fuzz_command.parser()._actions for option in action.option_strings}
    for option in found - known - fuzzing - OTHERS:
        pytestconfig.getoption(option)  # or raises ValueError


OTHERS = {"--no-deps", "--no-cache-dir", "--cpus", "--standalone", "--nproc-per-node", "--nnodes", "--rdzv-endpoint"}
OTHERS |= {"--images", "--kills", "--rounds"}
"""Options of pip, docker, torchrun and the benchmark of many images."""


@pytest.mark.parametrize("page", readme.pages(), ids=lambda page: page.name)
def test_named_files_are_there(page: Path) -> None:
    """Where a name in capitals stands for any, there is at least one."""
    shown = readme.files()
    for path in re.findall(r"`((?:cnnspec|tests|specs|docs|benchmarks|editors)/[\w./]*)`", readme.text(page)):
        pattern = re.sub("KIND|CODE|NAME|SUBJECT|FORMAT", "*", path)
        assert any(ROOT.glob(pattern)) or path in shown, path


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=str)
def test_configuration_of_another_program_is_read(block: Block) -> None:
    """What the values mean is told by the tests of what they are for: the hook, the action, the schema, editors."""
    assert block.about in (
        ".github/workflows/specs.yaml",
        ".pre-commit-config.yaml",
        ".vscode/settings.json",
        ".config/nvim/init.lua",
        ".config/helix/languages.toml",
        ".emacs.d/init.el",
    )
    readers: dict[str, Callable[[str], Any]] = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}
    assert readers.get(block.language, str.split)(block.text)


@pytest.mark.parametrize("block", IMAGES, ids=str)
def test_image_runs_its_command(block: Block, shell: Shell) -> None:
    """The package comes from pip, the rest from the page: what the image is told to run is run."""
    said = dict(line.split(" ", 1) for line in block.text.splitlines() if not line.startswith("#"))
    assert re.fullmatch(r"python:3\.\d+-slim", said["FROM"])
    assert said["RUN"].startswith("pip install ")
    shell.run(" ".join(json.loads(said["CMD"])))


# Specs


@pytest.mark.parametrize("block", SPECS, ids=str)
def test_spec_is_valid(block: Block) -> None:
    text = block.text
    if block.about.startswith("layers "):
        C, H, W = block.about.removeprefix("layers ").split("x")
        text = f"input: {{C: {C}, H: {H}, W: {W}}}\nlayers:\n{text}"
    assert check(io.StringIO(text)).diagnostics == ()


@pytest.mark.parametrize("block", [b for b in SPECS if b.about.startswith("specs/")], ids=str)
def test_bundled_spec_is_shown_as_it_is(block: Block, updating: bool) -> None:
    text = (bundled.folder() / block.about.removeprefix("specs/")).read_text(encoding="utf-8")
    if updating:
        replace(block.page, f"```yaml {block.about}\n{block.text}```", f"```yaml {block.about}\n{text}```")
    else:
        assert block.text == text


# Tables and figures


def test_layers_with_all_their_fields() -> None:
    """Bold for what must be given, a default behind a name, a name alone for what may be left out."""
    shown = {}
    for kinds_cell, fields, *_ in rows("language", "layer"):
        for kind in words(kinds_cell):
            shown[kind] = set(filter(None, fields.split(", "))) - {"branches"}
    assert shown == {
        kind: {f"**{e.name}**" if e.default is None else f"{e.name} {e.default}".strip() for e in entries(find(kind))}
        for kind in shown
    }


def test_keys_of_a_spec() -> None:
    assert {key for first, *_ in rows("language", "key") for key in words(first)} == set(keywords.top())
    for key in keywords.inner():
        assert re.search(rf"`{key}[`:]|\b{key}:", readme.text(DOCS / "language.md")), key


def test_letters() -> None:
    assert {letters: said for letters, said, _ in rows("language", "letter")} == keywords.LETTERS


def test_limits() -> None:
    limits = readme.text(DOCS / "language.md").partition("## Limits\n")[2]
    for number, unit in (
        (source.MAX_BYTES, "bytes"),
        (parser.MAX_DEPTH, "levels"),
        (parser.MAX_EVENTS, "YAML events"),
        (parser.MAX_SCALAR, "characters"),
        (expression.MAX_LENGTH, "characters"),
        (REPEATS, ""),
        (LAYERS, "layers"),
        (tree.LENGTH, "characters"),
        (images.MAX_PIXELS, "pixels"),
        (images.MAX_SIDE, "a side"),
    ):
        assert f"{number:,} {unit}".strip() in " ".join(limits.split())
    assert expression.MAX_VALUE == 10**12
    assert "10^12" in limits


def test_networks(updating: bool) -> None:
    page, table = DOCS / "networks.md", readme.networks()
    shown = re.search(r"^\| name \|(?:.*\n)(?:\|.*\n)+", readme.text(page), re.MULTILINE)
    assert shown is not None
    if updating:
        replace(page, shown[0], table)
    else:
        assert shown[0] == table


def test_picture_shows_what_the_commands_print(shell: Shell, updating: bool) -> None:
    drawn = picture.draw(shell)
    if updating:
        picture.PICTURE.write_text(drawn, encoding="utf-8")
    shown = picture.words(picture.PICTURE.read_text(encoding="utf-8"))
    assert shown == picture.words(drawn)
    assert [line for line in shown if line.startswith("$")] == [f"${''.join(c.split())}" for c in picture.COMMANDS]


# Python


@pytest.mark.parametrize("block", marked(SESSIONS))
def test_python(block: Block, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shell.folder)
    test = doctest.DocTestParser().get_doctest(block.text, {}, str(block), None, block.line)
    said: list[str] = []
    outcome = doctest.DocTestRunner().run(test, out=said.append)
    assert test.examples
    assert outcome.failed == 0, "".join(said)


def test_public_names_are_there() -> None:
    for name in cnnspec.__all__:
        assert getattr(cnnspec, name)


WEIGHTED = {
    "cnnspec/layers/projection.py": '''"""A projection: `dense` by another name, which no test knows."""

from ..graph.layer import Example
from .dense import Dense


class Projection(Dense):
    """K neurons, each connected to every value of a vector."""

    zh = "全连接：K 个神经元，每个都与向量里的每一个数相连。"
    examples = (Example("projection: {K: 3}", (8,), (3,)),)
''',
    "tests/oracle/windows.py": """def projection(layer: Any, x: Array, **tensors: Any) -> Array:
    return dense(layer, x, **tensors)
""",
}


def test_a_layer_in_one_file(tmp_path: Path) -> None:
    """The page's layer, put into a copy, and one with weights beside it: the contract tests find them, the tests that
    go over all kinds stay content, the commands know the layer, and export says what it lacks."""
    new = {block.about: block.text for block in blocks("python") if block.about and block.page == CONTRIBUTING}
    (layer,) = (name for name in new if name.startswith("cnnspec/layers/"))
    kind = Path(layer).stem
    ignored = shutil.ignore_patterns("__pycache__", "data", "golden", "ui")
    for folder in ("cnnspec", "tests", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for name in ("pyproject.toml", README, CONTRIBUTING):
        shutil.copy(ROOT / name, tmp_path)
    for name, text in (new | WEIGHTED).items():
        file = tmp_path / name
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if text not in before:
            file.write_text(f"{before}\n\n{text}".lstrip("\n"), encoding="utf-8")
    (tmp_path / "net.yaml").write_text(f"input: {{C: 1, H: 2, W: 2}}\nlayers: [{kind}, flatten]\n", encoding="utf-8")
    for contract, at_least in (("tests/layers/test_contract.py", 20), ("tests/layers/test_gradients.py", 30)):
        tested = in_copy(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", contract, "-k", f"{kind} or projection")
        passed = re.search(r"^(\d+) passed", tested, re.MULTILINE)
        assert passed is not None, tested
        assert int(passed[1]) >= at_least
    others = in_copy(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", *OVER_ALL_KINDS)
    assert re.search(rf"^{len(OVER_ALL_KINDS)} passed", others, re.MULTILINE), others
    assert in_copy(tmp_path, "cnnspec", "explain", kind).startswith(f"# {kind}: ")
    validated = in_copy(tmp_path, "cnnspec", "validate", "net.yaml")
    assert validated == "ok net.yaml: output 4, 0 parameters, 0 MACs\n"
    np.save(tmp_path / "x.npy", np.array([[[-3, -0.5], [0.5, 3]]], np.float32))
    in_copy(tmp_path, "cnnspec", "run", "net.yaml", "x.npy", "--init", "he", "--out", "y.npz")
    with np.load(tmp_path / "y.npz") as outputs:
        assert outputs["flatten1"].tolist() == [[-1, -0.5, 0.5, 1]]
    refused = in_copy(tmp_path, "cnnspec", "export", "net.yaml", "-o", "net.onnx", "--init", "he", code=3)
    assert refused.startswith(f"error[E419]: no ONNX rule for `{kind}`\n")


OVER_ALL_KINDS = (
    "tests/spec/test_random_specs.py::test_the_specs_are_of_all_sorts",
    "tests/engine/test_lowerings.py::test_the_engine_has_lowerings_for_every_kind",
    "tests/interop/test_onnx_export.py::test_every_kind_that_the_readme_lists_has_a_rule",
    "tests/docs/test_readme.py::test_layers_with_all_their_fields",
)


def in_copy(folder: Path, *call: str, code: int = 0) -> str:
    """What `python -m ...` prints in a copy of the project; the exit code must be `code`."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", *call]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout or done.stderr
