"""lindiff against PyTorch and numpy on the same mathematics, in alternation: ratios of medians, with their range.

    cargo build --release --example timings
    python3 benches/compare/compare.py [WORK ...]

Makes a virtual environment under target/ with torch (CPU), numpy and scipy if there is none. Each work runs in at least
seven processes of each program, A B A B ..., with two threads. PyTorch runs with its allocator's best setting found
(large blocks kept and not returned), and in a second column as it comes.
"""

import os
import statistics
import subprocess
import sys
import venv

REPEATS = 7
HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(HERE, "..", "..", "target"))
OURS = os.path.join(TARGET, "release", "examples", "timings")
WORKS = [
    ("epoch-sgd", "f32"),
    ("epoch-sgd", "f64"),
    ("epoch-adam", "f32"),
    ("epoch-adam", "f64"),
    ("step-10", "f32"),
    ("step-1000", "f32"),
    ("step-1000", "f64"),
    ("draws", "f32"),
    ("moments", "f64"),
    ("covariance", "f64"),
]
# glibc returns large blocks to the system and faults them in again: keep them.
TUNED = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456"}


def python():
    folder = os.path.join(TARGET, "compare-python")
    program = os.path.join(folder, "bin", "python")
    if not os.path.exists(program):
        venv.create(folder, with_pip=True)
        install = [program, "-m", "pip", "install", "--quiet", "torch", "numpy", "scipy"]
        subprocess.run(install, check=True)
    return program


def seconds(command, **extra):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    environment.update(OMP_NUM_THREADS="2", RAYON_NUM_THREADS="2", **extra)
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)


def main():
    wanted = set(sys.argv[1:])
    theirs = [python(), os.path.join(HERE, "torch_work.py")]
    print("| work | precision | here, s | tuned, s | default, s | here/tuned [range] | here/default |")
    print("|---|---|---|---|---|---|---|")
    for work, precision in WORKS:
        if wanted and work not in wanted:
            continue
        times = {"here": [], "tuned": [], "default": []}
        for _ in range(REPEATS):
            times["here"].append(seconds([OURS, work, precision]))
            times["tuned"].append(seconds([*theirs, work, precision], **TUNED))
            times["default"].append(seconds([*theirs, work, precision]))
        median = {name: statistics.median(values) for name, values in times.items()}
        pairs = [here / tuned for here, tuned in zip(times["here"], times["tuned"])]
        print(
            f"| {work} | {precision} | {median['here']:.4g} | {median['tuned']:.4g} | {median['default']:.4g} "
            f"| {median['here'] / median['tuned']:.2f} [{min(pairs):.2f}, {max(pairs):.2f}] "
            f"| {median['here'] / median['default']:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
