"""The loss on rows that a Gaussian denoiser has not seen, as a function of the ridge on its covariance.

A denoiser of the covariance ``S + c I`` has on a row at the distance y from its mean, at the noise-to-signal ratio
``z0 = (1 - alpha_bar)/alpha_bar``, the loss per component (the mean over the noise, exactly)

``(1/d) [ tr (1 - z0 G)^2 + z0 y' G^2 y ],   G = (S + c + z0)^-1``

With ``z = z0 + c``, ``n = z0/z`` and ``q = c/z`` it is ``(1/d) [ b0 + 2 q b1 + q^2 b2 + n e1 + n^2 e2 ]``. The five
parts have no unit and depend on z alone, so they can be interpolated. None is negative (but for two rows and a known
mean), so nothing cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: The least and the largest ridge that is tried, in units of the mean variance.
RIDGES = (1e-7, 1e3)
#: The distance of the ridges of the first search, in their logarithm.
APART = 0.25
#: The precision of the best ridge, in its logarithm.
PRECISION = 1e-6
#: The largest number of points z whose sums over all rows are in memory at a time.
TOGETHER = 128


class Levels(NamedTuple):
    """Noise levels: ``z0 = (1 - alpha_bar)/alpha_bar``, and the weight of the loss of the noise, shape ``(T,)``."""

    noise: Array
    weight: Array


class LeftOut(Protocol):
    """Denoisers, and the rows that they are tested on."""

    dim: int

    def parts(self, z: Array) -> Array:
        """``b0, b1, b2, e1, e2`` at each z, averaged over the rows: shape ``(5, K)``."""


def loss(tested: LeftOut, levels: Levels, ridge: float) -> float:
    """The mean loss over rows and levels, per component."""
    parts = tested.parts(levels.noise + ridge)
    return float(levels.weight @ _by_level(parts, levels.noise, ridge)) / tested.dim


def _by_level(parts: Array, noise: Array, ridge: float) -> Array:
    b0, b1, b2, e1, e2 = parts
    z = noise + ridge
    n, q = noise / z, ridge / z
    total: Array = b0 + q * (2 * b1 + q * b2) + n * (e1 + n * e2)
    return total


def best_ridge(tested: LeftOut, levels: Levels, mean_variance: float) -> float:
    """The ridge of the lowest mean loss. It is 0 if no ridge lowers the loss."""
    if not mean_variance > 0:
        return 0.0
    low, high = np.log(np.multiply(RIDGES, mean_variance))
    known = Interpolated(tested, levels.noise.min(), levels.noise.max() + np.exp(high))

    def at(ridge: float) -> float:
        return float(levels.weight @ _by_level(known.parts(levels.noise + ridge), levels.noise, ridge))

    points = np.linspace(low, high, int(np.ceil((high - low) / APART)) + 1)
    lowest = int(np.argmin([at(np.exp(point)) for point in points]))
    left, right = points[max(lowest - 1, 0)], points[min(lowest + 1, len(points) - 1)]
    golden = (np.sqrt(5) - 1) / 2
    x, y = right - golden * (right - left), left + golden * (right - left)
    at_x, at_y = at(np.exp(x)), at(np.exp(y))
    while right - left > PRECISION:
        if at_x <= at_y:
            right, y, at_y = y, x, at_x
            x = right - golden * (right - left)
            at_x = at(np.exp(x))
        else:
            left, x, at_x = x, y, at_y
            y = left + golden * (right - left)
            at_y = at(np.exp(y))
    best, value = (x, at_x) if at_x <= at_y else (y, at_y)
    return float(np.exp(best)) if value < at(0.0) else 0.0


class Interpolated:
    """The parts by interpolation of eighth order in ``log z``, right to about 1e-10.

    In ``log z`` they are analytic up to the distance pi of the real axis.
    """

    STEP = 0.15
    POINTS = 8

    def __init__(self, tested: LeftOut, least: float, largest: float) -> None:
        self.dim = tested.dim
        self.start = np.log(least) - self.POINTS / 2 * self.STEP
        count = int(np.ceil((np.log(largest) - self.start) / self.STEP)) + self.POINTS
        z = np.exp(self.start + self.STEP * np.arange(count))
        self.values = tested.parts(z)

    def parts(self, z: Array) -> Array:
        place = (np.log(z) - self.start) / self.STEP
        first = np.clip(place.astype(int) - self.POINTS // 2 + 1, 0, self.values.shape[1] - self.POINTS)
        nodes = np.arange(self.POINTS)
        away = (place - first)[:, None] - nodes
        # Lagrange's polynomials: the product over the other nodes, also at a node.
        others = nodes[:, None] != nodes
        factors = np.where(others, away[:, None, :], 1.0).prod(axis=2)
        spread = np.where(others, nodes[:, None] - nodes, 1).prod(axis=1)
        some = self.values[:, first[:, None] + nodes]
        values: Array = np.einsum("pki,ki->pk", some, factors / spread)
        return values


class LeftOutRows:
    """N rows, each tested on the denoiser of the sample covariance (1/(N-1)) of all others, exactly.

    With the singular vectors U of the rows about their own mean or a known one and the eigenvalues ``s_j`` of their
    covariance (1/N), ``a = N/(N-1)``, ``t_j = z/(a s_j + z)`` and ``g, l = sum_j U_ij^2 (1 - t_j) (t_j, t_j^2)``:

    ``den = k (sum_j U_ij^2 t_j + n_i),   n_i = 1 - delta/N - sum_j U_ij^2,   v = k g/den``

    ``e1 = v (p/den - 2),   e2 = 2 k l/den + v^2``

    With a fitted mean ``delta = 1, k = a, p = N``; with a known one ``delta = 0, k = 1, p = N - 1``. With a fitted mean
    it gives the numbers of :func:`lindiff.leave_one_out`.
    """

    def __init__(self, centred: Array, fitted: bool) -> None:
        count, self.dim = centred.shape
        left, singular, _ = np.linalg.svd(centred, full_matrices=False)
        floor = np.finfo(float).eps * max(centred.shape) * singular[0]
        rank = min(int(np.sum(singular > floor)), count - fitted)
        left, self.eigenvalues = left[:, :rank], singular[:rank] ** 2 / count
        self.growth = count / (count - 1)
        self.factor = self.growth if fitted else 1.0
        self.pull = count if fitted else count - 1
        share = 1 / count if fitted else 0.0
        if fitted:
            left = left - left.mean(axis=0)
        self.squares = left**2
        self.null = np.zeros(count) if rank == count - fitted else _own_parts(left, share)

    def parts(self, z: Array) -> Array:
        chunks = range(0, len(z), TOGETHER)
        return np.concatenate([self._some(z[start : start + TOGETHER]) for start in chunks], axis=1)

    def _some(self, z: Array) -> Array:
        signal = self.growth * self.eigenvalues[:, None]
        kept, t = signal / (signal + z), z / (signal + z)
        # One product of matrices for all three sums.
        sums = self.squares @ np.concatenate([t, kept * t, kept * t * t], axis=1)
        shown, g, cubes = (sums[:, k * len(z) : (k + 1) * len(z)] for k in range(3))
        inverse = 1 / (self.factor * (shown + self.null[:, None]))
        v = self.factor * g * inverse
        e1 = v * (self.pull * inverse - 2)
        e2 = 2 * self.factor * cubes * inverse + v * v
        b2 = (t * t).sum(axis=0) + (self.dim - len(self.eigenvalues))
        return np.stack([(kept**2).sum(axis=0), (kept * t).sum(axis=0), b2, e1.mean(axis=0), e2.mean(axis=0)])


def _own_parts(left: Array, share: float) -> Array:
    """``n_i``, what no other row shares of each. Small ones keep their digits as the squared length of a vector."""
    own: Array = 1 - share - (left**2).sum(axis=1)
    small = np.flatnonzero(own < 1e-3)
    for start in range(0, len(small), TOGETHER):
        rows = small[start : start + TOGETHER]
        rest = -left @ left[rows].T - share
        rest[rows, np.arange(len(rows))] += 1
        own[rows] = (rest**2).sum(axis=0)
    # Less is rounding.
    own[own < 1e-20] = 0.0
    return own


class FreshRows:
    """Rows that a denoiser has not seen."""

    def __init__(self, variances: Array, along: Array) -> None:
        """The variances along the eigenvectors, and the rows about the mean along them, shape ``(n, d)``."""
        self.count, self.dim = along.shape
        self.variances = variances
        self.squares = (along**2).mean(axis=0)

    @classmethod
    def of(cls, covariance: Array, centred: Array) -> FreshRows:
        """The covariance of the denoiser, and rows about its mean."""
        variances, basis = np.linalg.eigh(covariance)
        return cls(np.maximum(variances, 0.0), centred @ basis)

    def parts(self, z: Array) -> Array:
        signal = self.variances[:, None]
        kept, t = signal / (signal + z), z / (signal + z)
        b = [(kept**2).sum(axis=0), (kept * t).sum(axis=0), (t * t).sum(axis=0)]
        return np.stack([*b, self.squares @ (t / (signal + z)), np.zeros_like(z)])


class Folds:
    """Several denoisers, each with rows that it has not seen."""

    def __init__(self, folds: Sequence[FreshRows]) -> None:
        self.dim = folds[0].dim
        self.folds = folds

    def parts(self, z: Array) -> Array:
        total = sum(fold.count for fold in self.folds)
        mean: Array = sum((fold.count / total * fold.parts(z) for fold in self.folds), np.zeros((5, len(z))))
        return mean
