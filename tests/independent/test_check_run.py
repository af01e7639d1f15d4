#!/usr/bin/env python3
"""The independent check, checked: against published values, hand formulas, and run directories made here."""

import contextlib
import io
import json
import math
import struct
import tempfile
import tomllib
import unittest
from pathlib import Path

import numpy as np

import check_run
import networks
import theory

DTYPES = {np.dtype(np.float32): "F32", np.dtype(np.float64): "F64"}


def write_safetensors(path, tensors):
    header, blobs, offset = {"__metadata__": {"target": "eps"}}, [], 0
    for name, array in tensors.items():
        blob = np.ascontiguousarray(array).tobytes()
        offsets = [offset, offset + len(blob)]
        header[name] = {"dtype": DTYPES[array.dtype], "shape": array.shape, "data_offsets": offsets}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def linear(steps, start, end, keep=None):
    config = {"kind": "linear", "steps": steps, "beta_start": start, "beta_end": end}
    return config | ({} if keep is None else {"keep": keep})


def power_law(dim, exponent):
    variances = np.arange(1, dim + 1) ** -float(exponent)
    return dim * variances / variances.sum()


def zero(t):
    return 0.0


def per_step(law, schedule, ridge):
    """The best denoiser with one map a step."""
    return networks.optimum(law, {"kind": "per-step"}, "eps", schedule, ridge, 0.0)


def oracle_variances(variances, schedule, **sampling):
    law = theory.Law.of(np.zeros(len(variances)), np.diag(variances))
    schedule = theory.schedule_of(schedule)
    denoiser = per_step(law, schedule, zero)
    sampled = theory.sampled_law(sampling, schedule, denoiser, len(variances), 2.0**-52)
    return np.diag(sampled.covariance)


CONFIG = """
[schedule]
{schedule}
[model]
kind = "per-step"
target = "eps"
[training]
objective = "{objective}"
optimizer = "{optimizer}"
ridge = 0.05
covariance_ridge = 0.02
weight_decay = 0.06
[sampling]
{sampling}
"""


class Run:
    """A run directory of d = 6 directions with a mean far from zero."""

    def __init__(self, folder, samples=40, **options):
        self.folder = Path(folder)
        self.options = {
            "schedule": 'kind = "linear"\nsteps = 50\nbeta_start = 1e-3\nbeta_end = 0.2\nkeep = 20',
            "objective": "exact",
            "optimizer": "sgd",
            "sampling": 'kind = "ddpm"\nvariance = "beta"',
        } | options
        random = np.random.default_rng(7)
        dim = 6
        rotation = np.linalg.qr(random.normal(size=(dim, dim)))[0]
        self.true_mean = 3 + random.normal(size=dim)
        self.true_covariance = (rotation * power_law(dim, 1)) @ rotation.T
        rows = random.multivariate_normal(self.true_mean, self.true_covariance, samples)
        self.train_mean = rows.mean(axis=0)
        centred = rows - self.train_mean
        self.train_covariance = centred.T @ centred / samples
        self.data = {
            name: getattr(self, name)
            for name in ["train_mean", "train_covariance", "true_mean", "true_covariance"]
        }
        self.config = CONFIG.format(**self.options)

    def optimum(self, ridge):
        """Weights straight from the normal equations."""
        schedule = theory.schedule_of(tomllib.loads(self.config)["schedule"])
        weights, biases = [], []
        for t in range(1, schedule.steps + 1):
            ab, noise = schedule.alpha_bar[t], schedule.noise[t]
            second = ab * self.train_covariance + (noise + ridge(ab)) * np.eye(6)
            weights.append(np.linalg.solve(second, math.sqrt(noise) * np.eye(6)))
            biases.append(-math.sqrt(ab) * weights[-1] @ self.train_mean)
        return np.array(weights), np.array(biases)

    def write(self, weights, biases, epoch=500, dtype=np.float64):
        (self.folder / "config.toml").write_text(self.config)
        write_safetensors(self.folder / "data.safetensors", self.data)
        checkpoint = self.folder / "checkpoints" / f"epoch-{epoch:06}"
        checkpoint.mkdir(parents=True)
        tensors = {"weight": weights.astype(dtype), "bias": biases.astype(dtype)}
        write_safetensors(checkpoint / "model.safetensors", tensors)

    def evaluate(self):
        return check_run.evaluate(self.folder)


def ridge(ab):
    """That of CONFIG with a coupled weight decay."""
    return 0.05 + 0.02 * ab + 0.03


class WithFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def finished(self, **options):
        """A run whose weights are the optimum with its ridge."""
        run = Run(self.folder, **options)
        run.write(*run.optimum(ridge))
        return run


class PublishedValues(unittest.TestCase):
    def test_every_sampler_with_sparse_steps(self):
        table = {
            0.1: (0.108370, 0.071908, 0.110659, 0.116875, 0.098998, 0.083550),
            1.0: (0.993839, 0.857347, 1.022527, 1.0, 1.0, 0.928214),
            10.0: (9.313465, 8.946191, 9.328313, 8.815274, 10.001477, 9.418721),
        }
        kinds = [{"kind": "ddpm", "variance": v} for v in ("beta", "posterior")]
        kinds += [{"kind": kind} for kind in ("sde", "ode", "heun", "ddim")]
        schedule = linear(1000, 1e-4, 2e-2, keep=50)
        for column, sampling in enumerate(kinds):
            found = oracle_variances(np.array(list(table)), schedule, **sampling)
            expected = [row[column] for row in table.values()]
            np.testing.assert_allclose(found, expected, atol=6e-7, err_msg=str(sampling))

    def test_small_eigenvalues_of_the_ancestral_sampler(self):
        schedule = linear(1000, 1e-4, 2e-2)
        for variance, small, one in [("beta", 6.4926e-5, 0.99988), ("posterior", 3.9721e-5, 0.99103)]:
            sampling = {"kind": "ddpm", "variance": variance}
            found = oracle_variances(np.array([1.0, 1e-4]), schedule, **sampling)
            np.testing.assert_allclose(found, [one, small], rtol=2e-5)

    def test_short_schedules_leave_much_of_the_data(self):
        for steps, ab, ten in [(1000, 6.27e-3, 9.94), (500, 0.0790, 8.06), (100, 0.5995, 2.09)]:
            schedule = linear(steps, 1e-4, 1e-2)
            self.assertAlmostEqual(theory.schedule_of(schedule).alpha_bar[-1] / ab, 1, delta=2e-3)
            found = oracle_variances(np.array([10.0]), schedule, kind="ddpm")
            self.assertAlmostEqual(found[0], ten, delta=6e-3)

    def test_losses_of_the_optimum_at_one_step(self):
        dim, samples, ab = 200, 150, 0.95
        truth = theory.Law.of(np.zeros(dim), np.diag(power_law(dim, 1)))
        schedule = theory.Schedule(np.log([ab]))
        random, found = np.random.default_rng(3), []
        for _ in range(20):
            rows = random.normal(size=(samples, dim)) * np.sqrt(power_law(dim, 1))
            train = theory.Law.of(np.zeros(dim), rows.T @ rows / samples)
            for gamma in (0.0, 0.1):
                denoiser = per_step(train, schedule, lambda t: gamma)
                shrinkage = theory.mean_loss(denoiser, schedule, train)
                found.append((shrinkage, theory.mean_loss(denoiser, schedule, truth)))
        without, with_ridge = np.mean(found[0::2], axis=0), np.mean(found[1::2], axis=0)
        np.testing.assert_allclose(without, (0.60118, 2.73658), rtol=1.5e-2)
        np.testing.assert_allclose(with_ridge, (0.74131, 1.02266), rtol=1.5e-2)
        oracle = theory.mean_loss(per_step(truth, schedule, zero), schedule, truth)
        self.assertAlmostEqual(oracle, 0.87068, places=5)

    def test_divergences_of_a_model_of_400_samples(self):
        dim, samples = 200, 400
        truth = theory.Law.of(np.zeros(dim), np.diag(power_law(dim, 1)))
        rows = np.random.default_rng(5).normal(size=(samples, dim)) * np.sqrt(power_law(dim, 1))
        train = theory.Law.of(np.zeros(dim), rows.T @ rows / samples)
        t = np.arange(1, 501)
        schedule = theory.Schedule(np.cumsum(np.log1p(-(2e-4 + 1.98e-2 * t / 500))))
        denoiser = per_step(train, schedule, zero)
        law = theory.sampled_law({"kind": "ddpm"}, schedule, denoiser, dim, 2.0**-52)
        found = theory.divergences(truth, law)
        np.testing.assert_allclose(found["kl_true_sampled"], 0.34201, rtol=0.05)
        np.testing.assert_allclose(found["kl_sampled_true"], 0.15237, rtol=0.05)


class HandFormulas(unittest.TestCase):
    def test_divergences_and_distance_of_diagonal_laws(self):
        p, q = np.array([2.0, 0.5, 1.0]), np.array([1.0, 0.25, 3.0])
        shift = np.array([0.5, 0.0, -1.0])
        truth, sampled = theory.Law.of(shift, np.diag(p)), theory.Law.of(np.zeros(3), np.diag(q))
        found = theory.divergences(truth, sampled)
        of_mean = (shift**2 / q).sum() / 6
        self.assertAlmostEqual(found["kl_of_mean"], of_mean)
        self.assertAlmostEqual(found["kl_true_sampled"], (p / q - 1 - np.log(p / q)).sum() / 6 + of_mean)
        backward = ((q / p - 1 - np.log(q / p)).sum() + (shift**2 / p).sum()) / 6
        self.assertAlmostEqual(found["kl_sampled_true"], backward)
        squared = ((np.sqrt(p) - np.sqrt(q)) ** 2).sum() + (shift**2).sum()
        self.assertAlmostEqual(theory.wasserstein(truth, sampled), math.sqrt(squared / 3))

    def test_a_divergence_is_infinite_unless_both_laws_vary_in_the_same_directions(self):
        law = lambda *variances, mean=(0, 0, 0): theory.Law.of(
            np.array(mean, dtype=float), np.diag(np.array(variances, dtype=float))
        )
        infinite = lambda p, q: math.isinf(theory.divergences(p, q)["kl_true_sampled"])
        self.assertTrue(infinite(law(1, 1, 1), law(1, 1, 0)))
        self.assertTrue(infinite(law(1, 1, 0), law(1, 1, 1)))
        self.assertTrue(infinite(law(1, 1, 0), law(1, 0, 1)))
        self.assertTrue(infinite(law(1, 1, 0), law(1, 1, 0, mean=(0, 0, 1))))
        self.assertFalse(infinite(law(1, 1, 0), law(2, 1, 0, mean=(1, 0, 0))))
        self.assertFalse(infinite(law(1e-10, 1, 1), law(1, 1, 1)))

    def test_the_error_of_a_divergence_grows_as_a_law_becomes_singular(self):
        truth = theory.Law.of(np.zeros(2), np.eye(2))
        sampled = lambda small: theory.Law(np.zeros(2), np.diag([1.0, small]), 0.0)
        error = lambda small: theory.divergences(truth, sampled(small))["kl_true_sampled"].error
        self.assertLess(error(0.1), 1e-14)
        self.assertGreater(error(1e-11), 1e-5)

    def test_moments_of_drawn_vectors_match_the_recursion(self):
        random = np.random.default_rng(11)
        schedule = theory.schedule_of(linear(20, 1e-2, 0.3))
        law = theory.Law.of(np.array([1.0, -2.0]), np.array([[2.0, 0.6], [0.6, 0.5]]))
        denoiser = per_step(law, schedule, zero)
        for sampling in [{"kind": "ddpm"}, {"kind": "sde"}, {"kind": "heun"}]:
            exact = theory.sampled_law(sampling, schedule, denoiser, 2, 2.0**-52)
            u = random.normal(size=(200_000, 2))
            for t in range(schedule.steps, 0, -1):
                matrix, shift, sigma = theory.affine_step(sampling, schedule, denoiser, t)
                u = u @ matrix.T + shift + sigma * random.normal(size=u.shape)
            np.testing.assert_allclose(u.mean(axis=0), exact.mean, atol=0.02)
            np.testing.assert_allclose(np.cov(u.T), exact.covariance, atol=0.04)

    def test_the_cosine_schedule(self):
        schedule = theory.schedule_of({"kind": "cosine", "steps": 100})
        f = lambda t: math.cos(math.pi / 2 * (t / 100 + 0.008) / 1.008) ** 2
        self.assertAlmostEqual(schedule.alpha_bar[50], f(50) / f(0))
        self.assertAlmostEqual(schedule.beta[100], 0.999)


class OfARunDirectory(WithFolder):
    def test_converged_weights_are_the_rung_of_the_ridge(self):
        result = self.finished().evaluate()
        self.assertEqual([result["epoch"], result["dim"], result["steps"]], [500, 6, 20])
        causes = [rung["cause"] for rung in result["ladder"]]
        self.assertEqual(causes, ["discretisation", "data", "ridge", "optimisation"])
        third, last = result["ladder"][2:]
        for key in ["kl_true_sampled", "kl_sampled_true", "test_loss"]:
            self.assertAlmostEqual(third[key], last[key], places=10)
        self.assertAlmostEqual(last["kl_true_sampled"], result["kl_true_sampled"], places=14)
        for law in ["train", "test"]:
            self.assertAlmostEqual(result[f"{law}_loss"], result[f"optimum_{law}_loss"], places=10)
        self.assertLess(result["oracle_loss"], result["test_loss"])
        self.assertEqual(result["ladder"][0]["test_loss"], result["oracle_loss"])

    def test_the_decoupled_decay_of_adamw_is_no_ridge(self):
        run = Run(self.folder, optimizer="adamw")
        run.write(*run.optimum(lambda ab: ridge(ab) - 0.03))
        result = run.evaluate()
        self.assertAlmostEqual(result["train_loss"], result["optimum_train_loss"], places=10)

    def test_single_precision_is_read_as_such(self):
        run = Run(self.folder)
        run.write(*run.optimum(ridge), dtype=np.float32)
        result = run.evaluate()
        self.assertAlmostEqual(result["train_loss"], result["optimum_train_loss"], places=6)
        self.assertNotEqual(result["train_loss"], result["optimum_train_loss"])

    def test_left_over_rows_are_the_test_set(self):
        run = Run(self.folder)
        run.data |= {"test_mean": run.true_mean + 1, "test_covariance": run.true_covariance}
        run.write(*run.optimum(ridge))
        result = run.evaluate()
        self.assertGreater(result["ladder"][0]["test_loss"], result["oracle_loss"] + 1e-3)
        self.assertEqual(result["ladder"][3]["test_loss"], result["test_loss"])

    def test_a_known_mean_is_the_one_in_the_file(self):
        run = Run(self.folder)
        about = run.train_mean - run.true_mean
        run.data["train_covariance"] = run.train_covariance = run.train_covariance + np.outer(about, about)
        run.data["train_mean"] = run.train_mean = run.true_mean
        run.write(*run.optimum(ridge))
        result = run.evaluate()
        self.assertAlmostEqual(result["train_loss"], result["optimum_train_loss"], places=10)

    def test_without_a_truth_the_training_law_stands_in(self):
        run = Run(self.folder)
        del run.data["true_mean"], run.data["true_covariance"]
        run.write(*run.optimum(ridge))
        result = run.evaluate()
        losses = {key for key in result if key.endswith("_loss")}
        self.assertEqual(losses, {"train_loss", "optimum_train_loss"})
        self.assertGreater(result["kl_train"]["kl_true_sampled"], 0)
        self.assertNotIn("ladder", result)

    def test_too_few_samples_without_a_ridge_diverge_under_ddpm_and_ddim_only(self):
        for index, (kind, infinite) in enumerate(
            [("ddpm", True), ("ddim", True), ("sde", False), ("ode", False), ("heun", False)]
        ):
            folder = self.folder / str(index)
            folder.mkdir()
            run = Run(folder, samples=4, sampling=f'kind = "{kind}"')
            run.write(*run.optimum(ridge))
            data, with_ridge = run.evaluate()["ladder"][1:3]
            self.assertEqual(math.isinf(data["kl_true_sampled"]), infinite, kind)
            self.assertEqual(math.isinf(data["kl_sampled_true"]), infinite, kind)
            self.assertTrue(math.isfinite(with_ridge["kl_true_sampled"]), kind)

    def test_what_frozen_draws_decide_is_left_open(self):
        result = self.finished(objective="frozen").evaluate()
        self.assertIsNone(result["optimum_train_loss"])
        self.assertIsNone(result["ladder"][1])
        self.assertIsNotNone(result["ladder"][3])

    def test_a_schedule_from_a_file(self):
        numbers = self.folder / "alpha_bar.txt"
        numbers.write_text("# from the least noise\n0.99, 0.9\n0.5\n0.1 # the last\n")
        options = {"schedule": f'kind = "file"\npath = "{numbers}"\nkeep = 2'}
        self.assertEqual(self.finished(**options).evaluate()["steps"], 2)


class Comparison(WithFolder):
    def compare(self, change):
        """The exit status and the lines for an answer that was changed."""
        run = self.finished(samples=4, sampling='kind = "ddpm"')
        answer = json.loads(json.dumps(check_run.as_json(run.evaluate())))
        change(answer)
        path = self.folder / "evaluate.json"
        path.write_text(json.dumps(answer))
        lines = io.StringIO()
        with contextlib.redirect_stdout(lines), contextlib.redirect_stderr(io.StringIO()):
            status = check_run.main([str(self.folder), "--compare", str(path)])
        return status, lines.getvalue().splitlines()

    def test_the_same_numbers_agree_infinite_ones_too(self):
        def check(answer):
            self.assertEqual(answer["ladder"][1]["kl_true_sampled"], "infinity")
            answer["test_loss"] *= 1 + 1e-10
            answer["monte_carlo"] = {"draws": 10}

        self.assertEqual(self.compare(check), (0, []))

    def test_a_number_that_differs_is_named(self):
        status, lines = self.compare(lambda answer: answer.update(test_loss=0.5))
        self.assertEqual(status, 1)
        self.assertEqual(len(lines), 1)
        self.assertTrue(lines[0].startswith("test_loss: 0.5, should be "), lines)

    def test_finite_for_infinite_missing_and_misnamed_are_differences(self):
        def spoil(answer):
            answer["ladder"][1]["kl_true_sampled"] = 1e300
            answer["ladder"][2]["cause"] = "luck"
            answer["kl_of_mean"] = "infinity"
            answer["w2"] = math.nan
            del answer["oracle_loss"]

        status, lines = self.compare(spoil)
        self.assertEqual(status, 1)
        keys = {line.split(":")[0] for line in lines}
        wrong = {"ladder[1].kl_true_sampled", "ladder[2].cause", "kl_of_mean", "w2", "oracle_loss"}
        self.assertEqual(keys, wrong)

    def test_what_cannot_be_read_is_said(self):
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            self.assertEqual(check_run.main([str(self.folder / "absent")]), 2)
        self.assertIn("config.toml", error.getvalue())


class Networks(unittest.TestCase):
    def setUp(self):
        self.schedule = theory.schedule_of(linear(30, 1e-3, 0.3, keep=12))
        self.law = theory.Law.of(np.array([0.3, -1.0, 2.0]), np.diag([2.0, 0.7, 0.1]))

    def loss(self, denoiser):
        return theory.mean_loss(denoiser, self.schedule, self.law)

    def best(self, model, target="eps", ridge=zero, decay=0.0):
        output = networks.optimum(self.law, model, target, self.schedule, ridge, decay)
        return networks.to_noise(output, target, self.schedule)

    def test_every_target_has_the_same_optimum_without_a_ridge_and_another_with_one(self):
        wanted = self.loss(self.best({"kind": "per-step"}))
        for model in ({"kind": "per-step"}, {"kind": "two-layer", "width": 3}):
            for target in ("x0", "v", "score"):
                self.assertAlmostEqual(self.loss(self.best(model, target)), wanted, places=12)
                ridged = self.loss(self.best({"kind": "per-step"}, target, lambda t: 0.1))
                self.assertGreater(ridged, wanted)

    def test_as_many_functions_as_steps_are_one_map_a_step(self):
        free = self.loss(self.best({"kind": "per-step"}))
        losses = [self.loss(self.best({"kind": "time-basis", "basis": k})) for k in (1, 3, 6, 12)]
        self.assertEqual(losses, sorted(losses, reverse=True))
        self.assertAlmostEqual(losses[-1], free, places=9)

    def test_no_narrow_network_near_the_optimum_is_better(self):
        output = networks.optimum(
            self.law, {"kind": "two-layer", "width": 1}, "eps", self.schedule, zero, 0.0
        )
        best, rng = self.loss(output), np.random.default_rng(1)
        for _ in range(50):
            turn = np.linalg.qr(np.eye(3) + 0.05 * rng.standard_normal((3, 3)))[0]

            def moved(t):
                weight, _ = output(t)
                weight = turn @ weight
                return weight, -math.sqrt(self.schedule.alpha_bar[t]) * weight @ self.law.mean

            self.assertGreater(self.loss(moved), best)


if __name__ == "__main__":
    unittest.main()
