"""A backend that computes elsewhere than on the processor: its losses, and an epoch beside PyTorch's on the same card.

    python3 benches/compare/gpu.py [cuda | wgpu] [D ...]

Builds with that feature, runs the test that compares losses with flex's, then times an epoch of the exact objective on
full weights at d = 200 and 1000 (or D ...), T = 1000, in f32, in alternation with PyTorch, five processes each: medians and
their range. Runs with the Python that has a PyTorch for the card; for wgpu PyTorch computes on the processor, which
compares nothing and is for trying this script.
"""

import os
import statistics
import subprocess
import sys

import programs

REPEATS = 5
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
WORKS = [("epoch-sgd-data", "sgd-one-product"), ("epoch-adam", "adam-one-product")]


def seconds(command, environment=None):
    run = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **(environment or {})}
    )
    if run.returncode != 0:
        sys.exit(f"{command}: {run.stderr}")
    return float(run.stdout.split()[-1])


def main():
    backend, *dims = sys.argv[1:] or ["cuda"]
    parity = ["--test", "training", "backends::", "--", "--nocapture"]
    test = ["cargo", "test", "--release", "--features", backend, *parity]
    subprocess.run(test, cwd=ROOT, check=True)
    timings = programs.build("timings", "--features", backend)
    device = "cuda" if backend == "cuda" else "cpu"
    print("| work | d | here, s | PyTorch, s | here/PyTorch [range] |\n|---|---|---|---|---|")
    for dim in dims or [200, 1000]:
        for here, there in WORKS:
            pairs = []
            for _ in range(REPEATS):
                sets = [f"backend.name={backend}", f"data.dim={dim}"]
                ours = seconds([timings, here, "f32", *sets])
                torch_work = [sys.executable, os.path.join(HERE, "torch_work.py"), there, "f32"]
                pairs.append((ours, seconds(torch_work, {"D": str(dim), "DEVICE": device})))
            ours, theirs = (statistics.median(column) for column in zip(*pairs))
            ratios = [a / b for a, b in pairs]
            print(
                f"| {here} | {dim} | {ours:.4g} | {theirs:.4g} | {ours / theirs:.3f} "
                f"[{min(ratios):.3f}, {max(ratios):.3f}] |",
                flush=True,
            )


if __name__ == "__main__":
    main()
