"""What often goes wrong when a file becomes a table of pandas, told before it becomes a wrong answer."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

#: What pandas and R call a column of row numbers that was written without a name, and what people call it.
_NAMES_OF_ROW_NUMBERS = {"", "unnamed: 0", "index", "level_0", "rownames"}


def check_table(data: Any, name: str) -> None:
    """Refuses a table whose columns are not what they seem; other data pass.

    Raises
    ------
    ValueError
        Names with semicolons in them, a column of row numbers, missing numbers.
    """
    columns, index = getattr(data, "columns", None), getattr(data, "index", None)
    if columns is None or index is None or getattr(data, "ndim", 0) != 2:
        return
    for place, column in enumerate(columns):
        if isinstance(column, str) and ";" in column:
            raise ValueError(
                f'{name}: the column {column!r} is several in one: read the file with sep=";", and with decimal="," if '
                "its numbers have a comma"
            )
        numbers = data.iloc[:, place].to_numpy()
        if numbers.dtype.kind not in "iuf":
            continue
        if str(column).lower() in _NAMES_OF_ROW_NUMBERS and _count_rows(numbers):
            raise ValueError(
                f"{name}: the column {column!r} has the numbers of the rows: read the file with index_col={place}, or "
                "leave the column out"
            )
        missing = np.flatnonzero(np.isnan(numbers))
        if missing.size:
            raise ValueError(
                f"{name}: the column {column!r} is NaN in {missing.size} of {len(numbers)} rows, first in row "
                f"{index.tolist()[missing[0]]!r}: leave such rows out ({name}.dropna()), or fill them"
            )


def _count_rows(numbers: Any) -> bool:
    return len(numbers) > 2 and numbers[0] in (0, 1) and bool(np.all(np.diff(numbers) == 1))


def with_names(document: dict[str, Any], data: Any) -> dict[str, Any]:
    """A document whose warnings name the columns of a table, where the library counts them from 0."""
    columns = getattr(data, "columns", None)
    if columns is None or not document.get("warnings"):
        return document

    def named(found: re.Match[str]) -> str:
        return f"column {columns[int(found[1])]!r}"

    return {**document, "warnings": [re.sub(r"\bcolumn (\d+)\b", named, each) for each in document["warnings"]]}
