"""What would be forecast for Gaussian rows with the spectrum of the given ones: section 6 of docs/theory.md, in numpy.

Below the effective ridges that the rows show, the logit of the degrees of freedom is continued in a straight line.
"""

import numpy as np


def degrees_of_freedom(rows, samples):
    """log kappa (increasing), D = df1 and S = df1 - df2 of the truth, as N rows with their own mean show them."""
    count, dim = rows.shape
    centred = rows - rows.mean(0)
    gram = np.linalg.svd(centred, compute_uv=False)[: count - 1] ** 2 / count
    gram = np.concatenate([gram, np.zeros(count - 1 - len(gram))])
    z = gram.sum() / dim * np.logspace(-7, 6, 700)
    first = np.sum(1 / (gram + z[:, None]), 1)
    second = np.sum(1 / (gram + z[:, None]) ** 2, 1)
    kappa = count / first
    slope = kappa**2 / count * second
    df1 = count * (1 - z / kappa) - 1
    df2 = count * (1 - 1 / slope) - 1
    log_kappa = np.log(kappa)
    if count <= dim + 1:
        log_kappa, df1, df2 = with_tail(log_kappa, df1, df2, dim, samples)
    return log_kappa, df1, df1 - df2


def with_tail(log_kappa, df1, df2, dim, samples):
    logit = np.log(dim / df1 - 1)
    near = df1 > 0.7 * df1[0]
    x, y = log_kappa[near] - log_kappa[0], logit[near] - logit[0]
    step = np.gradient(x)
    slope = np.sum(step * x * y) / np.sum(step * x * x)
    # Dense also where df1 comes near to what so many rows can have.
    limit = samples - 1 - np.logspace(-9, 2, 400)
    limit = limit[(limit > df1[0]) & (limit < dim)]
    below = (np.log(dim / limit - 1) - logit[0]) / slope
    below = np.unique(np.concatenate([np.linspace(-25, -0.05, 500), below]))
    d = dim / (1 + np.exp(logit[0] + slope * below))
    s = slope * d * (1 - d / dim)
    return (
        np.concatenate([log_kappa[0] + below, log_kappa]),
        np.concatenate([d, df1]),
        np.concatenate([d - s, df2]),
    )


def test_loss(rows, samples, alpha_bar):
    """The test loss with `samples` Gaussian rows, a mean over the noise levels."""
    dim = rows.shape[1]
    log_kappa, degrees, fall = degrees_of_freedom(rows, samples)
    room = samples - 1 - degrees
    kept = room > 1e-9
    log_kappa, degrees, fall, room = (a[kept] for a in (log_kappa, degrees, fall, room))
    kappa = np.exp(log_kappa)
    ridge = kappa * room / samples
    energy = (samples + 1) * (samples - 1) / room**2
    loss = (degrees + ridge * fall * (energy - 1) / (ridge + kappa * fall / samples)) / dim
    wanted = np.log((1 - alpha_bar) / alpha_bar)
    return float(np.mean(np.exp(np.interp(wanted, np.log(ridge), np.log(loss)))))
