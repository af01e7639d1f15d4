"""What the kinds of networks are, and their optima, by dense linear algebra.

A network predicts a target p eps + q x_0 of the noised x = a x_0 + r eps, a = sqrt(alpha_bar), r = sqrt(1 - alpha_bar). A
denoiser is a function t -> (W, b) with eps = W x + b, t from 1 to T; an output is the same of the target.
"""

import math

import numpy as np

from read_run import Unreadable


def parts(target, schedule, t):
    """(p, q)"""
    a, r = math.sqrt(schedule.alpha_bar[t]), math.sqrt(schedule.noise[t])
    known = {"eps": (1.0, 0.0), "x0": (0.0, 1.0), "v": (a, -r), "score": (-1.0 / r, 0.0)}
    if target not in known:
        raise Unreadable(f"model.target = {target!r}")
    return known[target]


def to_noise(output, target, schedule):
    """The denoiser that an output implies: solve x = a x_0 + r eps and f = q x_0 + p eps for eps."""

    def at(t):
        weight, bias = output(t)
        p, q = parts(target, schedule, t)
        a, r = math.sqrt(schedule.alpha_bar[t]), math.sqrt(schedule.noise[t])
        # The second row of the inverse of [[a, r], [q, p]].
        of_x, of_f = np.linalg.inv(np.array([[a, r], [q, p]]))[1]
        return of_x * np.eye(len(bias)) + of_f * weight, of_f * bias

    return at


def chebyshev(schedule, count, t, low, high):
    """phi_0 ... phi_(K-1) at a step, by their recursion."""
    log_snr = schedule.log[t] - math.log(schedule.noise[t])
    u = (2 * log_snr - high - low) / (high - low) if high > low else 0.0
    values = [1.0, u]
    while len(values) < count:
        values.append(2 * u * values[-1] - values[-2])
    return np.array(values[:count])


def trained(tensors, target, schedule):
    """The output of a network from the tensors of its file."""
    double = lambda name: tensors[name].astype(np.float64)
    if "basis_weight" in tensors:
        weights, biases = double("basis_weight"), double("basis_bias")
        mean, (low, high) = double("mean"), double("log_snr")

        def at(t):
            phi = chebyshev(schedule, len(weights), t, low, high)
            weight = np.tensordot(phi, weights, 1)
            _, q = parts(target, schedule, t)
            moved = q * mean - math.sqrt(schedule.alpha_bar[t]) * weight @ mean
            return weight, phi @ biases + moved

        return at
    if "down" in tensors:
        weights = double("up") @ double("down")
    else:
        weights = double("weight")
    biases = double("bias")
    return lambda t: (weights[t - 1], biases[t - 1])


def moments(law, target, schedule, ridge, t):
    """S = E y y' + gamma and M = E f y' of the centred y, in the law's basis (S and M are diagonal there)."""
    p, q = parts(target, schedule, t)
    ab, noise = schedule.alpha_bar[t], schedule.noise[t]
    second = ab * law.variances + noise + ridge
    return second, p * math.sqrt(noise) + q * math.sqrt(ab) * law.variances


def optimum(law, model, target, schedule, ridge, decay):
    """The output of the best network of its kind on a law, with `ridge(t) |W|^2 + decay |parameters|^2` in the loss."""
    kind, dim = model["kind"], len(law.mean)
    steps = range(1, schedule.steps + 1)
    if kind == "per-step":
        along = lambda t: np.divide(*reversed(moments(law, target, schedule, ridge(t) + decay, t)))
        weights = {t: (law.basis * along(t)) @ law.basis.T for t in steps}
    elif kind == "time-basis":
        weights = in_time_basis(law, model["basis"], target, schedule, ridge, decay)
    elif kind == "two-layer":
        weights = {}
        for t in steps:
            second, cross = moments(law, target, schedule, ridge(t), t)
            weights[t] = narrow(law.basis, second, cross, min(model["width"], dim), decay)
    else:
        raise Unreadable(f"model.kind = {kind!r}")

    def at(t):
        _, q = parts(target, schedule, t)
        weight = weights[t]
        return weight, q * law.mean - math.sqrt(schedule.alpha_bar[t]) * weight @ law.mean

    return at


def in_time_basis(law, count, target, schedule, ridge, decay):
    """One dense regression on the K d inputs phi_k y of all steps."""
    dim = len(law.mean)
    inputs, cross = decay * np.eye(count * dim), np.zeros((dim, count * dim))
    phi = {t: chebyshev(schedule, count, t, *schedule.range) for t in range(1, schedule.steps + 1)}
    for t in phi:
        second, product = moments(law, target, schedule, ridge(t), t)
        dense = lambda values: (law.basis * values) @ law.basis.T
        inputs += np.kron(np.outer(phi[t], phi[t]), dense(second))
        cross += np.kron(phi[t][None, :], dense(product))
    weights = np.linalg.solve(inputs, cross.T).T.reshape(dim, count, dim)
    return {t: np.einsum("k,ikj->ij", phi[t], weights) for t in phi}


def narrow(basis, second, cross, width, decay):
    """Two layers: without a decay by Eckart and Young, with one by a threshold on singular values."""
    if decay == 0:
        dense = lambda values: (basis * values) @ basis.T
        left, singular, right = np.linalg.svd(dense(cross / np.sqrt(second)))
        best = (left[:, :width] * singular[:width]) @ right[:width]
        return best @ dense(1 / np.sqrt(second))
    left = np.maximum(np.abs(cross) - decay, 0.0)
    numbers = np.sign(cross) * left / second
    kept = np.argsort(-(left**2) / second, kind="stable")[:width]
    return (basis[:, kept] * numbers[kept]) @ basis[:, kept].T
