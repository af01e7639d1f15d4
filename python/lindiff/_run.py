"""What a run of ``lindiff train`` left behind."""

from __future__ import annotations

import csv
import importlib
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from ._result import Result, read_only

#: A table: an array for each column.
Columns = dict[str, NDArray[Any]]
#: Columns of whole numbers.
_WHOLE = {"epoch", "step", "member"}


@dataclass(frozen=True, eq=False, repr=False)
class Run(Result):
    """A run directory, as it was when it was read.

    Attributes
    ----------
    path
        The directory.
    metrics
        ``metrics.csv``: an array for each column, with one number for each evaluation. Empty cells are NaN.
    by_step
        ``losses_by_step.csv``, as ``metrics``.
    summary
        ``summary.json`` as dictionaries and lists; None while the run is in training.
    config
        The text of ``config.toml``: the experiment with all its defaults.
    """

    path: str
    metrics: Columns
    by_step: Columns
    summary: Optional[dict[str, Any]]
    config: str

    def to_pandas(self, table: str = "metrics") -> Any:
        """A table as a DataFrame of pandas.

        Parameters
        ----------
        table
            "metrics" or "by_step".

        Returns
        -------
        pandas.DataFrame
        """
        if table not in ("metrics", "by_step"):
            raise ValueError(f'table = {table!r}: must be "metrics" or "by_step"')
        try:
            pandas = importlib.import_module("pandas")
        except ImportError:
            raise ImportError("to_pandas() needs pandas: pip install pandas") from None
        return pandas.DataFrame({name: column.copy() for name, column in getattr(self, table).items()})

    def plot(self, ax: Any = None) -> Any:
        """Draws losses against the training time (or the epoch).

        Parameters
        ----------
        ax
            The axes of matplotlib to draw on; None: those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from ._plots import run

        return run(self, ax)


def read_run(path: Union[str, os.PathLike[str]]) -> Run:
    """Reads the directory of a run of ``lindiff train``, also while it is in training.

    Parameters
    ----------
    path
        The run directory.

    Returns
    -------
    Run

    Raises
    ------
    FileNotFoundError
        There is no run in this directory.

    Examples
    --------
    >>> run = lindiff.read_run("artifacts/digits")  # doctest: +SKIP
    >>> run.metrics["test_loss"][-1]  # doctest: +SKIP
    0.2975
    """
    folder = Path(path)
    if not (folder / "metrics.csv").is_file():
        raise FileNotFoundError(f"{folder} is no run directory of lindiff: it has no metrics.csv")
    summary, by_step = folder / "summary.json", folder / "losses_by_step.csv"
    config = folder / "config.toml"
    return Run(
        path=str(folder),
        metrics=_columns(folder / "metrics.csv"),
        by_step=_columns(by_step) if by_step.is_file() else {},
        summary=_numbers(json.loads(summary.read_text("utf-8"))) if summary.is_file() else None,
        config=config.read_text("utf-8") if config.is_file() else "",
    )


def _columns(path: Path) -> Columns:
    with path.open(newline="", encoding="utf-8") as file:
        text = file.read()
    # A row that is being written ends without a line break.
    lines = list(csv.reader(text[: text.rfind("\n") + 1].splitlines()))
    if not lines:
        return {}
    names, rows = lines[0], [line for line in lines[1:] if len(line) == len(lines[0])]
    return {name: _column(name, [row[index] for row in rows]) for index, name in enumerate(names)}


def _column(name: str, cells: list[str]) -> NDArray[Any]:
    if name in _WHOLE:
        whole = np.array([int(cell) for cell in cells], dtype=np.int64)
        whole.flags.writeable = False
        return whole
    return read_only(np.array([float(cell) if cell else math.nan for cell in cells], dtype=np.float64))


def _numbers(value: Any) -> Any:
    """JSON with infinite numbers."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return math.inf if value == "infinity" else value
