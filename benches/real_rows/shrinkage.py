"""Is the sample's covariance with the ridge of the lowest leave-one-out denoising loss better than shrinkage estimators?

For each data set, number of rows N and random split, covariances are estimated from N rows, and judged on the other rows:
by the denoising loss at alpha_bar = 0.9, per component, and by the Gaussian log-likelihood, in nats per row. Then
`lindiff forecast --covariance all` says from the N rows alone which is best; the other rows tell what its choice costs.
See README.md in this folder.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from sklearn.covariance import OAS, LedoitWolf

import sets
from validate import alpha_bars

sys.path.append(str(Path(__file__).parents[2] / "tests/independent"))
from covariances import quadratic_inverse  # noqa: E402

# Ten splits: Student's quantile, 95 %.
STUDENT = 2.262
LEVEL = 0.9
KEEP = 50
NAMES = ("diffusion", "empirical", "ledoit-wolf", "oas", "quadratic-inverse")


def wine(_):
    """178 wines, 13 measured properties, each with the variance 1: scikit-learn."""
    from sklearn.datasets import load_wine

    rows = load_wine().data
    return (rows - rows.mean(0)) / rows.std(0), ()


def diabetes(_):
    """442 patients, 10 measured properties, each with the variance 1: scikit-learn."""
    from sklearn.datasets import load_diabetes

    rows = load_diabetes(scaled=False).data
    return (rows - rows.mean(0)) / rows.std(0), ()


SETS = {
    "digits": (sets.digits, (40, 100, 400)),
    "fashion": (sets.fashion, (100, 400)),
    "patches": (sets.patches, (60, 150, 500)),
    "cancer": (sets.cancer, (20, 50, 150)),
    "wine": (wine, (15, 40, 90)),
    "diabetes": (diabetes, (15, 40, 150)),
}


def left_out_ridge(rows, noise):
    """The c of the lowest leave-one-out loss of C + c I over noise levels z0; section 9 of docs/theory.md, in numpy."""
    count, dim = rows.shape
    left, singular, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    kept = singular > 1e-7 * singular[0]
    left, s = left[:, kept], singular[kept] ** 2 / count
    a = count / (count - 1)
    u = left**2
    own = np.maximum(1 - 1 / count - u.sum(1), 0)
    own = own if kept.sum() < count - 1 else 0 * own
    z = np.logspace(np.log10(noise.min()) - 0.01, np.log10(noise.max() + 1e3) + 0.01, 500)
    resolvent = 1 / (a * s[:, None] + z)
    den = a * (z * (u @ resolvent) + own[:, None])
    g, cubes = u @ (s[:, None] * resolvent**2), u @ (s[:, None] * resolvent**3)
    zeros = dim - len(s)
    first = resolvent.sum(0) + zeros / z + np.mean(a**2 * g / den, 0)
    shift = a**2 * g / den
    second = (resolvent**2).sum(0) + zeros / z**2 + np.mean(2 * a**2 * cubes / den + shift**2, 0)
    length = np.mean(a**2 * count * g / den**2, 0)
    forms = [np.log(f) for f in (first, second, length)]

    def loss(c):
        at = [np.exp(np.interp(np.log(noise + c), np.log(z), f)) for f in forms]
        return np.mean(dim - 2 * noise * at[0] + noise * at[2] + noise**2 * at[1])

    def lowest(grid):
        return grid[np.argmin([loss(c) for c in grid])]

    best = lowest(np.concatenate([[0.0], np.logspace(-6, 2.5, 100) * s.sum() / dim]))
    return lowest(best * np.linspace(0.8, 1.25, 46)) if best > 0 else 0.0


def estimates(rows):
    """Each covariance as its eigenvalues and eigenvectors."""
    y = rows - rows.mean(0)
    sample = y.T @ y / len(y)
    noise = 1 / alpha_bars() - 1
    of = {
        "diffusion": sample + left_out_ridge(rows, noise) * np.eye(rows.shape[1]),
        "empirical": sample,
        "ledoit-wolf": LedoitWolf().fit(rows).covariance_,
        "oas": OAS().fit(rows).covariance_,
        "quadratic-inverse": quadratic_inverse(y, len(y) - 1),
    }
    return {name: np.linalg.eigh(of[name]) for name in NAMES}


def judged(estimate, mean, fresh, noise, ridge=0.0):
    """The denoising loss at noise-to-signal ratios z0, a mean over them, and the log-likelihood, on fresh rows."""
    values, vectors = estimate
    dim = len(values)
    values = np.maximum(values, 0)
    squares = np.mean(((fresh - mean) @ vectors) ** 2, 0)
    d = 1 / (values + noise[:, None] + ridge)
    loss = np.mean(np.sum((1 - noise[:, None] * d) ** 2 + noise[:, None] * d**2 * squares, 1) / dim)
    if values[0] <= 1e-10 * values[-1]:
        return loss, -np.inf
    return loss, -0.5 * (dim * np.log(2 * np.pi) + np.sum(np.log(values)) + np.sum(squares / values))


def chosen(program, rows):
    """What `lindiff forecast --covariance all` says."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        np.save(path, rows)
        command = [program, "forecast", str(path), "--json", "--quiet", "--covariance", "all"]
        command += ["--set", "data.scale=none", "--set", f"schedule.keep={KEEP}"]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout)["covariances"]


def of_split(program, rows, count, split):
    order = np.random.default_rng([count, split]).permutation(len(rows))
    own, fresh = rows[order[:count]], rows[order[count:]][:3000]
    varying = np.ptp(own, axis=0) > 0
    own, fresh = own[:, varying], fresh[:, varying]
    found, mean = estimates(own), own.mean(0)
    one = np.array([1 / LEVEL - 1])
    result = {name: judged(found[name], mean, fresh, one) for name in NAMES}
    if program:
        said = chosen(program, own)
        steps = alpha_bars()[np.linspace(0, 999, KEEP).round().astype(int)]
        noise = 1 / steps - 1
        ridge = said["compared"][0]["ridge"] / steps[:, None]
        measured = {name: judged(found[name], mean, fresh, noise)[0] for name in NAMES[1:]}
        measured["best-ridge"] = judged(found["empirical"], mean, fresh, noise, ridge)[0]
        measured["best-covariance-ridge"] = judged(found["diffusion"], mean, fresh, noise)[0]
        lowest = min(said["compared"], key=lambda one: one["test_loss"])["name"]
        result["cost"] = measured[lowest] / min(measured.values()) - 1
        result["best"] = said.get("best")
        # A named winner is right if it beats what the sentence compares it with.
        others = [v for n, v in measured.items() if n != "best-ridge"]
        rival = min(others) if said.get("best") == "best-ridge" else measured["best-ridge"]
        result["right"] = said.get("best") is not None and bool(measured[said["best"]] < rival)
    return result


def difference(results, name, kind):
    """The mean over splits of the loss (0) or likelihood (1) of diffusion minus that of another, and its error."""
    values = np.array([r["diffusion"][kind] - r[name][kind] for r in results])
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


def verdict(mean, error, sign):
    """Whether diffusion wins, loses, or no difference is seen."""
    if not np.isfinite(mean) or abs(mean) <= STUDENT * error:
        return "wins" if mean == np.inf else "-"
    return "wins" if sign * mean > 0 else "loses"


def table(done, kind, digits):
    lines = ["| rows | N | d | " + " | ".join(NAMES) + " | diffusion minus ledoit-wolf | minus oas | minus quadratic-inverse |"]
    lines += ["|---" * (len(NAMES) + 6) + "|"]
    tally = {name: {"wins": 0, "loses": 0, "-": 0} for name in NAMES[1:]}
    for (name, count), (dim, results) in done.items():
        means = [np.mean([r[n][kind] for r in results]) for n in NAMES]
        cells = ["singular" if np.isinf(m) else f"{m:.{digits}f}" for m in means]
        for other in NAMES[1:]:
            mean, error = difference(results, other, kind)
            word = verdict(mean, error, 1 if kind else -1)
            tally[other][word] += 1
            if other != "empirical":
                cells.append(f"{mean:+.{digits}f} ± {error:.{digits}f}" + (f" {word}" if word != "-" else ""))
        lines.append(f"| {name} | {count} | {dim} | " + " | ".join(cells) + " |")
    lines += ["", *(f"- against {n}: {t['wins']} wins, {t['loses']} losses, {t['-']} neither" for n, t in tally.items())]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", help="lindiff; without it only the estimates are judged")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--splits", type=int, default=10)
    for option, help_ in sets.PATHS.items():
        parser.add_argument(f"--{option}", type=Path, help=help_)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    done = {}
    for name in arguments.sets.split(","):
        read, counts = SETS[name]
        rows = sets.scaled(read(arguments)[0])
        for count in counts:
            results = [of_split(arguments.program, rows, count, split) for split in range(arguments.splits)]
            done[name, count] = rows.shape[1], results
            print(f"{name} {count}: done", file=sys.stderr, flush=True)
    for title, kind, digits in [("Denoising loss", 0, 4), ("Log-likelihood", 1, 2)]:
        print(f"\n{title}\n\n{table(done, kind, digits)}")
    if arguments.program:
        every = [r for _, results in done.values() for r in results]
        named = [r for r in every if r["best"]]
        costs = [r["cost"] for r in every]
        print(f"\nexcess of the covariance of the lowest 10-fold loss: mean {100 * np.mean(costs):.2f} %, largest {100 * np.max(costs):.2f} %")
        print(f"a best one was named in {len(named)} of {len(every)} splits, rightly in {sum(r['right'] for r in named)}")
        print({n: sum(r["best"] == n for r in every) for n in sorted({r["best"] for r in named})})


if __name__ == "__main__":
    main()
