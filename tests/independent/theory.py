"""Schedules, Gaussian laws, denoisers and reverse processes, straight from their definitions.

Theory sections 1 to 3; C. Merger and S. Goldt, arXiv 2505.24769. Dense linear algebra in f64 throughout. t
counts from 1, the step with the least noise, to T.
"""

import math
from pathlib import Path

import numpy as np

from read_run import Unreadable

EPSILON = {np.dtype(np.float32): 2.0**-23, np.dtype(np.float64): 2.0**-52}


class Schedule:
    """The kept steps 1 ... T; index 0 is t = 0, where alpha_bar is 1.

    Held as log alpha_bar, since 1 - alpha_bar would lose digits where alpha_bar is near 1.
    """

    def __init__(self, log_alpha_bar):
        self.log = np.concatenate([[0.0], log_alpha_bar])
        self.steps = len(log_alpha_bar)
        self.alpha_bar = np.exp(self.log)
        self.noise = -np.expm1(self.log)  # 1 - alpha_bar
        self.h = np.concatenate([[0.0], self.log[:-1] - self.log[1:]])  # -log(1 - beta)
        self.beta = -np.expm1(-self.h)


def full_log_alpha_bar(config):
    if config["kind"] == "linear":
        t = np.arange(1, config["steps"] + 1)
        start, end = config["beta_start"], config["beta_end"]
        beta = start + (end - start) * t / config["steps"]
        return np.cumsum(np.log1p(-beta))
    if config["kind"] == "cosine":
        t = np.arange(config["steps"] + 1)
        f = np.cos(np.pi / 2 * (t / config["steps"] + 0.008) / 1.008) ** 2
        return np.cumsum(np.log(np.maximum(f[1:] / f[:-1], 1 - 0.999)))
    if config["kind"] == "file":
        lines = Path(config["path"]).read_text(encoding="utf-8-sig").splitlines()
        words = [word for line in lines for word in line.split("#")[0].replace(",", " ").split()]
        return np.log(np.array(words, dtype=float))
    raise Unreadable(f"schedule.kind = {config['kind']!r}")


def schedule_of(config):
    full = full_log_alpha_bar(config)
    keep = config.get("keep", len(full))
    kept = [i * len(full) // keep for i in range(1, keep + 1)]
    schedule = Schedule(full[np.array(kept) - 1])
    # The log signal-to-noise ratio of the last and the first step of the full schedule.
    schedule.range = [full[i] - math.log(-math.expm1(full[i])) for i in (-1, 0)]
    return schedule


class Known(float):
    """A number that the arithmetic gives only to a relative `error`."""

    def __new__(cls, value, error):
        number = super().__new__(cls, value)
        number.error = error
        return number


class Law:
    """A Gaussian: its mean, and F with F F' the covariance.

    A square root keeps variances down to (d eps)^2 of the largest, a covariance only to d eps.
    """

    def __init__(self, mean, factor, resolution):
        self.mean = mean
        self.factor = factor
        left, singular, _ = np.linalg.svd(factor)
        variances = singular**2
        self.basis = left
        self.variances = np.where(variances <= resolution * variances.max(), 0.0, variances)
        self.rank = int(np.count_nonzero(self.variances))

    @staticmethod
    def of(mean, covariance):
        """From moments in f64: a variance below d eps of the largest is a rounded zero."""
        dim = len(mean)
        values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
        values = np.where(values <= dim * 2.0**-52 * values.max(), 0.0, values)
        return Law(mean, vectors * np.sqrt(values), 0.0)

    @property
    def rounding(self):
        """To what its smallest deviation is known: deviations are found to d eps of the largest."""
        deviations = np.sqrt(self.variances[self.variances > 0])
        if len(deviations) == 0:
            return 0.0
        return len(self.mean) * 2.0**-52 * deviations.max() / deviations.min()

    @property
    def covariance(self):
        return self.factor @ self.factor.T


def kl(p, q):
    """(KL(p || q), its part due to the mean), per dimension; supports must agree."""
    dim = len(p.mean)
    on_q = q.variances > 0
    whitened = (q.basis[:, on_q].T @ p.factor) / np.sqrt(q.variances[on_q])[:, None]
    shift = (q.basis[:, on_q].T @ (p.mean - q.mean)) / np.sqrt(q.variances[on_q])
    log_det = np.log(q.variances[on_q]).sum() - np.log(p.variances[p.variances > 0]).sum()
    of_mean = (shift**2).sum()
    total = (whitened**2).sum() - q.rank + log_det + of_mean
    return total / (2 * dim), of_mean / (2 * dim)


def supports_agree(p, q):
    """Whether both laws vary in the same directions, and their means differ only there."""
    if not (np.isfinite(q.factor).all() and np.isfinite(q.mean).all()) or p.rank != q.rank:
        return False
    outside = p.basis[:, p.variances == 0].T
    tolerance = len(p.mean) * 2.0**-52 * q.variances.max(initial=0.0)
    varies = ((outside @ q.factor) ** 2).sum(axis=1) > tolerance
    differs = np.abs(outside @ (q.mean - p.mean)) > math.sqrt(tolerance)
    return not (varies | differs).any()


def divergences(truth, sampled):
    """Both divergences and the part due to the mean; infinite unless both laws vary in the same directions.

    A law that is nearly singular has divergences as large as they are uncertain: each comes with its error.
    """
    if not supports_agree(truth, sampled):
        return {"kl_true_sampled": math.inf, "kl_sampled_true": math.inf, "kl_of_mean": math.inf}
    forward, of_mean = kl(truth, sampled)
    backward, _ = kl(sampled, truth)
    error = truth.rounding + sampled.rounding
    found = {"kl_true_sampled": forward, "kl_sampled_true": backward, "kl_of_mean": of_mean}
    return {key: Known(value, error) for key, value in found.items()}


def wasserstein(p, q):
    """sqrt(W2^2/d); tr (P^(1/2) Q P^(1/2))^(1/2) is the sum of the singular values of P^(1/2)' Q^(1/2)."""
    cross = np.linalg.svd(p.factor.T @ q.factor, compute_uv=False).sum()
    spread = (p.factor**2).sum() + (q.factor**2).sum() - 2 * cross
    squared = spread + ((p.mean - q.mean) ** 2).sum()
    return math.sqrt(max(squared, 0.0) / len(p.mean))


def mean_loss(denoiser, schedule, law):
    """The loss averaged over the kept steps, per component."""
    dim, total = len(law.mean), 0.0
    covariance = law.covariance
    for t in range(1, schedule.steps + 1):
        weight, bias = denoiser(t)
        ab, noise = schedule.alpha_bar[t], schedule.noise[t]
        noised = ab * covariance + noise * np.eye(dim)
        offset = math.sqrt(ab) * weight @ law.mean + bias
        quadratic = np.trace(weight @ noised @ weight.T) + offset @ offset
        total += (dim - 2 * math.sqrt(noise) * np.trace(weight) + quadratic) / dim
    return total / schedule.steps


def affine_step(sampling, schedule, denoiser, t):
    """(A, a, sigma) of u_(t-1) = A u_t + a + sigma xi."""
    weight, bias = denoiser(t)
    one = np.eye(len(bias))
    kind, last = sampling["kind"], t == 1
    h, beta = schedule.h[t], schedule.beta[t]
    ab, before = schedule.alpha_bar[t], schedule.alpha_bar[t - 1]
    noise, noise_before = schedule.noise[t], schedule.noise[t - 1]
    r = math.sqrt(noise)
    if kind == "ddpm":
        root = math.sqrt(1 - beta)
        posterior = sampling.get("variance", "beta") == "posterior"
        variance = beta * noise_before / noise if posterior else beta
        sigma = 0.0 if last else math.sqrt(variance)
        return (one - beta / r * weight) / root, -beta / (r * root) * bias, sigma
    if kind == "sde":
        sigma = 0.0 if last else math.sqrt(h)
        return one + h * (one / 2 - weight / r), -h / r * bias, sigma
    if kind == "ode" or (kind == "heun" and last):
        return one + h / 2 * (one - weight / r), -h / (2 * r) * bias, 0.0
    if kind == "heun":
        # k1 = K1 u + c1 at u; v = u + k1; k2 = K2 v + c2; u + (k1 + k2)/2
        k1, c1 = h / 2 * (one - weight / r), -h / (2 * r) * bias
        weight, bias = denoiser(t - 1)
        r = math.sqrt(noise_before)
        k2, c2 = h / 2 * (one - weight / r), -h / (2 * r) * bias
        return one + (k1 + k2 @ (one + k1)) / 2, (c1 + k2 @ c1 + c2) / 2, 0.0
    if kind == "ddim":
        scale = math.sqrt(before / ab)
        predicted = math.sqrt(noise_before) - scale * r
        return scale * one + predicted * weight, predicted * bias, 0.0
    raise Unreadable(f"sampling.kind = {kind!r}")


def sampled_law(sampling, schedule, denoiser, dim, epsilon):
    """The law of u_0 from u_T ~ N(0, I): F F' <- A F F' A' + sigma^2 I by a QR decomposition."""
    mean, factor = np.zeros(dim), np.eye(dim)
    for t in range(schedule.steps, 0, -1):
        matrix, shift, sigma = affine_step(sampling, schedule, denoiser, t)
        before = (factor**2).sum(axis=1).max()
        mean, factor = matrix @ mean + shift, matrix @ factor
        if sigma > 0:
            factor = np.linalg.qr(np.vstack([factor.T, sigma * np.eye(dim)]), mode="r").T
    # What cancels in the last step is what it begins from, which may be more than is left.
    largest = np.linalg.norm(factor, 2) ** 2
    kept = affine_step(sampling, schedule, lambda t: (np.zeros((dim, dim)), np.zeros(dim)), 1)[0]
    scale = max(1.0, kept[0, 0] ** 2 * before / largest) if largest > 0 else 1.0
    return Law(mean, factor, (dim * epsilon) ** 2 * scale)
