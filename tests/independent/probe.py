"""What `lindiff probe` says of arrays, computed once more with numpy alone.

    python3 probe.py ARRAYS.npz CLEAN.npy TARGET [TRAIN.npy [SAMPLES.npy]]

prints JSON with the keys of `lindiff probe --json` that are compared. Nothing of lindiff is used.
"""

import json
import sys

import numpy as np


def clean_vectors(target, prediction, x_t, ab):
    """The predicted x0. Each target is a combination p eps + q x0, and x_t is another."""
    a, r = np.sqrt(ab)[:, None], np.sqrt(1 - ab)[:, None]
    if target == "eps":
        return (x_t - r * prediction) / a
    if target == "x0":
        return prediction
    if target == "v":
        return a * x_t - r * prediction
    return (x_t + r * r * prediction) / a


def level(x, denoised, clean, row, z):
    """The parts of the loss on the law of the clean rows, by direction of their covariance S.

    The affine part is a least-squares fit. Its coefficients have chance errors, whose covariance is estimated from the
    draws, those of one clean row together (the sandwich formula). They add to the affine excess and take from the rest.
    """
    mean = clean.mean(0)
    covariance = (clean - mean).T @ (clean - mean) / len(clean)
    variance, basis = np.linalg.eigh(covariance)
    variance, basis = np.maximum(variance[::-1], 0), basis[:, ::-1]
    ones = np.hstack([np.ones((len(x), 1)), (x - mean) @ basis])
    gram = ones.T @ ones
    turned = (denoised - mean) @ basis
    coefficients = np.linalg.lstsq(ones, turned, rcond=None)[0]
    left = turned - ones @ coefficients
    best = np.vstack([np.zeros((1, len(mean))), np.diag(variance / (variance + z))])
    law = np.diag(np.concatenate([[1.0], variance + z]))
    raw = np.diag((coefficients - best).T @ law @ (coefficients - best))
    errors = (clean[row] - mean) @ basis - ones @ best  # what Wiener's filter leaves
    chance, taken, fitted = np.zeros((3, len(mean)))
    inverse = np.linalg.inv(gram)
    order = np.argsort(row, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(row[order]) > 0, True])
    for start, end in zip(starts[:-1], starts[1:]):
        draws = order[start:end]
        own = ones[draws].T @ left[draws]
        wiener = ones[draws].T @ errors[draws]
        chance += np.einsum("ik,ij,jk->k", own, inverse @ law @ inverse, own)
        fitted += np.einsum("ik,ij,jk->k", own, inverse, own)
        taken += np.einsum("ik,ij,jk->k", own - 2 * wiener, inverse, own)
    few = len(x) / (len(x) - len(mean) - 1)  # residuals of a fit are smaller than those of its truth
    chance, taken, fitted = few * chance, few * taken, few * fitted
    output = (coefficients[1:] ** 2 * (variance + z)[:, None]).sum() - chance.sum()
    rest = (left**2).mean(0).sum() + fitted.sum() / len(x)
    return {
        "variance": variance,
        "wiener": variance * z / (variance + z),
        "affine": raw - chance,
        "nonlinear": (left**2 - 2 * errors * left).mean(0) + taken / len(x),
        "gain": np.diag(coefficients[1:]),
        "wiener_gain": variance / (variance + z),
        "share": output / (output + rest),
    }


def kappa_of(variance, samples, z):
    """kappa (1 - (df1 + 1)/N) = z, by bisection."""
    low, high = 0.0, z + variance.sum()
    for _ in range(200):
        middle = (low + high) / 2
        df1 = (variance / (variance + middle)).sum()
        low, high = (middle, high) if middle * (1 - (df1 + 1) / samples) < z else (low, middle)
    return high


def copier(x, train, z):
    distance = ((x[:, None] - train[None]) ** 2).sum(2) / (2 * z)
    weights = np.exp(distance.min(1, keepdims=True) - distance)
    return weights @ train / weights.sum(1, keepdims=True)


def linear_optimum(x, train, z):
    mean = train.mean(0)
    covariance = (train - mean).T @ (train - mean) / len(train)
    return mean + (x - mean) @ np.linalg.solve(covariance + z * np.eye(len(mean)), covariance)


def local_filter(x, train, z, side, patch):
    """Each pixel from the patch x patch pixels around it that are in the image."""
    out, half = np.empty_like(x), patch // 2
    mean = train.mean(0)
    covariance = (train - mean).T @ (train - mean) / len(train)
    for i in range(side):
        for j in range(side):
            rows, columns = range(max(i - half, 0), min(i + half + 1, side)), range(max(j - half, 0), min(j + half + 1, side))
            near = [k * side + m for k in rows for m in columns]
            pixel = i * side + j
            block = covariance[np.ix_(near, near)] + z * np.eye(len(near))
            out[:, pixel] = mean[pixel] + (x[:, near] - mean[near]) @ np.linalg.solve(block, covariance[near, pixel])
    return out


def distance(a, b):
    return ((a - b) ** 2).sum() / ((a - a.mean(0)) ** 2).sum()


def share_of_copies(points, train):
    distances = np.sort(np.sqrt(((points[:, None] - train[None]) ** 2).sum(2)), 1)
    return (distances[:, 0] < distances[:, 1] / 3).mean()


def copying_sigma(variance, samples):
    low, high = 1e-6, 1e6
    for _ in range(200):
        middle = np.sqrt(low * high)
        information = 0.5 * np.log1p(variance / middle**2).sum()
        low, high = (middle, high) if information > np.log(samples) else (low, middle)
    return middle


def main():
    arrays, clean = np.load(sys.argv[1]), np.load(sys.argv[2]).astype(float)
    target = sys.argv[3]
    train = np.load(sys.argv[4]).astype(float) if len(sys.argv) > 4 else None
    x_t, prediction, ab = (arrays[name].astype(float) for name in ["x_t", "prediction", "alpha_bar"])
    row = arrays["row"].astype(int) if "row" in arrays else np.arange(len(x_t))
    known = np.zeros(len(clean), bool)
    if train is not None:
        known = np.array([(np.abs(train - c).max(1) < 1e-9).any() for c in clean])
    found = {"levels": [], "directions": []}
    test = clean[~known]
    place = np.cumsum(~known) - 1
    for value in sorted(set(ab), reverse=True):
        z = (1 - value) / value
        here = (ab == value) & ~known[row]
        x = x_t[here] / np.sqrt(value)
        denoised = clean_vectors(target, prediction[here], x_t[here], ab[here])
        parts = level(x, denoised, test, place[row[here]], z)
        said = {
            "alpha_bar": value,
            "sigma": np.sqrt(z),
            "draws": int(here.sum()),
            "measured_loss": ((denoised - clean[row[here]]) ** 2).mean(),
            "wiener": parts["wiener"].mean(),
            "affine_excess": parts["affine"].mean(),
            "nonlinear": parts["nonlinear"].mean(),
            "affine_share": parts["share"],
        }
        if train is not None:
            said["from_linear_optimum"] = distance(denoised, linear_optimum(x, train, z))
            said["from_copying"] = distance(denoised, copier(x, train, z))
            side = int(round(np.sqrt(x.shape[1])))
            if side * side == x.shape[1]:
                said["from_local_filter"] = distance(denoised, local_filter(x, train, z, side, 5))
        for rank in range(min(16, (parts["variance"] > 0).sum())):
            direction = {
                "level": len(found["levels"]),
                "rank": rank + 1,
                "variance": parts["variance"][rank],
                "gain": parts["gain"][rank],
                "wiener": parts["wiener_gain"][rank],
            }
            if train is not None:
                kappa = kappa_of(parts["variance"], len(train), z)
                direction["predicted"] = direction["variance"] / (direction["variance"] + kappa)
            found["directions"].append(direction)
        found["levels"].append(said)
    if train is not None:
        variance = np.linalg.eigvalsh(np.cov(test.T, bias=True))
        found["copying_sigma"] = copying_sigma(np.maximum(variance, 0), len(train))
        if len(sys.argv) > 5:
            found["copies"] = share_of_copies(np.load(sys.argv[5]).astype(float), train)
            found["test_rows_copies"] = share_of_copies(test, train)
    print(json.dumps(found, default=float))


if __name__ == "__main__":
    main()
