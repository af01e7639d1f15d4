"""Seconds of one unit of a work in PyTorch or numpy: the same mathematics as `examples/timings.rs`.

    torch_work.py WORK PRECISION [compile]
"""

import sys
import time

import numpy as np
import torch

D, T, N = 200, 1000, 2000


def schedule(steps):
    t = np.arange(1, steps + 1)
    return np.cumprod(1 - (1e-4 + (1e-2 - 1e-4) * t / steps))


def data(dtype):
    rng = np.random.default_rng(1)
    lam = 1.0 / np.arange(1, D + 1)
    lam *= D / lam.sum()
    x = rng.normal(size=(N, D)) * np.sqrt(lam)
    x -= x.mean(0)
    return torch.tensor(x, dtype=dtype)


def epoch(dtype, adam):
    """One product for all steps, W seen as [T d, d]; the gradient by autograd."""
    x = data(dtype)
    sigma = x.T @ x / N
    ab = torch.tensor(schedule(T), dtype=dtype).reshape(T, 1, 1)
    r = (1 - ab).sqrt()
    weight = torch.zeros(T, D, D, dtype=dtype, requires_grad=True)
    options = {"lr": 1e-3, "fused": True} if adam else {"lr": 1e-2}
    optimizer = (torch.optim.Adam if adam else torch.optim.SGD)([weight], **options)

    def one():
        optimizer.zero_grad(set_to_none=True)
        product = (weight.reshape(T * D, D) @ sigma).reshape(T, D, D) * ab + weight * (1 - ab)
        trace = weight.diagonal(dim1=1, dim2=2).sum(1)
        loss = (weight * product).sum() - 2 * (r.reshape(T) * trace).sum() + T * D
        loss.backward()
        optimizer.step()

    return timed(one, 12)


def step(dtype, rows):
    x = data(dtype)
    steps = 100
    ab = torch.tensor(schedule(steps), dtype=dtype).reshape(steps, 1, 1)
    weight = torch.zeros(steps, D, D, dtype=dtype, requires_grad=True)
    bias = torch.zeros(steps, 1, D, dtype=dtype, requires_grad=True)
    optimizer = torch.optim.Adam([weight, bias], lr=1e-3, fused=True)

    def one():
        chosen = x[torch.randint(0, N, (rows,))]
        noise = torch.randn(steps, rows, D, dtype=dtype)
        noised = ab.sqrt() * chosen + (1 - ab).sqrt() * noise
        optimizer.zero_grad(set_to_none=True)
        error = noise - torch.baddbmm(bias, noised, weight.transpose(1, 2))
        loss = (error**2).sum() / rows
        loss.backward()
        optimizer.step()

    return timed(one, 2000 // rows)


def draws(dtype):
    ab = schedule(T)
    before = np.concatenate([[1.0], ab[:-1]])
    weight = torch.full((T, D, D), 0.0, dtype=dtype)  # written, so that it is read from memory

    def one():
        with torch.no_grad():
            u = torch.randn(10_000, D, dtype=dtype)
            for t in reversed(range(T)):
                beta = 1 - ab[t] / before[t]
                eps = u @ weight[t].T
                u = (u - beta / np.sqrt(1 - ab[t]) * eps) / np.sqrt(1 - beta)
                if t > 0:
                    u = u + np.sqrt(beta) * torch.randn(10_000, D, dtype=dtype)
        return u

    return timed(one, 1)


def moments():
    ab = schedule(T)
    before = np.concatenate([[1.0], ab[:-1]])
    weight = np.full((T, D, D), 0.0)  # written, so that it is read from memory

    def one():
        mean, covariance = np.zeros(D), np.eye(D)
        for t in reversed(range(T)):
            beta = 1 - ab[t] / before[t]
            a = (np.eye(D) - beta / np.sqrt(1 - ab[t]) * weight[t]) / np.sqrt(1 - beta)
            mean = a @ mean
            covariance = a @ covariance @ a.T
            if t > 0:
                covariance[np.diag_indices(D)] += beta
        return covariance

    return timed(one, 1)


def covariance():
    x = np.random.default_rng(1).integers(0, 256, size=(60_000, 784)).astype(np.float64)

    def one():
        centred = x - x.mean(0)
        return np.linalg.eigh(centred.T @ centred / len(x))

    return timed(one, 1)


def timed(one, count):
    if count > 1:
        one()
    start = time.perf_counter()
    for _ in range(count):
        one()
    return (time.perf_counter() - start) / count


def main():
    work, precision = sys.argv[1:3]
    dtype = {"f32": torch.float32, "f64": torch.float64}[precision]
    torch.set_num_threads(2)
    works = {
        "epoch-sgd": lambda: epoch(dtype, False),
        "epoch-adam": lambda: epoch(dtype, True),
        "step-10": lambda: step(dtype, 10),
        "step-1000": lambda: step(dtype, 1000),
        "draws": lambda: draws(dtype),
        "moments": moments,
        "covariance": covariance,
    }
    print(works[work]())


if __name__ == "__main__":
    main()
