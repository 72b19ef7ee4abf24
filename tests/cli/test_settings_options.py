"""Settings of training are judged after others have been put in their place by `--set`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import call

from cnnspec.diagnostics import SpecError
from cnnspec.spec import load

REGRESSION = "input: {C: 1, H: 4, W: 4}\nlayers: [flatten, {dense: {K: 1}}]\ntrain: {epochs: 1}\n"
CLASSES = "input: {C: 1, H: 4, W: 4}\nlayers: [flatten, {dense: {K: 3}}]\n"
CASES = [
    (REGRESSION, "train.loss=mse", "E306"),
    (CLASSES + "train: {warmup: 10}\n", "train.epochs=20", "E305"),
    (CLASSES + "train: {patience: 3, validation: 0}\n", "train.validation=0.1", "E305"),
    (CLASSES + "train: {augment: {shift: 9}}\n", "train.augment.shift=1", "E306"),
]
every_case = pytest.mark.parametrize(("text", "option", "code"), CASES)


@every_case
def test_what_another_setting_mends(tmp_path: Path, text: str, option: str, code: str) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(text)
    assert call("summary", spec, "--train", "--set", option).code == 0
    for called in (call("summary", spec, "--train"), call("validate", spec), call("train", spec)):
        assert (called.code, f"error[{code}]" in called.out + called.err) == (1, True)


def test_a_setting_given_on_the_command_line_trains(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(REGRESSION)
    np.savez(tmp_path / "d.npz", x=np.ones((20, 1, 4, 4), np.float32), y=np.ones((20, 1), np.float32))
    given = ("--data", tmp_path / "d.npz", "--set", "train.loss=mse")
    assert call("train", tmp_path / "net.yaml", *given, "-o", tmp_path / "w.safetensors").code == 0
    assert call("eval", tmp_path / "net.yaml", *given, "--weights", tmp_path / "w.safetensors").code == 0


@every_case
def test_loaded_to_be_trained_with_others(tmp_path: Path, text: str, option: str, code: str) -> None:
    (tmp_path / "net.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "net.yaml")
    assert [found.code for found in caught.value.diagnostics] == [code]
    spec = load(tmp_path / "net.yaml", settings=False)
    with pytest.raises(SpecError) as caught:
        spec.train((np.ones((20, 1, 4, 4), np.float32), np.zeros(20, int)))
    assert [found.code for found in caught.value.diagnostics] == [code]
