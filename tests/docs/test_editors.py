"""The extension of VS Code, and the lines that the docs give for other editors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from readme import blocks

import cnnspec

EXTENSION = ROOT / "editors" / "vscode"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
PATTERNS = json.loads((ROOT / "editors" / "schemastore.json").read_text(encoding="utf-8"))["fileMatch"]
COMMAND = ["cnnspec", "lsp"]

STAND_INS = """
const Module = require("module");
const load = Module._load;
const say = (...what) => console.log(JSON.stringify(what));
const vscode = {
  workspace: { getConfiguration: () => ({ get: (name) => name === "command" && ["cnnspec", "lsp", "--stdio"] }) },
  window: { showErrorMessage: (text) => say("error", text) },
};
class LanguageClient {
  constructor(...about) { say("client", ...about); }
  async start() { if (process.argv[2] === "fail") throw new Error("no such file"); say("start"); }
  async stop() { say("stop"); }
}
Module._load = (name, ...rest) =>
  name === "vscode" ? vscode : name === "vscode-languageclient/node" ? { LanguageClient } : load(name, ...rest);
const extension = require(process.argv[1]);
extension.activate().then(() => extension.deactivate());
"""


def ran(*arguments: str) -> list[Any]:
    """What the extension does between its start and its end, where Node is there to run it."""
    node = shutil.which("node")
    if node is None:
        return []
    call = [node, "-e", STAND_INS, str(EXTENSION / "extension.js"), *arguments]
    done = subprocess.run(call, capture_output=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_extension_goes_with_this_version() -> None:
    assert MANIFEST["version"] == cnnspec.__version__
    for dependency in (*MANIFEST["dependencies"].values(), *MANIFEST["devDependencies"].values()):
        assert re.fullmatch(r"[0-9.]+", dependency), "the same is packaged everywhere"


def test_it_is_for_specs_by_their_names() -> None:
    (language,) = MANIFEST["contributes"]["languages"]
    assert language["filenamePatterns"] == PATTERNS
    assert f"onLanguage:{language['id']}" in MANIFEST["activationEvents"]


def test_the_files_that_it_names_are_there() -> None:
    parts = MANIFEST["contributes"]
    named = [MANIFEST["main"], parts["languages"][0]["configuration"], *(each["path"] for each in parts["grammars"])]
    for name in named:
        text = (EXTENSION / name).read_text(encoding="utf-8")
        assert json.loads(text) if name.endswith(".json") else text
    made = {"node_modules", "package-lock.json"}
    ignored = set((EXTENSION / ".gitignore").read_text(encoding="utf-8").replace("/", "").split())
    assert made <= ignored


def test_the_command_can_be_chosen() -> None:
    (setting,) = MANIFEST["contributes"]["configuration"]["properties"].items()
    assert (setting[0], setting[1]["default"]) == ("cnnspec.command", COMMAND)


def test_it_starts_the_server_and_lets_it_go() -> None:
    said = ran()
    assert [what for what, *_ in said] in (["client", "start", "stop"], [])
    for _, *about in said[:1]:
        _, _, server, client = about
        assert server == {"command": "cnnspec", "args": ["lsp", "--stdio"]}
        assert client == {"documentSelector": [{"language": "cnnspec"}]}


def test_it_says_what_is_missing() -> None:
    for _, text in ran("fail")[1:]:
        assert "`cnnspec lsp --stdio` did not start (no such file)" in text
        assert "pip install 'cnnspec[lsp]'" in text


def shown(name: str) -> str:
    (block,) = (block for block in blocks() if block.about.endswith(name))
    return block.text


def test_helix() -> None:
    told = tomllib.loads(shown("languages.toml"))
    (language,) = told["language"]
    server = told["language-server"][language["language-servers"][0]]
    assert [server["command"], *server["args"]] == COMMAND
    assert [each["glob"] for each in language["file-types"]] == PATTERNS


@pytest.mark.parametrize("name", ["init.lua", "init.el"])
def test_brackets_are_closed_and_the_command_is_right(name: str) -> None:
    text = shown(name)
    quoted = re.findall(r'"([^"]*)"', text)
    assert any(quoted[n : n + 2] == COMMAND for n in range(len(quoted)))
    bare = re.sub(r'"[^"]*"', "", text)
    for opening, closing in ("()", "{}", "[]"):
        assert bare.count(opening) == bare.count(closing)


@pytest.mark.parametrize("name", ["init.lua", "init.el"])
def test_the_pattern_is_that_of_specs(name: str) -> None:
    """As regular expressions: Lua's `%.` and Emacs' doubled `\\\\.` are dots, `\\\\'` is the end."""
    (pattern,) = re.findall(r'"([^"]*cnn[^"]*ya[^"]*)"', shown(name))
    plain = pattern.replace("%.", r"\.").replace("\\\\", "\\").replace("\\'", "$")
    assert re.search(f"{plain}$", "net.cnn.yaml")
    assert re.search(f"{plain}$", "net.cnn.yml")
    assert not re.search(f"{plain}$", "netcnn.yaml")
    assert not re.search(f"{plain}$", "net.cnn.yaml.txt")


def test_no_file_that_is_made_is_kept() -> None:
    kept = {path.name for path in EXTENSION.iterdir()} - {"node_modules", "package-lock.json", "cnnspec.vsix"}
    assert kept == {*("package.json", "extension.js", "README.md", "syntaxes", "language-configuration.json"), *HIDDEN}
    assert Path(EXTENSION / "syntaxes").is_dir()


HIDDEN = (".gitignore", ".vscodeignore")
