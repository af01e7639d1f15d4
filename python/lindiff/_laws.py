"""Distances of Gaussian laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from . import _lindiff
from ._arrays import rows_of, vector_of
from ._result import Result, build


@dataclass(frozen=True, eq=False, repr=False)
class Gaussian(Result):
    """A Gaussian law: its mean, shape ``(d,)``, and its covariance, shape ``(d, d)``."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Divergences(Result):
    """Both Kullback-Leibler divergences of two Gaussian laws, in nats per dimension.

    Attributes
    ----------
    kl_true_sampled, kl_sampled_true
        ``KL(true || sampled)`` and ``KL(sampled || true)``; ``inf`` where one law lacks a direction of the other.
    kl_of_mean
        The part of ``kl_true_sampled`` that is due to the means.
    reason
        Why they are infinite.
    """

    kl_true_sampled: float
    kl_sampled_true: float
    kl_of_mean: float
    reason: Optional[str]


def kl(truth: Any, sampled: Any) -> Divergences:
    """Both divergences between two Gaussian laws, exactly.

    ``KL(p || q) = 1/(2 d) [tr Cq^-1 Cp - d + log det Cq - log det Cp + (mp - mq)' Cq^-1 (mp - mq)]``

    Parameters
    ----------
    truth, sampled
        A covariance, shape ``(d, d)``, or a pair of a mean ``(d,)`` and a covariance, a :class:`Gaussian`, or a fitted
        estimator with ``location_`` and ``covariance_``.

    Returns
    -------
    Divergences

    Examples
    --------
    >>> import lindiff
    >>> round(lindiff.kl([[2.0, 1.0], [1.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]]).kl_true_sampled, 6)
    0.225347
    """
    document, reason = _lindiff.kl(law_of(truth, "truth"), law_of(sampled, "sampled"))
    return build(Divergences, {**document, "reason": reason})


def wasserstein(first: Any, second: Any) -> float:
    """``sqrt(W2^2/d)``, W2 the 2-Wasserstein distance of two Gaussian laws.

    ``W2^2 = |mp - mq|^2 + tr Cp + tr Cq - 2 tr (Cp^(1/2) Cq Cp^(1/2))^(1/2)``

    Parameters
    ----------
    first, second
        Laws as in :func:`kl`.

    Returns
    -------
    float
        In the unit of the rows.

    Examples
    --------
    >>> import lindiff
    >>> lindiff.wasserstein([[4.0]], [[1.0]])
    1.0
    """
    return _lindiff.wasserstein(law_of(first, "first"), law_of(second, "second"))


def law_of(law: Any, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A mean and a covariance."""
    if isinstance(law, Gaussian):
        law = (law.mean, law.covariance)
    if hasattr(law, "covariance_"):
        law = (getattr(law, "location_", None), law.covariance_)
    mean, covariance = law if isinstance(law, tuple) and len(law) == 2 else (None, law)
    matrix = rows_of(covariance, f"the covariance of {name}")
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"the covariance of {name} has the shape {matrix.shape}: it must be square")
    if not np.isfinite(matrix).all():
        raise ValueError(f"the covariance of {name} has numbers that are not finite")
    if not np.allclose(matrix, matrix.T, rtol=1e-6, atol=1e-9 * float(np.abs(matrix).max())):
        raise ValueError(f"the covariance of {name} is not symmetric")
    if mean is None:
        return np.zeros(len(matrix)), matrix
    vector = vector_of(mean, f"the mean of {name}")
    if len(vector) != len(matrix):
        raise ValueError(f"{name}: a mean of {len(vector)} numbers and a covariance of the shape {matrix.shape}")
    return vector, matrix
