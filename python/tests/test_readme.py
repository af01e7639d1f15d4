"""The Python of the README runs, each block in an empty folder with a table of rows."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def test_the_readme_has_its_examples():
    assert len(BLOCKS) >= 4


def test_the_examples_of_the_readme_run_one_after_another(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(1).normal(size=(40, 6)) * np.arange(1, 7)
    pd.DataFrame(rows, columns=list("abcdef")).to_csv("rows.csv", index=False)
    names = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
        assert capsys.readouterr().out, block
    assert Path("forecast.png").stat().st_size > 5000
