"""What a network has learned that was trained anywhere, from its predictions on noised rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _lindiff
from ._arrays import rows_of, vector_of
from ._result import Result, build


@dataclass(frozen=True, eq=False, repr=False)
class Bounded(Result):
    """An estimate with its 95 % interval; ``high`` is inf where there is no upper end."""

    value: float
    low: float
    high: float

    def __float__(self) -> float:
        return self.value

    def _brief(self) -> str:
        return f"{self.value:.6g} [{self.low:.6g}, {self.high:.6g}]"


@dataclass(frozen=True, eq=False, repr=False)
class Measured(Result):
    """A measured value with its standard error over test rows."""

    value: float
    standard_error: float

    def __float__(self) -> float:
        return self.value

    def _brief(self) -> str:
        return f"{self.value:.6g} ± {self.standard_error:.2g}"


@dataclass(frozen=True, eq=False, repr=False)
class LevelErrors(Result):
    """Standard errors over test rows."""

    test_loss: float
    affine_excess: float
    nonlinear: float
    affine_share: float


@dataclass(frozen=True, eq=False, repr=False)
class LevelTraining(Result):
    """A network beside others that were made from its training rows, at one noise level.

    Attributes
    ----------
    from_linear_optimum, from_local_filter, from_copying
        ``E|D - D'|^2/Var D`` on the test rows, from the linear optimum, from the local linear filter (images only), and
        from the denoiser that copies.
    linear_effective_samples
        The effective samples of the linear network of the same rows.
    train_loss, gain_gap
        The loss on training rows, and how far its gains are from those of the linear optimum, if draws are of them.
    """

    from_linear_optimum: float
    from_local_filter: Optional[float]
    from_copying: float
    linear_effective_samples: Optional[Bounded]
    train_loss: Optional[Measured]
    gain_gap: Optional[Measured]


@dataclass(frozen=True, eq=False, repr=False)
class LevelProbe(Result):
    """One noise level. Losses are of the predicted clean row, per component.

    Attributes
    ----------
    alpha_bar, sigma
        The level; ``sigma = sqrt((1 - alpha_bar)/alpha_bar)``.
    draws
        The number of draws of test rows.
    test_loss
        ``wiener + affine_excess + nonlinear``.
    measured_loss
        The plain mean of the squared errors.
    wiener
        The least loss of an affine map on the test rows, exactly.
    affine_excess, nonlinear
        What the affine part loses more than that, and what the rest adds (below 0 where it helps).
    affine_share
        The share of the variance of the output that the affine part has.
    standard_errors
        The standard errors of the measured values.
    effective_samples, ridge
        The rows, and the ridge, with which a linear network has this affine part; None if they are not identified.
    not_identified
        Why not.
    training
        What the training rows say.
    """

    alpha_bar: float
    sigma: float
    draws: int
    test_loss: float
    measured_loss: float
    wiener: float
    affine_excess: float
    nonlinear: float
    affine_share: float
    standard_errors: LevelErrors
    effective_samples: Optional[Bounded]
    ridge: Optional[Bounded]
    not_identified: Optional[str]
    training: Optional[LevelTraining]


@dataclass(frozen=True, eq=False, repr=False)
class DirectionProbe(Result):
    """A leading direction of the test rows at one noise level (a place in ``levels``, from 0)."""

    level: int
    rank: int
    variance: float
    gain: float
    standard_error: float
    wiener: float
    predicted: Optional[float]
    affine_excess: float
    nonlinear: float


@dataclass(frozen=True, eq=False, repr=False)
class TrainingProbe(Result):
    """Whether training has ended (None: the draws do not tell), and the noise below which a network copies."""

    ended: Optional[bool]
    sentence: str
    copying_sigma: float
    copying_alpha_bar: float


@dataclass(frozen=True, eq=False, repr=False)
class SamplesProbe(Result):
    """The share of copies among samples, and among test rows."""

    count: int
    copies: Bounded
    test_rows_copies: Bounded


@dataclass(frozen=True, eq=False, repr=False)
class Probe(Result):
    """What predictions say of a network.

    Attributes
    ----------
    source, target
        The name of the arrays, and what was predicted.
    draws, dim, test_rows, train_rows
        The number of draws of test rows, of dimensions, of test rows and of training rows.
    levels
        The noise levels, the least noise first.
    directions
        The leading directions of the test rows at each level.
    training, samples
        What the training rows, and samples of the network, say.
    verdict, warnings, notes
        Sentences.
    """

    source: str
    target: str
    draws: int
    dim: int
    test_rows: int
    train_rows: Optional[int]
    levels: tuple[LevelProbe, ...]
    directions: tuple[DirectionProbe, ...]
    training: Optional[TrainingProbe]
    samples: Optional[SamplesProbe]
    verdict: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    def plot(self, ax: Any = None) -> Any:
        """Draws the parts of the loss, over Wiener's loss, against the noise.

        Parameters
        ----------
        ax
            The axes of matplotlib to draw on; None: those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from ._plots import probe

        return probe(self, ax)


@dataclass(frozen=True, eq=False, repr=False)
class AgainstTruth(Result):
    """The affine part beside Wiener's filter of the law that the test rows come from.

    Attributes
    ----------
    excess
        The excess of its matrix, per component.
    kappa
        The effective ridge: on average over training sets the matrix is ``Sigma (Sigma + kappa)^-1``.
    bias_share
        The share of the excess that is due to kappa.
    """

    excess: Bounded
    kappa: Bounded
    bias_share: float


@dataclass(frozen=True, eq=False, repr=False)
class EffectiveSamples(Result):
    """How many rows the affine part of a denoiser is worth.

    Attributes
    ----------
    samples, ridge
        The rows N and the ridge c of a linear network with such an affine part; None if they are not identified.
    not_identified
        Why not.
    against_truth
        The affine part beside the truth.
    """

    samples: Optional[Bounded]
    ridge: Optional[Bounded]
    not_identified: Optional[str]
    against_truth: Optional[AgainstTruth]


def probe(
    x_t: ArrayLike,
    prediction: ArrayLike,
    alpha_bar: ArrayLike,
    clean: Any,
    *,
    row: ArrayLike | None = None,
    train: Any = None,
    samples: Any = None,
    target: str = "eps",
    image: tuple[int, int] | None = None,
    source: str = "arrays",
    progress: Callable[[int, int], object] | None = None,
) -> Probe:
    """What a network has learned, from its predictions on noised rows ``sqrt(ab) x0 + sqrt(1 - ab) eps``.

    Choose a few noise levels; each needs at least ``2 d + 2`` draws of rows that are not training rows, and ``30 d`` for
    useful errors.

    Parameters
    ----------
    x_t, prediction
        The noised rows and what the network said of them, shape ``(n, d)``; further axes are flattened.
    alpha_bar
        The noise level of each draw, shape ``(n,)``, or one number.
    clean
        The rows ``x0``, shape ``(M, d)``, in the units of ``x_t``.
    row
        The row of ``clean`` that each draw was made from, shape ``(n,)``, from 0; None: draw i is of row i.
    train
        The rows that the network was trained on, shape ``(N, d)``. Clean rows that are among them are no test rows.
    samples
        Samples of the network, to be looked through for copies of training rows.
    target
        What the network predicts: "eps", "x0", "v" or "score".
    image
        Height and width of the images that rows are.
    source
        The name of the arrays in the answer.
    progress
        Called with the noise levels done and the number of all.

    Returns
    -------
    Probe

    Raises
    ------
    ValueError
        Draws that are not what they are said to be, too few draws, predictions of another target.

    Examples
    --------
    >>> import lindiff, numpy as np
    >>> random = np.random.default_rng(1)
    >>> clean, noise = random.normal(size=(2, 300, 2)) * [[[2.0, 1.0]], [[1.0, 1.0]]]
    >>> x_t = np.sqrt(0.5) * (clean + noise)
    >>> best = np.sqrt(0.5) * x_t / (0.5 * np.array([4.0, 1.0]) + 0.5)
    >>> found = lindiff.probe(x_t, best, 0.5, clean)
    >>> abs(found.levels[0].nonlinear) < 1e-12
    True
    """
    noised = _flat(x_t, "x_t")
    levels = np.asarray(alpha_bar, dtype=np.float64)
    if train is None and samples is not None:
        raise ValueError("samples are looked through for copies of training rows: give train too")
    asked = {
        "x_t": noised,
        "prediction": _flat(prediction, "prediction"),
        "alpha_bar": np.full(len(noised), float(levels)) if levels.ndim == 0 else vector_of(levels, "alpha_bar"),
        "row": _rows_of_draws(row),
        "clean": _flat(clean, "clean"),
        "train": None if train is None else _flat(train, "train"),
        "samples": None if samples is None else _flat(samples, "samples"),
        "target": target,
        "image": image,
        "source": source,
    }
    return build(Probe, _lindiff.probe(asked, progress))


def effective_samples(
    x_t: ArrayLike,
    denoised: ArrayLike,
    alpha_bar: float,
    clean: Any,
    *,
    row: ArrayLike | None = None,
    seed: int = 1,
) -> EffectiveSamples:
    """How many rows is the affine part of a denoiser worth at one noise level, and what ridge does it carry?

    A linear network that is trained on N rows with a ridge c has, on average, the gains and the excess of some N and c;
    these are found from the draws. For a network that is not linear, N is a number for each noise level.

    Parameters
    ----------
    x_t
        Noised rows ``sqrt(ab) x0 + sqrt(1 - ab) eps``, shape ``(n, d)``, ``n >= 2 d + 2``.
    denoised
        The clean rows that the denoiser predicts, shape ``(n, d)``.
    alpha_bar
        The noise level.
    clean
        The test rows ``x0``, shape ``(M, d)``: not those of the training.
    row
        The row of ``clean`` that each draw was made from, from 0; None: draw i is of row i.
    seed
        The seed of the random halves of the test rows.

    Returns
    -------
    EffectiveSamples
    """
    if not 0.0 < alpha_bar < 1.0:
        raise ValueError(f"alpha_bar = {alpha_bar}: must be above 0 and below 1")
    x = np.ascontiguousarray(_flat(x_t, "x_t") / np.sqrt(alpha_bar))
    clean_rows = _flat(clean, "clean")
    found = _lindiff.effective_samples(
        x, _flat(denoised, "denoised"), alpha_bar, clean_rows, _rows_of_draws(row), seed
    )
    return build(EffectiveSamples, found)


def _flat(data: Any, name: str) -> NDArray[np.float64]:
    """Rows, of which further axes (those of images) are flattened."""
    array = np.asarray(data) if not hasattr(data, "toarray") else data
    if getattr(array, "ndim", 0) > 2:
        return rows_of(array.reshape(len(array), -1), name)
    return rows_of(data, name)


def _rows_of_draws(row: ArrayLike | None) -> list[int] | None:
    if row is None:
        return None
    rows = vector_of(row, "row")
    if np.any(rows < 0) or np.any(rows != np.floor(rows)):
        raise ValueError("row: whole numbers are needed, counted from 0")
    return [int(number) for number in rows]
