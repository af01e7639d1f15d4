"""Shrunk covariances from their papers, beside those that lindiff estimated; also scikit-learn's, where it is installed.

`python3 covariances.py FOLDER` reads from FOLDER, for each case, `CASE-rows.npy` [N, d] and `CASE-NAME.npy` [d, d] for each
estimator NAME. A case whose name ends in `known` has the known mean 0. It fails if a number is off by more than 1e-12
of the largest of its covariance.

- ledoit-wolf: O. Ledoit, M. Wolf, J. Multivariate Analysis 88 (2004) 365-411, lemmas 3.2 to 3.5.
- oas: Y. Chen, A. Wiesel, Y. C. Eldar, A. O. Hero, IEEE Trans. Signal Processing 58 (2010) 5016-5029, eq. 23 without the
  terms of order 1/d, as scikit-learn has it.
- quadratic-inverse: O. Ledoit, M. Wolf, Bernoulli 28 (2022) 1519-1547, sections 4 and 5.
"""

import sys
from pathlib import Path

import numpy as np

ALLOWED = 1e-12


def empirical(y, _):
    return y.T @ y / len(y)


def to_identity(covariance, rho):
    dim = len(covariance)
    return (1 - rho) * covariance + rho * np.trace(covariance) / dim * np.eye(dim)


def ledoit_wolf(y, _):
    """b^2 is the mean squared distance of the N matrices y y' from their mean, over N; d^2 that of the mean from m I."""
    count, dim = y.shape
    s = empirical(y, 0)
    if dim == 1:
        return s
    m = np.trace(s) / dim
    far = np.sum((s - m * np.eye(dim)) ** 2) / dim
    near = sum(np.sum((np.outer(row, row) - s) ** 2) for row in y) / dim / count**2
    return to_identity(s, min(near, far) / far)


def oas(y, _):
    count, dim = y.shape
    s = empirical(y, 0)
    if dim == 1:
        return s
    square, trace = np.sum(s * s), np.trace(s)
    return to_identity(s, min(1.0, (square + trace**2) / ((count + 1) * (square - trace**2 / dim))))


def quadratic_inverse(y, degrees):
    """Every direction by itself, with complex numbers: theta + i eta is the smoothed Hilbert transform."""
    dim = y.shape[1]
    _, singular, vectors = np.linalg.svd(y)
    eigenvalues = np.zeros(dim)
    eigenvalues[: len(singular)] = singular**2 / degrees
    shown = eigenvalues > dim * 1e-15 * eigenvalues[0]
    shown[degrees:] = False
    rank = shown.sum()
    size = rank if rank < min(dim, degrees) else dim
    c = size / degrees
    h = min(c**2, 1 / c**2) ** 0.35 / size**0.35
    inverse = 1 / eigenvalues[shown]
    shrunk = np.zeros(dim)
    for i in range(rank):
        # 1/(a - i h) = (a + i h)/(a^2 + h^2), with a = 1 - x_i/x_j
        transform = np.mean(1 / (1 - inverse[i] / inverse - 1j * h))
        if size <= degrees:
            weight = abs(1 - c + c * transform) ** 2
        else:
            weight = abs(transform) ** 2
        shrunk[i] = 1 / (inverse[i] * weight)
    if size > degrees:
        shrunk[rank:] = 1 / ((c - 1) * np.mean(inverse))
    shrunk *= eigenvalues.sum() / shrunk.sum()
    return (vectors.T * shrunk) @ vectors


ESTIMATORS = {
    "empirical": empirical,
    "ledoit-wolf": ledoit_wolf,
    "oas": oas,
    "quadratic-inverse": quadratic_inverse,
}


def of_scikit_learn(name, rows, known):
    """The covariance of the installed scikit-learn; None without it."""
    try:
        from sklearn import covariance
    except ImportError:
        return None
    of = {"empirical": "EmpiricalCovariance", "ledoit-wolf": "LedoitWolf", "oas": "OAS"}
    if name not in of:
        return None
    return getattr(covariance, of[name])(assume_centered=known).fit(rows).covariance_


def main(folder):
    compared, with_scikit_learn, wrong = 0, 0, []
    for path in sorted(folder.glob("*-rows.npy")):
        case = path.name.removesuffix("-rows.npy")
        rows, known = np.load(path), case.endswith("known")
        y = rows if known else rows - rows.mean(0)
        y = y if known else y - y.mean(0)
        for name, estimator in ESTIMATORS.items():
            found = np.load(folder / f"{case}-{name}.npy")
            for expected in [estimator(y, len(rows) - (not known)), of_scikit_learn(name, rows, known)]:
                if expected is None:
                    continue
                compared += 1
                off = np.max(np.abs(found - expected)) / np.max(np.abs(expected))
                if not off <= ALLOWED:
                    wrong.append(f"{case}, {name}: off by {off:.2e}")
            with_scikit_learn += of_scikit_learn(name, rows, known) is not None
    print(f"{compared} compared, {with_scikit_learn} of them with scikit-learn; {len(wrong)} wrong")
    print("\n".join(wrong))
    return bool(wrong) or compared == 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
