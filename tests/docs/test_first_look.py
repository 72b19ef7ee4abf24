"""The notebook in docs/: its cells run in a kernel, from top to bottom, and show what its texts say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT

from cnnspec.reports import live

NOTEBOOK = ROOT / "docs" / "first-look.ipynb"


def test_it_is_kept_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 5
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", NOTEBOOK.read_text(encoding="utf-8"))
    assert links
    assert all((NOTEBOOK.parent / link).is_file() for link in links)


@pytest.mark.peers
@pytest.mark.filterwarnings("default")  # those of the kernel's client
def test_its_cells_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    patience = f"from cnnspec.reports import live\nlive.SHORT = {live.PAUSE}"  # so that there is a bar on any machine
    notebook.cells.insert(0, nbformat.v4.new_code_cell(patience))
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    spec, mistake, classes, sums, page, learned, found, text = (
        cell.outputs for cell in notebook.cells[1:] if cell.cell_type == "code"
    )
    assert "61,706" in html(spec[0])
    assert "error[E204]" in html(mistake[0])
    assert classes[0].data["text/plain"].startswith("[('7', 0.99")
    by_hand, network = re.findall(r"-?\d+\.\d+", sums[0].text)
    assert by_hand == network
    assert html(page[0]).startswith("<iframe sandbox")
    *bars, curves = map(html, learned)
    assert bars == [""], "the bar has gone"
    assert "<img alt=" in curves
    accuracy = re.search(r"accuracy (\d+\.\d+) %", html(found[-1]))
    assert accuracy is not None
    assert float(accuracy[1]) > 80
    assert "layers:" in text[0].text
    assert (tmp_path / "digits.safetensors").is_file()


def html(output: Any) -> str:
    return str(output.data["text/html"])
