"""Covariances estimated from rows: as they are, or shrunk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _lindiff
from ._arrays import rows_of, vector_of
from ._result import Result, read_only

#: A covariance with its name; an estimator has no matrix.
Named = tuple[str, Optional[NDArray[np.float64]]]

_ALL = ("empirical", "ledoit-wolf", "oas", "quadratic-inverse")


@dataclass(frozen=True, eq=False, repr=False)
class CovarianceEstimate(Result):
    """A covariance that was estimated from rows, in their squared unit.

    Attributes
    ----------
    name
        The name of the estimator.
    mean
        The mean of the rows, or the known one, shape ``(d,)``.
    covariance
        Shape ``(d, d)``.
    shrinkage
        The weight of the multiple of the identity, from 0 to 1; None if the estimator has none.
    """

    name: str
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    shrinkage: Optional[float]


def covariance(X: Any, which: str = "ledoit-wolf", *, mean: ArrayLike | None = None) -> CovarianceEstimate:
    """The covariance of rows by an estimator.

    Parameters
    ----------
    X
        Rows, shape ``(N, d)``.
    which
        "empirical" (with 1/N), "ledoit-wolf" and "oas" (as in scikit-learn), or "quadratic-inverse" (Ledoit and Wolf's
        shrinkage of each eigenvalue by itself).
    mean
        The known mean, shape ``(d,)``; None: that of the rows.

    Returns
    -------
    CovarianceEstimate

    Examples
    --------
    >>> import lindiff, numpy as np
    >>> rows = np.random.default_rng(1).normal(size=(20, 10))
    >>> found = lindiff.covariance(rows, "oas")
    >>> found.covariance.shape, 0 < found.shrinkage < 1
    ((10, 10), True)
    """
    rows = rows_of(X)
    known = None if mean is None else vector_of(mean, "mean")
    matrix, shrinkage = _lindiff.covariance(rows, which, known)
    centre = rows.mean(axis=0) if known is None else known.copy()
    return CovarianceEstimate(which, read_only(centre), read_only(matrix), shrinkage)


def named(covariances: Any) -> list[Named]:
    """Covariances with their names: of a name, "all", a matrix, a list of these, or matrices by name."""
    if covariances is None:
        return []
    if isinstance(covariances, str):
        return [(name, None) for name in (_ALL if covariances == "all" else (covariances,))]
    if isinstance(covariances, Mapping):
        return [(str(name), rows_of(matrix, f"the covariance {name}")) for name, matrix in covariances.items()]
    if isinstance(covariances, (list, tuple)) and any(isinstance(one, str) or np.ndim(one) == 2 for one in covariances):
        found = [one for each in covariances for one in named(each)]
        names = [name for name, _ in found]
        if len(set(names)) < len(names):
            raise ValueError(f"covariance: the names {names} are not all different; give matrices as a dict")
        return found
    return [("given", rows_of(covariances, "covariance"))]
