"""Predictions against the formulas in numpy and scipy, and against the command line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import lindiff
from conftest import unlike


def power_law(dim, exponent):
    values = np.arange(1, dim + 1) ** -float(exponent)
    return values * dim / values.sum()


def kappa_by_root_finding(spectrum, samples, z, delta):
    def equation(log_kappa):
        kappa = np.exp(log_kappa)
        return kappa * (1 - (np.sum(spectrum / (spectrum + kappa)) + delta) / samples) - z

    return np.exp(brentq(equation, np.log(z) - 1e-9, np.log(z + spectrum.sum() + 1) + 5, xtol=1e-15, rtol=1e-15))


@pytest.mark.parametrize("mean", ["known", "fitted"])
def test_the_effective_ridge_is_the_root_that_scipy_finds(mean):
    spectrum, delta = power_law(120, 1.3), int(mean == "fitted")
    samples, ridge = np.meshgrid([10, 60, 121, 500], [1e-3, 0.1, 2.0])
    found = lindiff.effective_ridge(spectrum, samples, ridge, mean=mean)
    expected = [kappa_by_root_finding(spectrum, n, z, delta) for n, z in zip(samples.flat, ridge.flat)]
    np.testing.assert_allclose(found.kappa.ravel(), expected, rtol=1e-11)
    np.testing.assert_allclose(found.survival, ridge / found.kappa, rtol=1e-13)
    shrinkage = spectrum / (spectrum + found.kappa[..., None])
    np.testing.assert_allclose(found.df1, shrinkage.sum(-1), rtol=1e-12)
    np.testing.assert_allclose(found.df2, (shrinkage**2).sum(-1), rtol=1e-12)


def test_losses_are_the_traces_of_the_resolvent():
    dim, samples, gamma = 150, 90, 0.2
    spectrum = power_law(dim, 1.0)
    for alpha_bar in (0.2, 0.9):
        a = (1 - alpha_bar) / alpha_bar
        z = a + gamma / alpha_bar
        kappa = kappa_by_root_finding(spectrum, samples, z, 0)
        df2 = np.sum((spectrum / (spectrum + kappa)) ** 2)
        slope = 1 / (1 - df2 / samples)
        m1 = kappa / z * np.mean(1 / (spectrum + kappa))
        g2 = (kappa / z) ** 2 * slope * np.mean(spectrum / (spectrum + kappa) ** 2)
        inverse, square = np.mean(1 / (spectrum + kappa)), np.mean(1 / (spectrum + kappa) ** 2)
        m2 = dim / samples * g2 * inverse + kappa / z * slope * square
        found = lindiff.losses(spectrum, samples, alpha_bar, gamma)
        assert found.train_loss == pytest.approx(1 - a * m1 - gamma / alpha_bar * a * m2, rel=1e-10)
        assert found.test_loss == pytest.approx(1 - 2 * a * m1 + a**2 * m2 + a * g2, rel=1e-10)
        oracle = 1 - np.mean((1 - alpha_bar) / (alpha_bar * spectrum + 1 - alpha_bar))
        assert found.oracle_loss == pytest.approx(oracle, rel=1e-12)


def test_predicted_losses_are_those_of_drawn_training_sets_on_average():
    # 400 training sets; the mean must lie within 4 standard errors (family-wise 1e-3 for both losses).
    dim, samples, alpha_bar, gamma = 40, 60, 0.7, 0.1
    spectrum = power_law(dim, 1.0)
    random = np.random.default_rng(5)
    signal, noise = np.sqrt(alpha_bar), np.sqrt(1 - alpha_bar)
    losses = []
    for _ in range(400):
        rows = random.normal(size=(samples, dim)) * np.sqrt(spectrum)
        seen = alpha_bar * rows.T @ rows / samples + (1 - alpha_bar) * np.eye(dim)
        weight = noise * np.linalg.inv(seen + gamma * np.eye(dim))
        loss = [
            1 - 2 * noise * np.trace(weight) / dim + np.trace(weight @ c @ weight.T) / dim
            for c in (seen, np.diag(alpha_bar * spectrum + 1 - alpha_bar))
        ]
        losses.append(loss)
    mean, error = np.mean(losses, 0), np.std(losses, 0, ddof=1) / 20
    found = lindiff.predict(spectrum, samples, alpha_bar=alpha_bar, ridge=gamma)
    assert signal > 0
    np.testing.assert_array_less(np.abs(mean - [found.train_loss, found.test_loss]), 4 * error)


QUESTIONS = [
    (["--dim", 60, "--exponent", 1, "--samples", 40], dict(dim=60, samples=40)),
    (["--dim", 60, "--samples", 40, "--ridge", 0.1, "--mean", "fitted"], dict(dim=60, samples=40, ridge=0.1, mean="fitted")),
    (["--dim", 60, "--samples", 90, "--alpha-bar", 0.8], dict(dim=60, samples=90, alpha_bar=0.8)),
    (
        ["--dim", 30, "--samples", 60, "--steps", 40, "--tau", 5, "--sampler", "ddpm", "--variance", "posterior"],
        dict(dim=30, samples=60, schedule=lindiff.Schedule.linear(40), tau=5, sampler="ddpm", variance="posterior"),
    ),
    (
        ["--dim", 60, "--samples", 90, "--row-weights", "student", "--row-weights-parameter", 6],
        dict(dim=60, samples=90, row_weights="student", row_weights_parameter=6),
    ),
    (["--dim", 60, "--samples", 40, "--optimal", "ridge"], dict(dim=60, samples=40, optimal="ridge")),
    (["--dim", 60, "--samples", 90, "--optimal", "tau", "--keep", 20], None),
    (
        ["--dim", 60, "--samples", 2, "--optimal", "samples", "--target-excess", 0.05],
        dict(dim=60, samples=2, optimal="samples", target_excess=0.05),
    ),
    (
        ["--dim", 30, "--samples", 60, "--set", "model.kind=time-basis", "--set", "model.basis=4", "--keep", 30],
        dict(dim=30, samples=60, model="time-basis", basis=4, schedule=lindiff.Schedule.linear().keep(30)),
    ),
    (
        ["--dim", 30, "--samples", 60, "--set", "model.target=x0", "--ridge", 0.2, "--keep", 10],
        dict(dim=30, samples=60, target="x0", ridge=0.2, schedule=lindiff.Schedule.linear().keep(10)),
    ),
]


@pytest.mark.parametrize(("words", "asked"), QUESTIONS, ids=lambda x: " ".join(map(str, x)) if isinstance(x, list) else "")
def test_the_command_gives_the_same_numbers(command, words, asked):
    if asked is None:
        asked = dict(dim=60, samples=90, optimal="tau", schedule=lindiff.Schedule.linear().keep(20))
    expected = command("predict", *words)
    found = lindiff.predict(**asked).to_dict()
    del expected["version"], expected["inputs"], found["inputs"]
    expected["warnings"] = expected.get("warnings", [])
    assert unlike(found, expected) == []


def test_a_grid_has_the_shape_of_its_inputs_and_each_point_is_the_answer_alone():
    samples, ridge = np.array([[20], [60]]), [0.0, 0.1, 1.0]
    grid = lindiff.predict(dim=40, samples=samples, ridge=ridge, alpha_bar=0.6)
    assert grid.test_loss.shape == grid.inputs.samples.shape == (2, 3)
    # Without a ridge there is a divergence, else none.
    assert np.isfinite(grid.kl_sampled_true[1]).tolist() == [True, False, False]
    for i, n in enumerate([20, 60]):
        for j, gamma in enumerate(ridge):
            alone = lindiff.predict(dim=40, samples=n, ridge=gamma, alpha_bar=0.6)
            assert isinstance(alone.test_loss, float)
            for name in ("train_loss", "test_loss", "effective_ridge", "test_loss_deviation"):
                assert getattr(alone, name) == getattr(grid, name)[i, j]


@settings(max_examples=40, deadline=None)
@given(
    shapes=st.tuples(*[st.sampled_from([(), (1,), (3,), (2, 1), (2, 3), (0,), (1, 3)])] * 3),
    data=st.data(),
)
def test_shapes_broadcast_as_in_numpy(shapes, data):
    draw = lambda shape, low, high: np.array(  # noqa: E731
        data.draw(st.lists(st.floats(low, high), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    ).reshape(shape)
    samples, levels, ridge = draw(shapes[0], 3, 90), draw(shapes[1], 0.05, 0.95), draw(shapes[2], 0, 2)
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        with pytest.raises(ValueError, match="do not broadcast"):
            lindiff.losses(dim=9, samples=samples, alpha_bar=levels, ridge=ridge)
        return
    found = lindiff.losses(dim=9, samples=samples, alpha_bar=levels, ridge=ridge)
    assert np.shape(found.test_loss) == shape
    # New samples lose at least what the oracle does; the training set, without a ridge, at most.
    assert np.all(found.test_loss >= found.oracle_loss * (1 - 1e-9))


def test_what_is_wrong_is_said_with_its_name_and_value():
    for message, asked in {
        "alpha_bar = 1.5": dict(dim=5, samples=9, alpha_bar=1.5),
        "tau = -1": dict(dim=5, samples=9, tau=-1),
        "gamma = -0.5": dict(dim=5, samples=9, ridge=-0.5),
        "samples = 2.5": dict(dim=5, samples=2.5),
        "samples = NaN": dict(dim=5, samples=np.nan),
        "samples = 0": dict(dim=5, samples=0),
        'mean = "guessed": must be one of': dict(dim=5, samples=9, mean="guessed"),
        'sampler = "euler": must be one of "ddpm"': dict(dim=5, samples=9, sampler="euler"),
        "needs width": dict(dim=5, samples=9, model="two-layer"),
        "needs target_kl": dict(dim=5, samples=9, optimal="samples"),
        "do not broadcast": dict(dim=5, samples=[9, 10], ridge=[1, 2, 3]),
        "-1": dict(spectrum=[1.0, -1.0], samples=9),
        "alpha_bar is of single": dict(dim=5, samples=9, alpha_bar=0.5, schedule=[0.5]),
    }.items():
        with pytest.raises(ValueError) as refused:
            lindiff.predict(**asked)
        assert message in str(refused.value)
    for asked in (dict(samples=9), dict(dim=5), dict(spectrum=[1.0], dim=1, samples=9), dict(dim="5", samples=9)):
        with pytest.raises(TypeError):
            lindiff.predict(**asked)
