"""The notebooks of docs/notebooks run, say what they claim, and are stored without outputs.

A notebook says of each claim "As claimed." or "Not as claimed.", by its numbers. Outputs are cleared by
``jupyter nbconvert --clear-output --inplace docs/notebooks/*.ipynb``.
"""

import importlib.util
import json
import os
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
#: What notebooks import, besides what runs them.
MODULES = ("matplotlib", "pandas", "sklearn", "torch")
SECONDS = 300


def cells(path, kind):
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == kind]


def source(path):
    return "\n".join("".join(cell["source"]) for cell in cells(path, "code"))


def need(modules):
    """Skips where modules are absent; with LINDIFF_REQUIRE_PYTHON=1 the test fails."""
    absent = [module for module in modules if importlib.util.find_spec(module) is None]
    if absent and "LINDIFF_REQUIRE_PYTHON" in os.environ:
        pytest.fail(f"{', '.join(absent)} required and not there")
    if absent:
        pytest.skip(f"not run: no {', '.join(absent)}")


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path):
    for cell in cells(path, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None, f"{path.name}: the cell {cell['id']} has outputs"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_colours_of_a_notebook_are_those_of_the_palette(path):
    palette = (DOCS / "style-of-charts.md").read_text("utf-8").lower()
    assert [color for color in re.findall(r"#[0-9a-fA-F]{6}\b", source(path)) if color.lower() not in palette] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_its_claims_hold(path, tmp_path, monkeypatch):
    code = source(path)
    need(["nbformat", "nbclient", "ipykernel", *(name for name in MODULES if re.search(rf"(import|from) {name}\b", code))])
    import nbclient
    import nbformat

    # One core: a notebook must be quick on any machine.
    for variable in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")
    # In an empty folder: a notebook needs no file beside it.
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=resources).execute()

    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = [output.data.get("text/markdown", "") for output in outputs if "data" in output]
    assert [text for text in texts if "Not as claimed." in text] == []
    assert any("As claimed." in text for text in texts)
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert list(tmp_path.iterdir()) == [], "a notebook leaves no files"
