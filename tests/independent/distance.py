"""The Fréchet distance of two sets of features, with numpy alone: `distance.py A.npy B.npy`.

The plain value is that of pytorch-fid, by scipy.linalg.sqrtm, or by eigenvalues where there is no scipy. The bias is found by fitting again without each row, on a fine
grid of z, with derivatives by complex steps. B may be an .npz with mu and sigma.
"""

import json
import sys

import numpy as np

try:
    from scipy.linalg import sqrtm
except ImportError:
    sqrtm = None


def moments(rows):
    return rows.mean(0), np.atleast_2d(np.cov(rows, rowvar=False))


def without_each_row(rows, root, z):
    """The mean of tr Sigma (S + z)^-1 and of the degrees of freedom tr S (S + z)^-1, at complex z."""
    count, n = len(rows), len(rows) - 1
    y = rows @ root
    eye = np.eye(root.shape[1])
    trace = degrees = 0
    for out in range(count):
        others = np.delete(y, out, 0)
        apart = y[out] - others.mean(0)
        about = others - others.mean(0)
        scatter = about.T @ about / n
        inverse = np.linalg.inv(scatter + z * eye)
        trace += apart @ inverse @ apart * n / count
        degrees += np.trace(scatter @ inverse)
    return trace / count, degrees / count


def trace_of_root(a, b):
    """tr (Sigma_a Sigma_b)^(1/2) without bias; a and b are (rows or None, covariance)."""
    (rows_a, of_a), (rows_b, of_b) = a, b
    eigenvalues = np.linalg.eigvals(of_a @ of_b).real
    sides = [(rows, np.linalg.cholesky(other)) for rows, other in ((rows_a, of_b), (rows_b, of_a)) if rows is not None]
    small, step, total, last = 1e-30, 0.4, 0.0, 0.0
    for t in np.arange(np.log(eigenvalues.min()) - 14, np.log(eigenvalues.max()) + 14, step):
        z = np.exp(t + 1j * small)
        degrees = np.sum(eigenvalues / (eigenvalues + z))
        curves = [without_each_row(rows, root, z) for rows, root in sides]
        joint = degrees * np.prod([left / degrees for _, left in curves]) if curves else degrees
        log_factor = 0.0
        for trace, left in curves:
            log = np.log(trace / left)
            log_factor += log.real + log.imag / left.imag * (joint.real - left.real)
        last = np.exp(t / 2) * (degrees.imag - np.exp(log_factor / 2) * joint.imag) / small
        total += last
    total += last / (np.exp(step / 2) - 1)
    return np.sqrt(eigenvalues).sum() + 2 / np.pi * step * total


def plain_trace_of_root(of_a, of_b):
    if sqrtm is None:
        return np.sqrt(np.linalg.eigvals(of_a @ of_b).real).sum()
    return np.trace(sqrtm(of_a @ of_b)).real


def read(path):
    data = np.load(path)
    return data if isinstance(data, np.ndarray) else (data["mu"], data["sigma"])


def main(path_a, path_b):
    sides = []
    for data in (read(path_a), read(path_b)):
        rows = data if isinstance(data, np.ndarray) else None
        mean, covariance = moments(rows) if rows is not None else data
        sides.append((rows, mean, covariance))
    (rows_a, mean_a, of_a), (rows_b, mean_b, of_b) = sides
    apart = np.sum((mean_a - mean_b) ** 2)
    traces = np.trace(of_a) + np.trace(of_b)
    bias = sum(np.trace(of) / len(rows) for rows, _, of in sides if rows is not None)
    root = trace_of_root((rows_a, of_a), (rows_b, of_b))
    print(
        json.dumps(
            {
                "plain": float(apart + traces - 2 * plain_trace_of_root(of_a, of_b)),
                "mean_difference": float(apart - bias),
                "trace_root": float(root),
                "value": float(apart - bias + traces - 2 * root),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
