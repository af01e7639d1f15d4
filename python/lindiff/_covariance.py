"""A covariance whose ridge was chosen by denoising."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _left_out
from ._estimator import Covariance, check_rows
from ._left_out import Array, LeftOutRows, Levels
from ._ridge import chosen
from ._schedule import ScheduleLike, schedule_of


class DiffusionCovariance(Covariance):
    """A covariance with the ridge that denoises left-out rows best.

    The covariance is ``C + c I``, with the rows' covariance C (1/N). Of all c it takes that of the lowest leave-one-out
    loss: each row is noised at all levels of the schedule and denoised by the best linear denoiser of the others. This
    loss is exact, for any law of the rows, and costs one decomposition. Columns in other units, all multiplied by one
    number, give the same covariance in these units; constant columns have no say in the ridge.

    Where scikit-learn is installed, this is a subclass of its ``EmpiricalCovariance``, used as ``LedoitWolf`` is.
    Without it the methods are the same.

    Parameters
    ----------
    store_precision : bool, default=True
        Whether the inverse is stored.
    assume_centered : bool, default=False
        Whether the mean is known to be 0.
    schedule : Schedule, array-like of shape (T,) or scheduler of diffusers, default=None
        The noise levels, for rows with the mean variance 1 (over the columns that vary); None: 1000 steps, linear.

    Attributes
    ----------
    covariance_ : ndarray of shape (d, d)
        ``C + c I``, in the squared unit of the rows.
    location_ : ndarray of shape (d,)
        The mean.
    precision_ : ndarray of shape (d, d) or None
        The (pseudo-)inverse of the covariance, if it is stored.
    ridge_ : float
        The ridge c, in the squared unit of the rows.
    ridge_rule_ : str
        "leave-one-out"; "mean variance" (of the columns that vary) for a single row, or rows that are all equal.
    loo_loss_ : float
        The loss of the noise on left-out rows with this ridge, per component that varies, averaged over the schedule.
        NaN if there are none.
    n_features_in_ : int
        The number d of columns.
    feature_names_in_ : ndarray of shape (d,)
        The names of the columns, if all are strings.

    See Also
    --------
    LinearDenoiser : The denoiser itself.

    Examples
    --------
    >>> import lindiff, numpy as np
    >>> rows = np.random.default_rng(1).normal(size=(60, 40)) * np.linspace(2, 0.1, 40)
    >>> found = lindiff.DiffusionCovariance().fit(rows[:30])
    >>> found.ridge_rule_, found.covariance_.shape
    ('leave-one-out', (40, 40))
    >>> found.mahalanobis(rows[30:]).shape
    (30,)
    """

    def __init__(
        self,
        *,
        store_precision: bool = True,
        assume_centered: bool = False,
        schedule: ScheduleLike | None = None,
    ) -> None:
        self.store_precision = store_precision
        self.assume_centered = assume_centered
        self.schedule = schedule

    def fit(self, X: Any, y: Any = None) -> DiffusionCovariance:
        """Estimates the covariance.

        Parameters
        ----------
        X : array-like of shape (N, d)
            Rows.
        y : object
            Not used.

        Returns
        -------
        self : DiffusionCovariance
        """
        rows = check_rows(self, X, reset=True)
        count, dim = rows.shape
        self.location_ = np.zeros(dim) if self.assume_centered else rows.mean(axis=0)
        centred = rows - self.location_
        covariance = centred.T @ centred / count
        self._choose(centred, covariance)
        self._set_covariance(covariance + self.ridge_ * np.eye(dim))
        return self

    def _choose(self, centred: Array, covariance: Array) -> None:
        """The ridge, from the columns that vary, with the mean variance 1."""
        schedule = schedule_of(self.schedule)
        levels = Levels(schedule.noise_variance / schedule.alpha_bar, np.full(len(schedule), 1 / len(schedule)))
        constant = 0.0 if self.assume_centered else centred[0]
        varying = (centred != constant).any(axis=0)
        some = covariance[np.ix_(varying, varying)]
        unit = float(np.trace(some)) / max(len(some), 1)
        self.ridge_, self.ridge_rule_, self.loo_loss_ = unit, "mean variance", np.nan
        if len(centred) > 1 and unit > 0:
            tested = LeftOutRows(centred[:, varying] / np.sqrt(unit), fitted=not self.assume_centered)
            ridge, self.ridge_rule_ = chosen("loo", tested, "leave-one-out", levels, some / unit)
            self.ridge_ = ridge * unit
            self.loo_loss_ = _left_out.loss(tested, levels, ridge)
