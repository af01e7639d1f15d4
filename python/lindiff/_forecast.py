"""From rows alone: forecasts, spectra, leave-one-out losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _lindiff
from ._arrays import counts_of, groups_of, rows_of
from ._shrinkage import named
from ._result import Result, build, read_only
from ._schedule import ScheduleLike, core_of, schedule_of
from ._tables import with_names


@dataclass(frozen=True, eq=False, repr=False)
class Forecasted(Result):
    """A value with its 95 % interval.

    Attributes
    ----------
    value, low, high
        The value, and the ends of its interval. ``float(...)`` gives the value.
    basis
        "identified" if the rows determine the value, "extrapolated" if it rests on directions that they do not show.
    """

    value: float
    low: float
    high: float
    basis: str

    def __float__(self) -> float:
        return self.value

    def _brief(self) -> str:
        return f"{self.value:.6g} [{self.low:.6g}, {self.high:.6g}] {self.basis}"


@dataclass(frozen=True, eq=False, repr=False)
class Quantity(Result):
    """A value that the rows do not always give.

    Attributes
    ----------
    value, low, high, basis
        As in :class:`Forecasted`; None if the rows do not give it. An infinite value is ``inf``, without an interval.
        ``float(...)`` gives the value, or NaN.
    reason
        Why there is no value, or why it is infinite.
    """

    value: Optional[float]
    low: Optional[float]
    high: Optional[float]
    basis: Optional[str]
    reason: Optional[str]

    def __float__(self) -> float:
        return math.nan if self.value is None else self.value

    def _brief(self) -> str:
        if self.value is None or self.low is None:
            return f"{'unknown' if self.value is None else self.value}: {self.reason}"
        return f"{self.value:.6g} [{self.low:.6g}, {self.high:.6g}] {self.basis}"


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Result):
    """A value without an interval: None if the rows do not give it, and the reason."""

    value: Optional[float]
    reason: Optional[str]

    def __float__(self) -> float:
        return math.nan if self.value is None else self.value

    def _brief(self) -> str:
        return f"unknown: {self.reason}" if self.value is None else f"{self.value:.6g}"


@dataclass(frozen=True, eq=False, repr=False)
class WithSamples(Result):
    """The forecast for a number of rows.

    Attributes
    ----------
    samples
        The number of rows.
    test_loss
        The test loss, per component, averaged over the steps.
    excess_loss
        The test loss minus the oracle's.
    kl_true_sampled, kl_sampled_true
        Divergences of the samples after training to the end, in nats per dimension.
    w2
        ``sqrt(W2^2/d)`` of the ideal sampler, W2 the 2-Wasserstein distance.
    """

    samples: int
    test_loss: Forecasted
    excess_loss: Quantity
    kl_true_sampled: Quantity
    kl_sampled_true: Quantity
    w2: Estimate


@dataclass(frozen=True, eq=False, repr=False)
class OfSteps(Result):
    """The part of the sampler's finitely many steps in the divergences, in nats per dimension."""

    kl_true_sampled: float
    kl_sampled_true: float


@dataclass(frozen=True, eq=False, repr=False)
class StepForecast(Result):
    """The leave-one-out loss at one step (from 1), per component, with its 95 % interval."""

    step: int
    alpha_bar: float
    test_loss: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class BestRidge(Result):
    """The ridge gamma of the lowest leave-one-out loss, equal at every step.

    Attributes
    ----------
    ridge
        The ridge; 0 if none lowers the loss.
    test_loss, test_loss_without
        The test loss with it, and without any.
    gain, gain_low, gain_high
        The difference, with its 95 % interval from the differences row by row.
    set
        The settings to paste behind ``lindiff train``; None for a ridge of 0.
    """

    ridge: float
    test_loss: float
    test_loss_without: float
    gain: float
    gain_low: float
    gain_high: float
    set: Optional[str]


@dataclass(frozen=True, eq=False, repr=False)
class BestTime(Result):
    """The time to stop of the lowest leave-one-out loss.

    Attributes
    ----------
    tau
        The sum of the learning rates of full-batch steps; None if training to the end is best.
    test_loss, test_loss_without
        The test loss with it, and at the end of training.
    gain, gain_low, gain_high
        The difference, with its 95 % interval.
    set
        The settings to paste behind ``lindiff train``.
    """

    tau: Optional[float]
    test_loss: float
    test_loss_without: float
    gain: float
    gain_low: float
    gain_high: float
    set: Optional[str]


@dataclass(frozen=True, eq=False, repr=False)
class OfCovariance(Result):
    """The test loss of the denoiser that is built on one covariance.

    Attributes
    ----------
    name
        The name of the covariance.
    test_loss, low, high
        The test loss, per component, with its 95 % interval from the spread over folds.
    difference, difference_low, difference_high
        The test loss minus that of the best ridge. The intervals of all differences hold together with 95 %.
    shrinkage
        The weight of the multiple of the identity for all rows; None if the covariance has none.
    ridge, covariance_ridge
        The best ridge gamma, and the best covariance ridge c, for all rows; None for the others.
    set
        The settings to paste behind ``lindiff train``.
    """

    name: str
    test_loss: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    shrinkage: Optional[float]
    ridge: Optional[float]
    covariance_ridge: Optional[float]
    set: Optional[str]

    def _brief(self) -> str:
        return f"{self.name}: {self.test_loss:.6g} [{self.low:.6g}, {self.high:.6g}]"


@dataclass(frozen=True, eq=False, repr=False)
class Covariances(Result):
    """Denoisers that are built on several covariances, tested on the same folds.

    Attributes
    ----------
    folds
        The number of folds.
    compared
        The best ridge, the best covariance ridge, then the covariances that were asked for.
    best
        The name of the one whose test loss is lowest, beyond chance; None if no difference is seen.
    """

    folds: int
    compared: tuple[OfCovariance, ...]
    best: Optional[str]


@dataclass(frozen=True, eq=False, repr=False)
class CurvePoint(Result):
    """The test loss with a number of rows, and that of as many Gaussian rows with this spectrum."""

    samples: int
    test_loss: Forecasted
    gaussian: float


@dataclass(frozen=True, eq=False, repr=False)
class GaussianRule(Result):
    """What Gaussian rows with the same spectrum would do.

    Attributes
    ----------
    test_loss
        Their test loss, for as many rows as ``now``.
    samples
        The number of Gaussian rows that have the test loss of these rows.
    times_fewer
        By how many times that is fewer.
    """

    test_loss: float
    samples: float
    times_fewer: float


@dataclass(frozen=True, eq=False, repr=False)
class RowOrder(Result):
    """A permutation test of whether the order of the rows is random."""

    random_orders: int
    p_value: float
    neighbours: float
    blocks: float


@dataclass(frozen=True, eq=False, repr=False)
class LeftOutTogether(Result):
    """The mean test loss on rows that were left out together, and with random sets of as many rows instead."""

    test_loss: float
    test_loss_at_random: float


@dataclass(frozen=True, eq=False, repr=False)
class GroupsLeftOut(Result):
    """The mean test loss on rows of new groups, with its 95 % interval."""

    groups: int
    smallest: int
    largest: int
    test_loss: float
    test_loss_at_random: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class Copies(Result):
    """Families of rows that are copies of each other, exactly or nearly. Rows are counted from 0."""

    rows: int
    exact: int
    families: int
    first: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Concentration(Result):
    """How the test loss is shared among the rows. Rows are counted from 0."""

    largest_row: int
    largest_share: float
    far_rows: tuple[int, ...]
    far_share: float
    tail_index: Optional[float]
    trust_intervals: bool


@dataclass(frozen=True, eq=False, repr=False)
class RowChecks(Result):
    """Whether rows can be trusted to say what other rows will do: independent, no copies, no few that carry the loss."""

    order: RowOrder
    blocks_left_out: Optional[LeftOutTogether]
    copies: Optional[Copies]
    copies_left_out: Optional[LeftOutTogether]
    groups_left_out: Optional[GroupsLeftOut]
    concentration: Concentration
    test_loss_without_far_rows: Optional[float]


@dataclass(frozen=True, eq=False, repr=False)
class Forecast(Result):
    """A forecast from rows. Losses are per component, divergences in nats per dimension.

    Attributes
    ----------
    source
        The name of the rows.
    rows, dim, dropped, constant, rank
        The number of rows, of dimensions, of directions that were dropped, of constant columns, and of directions in
        which the rows vary.
    steps, ridge, covariance_ridge
        The number of noise levels, and the penalties.
    train_loss
        The train loss of all rows.
    now
        By leave-one-out: each row is tested on a network of all others.
    of_steps
        The part of the sampler's steps in the divergences.
    oracle_loss
        The least possible loss.
    by_step
        The test loss at each noise level.
    with_samples
        The forecasts for other numbers of rows.
    best_ridge, best_time
        The best ridge, and the best time to stop.
    covariances
        Denoisers that are built on other covariances, if they were asked for.
    curve
        The forecasts for few to many rows, with ``curve=True``.
    gaussian
        What Gaussian rows with the same spectrum would do.
    checks
        Whether the rows are independent, and a few of them do not carry the loss.
    verdict, warnings, notes
        Sentences.
    """

    source: str
    rows: int
    dim: int
    dropped: int
    constant: int
    rank: int
    steps: int
    ridge: float
    covariance_ridge: float
    train_loss: float
    now: WithSamples
    of_steps: OfSteps
    oracle_loss: Forecasted
    by_step: tuple[StepForecast, ...]
    with_samples: tuple[WithSamples, ...]
    best_ridge: Optional[BestRidge]
    best_time: Optional[BestTime]
    covariances: Optional[Covariances]
    curve: Optional[tuple[CurvePoint, ...]]
    gaussian: Optional[GaussianRule]
    checks: RowChecks
    verdict: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    def plot(self, ax: Any = None) -> Any:
        """Draws the test loss against the number of rows; with ``curve=True`` as a line.

        Parameters
        ----------
        ax
            The axes of matplotlib to draw on; None: those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from ._plots import forecast

        return forecast(self, ax)


@dataclass(frozen=True, eq=False, repr=False)
class PowerLawFit(Result):
    """The power law ``lambda_nu ~ nu^-exponent`` nearest to the eigenvalues, and the share that it explains."""

    exponent: float
    r_squared: float


@dataclass(frozen=True, eq=False, repr=False)
class EffectiveDimension(Result):
    """``df1 = sum lambda/(lambda + kappa)`` at kappa = ``relative_ridge`` times the mean eigenvalue."""

    relative_ridge: float
    df1: float


@dataclass(frozen=True, eq=False, repr=False)
class SamplesForKl(Result):
    """The number of samples that reaches a divergence, in nats per dimension."""

    kl_true_sampled: float
    samples: int


@dataclass(frozen=True, eq=False, repr=False)
class Gaussianity(Result):
    """How far the rows are from Gaussian: excess kurtosis, along eigenvectors and along random directions."""

    leading: NDArray[np.float64]
    projections_median: float
    projections_largest: float
    kl_coefficient: Optional[float]
    sentence: str


@dataclass(frozen=True, eq=False, repr=False)
class SpectrumReport(Result):
    """The covariance spectrum of rows.

    Attributes
    ----------
    source
        The name of the rows.
    dim, dropped, constant, rank
        The number of dimensions, of directions that were dropped, of constant columns, of eigenvalues above 0.
    rows
        The number of rows.
    trace
        The sum of the eigenvalues.
    power_law
        The power law nearest to them.
    participation_ratio, entropy_dimension
        ``(sum lambda)^2/sum lambda^2`` and ``exp(-sum p log p)`` with ``p = lambda/sum lambda``.
    effective_dimensions
        df1 at some ridges.
    samples_for_kl
        The number of samples that reaches some divergences.
    gaussianity
        How far the rows are from Gaussian.
    eigenvalues
        Shape ``(dim,)``, largest first.
    notes, warnings
        Sentences.
    """

    source: str
    dim: int
    dropped: int
    constant: int
    rank: int
    rows: Optional[int]
    trace: float
    power_law: Optional[PowerLawFit]
    participation_ratio: float
    entropy_dimension: float
    effective_dimensions: tuple[EffectiveDimension, ...]
    samples_for_kl: tuple[SamplesForKl, ...]
    gaussianity: Optional[Gaussianity]
    eigenvalues: NDArray[np.float64]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def plot(self, ax: Any = None) -> Any:
        """Draws the eigenvalues against their rank, with the power law.

        Parameters
        ----------
        ax
            The axes of matplotlib to draw on; None: those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from ._plots import spectrum

        return spectrum(self, ax)


@dataclass(frozen=True, eq=False, repr=False)
class LeftOutLosses(Result):
    """Losses on rows of the optimum on the others, per component.

    Attributes
    ----------
    test_loss
        The mean over rows and steps.
    ridge, covariance_ridge
        The ridges.
    by_row
        For each row, the mean over the steps, shape ``(N,)``.
    by_step
        For each step, the mean over the rows, shape ``(T,)``.
    alpha_bar
        The noise levels, shape ``(T,)``.
    """

    test_loss: float
    ridge: float
    covariance_ridge: float
    by_row: NDArray[np.float64]
    by_step: NDArray[np.float64]
    alpha_bar: NDArray[np.float64]

    def plot(self, ax: Any = None) -> Any:
        """Draws the loss of each step against its noise.

        Parameters
        ----------
        ax
            The axes of matplotlib to draw on; None: those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from ._plots import left_out

        return left_out(self, ax)


def forecast(
    X: Any,
    samples: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    covariance: Any = None,
    ridge: float = 0.0,
    covariance_ridge: float = 0.0,
    schedule: ScheduleLike | None = None,
    sampler: str = "ddpm",
    variance: str = "beta",
    scale: str = "trace",
    min_variance: float = 1e-12,
    init: float = 0.0,
    curve: bool = False,
    seed: int = 1,
    source: str = "rows",
    progress: Callable[[int, int], object] | None = None,
) -> Forecast:
    """From your rows alone: are they enough, which ridge, when to stop, what would more rows bring.

    The loss with the rows as they are is measured by leave-one-out, exactly; so are the best ridge and the best time to
    stop. Others are carried over to other numbers of rows, with 95 % intervals.

    Parameters
    ----------
    X
        Rows, shape ``(N, d)``: an array of any real type, a DataFrame. At least 12.
    samples
        Other numbers of rows to forecast for; None: twice and ten times as many.
    groups
        The group of each row, shape ``(N,)``, labels of any kind: rows of one group are left out together.
    covariance
        Covariances to compare denoisers of, by tenfold cross-validation: "empirical", "ledoit-wolf", "oas",
        "quadratic-inverse", "all" of these, a matrix ``(d, d)`` in the columns and units of the rows, a list of such, or
        a dict of matrices by name.
    ridge, covariance_ridge
        The ridge gamma of every step, and the covariance ridge c, which adds ``alpha_bar_t c``.
    schedule
        A :class:`Schedule`, numbers ``alpha_bar``, or a scheduler of diffusers; None: 1000 steps, linear.
    sampler, variance
        "ddpm" (with the variance "beta" or "posterior"), "sde", "ode", "heun", "ddim".
    scale
        The units of losses: "trace" (all columns get one factor, so that the mean variance is 1), "columns" (each
        column gets mean 0 and variance 1), "none".
    min_variance
        Directions with less than this times the mean variance are dropped.
    init
        The factor of the identity from which training starts.
    curve
        Whether to forecast for many numbers of rows, for a picture.
    seed
        The seed of the tenths of the rows that are left out for the intervals.
    source
        The name of the rows in the answer.
    progress
        Called with the steps done and the number of all steps. What it raises ends the forecast.

    Returns
    -------
    Forecast

    Raises
    ------
    ValueError
        Fewer than 12 rows, numbers that are not finite, rows that are all equal, settings out of their range.

    Examples
    --------
    >>> import lindiff, numpy as np
    >>> rows = np.random.default_rng(1).normal(size=(200, 5)) * [3, 2, 1, 1, 0.5]
    >>> found = lindiff.forecast(rows, samples=1000)
    >>> found.now.samples, found.now.test_loss.basis
    (199, 'identified')
    >>> found.with_samples[0].test_loss.value < found.now.test_loss.value
    True
    """
    rows = rows_of(X, keep_bytes=True)
    if isinstance(ridge, str):
        raise TypeError(f"ridge = {ridge!r}: a number is needed; the best ridge is in the result, as best_ridge")
    asked = {
        "source": source,
        "scale": scale,
        "min_variance": min_variance,
        "sampler": sampler,
        "variance": variance,
        "ridge": ridge,
        "covariance_ridge": covariance_ridge,
        "samples": counts_of(samples, "samples"),
        "groups": groups_of(groups, len(rows)),
        "covariances": named(covariance),
        "init": init,
        "curve": curve,
        "seed": seed,
    }
    found = _lindiff.forecast(rows, core_of(schedule), asked, progress)
    return build(Forecast, with_names(found, X))


def spectrum(
    X: Any,
    *,
    scale: str = "trace",
    min_variance: float = 1e-12,
    seed: int = 1,
    source: str = "rows",
) -> SpectrumReport:
    """The covariance spectrum of rows: rank, power law, effective dimensions, samples needed, how Gaussian.

    Parameters
    ----------
    X
        Rows, shape ``(N, d)``.
    scale
        "trace", "columns" or "none", as in :func:`forecast`.
    min_variance
        Directions with less than this times the mean variance are dropped.
    seed
        The seed of the random directions of the kurtosis.
    source
        The name of the rows in the answer.

    Returns
    -------
    SpectrumReport

    Examples
    --------
    >>> import lindiff, numpy as np
    >>> rows = np.random.default_rng(1).normal(size=(200, 5))
    >>> found = lindiff.spectrum(rows)
    >>> found.rank, round(found.trace, 10)
    (5, 5.0)
    """
    found = _lindiff.spectrum(rows_of(X, keep_bytes=True), source, scale, min_variance, seed)
    return build(SpectrumReport, with_names(found, X))


def leave_one_out(
    X: Any,
    *,
    ridge: float | str = 0.0,
    covariance_ridge: float = 0.0,
    schedule: ScheduleLike | None = None,
    groups: ArrayLike | None = None,
) -> LeftOutLosses:
    """The test loss on each row of the optimum on all others, exactly. Rows keep their units.

    Parameters
    ----------
    X
        Rows, shape ``(N, d)``, at least 2.
    ridge
        The ridge gamma of every step; "best": that of the lowest mean loss.
    covariance_ridge
        The covariance ridge c, which adds ``alpha_bar_t c``.
    schedule
        A :class:`Schedule`, numbers ``alpha_bar``, or a scheduler of diffusers; None: 1000 steps, linear.
    groups
        The group of each row, shape ``(N,)``: rows of one group are left out together. The best ridge is looked for
        with single rows.

    Returns
    -------
    LeftOutLosses

    Examples
    --------
    >>> import lindiff, numpy as np
    >>> rows = np.random.default_rng(1).normal(size=(50, 40))
    >>> best = lindiff.leave_one_out(rows, ridge="best", schedule=[0.9, 0.5])
    >>> best.ridge > 0, best.test_loss < lindiff.leave_one_out(rows, schedule=[0.9, 0.5]).test_loss
    (True, True)
    """
    rows = rows_of(X)
    if isinstance(ridge, str) and ridge != "best":
        raise ValueError(f'ridge = {ridge!r}: must be a number or "best"')
    levels = schedule_of(schedule)
    gamma = None if isinstance(ridge, str) else float(ridge)
    labels = groups_of(groups, len(rows))
    found, by_row, by_step = _lindiff.leave_one_out(rows, levels._core, gamma, covariance_ridge, labels)
    return LeftOutLosses(
        test_loss=float(by_row.mean()),
        ridge=found,
        covariance_ridge=covariance_ridge,
        by_row=read_only(by_row),
        by_step=read_only(by_step),
        alpha_bar=levels.alpha_bar,
    )
