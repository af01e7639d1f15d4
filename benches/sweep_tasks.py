"""What a sweep costs beyond its runs: many tiny runs, done by tasks as a scheduler starts them.

    python benches/sweep_tasks.py --program target/release/lindiff --runs 2000 --tasks 4

Each task is a process with one thread; as many run at a time as there are cores. What a task costs beyond its runs is its
time from start to end less the seconds of its rows, which are the time of the runs alone. Needs Python's standard library
alone, and cores that do nothing else.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

EXPERIMENT = """name = "tiny"
[data]
source = "power-law"
dim = 8
[schedule]
steps = 20
[training]
epochs = 20
evaluate = 20
[sampling]
draws = 0
"""
POINTS = 20


def task(command: list[str]) -> float:
    """The seconds of a task."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def sweep(arguments: argparse.Namespace, place: Path, more: list[str]) -> tuple[float, float, float]:
    """The seconds of all tasks, of all their runs, and of writing the tables once more."""
    samples = ",".join(str(10 + point) for point in range(POINTS))
    command = [arguments.program, "sweep", str(place / "tiny.toml"), "--grid", f"data.samples={samples}", "--repeats",
               str(arguments.runs // POINTS), "--out", str(place / "grid"), "--threads", "1", "--quiet", *more]
    shards = [[*command, "--shard", f"{shard + 1}/{arguments.tasks}"] for shard in range(arguments.tasks)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tasks = sum(pool.map(task, shards))
    logs = [log.read_text().splitlines()[1:] for log in (place / "grid" / "rows").iterdir()]
    rows = [json.loads(line) for log in logs for line in log]
    assert len(rows) == arguments.runs and not any("error" in row for row in rows), len(rows)
    tables = task([arguments.program, "sweep", "--tables", str(place / "grid"), "--quiet"])
    return tasks, sum(row["seconds"] for row in rows), tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/lindiff")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--tasks", type=int, default=4)
    arguments = parser.parse_args()
    print("| runs | a run | beyond it | `--tables` |")
    print("|---|---|---|---|")
    for name, more in [("`--slim`", ["--slim"]), ("with folders", [])]:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "tiny.toml").write_text(EXPERIMENT)
            tasks, runs, tables = sweep(arguments, place, more)
            each = [1000 * seconds / arguments.runs for seconds in (runs, tasks - runs)]
            print(f"| {name} | {each[0]:.2f} ms | {each[1]:.2f} ms | {tables:.2f} s |", flush=True)


if __name__ == "__main__":
    main()
