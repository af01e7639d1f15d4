"""The cost of `lindiff sweep --status` and `--tables` against the number of rows, measured on synthetic rows.

    python benches/sweep_rows.py --program target/release/lindiff --rows 1000 10000 100000 1000000

Each folder has the record and the logs of a sweep that 32 processes have done, with numbers from a generator with a
seed. A time is the median of --repeats calls that follow a first one, so the files are in the system's cache. Memory is
the most that a call held. Needs Python's standard library alone.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

SHARDS = 32
REPEATS_OF_A_POINT = 10
LOSSES = ["train_loss", "test_loss", "oracle_loss", "optimum_train_loss", "optimum_test_loss", "predicted_train_loss",
          "predicted_test_loss"]
DIVERGENCES = ["kl_true_sampled", "kl_sampled_true", "predicted_kl_true_sampled", "predicted_kl_sampled_true"]
# As many settings as a run of configs/power-law.toml has.
BASE = {f"table.key_{i}": f'"value {i}"' for i in range(50)}


def build(folder: Path, rows: int, version: str) -> None:
    """Writes the record and the logs of a sweep with `rows` runs, one in a hundred of which failed."""
    rng = random.Random(rows)
    names = [f"{name:016x}" for name in rng.sample(range(2**62), rows)]
    points = rows // REPEATS_OF_A_POINT
    record = {
        "version": 3,
        "program_version": version,
        "data": {},
        "grid": {
            "axes": [{"key": "data.samples", "values": [str(10 + i) for i in range(points)]}],
            "repeats": REPEATS_OF_A_POINT,
            "seeds": list(range(1, REPEATS_OF_A_POINT + 1)),
        },
        "question": {"runs": names, "settings": {}},
    }
    (folder / "rows").mkdir(parents=True)
    (folder / "sweep.json").write_text(json.dumps(record, indent=2))
    for shard in range(SHARDS):
        with open(folder / "rows" / f"{shard + 1:06}.jsonl", "w") as log:
            header = {"program_version": version, "host": "node", "process": 1000 + shard,
                      "shard": [shard + 1, SHARDS], "data": {}, "base": BASE}
            log.write(json.dumps(header) + "\n")
            for count, place in enumerate(range(shard, rows, SHARDS)):
                log.write(json.dumps(row(rng, names[place], place, count), separators=(",", ":")) + "\n")


def row(rng: random.Random, name: str, place: int, count: int) -> dict:
    seconds = rng.lognormvariate(0, 0.5)
    line = {"run": name, "seconds": seconds, "at": count * 1.1}
    if place % 100 == 99:
        line["error"] = f"epoch {count}: the loss is not a finite number"
    else:
        measured = {column: repr(rng.random()) for column in LOSSES + DIVERGENCES}
        line["measured"] = measured | {"epochs": "300", "predicted_path": "descent"}
    differs = {"data.samples": str(10 + place // REPEATS_OF_A_POINT), "seed": str(1 + place % REPEATS_OF_A_POINT)}
    return line | {"differs": differs}


def measure(command: list[str]) -> tuple[float, float, str]:
    """Seconds, the most memory in MB, and what a command wrote."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    text = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if status != 0:
        raise SystemExit(f"{command}: status {status}")
    return seconds, usage.ru_maxrss / 1000, text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="target/release/lindiff")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tables", default="--tables", help="with more flags, as '--tables --parquet'")
    arguments = parser.parse_args()
    version = subprocess.check_output([arguments.program, "--version"], text=True).split()[1]
    print("| rows | bytes a row | `--status` | memory | `--tables` | memory |")
    print("|---|---|---|---|---|---|")
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "grid"
            build(folder, rows, version)
            size = sum(file.stat().st_size for file in (folder / "rows").iterdir()) / rows
            cells = [f"{rows:,}", f"{size:.0f}"]
            for asked in ["--status", "--tables"]:
                more = ["--parquet"] if asked == "--tables" and "--parquet" in arguments.tables else []
                command = [arguments.program, "sweep", asked, str(folder), "--json", *more]
                calls = [measure(command) for _ in range(arguments.repeats + 1)][1:]
                told = json.loads(calls[0][2])
                assert (told["runs"], told["failed"], told["left"]) == (rows, rows // 100, 0), told
                cells.append(f"{statistics.median(call[0] for call in calls):.3f} s")
                cells.append(f"{max(call[1] for call in calls):.0f} MB")
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
