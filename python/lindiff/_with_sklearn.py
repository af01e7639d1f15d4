"""What estimators need of scikit-learn, from it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator as Base
from sklearn.covariance import EmpiricalCovariance as Covariance
from sklearn.exceptions import NotFittedError as NotFitted

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before 1.6
    validate_data = None

__all__ = ["Base", "Covariance", "NotFitted", "check_rows"]


def check_rows(estimator: Any, X: Any, reset: bool, least: int = 1) -> NDArray[np.float64]:
    """Rows as doubles. ``fit`` notes the names and number of their columns (reset), other methods compare them."""
    how = {"reset": reset, "dtype": np.float64, "order": "C", "ensure_min_samples": least}
    validate = estimator._validate_data if validate_data is None else partial(validate_data, estimator)
    rows: NDArray[np.float64] = validate(X, **how)
    return rows
