"""What users give, as the arrays that the library takes."""

from __future__ import annotations

from typing import Any, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._tables import check_table

#: Numbers of a result: one number, or an array of the shape of the inputs.
Numbers = Union[float, NDArray[np.float64]]


def rows_of(data: Any, name: str = "X", keep_bytes: bool = False) -> NDArray[Any]:
    """Rows as a C-contiguous array of doubles, without a copy where they are one.

    Bytes stay bytes with ``keep_bytes``.
    """
    array = _numeric(data, name)
    if array.ndim != 2:
        hint = {
            1: f"one column is {name}.reshape(-1, 1), one row {name}.reshape(1, -1)",
            0: "an array of numbers is needed",
        }.get(array.ndim, f"images are flattened by {name}.reshape(len({name}), -1)")
        raise ValueError(f"{name} has the shape {array.shape}, but rows and columns are needed: {hint}")
    if 0 in array.shape:
        raise ValueError(f"{name} has the shape {array.shape}: at least one row and one column are needed")
    if keep_bytes and array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(array, dtype=np.float64)


def vector_of(data: Any, name: str) -> NDArray[np.float64]:
    """A 1-D array of doubles."""
    array = _numeric(data, name)
    if array.ndim != 1:
        raise ValueError(f"{name} has the shape {array.shape}, but a list of numbers is needed")
    return np.ascontiguousarray(array, dtype=np.float64)


def _numeric(data: Any, name: str) -> NDArray[Any]:
    """Numbers in any shape; what is not a number is refused by its name."""
    if isinstance(data, (str, bytes)):
        raise TypeError(f"{name} is text: a file is read by pandas.read_csv or numpy.load before")
    check_table(data, name)
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        raise ValueError(f"{name} has masked entries: leave out their rows, or fill them")
    if hasattr(data, "toarray") and not isinstance(data, np.ndarray):
        raise TypeError(f"{name} is sparse: pass {name}.toarray()")
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"{name} is not an array of numbers: {error}") from None
    if array.dtype == object:
        array = _of_objects(data, array, name)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} is of the type {array.dtype}, but real numbers are needed")
    return array


def _of_objects(data: Any, array: NDArray[Any], name: str) -> NDArray[Any]:
    """Python's numbers, or columns of a table that are missing numbers, as doubles."""
    columns = getattr(data, "columns", None)
    if columns is not None and array.ndim == 2:
        for index, column in enumerate(columns):
            try:
                np.asarray(array[:, index], dtype=np.float64)
            except (TypeError, ValueError):
                found = next((x for x in array[:, index] if not isinstance(x, (int, float))), None)
                raise ValueError(f"{name}: the column {column!r} has {found!r}, which is not a number") from None
    try:
        return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} holds objects that are not numbers") from None


def groups_of(groups: ArrayLike | None, rows: int) -> list[int] | None:
    """Labels of any kind as numbers, in the order in which they occur."""
    if groups is None:
        return None
    # Of a list numpy would make strings, also of what is missing.
    given: Any = groups
    labels: list[Any] = given.tolist() if isinstance(given, np.ndarray) else list(given)
    if len(labels) != rows:
        raise ValueError(f"{len(labels)} groups for {rows} rows: each row needs one")
    missing = [index for index, label in enumerate(labels) if _is_missing(label)]
    if missing:
        raise ValueError(f"{len(missing)} of {rows} rows have no group, row {missing[0]} first: each row needs one")
    numbers: dict[Any, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]


def _is_missing(label: Any) -> bool:
    """None, NaN, NaT, and the NA of pandas: it is known by its type, because a comparison with it is neither true nor false."""
    return label is None or type(label).__name__ == "NAType" or bool(label != label)


def counts_of(numbers: ArrayLike | None, name: str) -> list[int]:
    """Whole numbers, one or several."""
    if numbers is None:
        return []
    array = np.atleast_1d(np.asarray(numbers))
    if array.ndim != 1 or array.dtype.kind not in "iuf" or not np.all(array == np.floor(array)) or np.any(array < 0):
        raise ValueError(f"{name} = {numbers!r}: whole numbers are needed, 0 or more")
    return [int(number) for number in array]
