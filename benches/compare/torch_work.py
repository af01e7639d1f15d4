"""Seconds of one unit of a work in PyTorch or numpy: the same mathematics as `benches/timings.rs`.

    torch_work.py WORK [f32 | f64]

The environment's D is the dimension (200), DEVICE where PyTorch computes (cpu).
"""

import os
import statistics
import sys
import time

import numpy as np
import torch

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "independent"))
from torch_networks import Mlp, UNet  # noqa: E402

D, T, N = int(os.environ.get("D", 200)), 1000, 2000
DEVICE = os.environ.get("DEVICE", "cpu")
EPOCHS = 4


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


def exact(dtype):
    """Covariance, alpha_bar [T, 1, 1] and the noise's scale of the exact objective."""
    x = data(dtype)
    ab = torch.tensor(schedule(T), dtype=dtype).reshape(T, 1, 1)
    return x.T @ x / N, ab, (1 - ab).sqrt()


def epoch(dtype, product, adam=False, compiled=False, shape=(T, D, D)):
    """An epoch of the exact objective, its gradient by autograd; `product(W)` gives `W S_t`."""
    _, _, r = exact(dtype)
    weight = torch.zeros(*shape, dtype=dtype, requires_grad=True)
    options = {"lr": 1e-3, "fused": True} if adam else {"lr": 1e-2}
    optimizer = (torch.optim.Adam if adam else torch.optim.SGD)([weight], **options)

    def loss(weight):
        diagonal = weight.diagonal(dim1=1, dim2=2) if len(shape) == 3 else weight
        return (weight * product(weight)).sum() - 2 * (r.reshape(T) * diagonal.sum(1)).sum() + T * D

    if compiled:
        loss = torch.compile(loss)

    def one():
        optimizer.zero_grad(set_to_none=True)
        loss(weight).backward()
        optimizer.step()

    return timed(one, EPOCHS)


def batched(dtype):
    """The covariance of every step is made once, `W_t S_t` are T products."""
    sigma, ab, _ = exact(dtype)
    steps = ab * sigma + (1 - ab) * torch.eye(D, dtype=dtype)
    return lambda weight: torch.bmm(weight, steps)


def one_product(dtype):
    """One product for all steps, W seen as [T d, d]."""
    sigma, ab, _ = exact(dtype)
    return lambda weight: (weight.reshape(T * D, D) @ sigma).reshape(T, D, D) * ab + weight * (1 - ab)


def eigenbasis(dtype, diagonal=False):
    """In the eigenvectors of the covariance, where S_t is diagonal: one pass over the weights."""
    sigma, ab, _ = exact(dtype)
    values = torch.linalg.eigvalsh(sigma)
    steps = ab * values + (1 - ab)
    steps = steps.reshape(T, D) if diagonal else steps
    return lambda weight: weight * steps


def by_hand(dtype):
    """Adam with the gradient written out, into the memory of the one before."""
    sigma, ab, r = exact(dtype)
    weight = torch.zeros(T, D, D, dtype=dtype, requires_grad=True)
    weight.grad = torch.zeros_like(weight)
    optimizer = torch.optim.Adam([weight], lr=1e-3, fused=True)

    def one():
        with torch.no_grad():
            gradient = weight.grad
            torch.mm(weight.view(T * D, D), sigma, out=gradient.view(T * D, D))
            gradient.mul_(ab).addcmul_(weight, 1 - ab)
            value = torch.dot(weight.view(-1), gradient.view(-1))
            value = value - 2 * (r.reshape(T) * weight.diagonal(dim1=1, dim2=2).sum(1)).sum() + T * D
            gradient.diagonal(dim1=1, dim2=2).sub_(r.reshape(T, 1))
            gradient.mul_(2)
        optimizer.step()
        return value

    return timed(one, EPOCHS)


def step(dtype, rows, adam):
    x = data(dtype)
    steps = 100
    ab = torch.tensor(schedule(steps), dtype=dtype).reshape(steps, 1, 1)
    weight = torch.zeros(steps, D, D, dtype=dtype, requires_grad=True)
    bias = torch.zeros(steps, 1, D, dtype=dtype, requires_grad=True)
    options = {"lr": 1e-3, "fused": True} if adam else {"lr": 1e-2}
    optimizer = (torch.optim.Adam if adam else torch.optim.SGD)([weight, bias], **options)

    def one():
        chosen = x[torch.randint(0, N, (rows,))]
        noise = torch.randn(steps, rows, D, dtype=dtype)
        noised = ab.sqrt() * chosen + (1 - ab).sqrt() * noise
        optimizer.zero_grad(set_to_none=True)
        error = noise - torch.baddbmm(bias, noised, weight.transpose(1, 2))
        loss = (error**2).sum() / rows
        loss.backward()
        optimizer.step()

    return timed(one, max(2000 // rows // 2, 6))


def neural_step(dtype, network, rows, compiled=False, channels_last=False):
    """A step of a network that is not linear on rows of 64 numbers, its moving average included."""
    torch.set_default_dtype(dtype)
    x = torch.randn(N, 64)
    ab = torch.tensor(schedule(T), dtype=dtype)
    log_snr = torch.log(ab / (1 - ab))
    network = network()
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    weights = list(network.parameters())
    average = [weight.detach().clone() for weight in weights]
    optimizer = torch.optim.Adam(weights, lr=1e-3, fused=True)
    forward = torch.compile(network) if compiled else network

    def one():
        level = torch.randint(0, T, (rows,))
        a, r = ab[level].sqrt()[:, None], (1 - ab[level]).sqrt()[:, None]
        clean, noise = x[torch.randint(0, N, (rows,))], torch.randn(rows, 64)
        optimizer.zero_grad(set_to_none=True)
        error = forward(a * clean + r * noise, log_snr[level]) - (a * noise - r * clean)
        loss = (error**2).mean()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, weights, 1e-3)
        return loss.item()

    for _ in range(5):
        one()
    return timed(one, 100)


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
    x = np.random.default_rng(1).integers(0, 256, size=(60_000, 784), dtype=np.uint8)

    def one():
        rows = x.astype(np.float64)
        rows -= rows.mean(0)
        return np.linalg.eigh(rows.T @ rows / len(rows))

    return timed(one, 1)


def product(dtype):
    a, b = torch.randn(2000, 2000, dtype=dtype), torch.randn(2000, 2000, dtype=dtype)
    out = torch.empty(2000, 2000, dtype=dtype)
    return median(lambda: torch.mm(a, b, out=out))


def copy():
    a = torch.ones(40_000_000)
    out = torch.zeros(40_000_000)
    return median(lambda: out.copy_(a))


def median(one):
    return statistics.median(timed(one, 1) for _ in range(5))


def timed(one, count):
    """Seconds of one, the first of several left out: memory is taken in it that is used again."""
    if count > 1:
        one()
    finished()
    clock = time.process_time if os.environ.get("CLOCK") == "processor" else time.perf_counter
    start = clock()
    for _ in range(count):
        one()
    finished()
    return (clock() - start) / count


def finished():
    """Waits for a card, which computes on its own."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def main():
    torch.set_default_device(DEVICE)
    work, precision = (sys.argv[1:] + ["f32"])[:2]
    dtype = {"f32": torch.float32, "f64": torch.float64}[precision]
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    works = {
        "sgd-batched": lambda: epoch(dtype, batched(dtype)),
        "sgd-one-product": lambda: epoch(dtype, one_product(dtype)),
        "sgd-eigen": lambda: epoch(dtype, eigenbasis(dtype)),
        "sgd-eigen-compiled": lambda: epoch(dtype, eigenbasis(dtype), compiled=True),
        "sgd-eigen-diagonal": lambda: epoch(dtype, eigenbasis(dtype, diagonal=True), shape=(T, D)),
        "adam-one-product": lambda: epoch(dtype, one_product(dtype), adam=True),
        "adam-by-hand": lambda: by_hand(dtype),
        "step-10-adam": lambda: step(dtype, 10, True),
        "step-10-sgd": lambda: step(dtype, 10, False),
        "step-1000": lambda: step(dtype, 1000, True),
        "step-mlp": lambda: neural_step(dtype, lambda: Mlp(64), 128),
        "step-mlp-compiled": lambda: neural_step(dtype, lambda: Mlp(64), 128, compiled=True),
        "step-unet": lambda: neural_step(dtype, lambda: UNet([8, 8]), 64),
        "step-unet-last": lambda: neural_step(dtype, lambda: UNet([8, 8]), 64, channels_last=True),
        "step-unet-compiled": lambda: neural_step(dtype, lambda: UNet([8, 8]), 64, compiled=True),
        "draws": lambda: draws(dtype),
        "moments": moments,
        "covariance": covariance,
        "product": lambda: product(dtype),
        "copy": copy,
    }
    print(works[work]())


if __name__ == "__main__":
    main()
