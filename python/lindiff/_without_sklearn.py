"""What estimators need of scikit-learn, for where it is not installed."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._arrays import rows_of

Array = NDArray[np.float64]


class Base:
    """Parameters that can be read and set, as scikit-learn's ``BaseEstimator`` has them."""

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return sorted(name for name in inspect.signature(cls.__init__).parameters if name != "self")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by their names.

        Parameters
        ----------
        deep
            Without meaning here: no parameter is an estimator.

        Returns
        -------
        dict
        """
        return {name: getattr(self, name) for name in self._get_param_names()}

    def set_params(self, **params: Any) -> Any:
        """Sets parameters.

        Parameters
        ----------
        **params
            Their names and values.

        Returns
        -------
        self
        """
        names = self._get_param_names()
        for name, value in params.items():
            if name not in names:
                raise ValueError(f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: {names!r}.")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = ((name, value) for name, value in self.get_params().items() if value is not defaults[name].default)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in changed)})"


class Covariance(Base):
    """A covariance with what follows from it, as scikit-learn's ``EmpiricalCovariance`` has it."""

    store_precision: bool
    assume_centered: bool
    location_: Array
    covariance_: Array
    precision_: Array | None

    def _set_covariance(self, covariance: Array) -> None:
        self.covariance_ = covariance
        self.precision_ = pseudo_inverse(covariance) if self.store_precision else None

    def get_precision(self) -> Array:
        """The inverse of the covariance; its pseudo-inverse where it has none.

        Returns
        -------
        ndarray of shape (d, d)
        """
        if self.precision_ is not None:
            return self.precision_
        return pseudo_inverse(self.covariance_)

    def score(self, X_test: Any, y: Any = None) -> float:
        """The mean Gaussian log-likelihood of rows about the fitted mean.

        Parameters
        ----------
        X_test
            Rows, shape ``(n, d)``.
        y
            Not used.

        Returns
        -------
        float
            In nats per row.
        """
        centred = check_rows(self, X_test, reset=False) - self.location_
        sample, precision = centred.T @ centred / len(centred), self.get_precision()
        sign, determinant = np.linalg.slogdet(precision)
        if sign <= 0:
            determinant = -np.inf
        dim = len(precision)
        return float(-np.sum(sample * precision) + determinant - dim * np.log(2 * np.pi)) / 2

    def error_norm(self, comp_cov: Any, norm: str = "frobenius", scaling: bool = True, squared: bool = True) -> float:
        """The distance to another covariance.

        Parameters
        ----------
        comp_cov
            The other covariance, shape ``(d, d)``.
        norm
            "frobenius" or "spectral".
        scaling
            Whether the squared norm is divided by d.
        squared
            Whether the squared norm is given.

        Returns
        -------
        float
        """
        error = np.asarray(comp_cov) - self.covariance_
        if norm == "frobenius":
            square = float(np.sum(error**2))
        elif norm == "spectral":
            square = float(np.amax(np.linalg.svd(error, compute_uv=False))) ** 2
        else:
            raise NotImplementedError("Only spectral and frobenius norms are implemented")
        square = square / len(error) if scaling else square
        return square if squared else float(np.sqrt(square))

    def mahalanobis(self, X: Any) -> Array:
        """The squared Mahalanobis distances of rows from the fitted mean.

        Parameters
        ----------
        X
            Rows, shape ``(n, d)``.

        Returns
        -------
        ndarray of shape (n,)
        """
        centred = check_rows(self, X, reset=False) - self.location_
        distances: Array = np.sum(centred @ self.get_precision() * centred, axis=1)
        return distances


class NotFitted(ValueError, AttributeError):
    """An estimator was used before it was fitted."""


def pseudo_inverse(symmetric: Array) -> Array:
    """The pseudo-inverse of a symmetric matrix, with scipy's rule for what is 0."""
    eigenvalues, vectors = np.linalg.eigh(symmetric)
    size = np.abs(eigenvalues)
    above = size > len(symmetric) * np.finfo(float).eps * size.max()
    kept = vectors[:, above]
    inverse: Array = kept / eigenvalues[above] @ kept.T
    return inverse


def check_rows(estimator: Any, X: Any, reset: bool, least: int = 1) -> Array:
    """Rows as doubles. ``fit`` notes the names and number of their columns (reset), other methods compare them."""
    rows = rows_of(X)
    name = type(estimator).__name__
    for what, found in (("NaN", np.isnan(rows)), ("infinity", np.isinf(rows))):
        if found.any():
            raise ValueError(f"Input X contains {what}.\n{name} does not accept such values.")
    if len(rows) < least:
        raise ValueError(f"Found array with {len(rows)} sample(s), while a minimum of {least} is required by {name}.")
    columns = getattr(X, "columns", None)
    names = None if columns is None else np.asarray(columns, dtype=object)
    if names is not None and not all(isinstance(column, str) for column in names):
        names = None
    if reset:
        estimator.n_features_in_ = rows.shape[1]
        if names is not None:
            estimator.feature_names_in_ = names
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return np.asarray(rows, dtype=np.float64)
    if rows.shape[1] != estimator.n_features_in_:
        raise ValueError(
            f"X has {rows.shape[1]} features, but {name} is expecting {estimator.n_features_in_} features as input"
        )
    known = getattr(estimator, "feature_names_in_", None)
    if known is not None and names is not None and list(known) != list(names):
        raise ValueError("The feature names should match those that were passed during fit.")
    return np.asarray(rows, dtype=np.float64)
