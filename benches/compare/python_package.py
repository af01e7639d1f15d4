"""The Python package beside scipy, the Rust benchmark and the command: time, import, size of the wheel.

    pip install ./python scipy
    python3 benches/compare/python_package.py [WHEEL]

Each pair of programs runs in alternation, in processes of their own; ratios are those of medians.
"""

import os
import statistics
import subprocess
import sys
import tempfile

import programs

REPEATS = 7

GRID = """
import time, numpy as np, lindiff
spectrum = 1.0 / np.arange(1, 1001)
spectrum *= 1000 / spectrum.sum()
samples, levels = np.arange(100, 2001, 100)[:, None], np.arange(1, 51) / 51
lindiff.losses(spectrum, samples[:2], levels)
start = time.perf_counter()
total = lindiff.losses(spectrum, samples, levels).test_loss.sum()
print(time.perf_counter() - start, total)
"""
IMPORT = """
import time, numpy
start = time.perf_counter()
import lindiff
lindiff.predict, lindiff.forecast
print(time.perf_counter() - start, 0)
"""
FORECAST = """
import sys, time, numpy as np
start = time.perf_counter()
import lindiff
rows = np.load(sys.argv[1])
loss = lindiff.forecast(rows).now.test_loss.value
print(time.perf_counter() - start, loss)
"""


def python(script, *arguments):
    return [sys.executable, "-c", script, *arguments]


def seconds(command, threads):
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads), OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return tuple(map(float, output.split()))


def compared(name, one, other, threads, repeats=REPEATS):
    pairs = [(seconds(one, threads), seconds(other, threads)) for _ in range(repeats)]
    difference = abs(pairs[0][0][1] / pairs[0][1][1] - 1)
    assert difference < 1e-9, f"{name}: different results, {pairs[0]}"
    ours, theirs = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
    print(f"{name}: {ours * 1e3:.2f} ms beside {theirs * 1e3:.2f} ms, ratio {ours / theirs:.3f}")


def main():
    rust = programs.build("predictions", "--no-default-features")
    scipy = [sys.executable, os.path.join(os.path.dirname(__file__), "predictions.py"), "--scipy"]
    for threads in (1, 2):
        compared(f"1000 predictions on {threads} threads, and the Rust benchmark on one", python(GRID), [rust], threads)
        compared(f"1000 predictions on {threads} threads, and scipy's brentq", python(GRID), scipy, threads)
    imports = [seconds(python(IMPORT), 1)[0] for _ in range(REPEATS)]
    print(f"import after numpy: {statistics.median(imports) * 1e3:.1f} ms")
    with tempfile.TemporaryDirectory() as folder:
        forecasts(folder)
    for wheel in sys.argv[1:]:
        print(f"{os.path.basename(wheel)}: {os.path.getsize(wheel) / 1e6:.2f} MB")


def forecasts(folder):
    """A forecast of 5000 rows in 784 dimensions, by the package and by the program."""
    import numpy as np

    rows = os.path.join(folder, "rows.npy")
    np.save(rows, np.random.default_rng(1).normal(size=(5000, 784)) / np.sqrt(np.arange(1, 785)))
    program = os.environ.get("LINDIFF", "target/release/lindiff")
    timed = (
        "import json, subprocess, sys, time; start = time.perf_counter(); "
        "out = subprocess.run(sys.argv[1:], check=True, capture_output=True).stdout; "
        "print(time.perf_counter() - start, json.loads(out)['now']['test_loss']['value'])"
    )
    command = python(timed, program, "forecast", rows, "--json", "--quiet")
    compared("forecast of 5000 x 784, and the program", python(FORECAST, rows), command, 2, 3)


if __name__ == "__main__":
    main()
