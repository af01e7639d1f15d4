"""lindiff against PyTorch and numpy on the same mathematics, in alternation: ratios of medians, with their range.

    python3 benches/compare/compare.py [--processor] [WORK ...]

Builds `benches/timings.rs` and makes a virtual environment under target/ with torch (CPU), numpy and scipy if there is none. Each work runs in seven
processes of each program in alternation, with two threads. PyTorch runs with the best setting found (large blocks kept by
the allocator, threads bound to cores), and in every second round also as it comes.

With --processor both have one thread, and the seconds are those that the process computed: for a machine that does other work
too. Only the works `step-mlp` and `step-unet` count so.

The last column is the share of the machine's own throughput of large products that the work reaches, for works that are
products.
"""

import os
import statistics
import subprocess
import sys
import venv

import programs

REPEATS, THREADS = 7, "2"
HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(HERE, "..", "..", "target"))
EPOCH, STEP = 2 * 1000 * 200**3, 2 * 2 * 100 * 1000 * 200**2
# Here, there, precision, the ratio aimed at, floating-point operations of products in it.
WORKS = [
    ("product", "product", "f32", None, 2 * 2000**3),
    ("product", "product", "f64", None, 2 * 2000**3),
    ("copy", "copy", "f32", None, None),
    ("epoch-sgd", "sgd-batched", "f32", 0.08, None),
    ("epoch-sgd", "sgd-batched", "f64", 0.08, None),
    ("epoch-sgd", "sgd-eigen", "f32", 0.35, None),
    ("epoch-sgd", "sgd-eigen", "f64", 0.35, None),
    ("epoch-sgd", "sgd-eigen-compiled", "f32", 0.6, None),
    ("epoch-sgd", "sgd-eigen-compiled", "f64", 0.6, None),
    ("epoch-sgd", "sgd-eigen-diagonal", "f32", None, None),
    ("epoch-sgd-data", "sgd-one-product", "f32", None, EPOCH),
    ("epoch-adam", "adam-one-product", "f32", 0.4, EPOCH),
    ("epoch-adam", "adam-one-product", "f64", 0.4, EPOCH),
    ("epoch-adam", "adam-by-hand", "f32", 0.65, EPOCH),
    ("epoch-adam", "adam-by-hand", "f64", 0.65, EPOCH),
    ("step-10-adam", "step-10-adam", "f32", 1.0, None),
    ("step-10-sgd", "step-10-sgd", "f32", 1.1, None),
    ("step-1000", "step-1000", "f32", 0.9, STEP),
    ("step-1000", "step-1000", "f64", 1.0, STEP),
    ("step-mlp", "step-mlp", "f32", 1.0, None),
    ("step-mlp", "step-mlp-compiled", "f32", 1.0, None),
    ("step-unet", "step-unet", "f32", 1.3, None),
    ("step-unet", "step-unet-last", "f32", 1.3, None),
    ("step-unet", "step-unet-compiled", "f32", 1.3, None),
    ("draws", "draws", "f32", 0.6, 2 * 1000 * 10_000 * 200**2),
    ("moments", "moments", "f64", 0.7, 2 * EPOCH),
    ("covariance", "covariance", "f64", 0.9, None),
]
# glibc returns large blocks to the system and faults them in again: keep them.
KEEP = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_TOP_PAD_": "268435456"}
BEST = {**KEEP, "OMP_PROC_BIND": "true"}


def python():
    folder = os.path.join(TARGET, "compare-python")
    program = os.path.join(folder, "bin", "python")
    if not os.path.exists(program):
        venv.create(folder, with_pip=True)
        install = [program, "-m", "pip", "install", "--quiet", "torch", "numpy", "scipy", "safetensors"]
        subprocess.run(install, check=True)
    return program


def seconds(command, **extra):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    environment.update(OMP_NUM_THREADS=THREADS, RAYON_NUM_THREADS=THREADS, **extra)
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)


def main():
    global THREADS
    wanted = set(sys.argv[1:])
    if "--processor" in wanted:
        wanted.remove("--processor")
        THREADS, os.environ["CLOCK"] = "1", "processor"
    program = programs.build("timings")
    theirs = [python(), os.path.join(HERE, "torch_work.py")]
    fastest = {}
    print("| here | there | | here, s | best, s | default, s | here/best [range] | aim | here/default | of the products |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for ours, other, precision, aim, operations in WORKS:
        if wanted and not {ours, other} & wanted:
            continue
        here = [program, ours, precision]
        there = [*theirs, other, precision]
        times = {"here": [], "best": [], "default": []}
        for repeat in range(REPEATS):
            times["here"].append(seconds(here))
            times["best"].append(seconds(there, **BEST))
            if repeat % 2 == 0:
                times["default"].append(seconds(there))
        median = {name: statistics.median(values) for name, values in times.items()}
        pairs = [a / b for a, b in zip(times["here"], times["best"])]
        if ours == "product":
            fastest[precision] = operations / min(median.values())
        share = f"{operations / median['here'] / fastest[precision]:.2f}" if operations and precision in fastest else ""
        print(
            f"| {ours} | {other} | {precision} | {median['here']:.4g} | {median['best']:.4g} "
            f"| {median['default']:.4g} | {median['here'] / median['best']:.3f} [{min(pairs):.3f}, {max(pairs):.3f}] "
            f"| {aim or ''} | {median['here'] / median['default']:.3f} | {share} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
