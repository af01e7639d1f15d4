"""Affine denoisers: exact losses, the exact law of their samples, draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _lindiff
from ._arrays import rows_of
from ._laws import Gaussian, law_of
from ._result import Result, build
from ._schedule import Schedule, ScheduleLike, schedule_of


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Result):
    """Exact losses of a denoiser under a truth, and the distances of its samples from it.

    Attributes
    ----------
    test_loss, oracle_loss
        The loss and the least possible one, per component, means over the steps.
    by_step, oracle_by_step
        The same for each step, shape ``(T,)``.
    kl_true_sampled, kl_sampled_true, kl_of_mean
        Divergences in nats per dimension, as in :class:`Divergences`.
    w2
        ``sqrt(W2^2/d)``, W2 the 2-Wasserstein distance.
    reason
        Why divergences are infinite.
    """

    test_loss: float
    oracle_loss: float
    by_step: NDArray[np.float64]
    oracle_by_step: NDArray[np.float64]
    kl_true_sampled: float
    kl_sampled_true: float
    kl_of_mean: float
    w2: float
    reason: Optional[str]


class Denoiser:
    """One affine map of the noise for each step of a schedule: ``eps(x_t) = W_t x_t + b_t``.

    It cannot be changed. Steps are counted from 0, the least noise.

    Examples
    --------
    The optimum on a sample covariance of few rows, and what it samples:

    >>> import lindiff, numpy as np
    >>> truth = np.diag([4.0, 1.0, 0.25])
    >>> rows = np.random.default_rng(1).multivariate_normal(np.zeros(3), truth, size=50)
    >>> sampled = np.cov(rows.T, bias=True)
    >>> denoiser = lindiff.Denoiser.optimum((rows.mean(0), sampled), schedule=lindiff.Schedule.linear(200, 1e-4, 0.05))
    >>> found = denoiser.evaluate(truth)
    >>> bool(found.test_loss > found.oracle_loss), found.kl_true_sampled < 0.1
    (True, True)
    >>> denoiser.sample(5, seed=1).shape
    (5, 3)
    """

    __slots__ = ("_core", "_made", "schedule")
    _core: _lindiff.Denoiser
    _made: tuple[Any, ...]
    #: The schedule.
    schedule: Schedule

    def __init__(self, *args: object) -> None:
        raise TypeError("make a denoiser by Denoiser.optimum() or Denoiser.from_maps()")

    @classmethod
    def _of(cls, core: _lindiff.Denoiser, schedule: Schedule, made: tuple[Any, ...]) -> Denoiser:
        denoiser = object.__new__(cls)
        for name, value in (("_core", core), ("schedule", schedule), ("_made", made)):
            object.__setattr__(denoiser, name, value)
        return denoiser

    @classmethod
    def optimum(
        cls,
        law: Any,
        *,
        schedule: ScheduleLike | None = None,
        ridge: float = 0.0,
        covariance_ridge: float = 0.0,
    ) -> Denoiser:
        """The best affine denoiser of a law: ``W = r (ab C + (1 - ab) I + gamma I)^-1``, ``b = -sqrt(ab) W m``.

        Parameters
        ----------
        law
            A covariance, shape ``(d, d)``, or a pair of a mean ``(d,)`` and a covariance, or a fitted estimator with
            ``location_`` and ``covariance_``. Of training rows it is the optimum after training to the end.
        schedule
            A :class:`Schedule`, numbers ``alpha_bar``, or a scheduler of diffusers; None: 1000 steps, linear.
        ridge, covariance_ridge
            ``gamma = ridge + ab covariance_ridge``.
        """
        made = law_of(law, "law")
        levels = schedule_of(schedule)
        core = _lindiff.Denoiser.optimum(made, levels._core, float(ridge), float(covariance_ridge))
        return cls._of(core, levels, ("optimum", made, levels, float(ridge), float(covariance_ridge)))

    @classmethod
    def from_maps(cls, weight: ArrayLike, bias: ArrayLike, *, schedule: ScheduleLike | None = None) -> Denoiser:
        """The denoiser of given maps, such as those of a network that was trained elsewhere.

        Parameters
        ----------
        weight, bias
            Shapes ``(T, d, d)`` and ``(T, d)``, the least noise first: ``eps(x_t) = W_t x_t + b_t``.
        schedule
            The schedule of T steps.
        """
        weights = np.ascontiguousarray(weight, dtype=np.float64)
        biases = rows_of(bias, "bias")
        if weights.ndim != 3:
            raise ValueError(f"weight has the shape {weights.shape}: (T, d, d) is needed")
        levels = schedule_of(schedule)
        core = _lindiff.Denoiser.from_maps(weights, biases, levels._core)
        return cls._of(core, levels, ("from_maps", weights, biases, levels))

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self._core.dim()

    def at(self, step: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The weight ``(d, d)`` and the bias ``(d,)`` of a step, from 0 (the least noise)."""
        return self._core.at(self._step(step))

    def _step(self, step: int) -> int:
        count = len(self.schedule)
        if not -count <= step < count:
            raise IndexError(f"step {step} of {count}")
        return step % count

    def predict_noise(self, x_t: ArrayLike, step: int) -> NDArray[np.float64]:
        """The predicted noise ``(n, d)`` in rows ``x_t`` that were noised to a step."""
        weight, bias = self.at(step)
        noise: NDArray[np.float64] = rows_of(x_t, "x_t") @ weight.T + bias
        return noise

    def denoise(self, x_t: ArrayLike, step: int) -> NDArray[np.float64]:
        """The predicted clean rows ``(n, d)``: ``(x_t - sqrt(1 - ab) eps(x_t))/sqrt(ab)``."""
        rows = rows_of(x_t, "x_t")
        index = self._step(step)
        signal, noise = np.sqrt(self.schedule.alpha_bar[index]), np.sqrt(self.schedule.noise_variance[index])
        clean: NDArray[np.float64] = (rows - noise * self.predict_noise(rows, index)) / signal
        return clean

    def losses(self, law: Any) -> NDArray[np.float64]:
        """The exact loss under a law, per component, for each step: shape ``(T,)``."""
        return self._core.losses(law_of(law, "law"))

    def evaluate(self, truth: Any, *, sampler: str = "ddpm", variance: str = "beta") -> Evaluation:
        """Exact losses under a truth, and how far the samples of a sampler are from it.

        Parameters
        ----------
        truth
            A law as in :meth:`optimum`.
        sampler, variance
            "ddpm" (with the variance "beta" or "posterior"), "sde", "ode", "heun", "ddim".
        """
        found = self._core.evaluate(law_of(truth, "truth"), sampler, variance)
        found["test_loss"] = float(found["by_step"].mean())
        found["oracle_loss"] = float(found["oracle_by_step"].mean())
        return build(Evaluation, found)

    def sampled(self, *, sampler: str = "ddpm", variance: str = "beta") -> Gaussian:
        """The exact law of the samples, started from ``N(0, I)``.

        Parameters
        ----------
        sampler, variance
            As in :meth:`evaluate`.
        """
        return build(Gaussian, dict(zip(("mean", "covariance"), self._core.sampled(sampler, variance))))

    def sample(
        self,
        n: int,
        *,
        sampler: str = "ddpm",
        variance: str = "beta",
        seed: int = 1,
        progress: Callable[[int, int], object] | None = None,
    ) -> NDArray[np.float64]:
        """Draws by a sampler, shape ``(n, d)``. Draw i depends on the seed and on i only.

        Parameters
        ----------
        n
            The number of draws.
        sampler, variance
            As in :meth:`evaluate`.
        seed
            The seed.
        progress
            Called with the steps done and the number of all steps.
        """
        return self._core.sample(n, sampler, variance, seed, progress)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a denoiser cannot be changed")

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _made_again, self._made

    def __copy__(self) -> Denoiser:
        return self

    def __deepcopy__(self, memo: object) -> Denoiser:
        return self

    def __repr__(self) -> str:
        return f"Denoiser({self.dim} dimensions, {self.schedule!r})"


def _made_again(how: str, *made: Any) -> Denoiser:
    if how == "optimum":
        law, schedule, ridge, covariance_ridge = made
        return Denoiser.optimum(law, schedule=schedule, ridge=ridge, covariance_ridge=covariance_ridge)
    weight, bias, schedule = made
    return Denoiser.from_maps(weight, bias, schedule=schedule)
