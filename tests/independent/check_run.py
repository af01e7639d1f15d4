#!/usr/bin/env python3
"""Recomputes what `lindiff evaluate --json` says of a run, from three files of its directory:

    checkpoints/epoch-NNNNNN/model.safetensors    weight [T, d, d] and bias [T, d]
    data.safetensors                              means and covariances (f64)
    config.toml                                   schedule, ridges, sampler

It shares no code with the program: numpy and the standard library only, every quantity by dense linear
algebra straight from its definition (theory sections 2, 3 and 7; C. Merger and S. Goldt, arXiv 2505.24769).
Where two programs agree that were written apart, both are right or both misread the theory.

Numbers agree where they differ by 1e-8, relative or absolute, or by what f64 can tell at all: the divergence of a
law with a variance of 1e-22 hangs on the last digits of the weights.

    check_run.py RUN                              prints the numbers as JSON
    check_run.py RUN --compare evaluate.json      compares them; exit status 1 and a list where they differ

Exit status: 0 all agree; 1 something differs; 2 the run cannot be read.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np

from read_run import Unreadable, checkpoint, read_config, read_safetensors
from theory import EPSILON, Law, divergences, mean_loss, optimum, sampled_law, schedule_of
from theory import trained, wasserstein

TOLERANCE = 1e-8


def total_ridge(training, schedule):
    """t -> ridge + ab c + wd/2; the decoupled decay of adamw is no ridge."""
    decay = 0.0 if training["optimizer"] == "adamw" else training["weight_decay"] / 2
    constant = training["ridge"] + decay
    return lambda t: constant + schedule.alpha_bar[t] * training["covariance_ridge"]


def evaluate(run, epoch=None):
    """What `evaluate --json` says, as far as these files tell; None where they do not."""
    run = Path(run)
    config = read_config(run)
    epoch, folder = checkpoint(run, epoch)
    model = read_safetensors(folder / "model.safetensors")
    data = read_safetensors(run / "data.safetensors")
    try:
        weight, bias = model["weight"], model["bias"]
        return {"epoch": epoch} | evaluate_parts(config, weight, bias, data)
    except KeyError as error:
        raise Unreadable(f"{run}: {error} is missing") from error


def evaluate_parts(config, weight, bias, data):
    model = config["model"]
    if (model["kind"], model["target"]) != ("per-step", "eps"):
        raise Unreadable(f"only per-step models of eps are understood, not {model}")
    schedule = schedule_of(config["schedule"])
    steps, dim = bias.shape
    if steps != schedule.steps:
        raise Unreadable(f"{steps} steps in the weights, {schedule.steps} in the schedule")
    law = lambda name: Law.of(data[f"{name}_mean"], data[f"{name}_covariance"])
    train = law("train")
    ridge = total_ridge(config["training"], schedule)
    model = trained(weight, bias)
    with_ridge = optimum(train, schedule, ridge)
    # The optimum on frozen draws needs the draws, which are in none of the three files.
    frozen = config["training"]["objective"] == "frozen"
    known = lambda compute: None if frozen else compute()
    sampled = lambda denoiser, epsilon: sampled_law(
        config["sampling"], schedule, denoiser, dim, epsilon
    )
    last = sampled(model, EPSILON[weight.dtype])
    loss = {
        "train": mean_loss(model, schedule, train),
        "train_optimum": known(lambda: mean_loss(with_ridge, schedule, train)),
    }
    result = {"dim": dim, "steps": steps, "loss": loss}
    if "true_mean" not in data:
        # All rows of a file: there is no truth, and the training law stands in for it.
        return result | {"kl_train": divergences(train, last)}
    truth = law("true")
    test = law("test") if "test_mean" in data else truth
    no_ridge = lambda t: 0.0
    oracle = optimum(truth, schedule, no_ridge)
    loss["test"] = mean_loss(model, schedule, test)
    loss["oracle"] = mean_loss(oracle, schedule, truth)
    loss["test_optimum"] = known(lambda: mean_loss(with_ridge, schedule, test))

    def rung(cause, denoiser, generated):
        divergence = divergences(truth, generated)
        return {
            "cause": cause,
            "kl_true_sampled": divergence["true_sampled"],
            "kl_sampled_true": divergence["sampled_true"],
            "loss_test": mean_loss(denoiser, schedule, test),
        }

    exact = lambda cause, denoiser: rung(cause, denoiser, sampled(denoiser, 2.0**-52))
    ladder = [
        exact("discretisation", oracle),
        known(lambda: exact("data", optimum(train, schedule, no_ridge))),
        known(lambda: exact("ridge", with_ridge)),
        rung("optimisation", model, last),
    ]
    return result | {
        "kl": divergences(truth, last),
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


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("run", type=Path, help="a run directory")
    parser.add_argument("--checkpoint", type=int, metavar="EPOCH", help="instead of the last")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="what evaluate --json printed")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    options = parser.parse_args(arguments)
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
