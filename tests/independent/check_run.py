#!/usr/bin/env python3
"""Recomputes what `lindiff evaluate --json` says of a run, from three files of its directory:

    checkpoints/epoch-NNNNNN/model.safetensors    the network's tensors
    data.safetensors                              means and covariances (f64)
    config.toml                                   schedule, ridges, sampler

It shares no code with the program: numpy and the standard library only, every quantity by dense linear
algebra straight from its definition (theory sections 2, 3 and 7; C. Merger and S. Goldt, arXiv 2505.24769).
Where two programs agree that were written apart, both are right or both misread the theory.

Numbers agree where they differ by 1e-8, relative or absolute, or by what f64 can tell at all: the divergence of a
law with a variance of 1e-22 hangs on the last digits of the weights.

    check_run.py RUN                              prints the numbers as JSON
    check_run.py RUN --compare evaluate.json      compares them; exit status 1 and a list where they differ
    check_run.py --list FILE                      compares many: a line of JSON each, {"run", "sampling", "evaluate"}

Exit status: 0 all agree; 1 something differs; 2 the run cannot be read.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np

from read_run import Unreadable, checkpoint, read_config, read_safetensors
from networks import optimum, to_noise, trained
from theory import EPSILON, Law, divergences, mean_loss, sampled_law, schedule_of, wasserstein

TOLERANCE = 1e-8


def penalties(training, schedule):
    """t -> ridge + ab c, and wd/2; the decoupled decay of adamw is no penalty."""
    decay = 0.0 if training["optimizer"] == "adamw" else training["weight_decay"] / 2
    constant, slope = training["ridge"], training["covariance_ridge"]
    return (lambda t: constant + schedule.alpha_bar[t] * slope), decay


def evaluate(run, epoch=None, sampling=None):
    """What `evaluate --json` says, as far as these files tell; None where they do not."""
    run = Path(run)
    config = read_config(run)
    config["sampling"] = sampling or config["sampling"]
    epoch, folder = checkpoint(run, epoch)
    model = read_safetensors(folder / "model.safetensors")
    data = read_safetensors(run / "data.safetensors")
    try:
        return {"epoch": epoch} | evaluate_parts(config, model, data)
    except KeyError as error:
        raise Unreadable(f"{run}: {error} is missing") from error


def evaluate_parts(config, tensors, data):
    kind, target = config["model"], config["model"]["target"]
    schedule = schedule_of(config["schedule"])
    main = next(tensors[name] for name in ("weight", "basis_weight", "down") if name in tensors)
    steps, dim = schedule.steps, main.shape[2]
    if "basis_weight" not in tensors and len(main) != steps:
        raise Unreadable(f"{len(main)} steps in the weights, {steps} in the schedule")
    law = lambda name: Law.of(data[f"{name}_mean"], data[f"{name}_covariance"])
    train = law("train")
    ridge, decay = penalties(config["training"], schedule)
    no_ridge = lambda t: 0.0
    per_step = kind | {"kind": "per-step"}

    def best(law, kind=kind, ridge=no_ridge, decay=0.0):
        return to_noise(optimum(law, kind, target, schedule, ridge, decay), target, schedule)

    model = to_noise(trained(tensors, target, schedule), target, schedule)
    with_ridge = best(train, ridge=ridge, decay=decay)
    # The optimum on frozen draws needs the draws, which are in none of the three files.
    frozen = config["training"]["objective"] == "frozen"
    known = lambda compute: None if frozen else compute()
    sampled = lambda denoiser, epsilon: sampled_law(
        config["sampling"], schedule, denoiser, dim, epsilon
    )
    last = sampled(model, EPSILON[main.dtype])
    result = {
        "dim": dim,
        "steps": steps,
        "train_loss": mean_loss(model, schedule, train),
        "optimum_train_loss": known(lambda: mean_loss(with_ridge, schedule, train)),
    }
    if "true_mean" not in data:
        # All rows of a file: there is no truth, and the training law stands in for it.
        return result | {"kl_train": divergences(train, last)}
    truth = law("true")
    test = law("test") if "test_mean" in data else truth
    oracle = best(truth, per_step)
    restricted = kind["kind"] == "time-basis" or kind.get("width", dim) < dim
    result["test_loss"] = mean_loss(model, schedule, test)
    result["oracle_loss"] = mean_loss(oracle, schedule, truth)
    result["optimum_test_loss"] = known(lambda: mean_loss(with_ridge, schedule, test))

    def rung(cause, denoiser, generated):
        divergence = divergences(truth, generated)
        return {
            "cause": cause,
            "kl_true_sampled": divergence["kl_true_sampled"],
            "kl_sampled_true": divergence["kl_sampled_true"],
            "test_loss": mean_loss(denoiser, schedule, test),
        }

    exact = lambda cause, denoiser: rung(cause, denoiser, sampled(denoiser, 2.0**-52))
    ladder = [exact("discretisation", oracle)]
    if restricted:
        ladder.append(exact("model", best(truth)))
    ladder += [
        known(lambda: exact("data", best(train))),
        known(lambda: exact("ridge", with_ridge)),
        rung("optimisation", model, last),
    ]
    return result | divergences(truth, last) | {
        "w2": wasserstein(truth, last),
        "ladder": ladder,
    }


def leaves(value, path=""):
    """(path, number or word) of everything that is known."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    elif value is not None:
        yield path, value


def number(value):
    return math.inf if value == "infinity" else value


def differences(ours, theirs, tolerance=TOLERANCE):
    """A line for each value of ours that theirs does not repeat."""
    theirs = dict(leaves(theirs))
    for path, value in leaves(ours):
        other = number(theirs.get(path))
        if other is None:
            yield f"{path}: missing, should be {shown(value)}"
        elif isinstance(value, str) or isinstance(other, str):
            if value != other:
                yield f"{path}: {other!r}, should be {value!r}"
        elif not agree(value, other, max(tolerance, getattr(value, "error", 0.0))):
            yield f"{path}: {shown(other)}, should be {shown(value)}"


def agree(a, b, tolerance):
    """Relative or absolute, whichever is wider; infinite agrees with infinite only, NaN with nothing."""
    if math.isinf(a) or math.isinf(b):
        return a == b
    return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))


def shown(value):
    return "infinity" if value == math.inf else str(value)


def as_json(value):
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_json(inner) for inner in value]
    return "infinity" if value == math.inf else value


def compare_list(path, tolerance):
    """Compares every line of a list; the exit status."""
    failed, count = 0, 0
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        theirs = entry["evaluate"]
        ours = evaluate(entry["run"], theirs["epoch"], entry["sampling"])
        count += sum(1 for _ in leaves(ours))
        found = list(differences(ours, theirs, tolerance))
        failed += len(found)
        for difference in found:
            print(f"{entry['run']} {entry['sampling']}: {difference}")
    print(f"{count - failed} of {count} values agree", file=sys.stderr)
    return 1 if failed else 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("run", type=Path, nargs="?", help="a run directory")
    parser.add_argument("--list", type=Path, metavar="FILE", help="many, a line of JSON each")
    parser.add_argument("--checkpoint", type=int, metavar="EPOCH", help="instead of the last")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="what evaluate --json printed")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    options = parser.parse_args(arguments)
    if options.list:
        return compare_list(options.list, options.tolerance)
    if not options.run:
        parser.error("a run directory is needed, or --list")
    try:
        theirs = options.compare and json.loads(options.compare.read_text())
        epoch = options.checkpoint
        if epoch is None and theirs:
            epoch = theirs.get("epoch")
        ours = evaluate(options.run, epoch)
    except (Unreadable, OSError, ValueError, np.linalg.LinAlgError) as error:
        print(error, file=sys.stderr)
        return 2
    if theirs is None:
        print(json.dumps(as_json(ours), indent=1))
        return 0
    found = list(differences(ours, theirs, options.tolerance))
    for line in found:
        print(line)
    count = sum(1 for _ in leaves(ours))
    print(f"{count - len(found)} of {count} values agree", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
