"""How well does `lindiff forecast` do on real rows?

For each data set, number of rows N and random split, N rows are given to `lindiff forecast`. What it says for N' = N, 2 N
and 4 N rows is compared with what is measured on the other rows: N' of them are fitted in closed form, the rest gives the
loss. See README.md in this folder for the data sets and the columns of the table.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import gaussian_rule
import sets

TIMES = (1, 2, 4)


def alpha_bars(steps=1000, start=1e-4, end=1e-2):
    """The default schedule: beta_t = (end - start) t/T + start."""
    beta = (end - start) * np.arange(1, steps + 1) / steps + start
    return np.cumprod(1.0 - beta)


class Fit:
    """N' rows with their own mean, and what fresh rows look like in their eigenbasis."""

    def __init__(self, train, fresh):
        mean = train.mean(0)
        centred = train - mean
        _, singular, directions = np.linalg.svd(centred, full_matrices=False)
        kept = singular > 1e-10 * singular[0]
        self.eigenvalues = singular[kept] ** 2 / len(train)
        y = fresh - mean
        along = y @ directions[kept].T
        self.dim = train.shape[1]
        self.squares = np.mean(along**2, 0)
        # Fewer rows than dimensions: what lies outside their span.
        self.rest = max(np.mean(np.sum(y**2, 1)) - self.squares.sum(), 0.0)

    def loss(self, weight, alpha_bar):
        """L = (1/d) E |eps - w(C) x_t|^2 with w the coefficient along eigenvalues s, by noise level."""
        ab = alpha_bar[:, None]
        noise = 1.0 - ab
        w = weight(self.eigenvalues[None], ab)
        inside = w**2 * (ab * self.squares + noise) - 2.0 * np.sqrt(noise) * w
        w0 = weight(np.zeros((1, 1)), ab)
        outside = w0**2 * (ab * self.rest + noise * self.missing) - 2.0 * np.sqrt(noise) * w0 * self.missing
        return np.mean(1.0 + (inside.sum(1) + outside[:, 0]) / self.dim)

    @property
    def missing(self):
        return self.dim - len(self.eigenvalues)

    def with_ridge(self, gamma, alpha_bar):
        return self.loss(lambda s, ab: np.sqrt(1 - ab) / (ab * s + 1 - ab + gamma), alpha_bar)

    def at_time(self, tau, alpha_bar):
        def weight(s, ab):
            x = ab * s + 1 - ab
            return -np.sqrt(1 - ab) / x * np.expm1(-2.0 * tau * x)

        return self.loss(weight, alpha_bar)


def excess(chosen, loss, grid):
    """How much more the loss is at the choice than at the best place of a grid."""
    best = min(min(loss(g) for g in grid), loss(chosen))
    return loss(chosen) / best - 1.0


def forecast(program, rows, samples):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        np.save(path, rows)
        command = [program, "forecast", str(path), "--json", "--set", "data.scale=none"]
        command += ["--samples", ",".join(map(str, samples))]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)


def of_split(program, rows, count, split, refits, alpha_bar):
    """The forecast and the measured losses of one split."""
    random = np.random.default_rng([count, split])
    order = random.permutation(len(rows))
    own, pool = rows[order[:count]], rows[order[count:]]
    # Constant columns of these rows are left out of the forecast, so of the measurement too.
    varying = np.ptp(own, axis=0) > 0
    own, pool = own[:, varying], pool[:, varying]
    found = forecast(program, own, [count * t for t in TIMES])
    result = {"split": split, "forecast": found, "measured": [], "gaussian": []}
    for times in TIMES:
        result["gaussian"].append(gaussian_rule.test_loss(own, times * count, alpha_bar))
        losses = []
        for _ in range(refits):
            shuffled = random.permutation(len(pool))
            train, fresh = pool[shuffled[: times * count]], pool[shuffled[times * count :]]
            losses.append(Fit(train, fresh[:4000]).with_ridge(0.0, alpha_bar))
        result["measured"].append(float(np.mean(losses)))
    # The choice is for these very rows, so it is judged with them as the training set.
    fit = Fit(own, pool[:4000])
    few = alpha_bar[10::20]
    ridge = found["best_ridge"]["ridge"]
    tau = found["best_time"].get("tau")
    grid = np.concatenate([[0.0], np.logspace(-6, 3, 60)])
    result["ridge_cost"] = excess(ridge, lambda g: fit.with_ridge(g, few), grid)
    times = np.logspace(-2, 5, 60)
    result["time_cost"] = excess(1e6 if tau is None else tau, lambda t: fit.at_time(t, few), times)
    return result


def interval(entry):
    return entry["value"], entry["low"], entry["high"], entry["basis"]


def cell(results, index):
    """One line of the table: a data set, N and N'."""
    logs, gauss, held, width, identified = [], [], [], [], []
    for result in results:
        entry = result["forecast"]["with_samples"][index]
        value, low, high, basis = interval(entry["test_loss"])
        measured = result["measured"][index]
        logs.append(np.log(value / measured))
        gauss.append(np.log(result["gaussian"][index] / measured))
        held.append(low <= measured <= high)
        width.append(np.log(high / max(low, 1e-300)) / 2.0)
        identified.append(basis == "identified")
    return {
        "bias": np.mean(logs),
        "deviation": np.std(logs, ddof=1),
        "gauss": np.mean(gauss),
        "held": np.sum(held),
        "of": len(held),
        "width": np.median(width),
        "identified": np.mean(identified),
    }


def percent(x, sign=False):
    return "-" if np.isnan(x) else f"{100 * x:{'+' if sign else ''}.1f}"


def table(done):
    """The table, and what is to be met."""
    lines = [
        "| rows | N | N' | forecast/measured, log, % | Gaussian rule, % | intervals that hold | half-width, % | identified, % of splits |",
        "|---|---|---|---|---|---|---|---|",
    ]
    cells = []
    for (name, count), results in done.items():
        for index, times in enumerate(TIMES):
            c = cell(results, index)
            cells.append(c)
            lines.append(
                f"| {name} | {count} | {times * count} | {percent(c['bias'], True)} ± {percent(c['deviation'])} "
                f"| {percent(c['gauss'], True)} | {c['held']} of {c['of']} | {percent(c['width'])} "
                f"| {percent(c['identified'])} |"
            )
    lines += ["", "| rows | N | excess of the chosen ridge, mean, largest, % | of the chosen time, mean, largest, % |"]
    lines += ["|---|---|---|---|"]
    costs = {"ridge_cost": [], "time_cost": []}
    for (name, count), results in done.items():
        columns = []
        for kind, all_of_them in costs.items():
            values = [r[kind] for r in results]
            all_of_them += values
            columns.append(f"{percent(np.mean(values))}, {percent(np.max(values))}")
        lines.append(f"| {name} | {count} | {' | '.join(columns)} |")
    held, of = sum(c["held"] for c in cells), sum(c["of"] for c in cells)
    full = [abs(c["bias"]) for c in cells if c["identified"] > 0.999]
    part = [abs(c["bias"]) for c in cells if c["identified"] <= 0.999]
    gauss = [abs(c["gauss"]) for c in cells]
    mean = lambda values: percent(np.mean(values)) if values else "-"
    lines += [
        "",
        f"Intervals that hold the measured loss: {held} of {of}, {100 * held / of:.1f} % (to be met: 93 %).",
        f"Mean over cells of |bias|: identified {mean(full)} % ({len(full)} cells; to be met: 5 %), extrapolated "
        f"{mean(part)} % ({len(part)} cells; to be met: 15 %); Gaussian rule {mean(gauss)} %.",
        f"Mean excess of the chosen ridge {percent(np.mean(costs['ridge_cost']))} %, of the chosen time "
        f"{percent(np.mean(costs['time_cost']))} % (to be met: 2 %).",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="lindiff", help="the program to be judged")
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--refits", type=int, default=4, help="measurements that are averaged for each split and N'")
    parser.add_argument("--jobs", type=int, default=1, help="splits at a time")
    parser.add_argument("--sets", default=",".join(sets.ALL), help="which sets")
    parser.add_argument("--out", type=Path, help="a file for the single results")
    for name, path in sets.PATHS.items():
        parser.add_argument(f"--{name}", type=Path, help=path)
    arguments = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    alpha_bar = alpha_bars()
    done = {}
    for name in arguments.sets.split(","):
        rows, counts = sets.ALL[name](arguments)
        rows = sets.scaled(rows)
        for count in counts:
            task = lambda split: of_split(
                arguments.program, rows, count, split, arguments.refits, alpha_bar
            )
            with ThreadPoolExecutor(arguments.jobs) as pool:
                done[name, count] = list(pool.map(task, range(arguments.splits)))
            print(f"{name} {count}: done", file=sys.stderr, flush=True)
            if arguments.out:
                kept = [{"name": n, "rows": c, "splits": r} for (n, c), r in done.items()]
                arguments.out.write_text(json.dumps(kept))
    print(table(done))


if __name__ == "__main__":
    main()
