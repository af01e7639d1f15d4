"""A thousand predictions at d = 1000: lindiff against scipy's brentq in log kappa, in alternation.

    python3 benches/compare/predictions.py        (needs numpy and scipy)

Prints the ratio of the medians of nine processes each, and the range of each; checks that both got the same numbers.
"""

import os
import statistics
import subprocess
import sys
import time

import programs

REPEATS = 9


def with_scipy():
    import numpy as np
    from scipy.optimize import brentq

    lam = 1.0 / np.arange(1, 1001)
    lam *= 1000 / lam.sum()
    d = len(lam)
    start = time.perf_counter()
    total = 0.0
    for n in range(100, 2001, 100):
        for i in range(1, 51):
            ab = i / 51
            z = (1 - ab) / ab

            def left(u):
                kappa = np.exp(u)
                return kappa * (1 - np.sum(lam / (lam + kappa)) / n) - z

            kappa = np.exp(brentq(left, np.log(z), np.log(z + lam.sum() / n), xtol=1e-12))
            p = 1 / (lam + kappa)
            slope = np.sum(lam * p * p) / n
            s = z / kappa
            derivative = 1 / (s + kappa * slope)
            m1 = p.mean() / s
            g2 = derivative / s**2 * (lam * p * p).mean()
            m2 = d / n * g2 * p.mean() + derivative / s * (p * p).mean()
            total += 1 - 2 * z * m1 + z * z * m2 + z * g2
    print(time.perf_counter() - start, total)


def run(command):
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    seconds, total = map(float, output.split())
    return seconds, total


def main():
    program = programs.build("predictions", "--no-default-features")
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(run([program]))
        theirs.append(run([sys.executable, __file__, "--scipy"]))
    difference = abs(ours[0][1] / theirs[0][1] - 1)
    assert difference < 1e-9, f"different results: {ours[0][1]} and {theirs[0][1]}"
    for name, times in (("lindiff", ours), ("scipy", theirs)):
        seconds = sorted(t[0] for t in times)
        median = statistics.median(seconds)
        print(f"{name}: {median * 1e3:.2f} ms (from {seconds[0] * 1e3:.2f} to {seconds[-1] * 1e3:.2f})")
    ratio = statistics.median(t[0] for t in ours) / statistics.median(t[0] for t in theirs)
    print(f"ratio {ratio:.4f}: {1 / ratio:.0f} times as fast; results agree to {difference:.0e}")


if __name__ == "__main__":
    with_scipy() if "--scipy" in sys.argv else main()
