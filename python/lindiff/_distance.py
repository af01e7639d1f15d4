"""The Fréchet distance of two sets of features, without its bias in the number of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from numpy.typing import ArrayLike

from . import _lindiff
from ._arrays import groups_of, rows_of
from ._laws import Gaussian, law_of
from ._result import Result, build


@dataclass(frozen=True, eq=False, repr=False)
class DistanceSide(Result):
    """One of the two sets of a distance.

    Attributes
    ----------
    source
        Its name.
    rows, groups
        The number of rows and of their groups; None for a mean and a covariance.
    trace
        The trace of the covariance (1/(N - 1)).
    """

    source: str
    rows: Optional[int]
    groups: Optional[int]
    trace: float


@dataclass(frozen=True, eq=False, repr=False)
class FrechetDistance(Result):
    """The squared Fréchet distance of two sets of features, a total over dimensions in their squared unit.

    Attributes
    ----------
    value
        The squared distance without bias. It may be negative: then no difference is seen. ``float(...)`` gives it.
    standard_error, low, high
        Its standard error and its 95 % interval; None for two known laws.
    plain, bias
        The plain squared distance, which is FID, and ``plain - value``.
    jackknife
        The plain value without its bias to first order in 1/N, by a jackknife: a second opinion.
    mean_difference, trace_root
        The part of the means, and ``tr (Sigma_a Sigma_b)^(1/2)``, both without bias.
    dim, constant
        The number of columns that vary in either set, and of the others.
    a, b
        What is known of each set.
    difference_seen
        Whether the interval lies above 0.
    plain_rows
        The number of rows from which on the bias of the plain value is about 5 % of the distance or less.
    shared_rows
        The number of rows of B that also stand in A, if there are more than chance would give.
    verdict, warnings, notes
        Sentences.
    """

    value: float
    standard_error: Optional[float]
    low: Optional[float]
    high: Optional[float]
    plain: float
    bias: float
    jackknife: Optional[float]
    mean_difference: float
    trace_root: float
    dim: int
    constant: int
    a: DistanceSide
    b: DistanceSide
    difference_seen: bool
    plain_rows: Optional[int]
    shared_rows: Optional[int]
    verdict: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    def __float__(self) -> float:
        return self.value


def frechet_distance(
    X: Any,
    Y: Any,
    *,
    groups_x: ArrayLike | None = None,
    groups_y: ArrayLike | None = None,
    names: tuple[str, str] = ("X", "Y"),
    seed: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> FrechetDistance:
    """The Fréchet distance between the Gaussians of two sets of features, without its bias in the number of rows.

    The plain distance (FID) grows with 1/N, so it cannot be compared between numbers of rows; ``plain`` gives it too.

    Parameters
    ----------
    X, Y
        Rows, shape ``(N, d)``, at least ``1.25 d + 2``; or, for a reference that is known, a pair of a mean ``(d,)`` and
        a covariance ``(d, d)`` (1/(N - 1), as in ``numpy.cov``), or a :class:`Gaussian`.
    groups_x, groups_y
        The group of each row: rows of one group are left out together for the interval.
    names
        The names of both sets in sentences.
    seed
        The seed of the fifths of the rows that are left out for the interval.
    progress
        Called with the steps done and the number of all steps.

    Returns
    -------
    FrechetDistance

    Raises
    ------
    ValueError
        Other numbers of columns, too few rows, numbers that are not finite.

    Examples
    --------
    >>> import lindiff, numpy as np
    >>> random = np.random.default_rng(1)
    >>> a, b = random.normal(size=(200, 8)), random.normal(size=(100, 8))
    >>> found = lindiff.frechet_distance(a, b)
    >>> found.difference_seen, abs(found.value) < found.plain
    (False, True)
    """
    first = _side(X, "X", names[0], groups_x)
    second = _side(Y, "Y", names[1], groups_y)
    return build(FrechetDistance, _lindiff.frechet_distance(first, second, seed, progress))


def _side(data: Any, name: str, shown: str, groups: ArrayLike | None) -> dict[str, Any]:
    """Rows, or a law."""
    known = isinstance(data, Gaussian) or (isinstance(data, tuple) and len(data) == 2)
    if known and groups is not None:
        raise ValueError(f"{name} is a known law: it has no groups")
    rows = None if known else rows_of(data, name)
    return {
        "name": shown,
        "rows": rows,
        "groups": None if rows is None else groups_of(groups, len(rows)),
        "law": law_of(data, name) if known else None,
    }
