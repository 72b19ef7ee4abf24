"""Names that strangers choose, of files, classes and networks: whatever a command prints, no line of it is a command to
a service that reads the log, and nothing in it moves the cursor or cannot be seen."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from calling import call
from PIL import Image

from cnnspec import load
from cnnspec.reports.drawing.terminal_text import HIDDEN

EVIL = "::error file=x::\u202e\u00a0\u07fb##[group]"
FILE = f"{EVIL}\x1b[2J"
"""What a spec may not hold, a name of a file may."""
SPEC = f"""\
name: "{EVIL.encode("unicode_escape").decode()}"
about: "{EVIL.encode("unicode_escape").decode()}"
input: {{C: 1, H: 8, W: 8}}
layers:
  - {{conv: {{F: 3, K: 2}}, name: c}}
  - relu
  - flatten
  - dense: {{K: 2}}
preprocess: {{mode: gray, resize: [8, 8]}}
classes: ["{EVIL.encode("unicode_escape").decode()}", "::b"]
weights: weights.safetensors
train: {{epochs: 1, validation: 2}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything is called so, and what it lies in."""
    folder = tmp_path_factory.mktemp("evil") / FILE
    folder.mkdir()
    (folder / "good.yaml").write_text(SPEC, encoding="utf-8")
    (folder / f"{FILE}.yaml").write_text(SPEC.replace("weights: weights.safetensors", f'weights: "{EVIL}.safetensors"'))
    (folder / f"{FILE}-broken.yaml").write_text(SPEC.replace("- relu", f'- "{EVIL}": 3'))
    (folder / f"{FILE}-fixable.yaml").write_text(SPEC.replace("K: 2}, name", 'K: "2"}, name'))
    for name in ("weights", EVIL, FILE):
        assert call("init", folder / "good.yaml", "-o", folder / f"{name}.safetensors").code == 0
    for kind in (FILE, "::b"):
        (folder / "data" / kind).mkdir(parents=True)
        for number in range(4):
            pixels = np.random.default_rng(number).integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "data" / kind / f"{FILE}{number}.png")
    (folder / f"{FILE}.csv").write_bytes(b"1,2\n\xa0,\x1f\n")
    return folder


COMMANDS: list[tuple[str, ...]] = [
    ("validate", "{evil}.yaml"),
    ("validate", "{evil}-broken.yaml", "nothing{evil}"),
    ("validate", "{evil}-fixable.yaml", "--diff"),
    ("validate", "{evil}-fixable.yaml", "--fix"),
    ("summary", "{evil}.yaml"),
    ("summary", "{evil}.yaml", "--tensors"),
    ("summary", "{evil}.yaml", "--plan"),
    ("summary", "{evil}.yaml", "--train"),
    ("summary", "{evil}.yaml", "--format", "csv"),
    ("summary", "{evil}.yaml", "--format", "markdown"),
    ("summary", "{evil}.yaml", "--diff", "good.yaml"),
    ("summary", "{evil}-broken.yaml"),
    ("run", "{evil}.yaml", "data/{evil}/{evil}0.png"),
    ("run", "{evil}.yaml", "data", "nothing/{evil}", "{evil}.csv"),
    ("run", "{evil}.yaml", "data/{evil}/{evil}0.png", "--until", "{evil}"),
    ("run", "{evil}.yaml", "data/{evil}/{evil}0.png", "--out", "{evil}.npz"),
    ("inspect", "{evil}.yaml", "data/{evil}/{evil}0.png"),
    ("train", "{evil}.yaml", "--data", "data", "-o", "{evil}-trained.safetensors"),
    ("train", "{evil}.yaml", "--data", "{evil}.csv"),
    ("train", "{evil}.yaml", "--data", "data", "--set", "train.{evil}=3"),
    ("train", "{evil}.yaml", "--data", "data", "--set", "{evil}"),
    ("eval", "{evil}.yaml", "--data", "data", "--part", "all"),
    ("eval", "{evil}.yaml", "--data", "nothing{evil}"),
    ("init", "{evil}.yaml", "-o", "{evil}-init.safetensors"),
    ("convert", "{evil}.safetensors", "-o", "{evil}-converted.npz", "--rename", "{evil}=1"),
    ("convert", "{evil}.csv", "-o", "{evil}.npz"),
    ("export", "{evil}.yaml", "-o", "{evil}.{evil}"),
    ("explain", "{evil}"),
    ("explain", "norm\n{evil}"),
    ("specs", "{evil}"),
    ("specs", "lenet5", "-o", "{evil}-copy"),
    ("\n{evil}",),
    ("run", "--\n{evil}"),
    ("run", "lenet5", "--top", "\n{evil}"),
    ("run", "lenet5", "--format", "\n{evil}"),
]


@pytest.mark.parametrize("args", COMMANDS, ids=lambda args: " ".join(args).replace("{evil}", "*"))
def test_nothing_that_is_printed_is_a_command(
    args: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    called = call(*(arg.replace("{evil}", FILE) for arg in args))
    said = called.out + called.err
    assert said.strip()
    assert not re.search(r"^\s*::|##\[", said, re.MULTILINE), said
    hidden = {c for c in said if c not in " \n\r" and unicodedata.category(c) in HIDDEN}
    assert not hidden, said


def test_the_names_are_what_they_are(folder: Path) -> None:
    assert load(str(folder / f"{FILE}.yaml")).name == EVIL


@pytest.mark.parametrize(
    "args",
    [
        ("validate", ""),
        ("run", "lenet5", ""),
        ("run", "lenet5", "--until", ""),
        ("convert", "lenet5", "-o", "o.npz", "--for", ""),
        ("train", "lenet5", "--data", ""),
        ("train", "lenet5", "--set", ""),
        ("summary", "lenet5", "--diff", ""),
        ("explain", ""),
        ("specs", ""),
    ],
)
def test_an_empty_word_is_no_choice(args: tuple[str, ...]) -> None:
    called = call(*args)
    assert (called.code, "is a variable of the shell not set?" in called.err) == (2, True)
