"""Which ridge stands on a covariance, and by which rule it was found."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._left_out import Array, LeftOut, Levels, best_ridge


def chosen(word: str, tested: LeftOut | None, rule: str, levels: Levels, covariance: Array) -> tuple[float, str]:
    """The ridge of the lowest loss on left-out rows. Where no row can be left out it is the mean variance."""
    if word != "loo":
        raise ValueError(f'ridge = {word!r}: must be a number or "loo"')
    mean_variance = float(np.trace(covariance)) / len(covariance)
    if tested is None:
        return mean_variance, "mean variance"
    return best_ridge(tested, levels, mean_variance), rule


def fixed(ridge: Any) -> tuple[float, str]:
    """A ridge that was given."""
    number = float(ridge)
    if not (np.isfinite(number) and number >= 0):
        raise ValueError(f"ridge = {ridge!r}: must be 0 or more")
    return number, "given"
