"""A linear denoiser as an estimator."""

from __future__ import annotations

from typing import Any, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _left_out, _lindiff
from ._arrays import rows_of, vector_of
from ._estimator import Base, check_fitted, check_rows
from ._laws import kl
from ._left_out import Array, FreshRows, LeftOut, Levels
from ._ridge import chosen, fixed
from ._schedule import ScheduleLike, schedule_of

#: In how many parts rows are left out where leaving out each row would take a new estimate each time.
FOLDS = 10


class LinearDenoiser(Base):
    """The best linear denoiser of Gaussian rows: a linear diffusion model, as an estimator of scikit-learn.

    It is built on a mean m and a covariance ``C + c I``. Of ``x_t = sqrt(ab) x_0 + sqrt(1 - ab) eps``, ``ab`` the
    ``alpha_bar`` of step t, it predicts the noise as

    ``eps(x_t) = sqrt(1 - ab) [ab (C + c I) + (1 - ab) I]^-1 (x_t - sqrt(ab) m)``

    and what this implies for the other targets. Rows keep their units, and noise has the variance 1 in them: put a
    ``StandardScaler`` in front where columns have different units. scikit-learn is not needed; where it is installed,
    this is one of its estimators: for ``clone``, ``GridSearchCV``, and as the last step of a ``Pipeline``.

    Parameters
    ----------
    schedule : Schedule, array-like of shape (T,) or scheduler of diffusers, default=None
        The noise levels that losses are averaged over; None: 1000 steps, linear.
    ridge : "loo" or float, default="loo"
        The ridge c, in the unit of the variances. Elsewhere in lindiff it is called ``covariance_ridge``. "loo": that
        of the lowest loss on left-out rows.
    target : {"eps", "x0", "v", "score"}, default="eps"
        What is predicted, and whose squared error is the loss: the noise, the clean row,
        ``v = sqrt(ab) eps - sqrt(1 - ab) x_0``, or the score ``-eps/sqrt(1 - ab)``.
    covariance : str or array-like of shape (d, d), default="empirical"
        The covariance C: "empirical" (with 1/N), "ledoit-wolf", "oas", "quadratic-inverse", or a matrix.
    mean : {"fitted", "known"} or array-like of shape (d,), default="fitted"
        The mean m: that of the rows, or a known one ("known": 0, as of centred rows).

    Attributes
    ----------
    covariance_ : ndarray of shape (d, d)
        ``C + c I``, in the squared unit of the rows.
    mean_, location_ : ndarray of shape (d,)
        The mean m.
    ridge_ : float
        The ridge c.
    ridge_rule_ : str
        Where it comes from: "given", "leave-one-out", "10-fold", or, where there are too few rows to leave any out,
        "mean variance": the mean of the variances in C.
    loo_loss_ : float
        The loss on rows that were left out, per component, averaged over the schedule. Each row by itself is left out
        exactly where C is "empirical" or a matrix. The other covariances are estimated anew without each tenth of the
        rows, in a fixed random order. NaN where there are too few rows.
    n_features_in_ : int
        The number d of columns.
    feature_names_in_ : ndarray of shape (d,)
        The names of the columns, if all are strings.

    See Also
    --------
    DiffusionCovariance : The covariance alone, in any units.

    Notes
    -----
    There is no ``transform``: rows that are not noised have no noise level. :meth:`denoise` needs one.

    Examples
    --------
    >>> import lindiff, numpy as np
    >>> rows = np.random.default_rng(1).normal(size=(60, 40)) * np.linspace(2, 0.1, 40)
    >>> denoiser = lindiff.LinearDenoiser().fit(rows[:30])
    >>> denoiser.ridge_rule_, denoiser.ridge_ > 0
    ('leave-one-out', True)
    >>> denoiser.score(rows[30:]) > lindiff.LinearDenoiser(ridge=0).fit(rows[:30]).score(rows[30:])
    True
    >>> denoiser.sample(3, random_state=0).shape
    (3, 40)
    """

    def __init__(
        self,
        *,
        schedule: ScheduleLike | None = None,
        ridge: Union[float, str] = "loo",
        target: str = "eps",
        covariance: Union[str, ArrayLike] = "empirical",
        mean: Union[str, ArrayLike] = "fitted",
    ) -> None:
        self.schedule = schedule
        self.ridge = ridge
        self.target = target
        self.covariance = covariance
        self.mean = mean

    def fit(self, X: Any, y: Any = None) -> LinearDenoiser:
        """Estimates the mean, the covariance and the ridge.

        Parameters
        ----------
        X : array-like of shape (N, d)
            Rows, at least 2 with a fitted mean.
        y : object
            Not used.

        Returns
        -------
        self : LinearDenoiser
        """
        fitted = isinstance(self.mean, str) and self.mean == "fitted"
        rows = check_rows(self, X, reset=True, least=2 if fitted else 1)
        levels = self._levels()
        mean = rows.mean(axis=0) if fitted else self._known_mean(rows.shape[1])
        centred = rows - mean
        covariance = self._estimate(centred, fitted)
        estimated = isinstance(self.covariance, str) and self.covariance != "empirical"
        tested = self._folds(rows, mean, fitted) if estimated else self._each_left_out(centred, covariance, fitted)
        if isinstance(self.ridge, str):
            found = chosen(self.ridge, tested, "10-fold" if estimated else "leave-one-out", levels, covariance)
        else:
            found = fixed(self.ridge)
        self.mean_ = self.location_ = mean
        self.ridge_, self.ridge_rule_ = found
        self.loo_loss_ = np.nan if tested is None else _left_out.loss(tested, levels, self.ridge_)
        self.covariance_ = covariance + self.ridge_ * np.eye(len(mean))
        variances, self._basis = np.linalg.eigh(self.covariance_)
        # No variance is below the ridge but by rounding.
        self._variances = np.maximum(variances, self.ridge_)
        return self

    def score(self, X: Any, y: Any = None) -> float:
        """Minus the test loss: the squared error of the target per component, averaged over the schedule and over rows.

        The mean over the noise is exact: no noise is drawn. With ``y = x - m``, ``z0 = (1 - ab)/ab`` and
        ``G = (C + c I + z0 I)^-1`` a row has the loss ``(1/d) [tr (1 - z0 G)^2 + z0 y' G^2 y]`` of the noise. For x0
        it is multiplied by z0, for v by ``1/ab``, for the score by ``1/(1 - ab)``.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows without noise.
        y : object
            Not used.

        Returns
        -------
        float
            Higher is better.
        """
        check_fitted(self)
        rows = check_rows(self, X, reset=False)
        tested = FreshRows(self._variances, (rows - self.mean_) @ self._basis)
        return -_left_out.loss(tested, self._levels(), 0.0)

    def denoise(self, X: Any, t: ArrayLike | None = None, *, alpha_bar: ArrayLike | None = None) -> Array:
        """The prediction of the target for noised rows.

        Parameters
        ----------
        X : array-like of shape (n, d)
            Rows with noise, ``x_t``.
        t : int or array-like of shape (n,)
            The step of the schedule, of all rows or of each: from 0, which has the least noise.
        alpha_bar : float or array-like of shape (n,)
            The noise level instead of a step: any number above 0 and below 1.

        Returns
        -------
        ndarray of shape (n, d)
            The noise, the clean row, v or the score, as ``target`` says.
        """
        check_fitted(self)
        rows = check_rows(self, X, reset=False)
        signal, noise = (level[:, None] for level in self._at(t, alpha_bar, len(rows)))
        a, r = np.sqrt(signal), np.sqrt(noise)
        # (ab S + 1 - ab)^-1 (x_t - a m), along the eigenvectors
        along = (rows - a * self.mean_) @ self._basis / (signal * self._variances + noise)
        if self.target == "eps":
            return self._rows(r * along)
        if self.target == "score":
            return self._rows(-along)
        clean = a * self._variances * along
        if self.target == "x0":
            return self._rows(clean) + self.mean_
        return self._rows(a * r * along - r * clean) - r * self.mean_

    def sample(self, n_samples: int = 1, random_state: Any = None) -> Array:
        """Draws rows from the ideal sampler: the reverse process of this denoiser with infinitely many small steps.

        Started from the noised law, it ends in the Gaussian of ``mean_`` and ``covariance_``, exactly. This law is
        drawn; no steps are taken.

        Parameters
        ----------
        n_samples : int, default=1
            The number of rows.
        random_state : int, numpy.random.Generator or numpy.random.RandomState, default=None
            Where random numbers come from; an int is a seed.

        Returns
        -------
        ndarray of shape (n_samples, d)
        """
        check_fitted(self)
        if n_samples < 1:
            raise ValueError(f"n_samples = {n_samples}: at least one row is needed")
        drawn = isinstance(random_state, (np.random.Generator, np.random.RandomState))
        generator = random_state if drawn else np.random.RandomState(random_state)
        noise = generator.standard_normal((n_samples, len(self.mean_)))
        return self._rows(np.sqrt(self._variances) * noise) + self.mean_

    def kl(self, other: Any) -> float:
        """``KL(this || other)`` of the laws of samples, in nats per dimension.

        ``lindiff.kl(this, other)`` gives both directions.

        Parameters
        ----------
        other : LinearDenoiser, estimator, array-like of shape (d, d), or pair of a mean and a covariance
            The other law. A covariance alone has the mean 0.

        Returns
        -------
        float
            inf where the other law lacks a direction of this one. Times d it is in nats.
        """
        check_fitted(self)
        return kl(self, other).kl_true_sampled

    def _rows(self, along: Array) -> Array:
        rows: Array = along @ self._basis.T
        return rows

    def _levels(self) -> Levels:
        schedule = schedule_of(self.schedule)
        signal, noise = schedule.alpha_bar, schedule.noise_variance
        return Levels(noise / signal, _weight(self.target, signal, noise) / len(schedule))

    def _at(self, t: Any, alpha_bar: Any, count: int) -> tuple[Array, Array]:
        """``alpha_bar`` and ``1 - alpha_bar`` of each row."""
        if (t is None) == (alpha_bar is None):
            raise ValueError("either a step t or alpha_bar is needed")
        given = np.asarray(alpha_bar if t is None else t)
        if given.shape not in ((), (count,)):
            raise ValueError(f"{count} rows, but noise levels of the shape {given.shape}: one is needed, or {count}")
        given = np.broadcast_to(given, (count,))
        if t is None:
            level = given.astype(np.float64)
            if not np.all((level > 0) & (level < 1)):
                raise ValueError("alpha_bar must be above 0 and below 1")
            return level, 1 - level
        schedule = schedule_of(self.schedule)
        if given.dtype.kind not in "iu":
            raise TypeError(f"t must be whole numbers, steps of the schedule, not {given.dtype}: or give alpha_bar=")
        if np.any((given < 0) | (given >= len(schedule))):
            raise ValueError(f"t must be from 0 to {len(schedule) - 1}")
        return schedule.alpha_bar[given], schedule.noise_variance[given]

    def _known_mean(self, dim: int) -> Array:
        if isinstance(self.mean, str):
            if self.mean != "known":
                raise ValueError(f'mean = {self.mean!r}: must be "fitted", "known" or numbers')
            return np.zeros(dim)
        mean = vector_of(self.mean, "mean")
        if mean.shape != (dim,) or not np.isfinite(mean).all():
            raise ValueError(f"mean: {dim} finite numbers are needed, one for each column")
        return mean

    def _estimate(self, centred: Array, fitted: bool) -> Array:
        """The covariance C."""
        if not isinstance(self.covariance, str):
            return _given_covariance(self.covariance, centred.shape[1])
        if self.covariance == "empirical":
            empirical: Array = centred.T @ centred / len(centred)
            return empirical
        known = None if fitted else np.zeros(centred.shape[1])
        return _lindiff.covariance(np.ascontiguousarray(centred), self.covariance, known)[0]

    def _each_left_out(self, centred: Array, covariance: Array, fitted: bool) -> LeftOut | None:
        """Each row and the denoiser of the others."""
        count = len(centred)
        if count < 2:
            return None
        if isinstance(self.covariance, str):
            return _left_out.LeftOutRows(centred, fitted)
        # Without a row the mean moves away from it.
        return FreshRows.of(covariance, centred * (count / (count - 1)) if fitted else centred)

    def _folds(self, rows: Array, mean: Array, fitted: bool) -> LeftOut | None:
        """Each part of the rows and the denoiser of the others."""
        count = len(rows)
        if count < 2 + fitted:
            return None
        parts = np.random.RandomState(0).permutation(count) % min(FOLDS, count)
        folds = []
        for part in range(parts.max() + 1):
            others = rows[parts != part]
            at = others.mean(axis=0) if fitted else mean
            folds.append(FreshRows.of(self._estimate(others - at, fitted), rows[parts == part] - at))
        return _left_out.Folds(folds)


def _weight(target: str, signal: Array, noise: Array) -> Array:
    """The squared error of the target over that of the noise."""
    weights = {"eps": np.ones_like(signal), "x0": noise / signal, "v": 1 / signal, "score": 1 / noise}
    if target not in weights:
        raise ValueError(f"target = {target!r}: must be one of {', '.join(weights)}")
    return weights[target]


def _given_covariance(covariance: Any, dim: int) -> NDArray[np.float64]:
    matrix: Array = rows_of(covariance, "covariance")
    if matrix.shape != (dim, dim) or not np.isfinite(matrix).all():
        raise ValueError(f"covariance: {dim} x {dim} finite numbers are needed, not the shape {matrix.shape}")
    if not np.allclose(matrix, matrix.T, rtol=1e-6, atol=1e-9 * float(np.abs(matrix).max())):
        raise ValueError("covariance is not symmetric")
    if np.linalg.eigvalsh(matrix)[0] < -1e-9 * float(np.abs(matrix).max()):
        raise ValueError("covariance has a negative variance in some direction")
    return (matrix + matrix.T) / 2
