"""Predictions from a spectrum and a number of samples, on grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _lindiff
from ._arrays import Numbers, vector_of
from ._result import Result, read_only
from ._schedule import ScheduleLike, core_of


@dataclass(frozen=True, eq=False, repr=False)
class Losses(Result):
    """Losses per component, as deterministic equivalents. Arrays have the shape of the inputs.

    Attributes
    ----------
    train_loss, test_loss
        The loss on the training set and on new samples.
    oracle_loss
        The least possible loss.
    """

    train_loss: Numbers
    test_loss: Numbers
    oracle_loss: Numbers


@dataclass(frozen=True, eq=False, repr=False)
class EffectiveRidge(Result):
    """The effective ridge of a ridge z, in the unit of the eigenvalues. Arrays have the shape of the inputs.

    Attributes
    ----------
    kappa
        The root of ``kappa (1 - (df1 + delta)/N) = z``; delta is 1 with a fitted mean, else 0.
    df1, df2
        ``sum lambda/(lambda + kappa)`` and ``sum (lambda/(lambda + kappa))^2``.
    derivative
        ``dkappa/dz``.
    survival
        ``z/kappa``, the share of the signal's variance that survives.
    """

    kappa: Numbers
    df1: Numbers
    df2: Numbers
    derivative: Numbers
    survival: Numbers


@dataclass(frozen=True, eq=False, repr=False)
class Inputs(Result):
    """The inputs of a prediction.

    Attributes
    ----------
    dim
        The number of dimensions d.
    samples, ridge, covariance_ridge, alpha_bar, tau, row_weights_parameter
        What may vary. ``alpha_bar`` is None for a whole schedule, ``tau`` for training to the end.
    steps
        The number of noise levels that losses are averaged over.
    mean, model, target, sampler, row_weights
        Words, as in an experiment file; ``sampler`` is "ideal" unless one was named.
    """

    dim: int
    samples: Numbers
    ridge: Numbers
    covariance_ridge: Numbers
    alpha_bar: Optional[Numbers]
    tau: Optional[Numbers]
    row_weights_parameter: Optional[Numbers]
    steps: int
    mean: str
    model: str
    target: str
    sampler: str
    row_weights: str


@dataclass(frozen=True, eq=False, repr=False)
class Consistency(Result):
    """How much two models agree that were trained on different samples.

    Attributes
    ----------
    overlap
        The overlap of samples from the same noise, from 0 to 1.
    kl_between_models
        The divergence between the laws of both models, in nats per dimension.
    """

    overlap: Optional[Numbers]
    kl_between_models: Optional[Numbers]


@dataclass(frozen=True, eq=False, repr=False)
class Optimal(Result):
    """The optimum that was asked for; the other attributes are None.

    Attributes
    ----------
    ridge, tau, samples
        The best ridge, the best time to stop (inf: train to the end), the number of samples that reaches the target.
    test_loss
        The test loss there.
    covariance_ridge, kl_true_sampled
        With ``ridge``: the covariance ridge of the ideal sampler with the lowest KL(true || sampled), and that.
    """

    ridge: Optional[Numbers]
    tau: Optional[Numbers]
    samples: Optional[Numbers]
    test_loss: Optional[Numbers]
    covariance_ridge: Optional[Numbers]
    kl_true_sampled: Optional[Numbers]


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Result):
    """A prediction: numbers, or arrays of the shape of the inputs.

    Losses are per component, divergences in nats per dimension; both are averages over training sets. A number that no
    point has is None. In an array it is NaN where a point does not have it.

    Attributes
    ----------
    inputs
        The inputs.
    train_loss, test_loss, oracle_loss
        The loss on the training set, on new samples, and the least possible one, averaged over the noise levels.
    train_loss_deviation, test_loss_deviation
        One standard deviation over training sets; for several noise levels an upper bound.
    kl_true_sampled, kl_sampled_true
        Both divergences of the samples from the truth.
    kl_true_sampled_deviation, kl_sampled_true_deviation
        One standard deviation over training sets.
    effective_ridge, df1, df2
        The effective ridge, and its degrees of freedom.
    w2
        ``sqrt(W2^2/d)`` of the ideal sampler without a ridge, W2 the 2-Wasserstein distance.
    consistency
        How much two models agree.
    optimal
        The optimum, if one was asked for.
    numerical_error
        The possible error of the integrals.
    warnings
        Warnings, each once.
    """

    inputs: Inputs
    train_loss: Numbers
    test_loss: Numbers
    oracle_loss: Numbers
    train_loss_deviation: Optional[Numbers]
    test_loss_deviation: Optional[Numbers]
    kl_true_sampled: Optional[Numbers]
    kl_sampled_true: Optional[Numbers]
    kl_true_sampled_deviation: Optional[Numbers]
    kl_sampled_true_deviation: Optional[Numbers]
    effective_ridge: Numbers
    df1: Numbers
    df2: Numbers
    w2: Optional[Numbers]
    consistency: Optional[Consistency]
    optimal: Optional[Optimal]
    numerical_error: Numbers
    warnings: tuple[str, ...]

    def plot(self, ax: Any = None) -> Any:
        """Draws losses and divergences against the first input that varies.

        Parameters
        ----------
        ax
            The axes of matplotlib to draw on; None: those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from ._plots import prediction

        return prediction(self, ax)


#: Eigenvalues, or a result of :func:`lindiff.spectrum`.
SpectrumLike = Union[ArrayLike, Any]


def _eigenvalues(spectrum: SpectrumLike | None, dim: int | None, exponent: float | None) -> NDArray[np.float64]:
    if spectrum is None:
        if dim is None:
            raise TypeError("a spectrum is needed: eigenvalues, or dim (and exponent) of a power law")
        return _lindiff.power_law(dim, 1.0 if exponent is None else exponent)
    if dim is not None or exponent is not None:
        raise TypeError("dim and exponent are of a power law: give them, or a spectrum")
    return vector_of(getattr(spectrum, "eigenvalues", spectrum), "spectrum")


class _Grid:
    """Inputs of one shape."""

    def __init__(self, **inputs: ArrayLike | None) -> None:
        given = {name: np.asarray(value, dtype=np.float64) for name, value in inputs.items() if value is not None}
        try:
            arrays = dict(zip(given, np.broadcast_arrays(*given.values())))
        except ValueError:
            shapes = ", ".join(f"{name} {value.shape}" for name, value in given.items())
            raise ValueError(f"these shapes do not broadcast: {shapes}") from None
        self.shape: tuple[int, ...] = next(iter(arrays.values())).shape
        self._flat = {name: np.ascontiguousarray(array).reshape(-1) for name, array in arrays.items()}
        self.given = {name: self.shaped(self._flat[name]) for name in given}

    def flat(self, name: str) -> NDArray[np.float64]:
        return self._flat[name]

    def all_flat(self) -> dict[str, Any]:
        return dict(self._flat)

    def shaped(self, numbers: NDArray[np.float64]) -> Numbers:
        """A number, or an array of the grid's shape."""
        if self.shape == ():
            return float(numbers[0])
        return read_only(numbers.reshape(self.shape).copy())


def losses(
    spectrum: SpectrumLike | None = None,
    samples: ArrayLike | None = None,
    alpha_bar: ArrayLike | None = None,
    ridge: ArrayLike = 0.0,
    *,
    dim: int | None = None,
    exponent: float | None = None,
    mean: str = "known",
) -> Losses:
    """Train and test loss of the optimum at single noise levels, as deterministic equivalents.

    This is the leading order in 1/d, in closed form: the quickest answer on a grid. :func:`predict` adds what is of
    relative order 1/d, divergences, samplers and finite times.

    Parameters
    ----------
    spectrum
        The eigenvalues of the truth's covariance, shape ``(d,)`` in any order, or a result of :func:`spectrum`.
    samples
        The number of training samples N; any shape. It need not be whole.
    alpha_bar
        The noise level, between 0 and 1; any shape that broadcasts.
    ridge
        The ridge gamma of the step; any shape that broadcasts.
    dim, exponent
        Instead of a spectrum: a power law with eigenvalues proportional to ``nu^-exponent`` and the trace ``dim``.
        The exponent is 1 unless given.
    mean
        "known" or "fitted": whether the training set's mean has to be estimated.

    Returns
    -------
    Losses
        Numbers, or arrays of the broadcast shape.

    Examples
    --------
    >>> import lindiff
    >>> found = lindiff.losses(dim=200, samples=[100, 400], alpha_bar=0.9)
    >>> found.test_loss.round(4)
    array([2.3734, 0.918 ])
    """
    eigenvalues = _eigenvalues(spectrum, dim, exponent)
    grid = _Grid(samples=_needed(samples, "samples"), alpha_bar=_needed(alpha_bar, "alpha_bar"), ridge=ridge)
    found = _lindiff.losses(eigenvalues, grid.flat("samples"), grid.flat("alpha_bar"), grid.flat("ridge"), mean)
    return Losses(*map(grid.shaped, found))


def effective_ridge(
    spectrum: SpectrumLike | None = None,
    samples: ArrayLike | None = None,
    ridge: ArrayLike = 0.0,
    *,
    dim: int | None = None,
    exponent: float | None = None,
    mean: str = "known",
) -> EffectiveRidge:
    """The deterministic equivalent of a ridge z on a sample covariance.

    On average over training sets ``(Sigma_N + z)^-1`` acts as ``(kappa/z) (Sigma + kappa)^-1``.

    Parameters
    ----------
    spectrum
        The eigenvalues of the truth's covariance, shape ``(d,)``, or a result of :func:`spectrum`.
    samples
        The number of samples N; any shape. It need not be whole.
    ridge
        z >= 0, in the unit of the eigenvalues; any shape that broadcasts.
    dim, exponent
        Instead of a spectrum: a power law of trace ``dim``.
    mean
        "known" or "fitted".

    Returns
    -------
    EffectiveRidge
        Numbers, or arrays of the broadcast shape.

    Examples
    --------
    >>> import lindiff
    >>> at = lindiff.effective_ridge([3.0, 2.0, 1.0], samples=2, ridge=0.5)
    >>> abs(at.kappa * (1 - at.df1 / 2) - 0.5) < 1e-12
    True
    """
    eigenvalues = _eigenvalues(spectrum, dim, exponent)
    grid = _Grid(samples=_needed(samples, "samples"), ridge=ridge)
    found = _lindiff.effective_ridge(eigenvalues, grid.flat("samples"), grid.flat("ridge"), mean)
    return EffectiveRidge(*map(grid.shaped, found))


def _needed(value: ArrayLike | None, name: str) -> ArrayLike:
    if value is None:
        raise TypeError(f"{name} is needed")
    return value


def predict(
    spectrum: SpectrumLike | None = None,
    samples: ArrayLike | None = None,
    *,
    dim: int | None = None,
    exponent: float | None = None,
    ridge: ArrayLike = 0.0,
    covariance_ridge: ArrayLike = 0.0,
    alpha_bar: ArrayLike | None = None,
    tau: ArrayLike | None = None,
    schedule: ScheduleLike | None = None,
    mean: str = "known",
    model: str = "per-step",
    basis: int | None = None,
    width: int | None = None,
    target: str = "eps",
    init: float = 0.0,
    sampler: str | None = None,
    variance: str = "beta",
    row_weights: str = "none",
    row_weights_parameter: ArrayLike | None = None,
    optimal: str | None = None,
    target_kl: float | None = None,
    target_excess: float | None = None,
) -> Prediction:
    """Losses and divergences before any training, from a spectrum and a number of samples alone.

    What ``lindiff predict`` prints, on a grid: ``samples``, ``ridge``, ``covariance_ridge``, ``alpha_bar``, ``tau`` and
    ``row_weights_parameter`` are broadcast against each other.

    Parameters
    ----------
    spectrum
        The eigenvalues of the truth's covariance, shape ``(d,)`` in any order, or a result of :func:`spectrum`.
    samples
        The numbers N of training samples.
    dim, exponent
        Instead of a spectrum: a power law with eigenvalues proportional to ``nu^-exponent`` and the trace ``dim``.
        The exponent is 1 unless given.
    ridge
        The ridge gamma of every step.
    covariance_ridge
        The covariance ridge c: it adds ``alpha_bar_t c`` to the ridge of step t.
    alpha_bar
        Single noise levels, each by itself, instead of a schedule.
    tau
        Times of gradient flow, the sum of the learning rates; None: training to the end.
    schedule
        A :class:`Schedule`, numbers ``alpha_bar``, or a scheduler of diffusers; None: 1000 steps, linear.
    mean
        "known" or "fitted".
    model, basis, width
        "per-step", "time-basis" (with the number ``basis`` of functions), or "two-layer" (with ``width`` units).
    target
        What the network predicts: "eps", "x0", "v" or "score".
    init
        The factor of the identity from which training starts.
    sampler, variance
        "ddpm" (with the variance "beta" or "posterior"), "sde", "ode", "heun", "ddim"; None: the ideal one.
    row_weights, row_weights_parameter
        Rows with heavier tails than Gaussian ones ("none"): "two-point", "log-normal" or "student", and the
        parameters of that law.
    optimal
        "ridge" or "tau" (of the lowest test loss), or "samples" (the least that reach a target).
    target_kl, target_excess
        The target of "samples": KL(true || sampled) in nats per dimension, or the test loss above the oracle's.

    Returns
    -------
    Prediction
        Numbers, or arrays of the broadcast shape.

    Raises
    ------
    ValueError
        A value out of its range, shapes that do not broadcast, a network that theory does not describe.

    Examples
    --------
    >>> import lindiff
    >>> found = lindiff.predict(dim=200, exponent=1, samples=[50, 400], covariance_ridge=0.01)
    >>> found.test_loss.round(4)
    array([1.2887, 0.3394])
    >>> round(lindiff.predict(dim=200, samples=1, optimal="samples", target_kl=0.01).optimal.samples)
    5354
    """
    eigenvalues = _eigenvalues(spectrum, dim, exponent)
    if alpha_bar is not None and schedule is not None:
        raise ValueError("alpha_bar is of single noise levels: give it, or a schedule")
    if samples is None and optimal == "samples":
        samples = 2
    varied = {
        "samples": _needed(samples, "samples"),
        "ridge": ridge,
        "covariance_ridge": covariance_ridge,
        "alpha_bar": alpha_bar,
        "tau": tau,
        "row_weights_parameter": row_weights_parameter,
    }
    grid = _Grid(**varied)
    common = {
        "mean": mean,
        "model": model,
        "size": {"time-basis": basis, "two-layer": width}.get(model),
        "target": target,
        "init": init,
        "sampler": sampler,
        "variance": variance,
        "row_weights": row_weights,
        "optimal": optimal,
        "target_kl": target_kl,
        "target_excess": target_excess,
    }
    points = {**dict.fromkeys(varied), **grid.all_flat()}
    found = _lindiff.predict(eigenvalues, core_of(schedule), common, points)
    warnings, steps = found.pop("warnings"), found.pop("steps")
    numbers = {name: grid.shaped(values) for name, values in found.items()}
    inputs = Inputs(
        dim=len(eigenvalues),
        steps=steps,
        mean=mean,
        model=model,
        target=target,
        sampler=sampler or "ideal",
        row_weights=row_weights,
        **{name: grid.given.get(name) for name in varied},  # type: ignore[arg-type]
    )
    return _assembled(inputs, numbers, tuple(warnings))


def _assembled(inputs: Inputs, numbers: dict[str, Numbers], warnings: tuple[str, ...]) -> Prediction:
    """The numbers under the keys of the JSON."""
    overlap, between = numbers.pop("overlap", None), numbers.pop("kl_between_models", None)
    consistency = None if overlap is None and between is None else Consistency(overlap, between)
    names = ("ridge", "tau", "samples", "test_loss", "covariance_ridge", "kl_true_sampled")
    optima = {name: numbers.pop(f"optimal_{name}", None) for name in names}
    optimal = None if all(value is None for value in optima.values()) else Optimal(**optima)
    known: dict[str, Any] = {name: None for name in Prediction.__dataclass_fields__}
    known.update(numbers, inputs=inputs, consistency=consistency, optimal=optimal, warnings=warnings)
    return Prediction(**known)
