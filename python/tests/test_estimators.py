"""Estimators in scikit-learn's manner: every number against an independent formula.

Random comparisons have a chance of 1e-3 to fail altogether (Bonferroni).
"""

import copy
import json
import pickle
import statistics
import subprocess
import sys

import numpy as np
import pytest

import lindiff
from lindiff import DiffusionCovariance, LinearDenoiser

TARGETS = ["eps", "x0", "v", "score"]
LEVELS = [0.99, 0.7, 0.2, 0.01]
SPECTRUM = np.array([9.0, 4.0, 1.0, 1.0, 0.25, 0.01])


def rows_of(count, dim=6, seed=1):
    """Heavy-tailed rows with a mean, in directions that are not the axes."""
    generator = np.random.default_rng(seed)
    turn = np.linalg.qr(generator.normal(size=(dim, dim)))[0]
    spread = np.sqrt(np.resize(SPECTRUM, dim))
    return (generator.standard_t(5, size=(count, dim)) * spread + 2.0) @ turn


def parts(target, alpha_bar):
    """target = p eps + q x0"""
    a, r = np.sqrt(alpha_bar), np.sqrt(1 - alpha_bar)
    return {"eps": (1, 0), "x0": (0, 1), "v": (a, -r), "score": (-1 / r, 0)}[target]


def best_map(target, alpha_bar, covariance):
    """The regression of the target on x_t, for rows about their mean: cov(target, x_t) cov(x_t)^-1."""
    (p, q), a, r, eye = parts(target, alpha_bar), np.sqrt(alpha_bar), np.sqrt(1 - alpha_bar), np.eye(len(covariance))
    return (p * r * eye + q * a * covariance) @ np.linalg.inv(a * a * covariance + r * r * eye)


def losses_of(target, alpha_bar, covariance, centred):
    """For each row the mean over the noise of |p eps + q y - F (a y + r eps)|^2/d."""
    (p, q), a, r, dim = parts(target, alpha_bar), np.sqrt(alpha_bar), np.sqrt(1 - alpha_bar), len(covariance)
    f = best_map(target, alpha_bar, covariance)
    noise = np.sum((p * np.eye(dim) - r * f) ** 2)
    return (noise + np.sum((centred @ (q * np.eye(dim) - a * f).T) ** 2, axis=1)) / dim


def mean_loss(target, schedule, covariance, centred):
    return np.mean([losses_of(target, level, covariance, centred) for level in schedule])


def left_out_loss(rows, target, schedule, ridge, mean=None, covariance=None):
    """Every row tested on the denoiser of all others, each made anew."""
    losses = []
    for index in range(len(rows)):
        others = np.delete(rows, index, axis=0)
        m = others.mean(axis=0) if mean is None else mean
        c = (others - m).T @ (others - m) / len(others) if covariance is None else covariance
        losses.append(mean_loss(target, schedule, c + ridge * np.eye(rows.shape[1]), rows[index : index + 1] - m))
    return np.mean(losses)


@pytest.mark.parametrize("target", TARGETS)
def test_the_score_is_minus_the_mean_squared_error_of_the_target(target):
    rows, fresh = rows_of(30), rows_of(50, seed=2)
    denoiser = LinearDenoiser(schedule=LEVELS, ridge=0.3, target=target).fit(rows)
    centred = rows - rows.mean(axis=0)
    covariance = centred.T @ centred / 30 + 0.3 * np.eye(6)
    np.testing.assert_allclose(denoiser.covariance_, covariance, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(denoiser.mean_, rows.mean(axis=0), rtol=1e-14)
    expected = mean_loss(target, LEVELS, covariance, fresh - rows.mean(axis=0))
    np.testing.assert_allclose(-denoiser.score(fresh), expected, rtol=1e-12)
    one_by_one = [denoiser.score(fresh[i : i + 1]) for i in range(50)]
    np.testing.assert_allclose(np.mean(one_by_one), denoiser.score(fresh), rtol=1e-13)


def test_the_score_agrees_with_drawn_noise_within_its_error():
    denoiser = LinearDenoiser(schedule=[0.6], target="v").fit(rows_of(30))
    fresh, generator = rows_of(200, seed=3), np.random.default_rng(4)
    means = []
    for _ in range(200):
        noise = generator.normal(size=fresh.shape)
        noised = np.sqrt(0.6) * fresh + np.sqrt(0.4) * noise
        wanted = np.sqrt(0.6) * noise - np.sqrt(0.4) * fresh
        means.append(np.mean((denoiser.denoise(noised, 0) - wanted) ** 2))
    bound = statistics.NormalDist().inv_cdf(1 - 1e-3 / 2) * np.std(means, ddof=1) / np.sqrt(200)
    assert abs(np.mean(means) + denoiser.score(fresh)) < bound


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("count", "dim"), [(25, 6), (7, 6), (5, 9), (2, 3)])
@pytest.mark.parametrize("mean", ["fitted", "known", "given"])
def test_the_leave_one_out_loss_is_that_of_refitting_without_every_row(target, count, dim, mean):
    rows = rows_of(count, dim)
    known = {"fitted": None, "known": np.zeros(dim), "given": np.linspace(-1, 1, dim)}[mean]
    asked = known if mean == "given" else mean
    denoiser = LinearDenoiser(schedule=LEVELS, target=target, mean=asked, ridge=0.2).fit(rows)
    np.testing.assert_allclose(denoiser.loo_loss_, left_out_loss(rows, target, LEVELS, 0.2, known), rtol=1e-10)
    again = [
        LinearDenoiser(schedule=LEVELS, target=target, mean=asked, ridge=0.2)
        .fit(np.delete(rows, i, axis=0))
        .score(rows[i : i + 1])
        for i in range(count)
        if count > 2
    ]
    if again:
        np.testing.assert_allclose(denoiser.loo_loss_, -np.mean(again), rtol=1e-10)


@pytest.mark.parametrize("mean", ["fitted", "known"])
def test_the_leave_one_out_loss_holds_for_a_far_row_copies_and_rows_in_few_directions(mean):
    rows = rows_of(12)
    rows[3] *= 1e4
    rows[5] = rows[6]
    rows[:, 2] = rows[:, 1]
    known = None if mean == "fitted" else np.zeros(6)
    for ridge in (0.0, 0.1):
        denoiser = LinearDenoiser(schedule=LEVELS, mean=mean, ridge=ridge).fit(rows)
        np.testing.assert_allclose(denoiser.loo_loss_, left_out_loss(rows, "eps", LEVELS, ridge, known), rtol=1e-7)


@pytest.mark.parametrize("mean", ["fitted", "known"])
def test_the_leave_one_out_loss_of_a_given_covariance_is_that_of_refitting(mean):
    rows, known = rows_of(9), None if mean == "fitted" else np.zeros(6)
    denoiser = LinearDenoiser(schedule=LEVELS, covariance=np.diag(SPECTRUM), mean=mean, ridge=0.1).fit(rows)
    expected = left_out_loss(rows, "eps", LEVELS, 0.1, known, np.diag(SPECTRUM))
    np.testing.assert_allclose(denoiser.loo_loss_, expected, rtol=1e-12)


@pytest.mark.parametrize(("count", "dim"), [(40, 6), (5, 20)])
def test_the_leave_one_out_loss_is_that_of_the_library(count, dim):
    rows = rows_of(count, dim)
    denoiser = LinearDenoiser().fit(rows)
    found = lindiff.leave_one_out(rows, covariance_ridge=denoiser.ridge_)
    np.testing.assert_allclose(denoiser.loo_loss_, found.test_loss, rtol=1e-12)


@pytest.mark.parametrize("covariance", ["empirical", "ledoit-wolf", "quadratic-inverse", "given"])
@pytest.mark.parametrize("target", ["eps", "x0"])
@pytest.mark.parametrize(("count", "dim"), [(13, 6), (14, 20)])
def test_no_other_ridge_has_a_lower_loss_on_left_out_rows(covariance, target, count, dim):
    rows = rows_of(count, dim)
    given = np.diag(np.linspace(0.1, 3, dim)) if covariance == "given" else covariance
    asked = {"schedule": [0.99, 0.5, 0.05], "target": target, "covariance": given}
    denoiser = LinearDenoiser(**asked).fit(rows)

    def loss(ridge):
        return LinearDenoiser(ridge=ridge, **asked).fit(rows).loo_loss_

    scan = [loss(ridge) for ridge in [0.0, *np.geomspace(1e-5, 1e3, 81)]]
    assert denoiser.loo_loss_ <= min(scan) * (1 + 1e-9)
    if denoiser.ridge_ > 0:
        near = [loss(denoiser.ridge_ * factor) for factor in (0.98, 1.02)]
        assert denoiser.loo_loss_ < min(near)
    rule = "leave-one-out" if covariance in ("empirical", "given") else "10-fold"
    assert denoiser.ridge_rule_ == rule


def test_shrunk_covariances_are_tested_on_tenths_of_the_rows():
    rows = rows_of(25)
    denoiser = LinearDenoiser(schedule=LEVELS, covariance="oas", ridge=0.1).fit(rows)
    parts_of = np.random.RandomState(0).permutation(25) % 10
    losses = []
    for part in range(10):
        fitted = LinearDenoiser(schedule=LEVELS, covariance="oas", ridge=0.1).fit(rows[parts_of != part])
        losses += [fitted.score(row[None]) for row in rows[parts_of == part]]
    np.testing.assert_allclose(denoiser.loo_loss_, -np.mean(losses), rtol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_denoising_is_the_regression_of_the_target_on_the_noised_row(target):
    denoiser = LinearDenoiser(schedule=LEVELS, target=target).fit(rows_of(30))
    noised, m = rows_of(4, seed=5), denoiser.mean_

    def expected(row, level):
        return best_map(target, level, denoiser.covariance_) @ (row - np.sqrt(level) * m) + parts(target, level)[1] * m

    for step, level in enumerate(LEVELS):
        by_row = [expected(row, level) for row in noised]
        np.testing.assert_allclose(denoiser.denoise(noised, step), by_row, rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(denoiser.denoise(noised, alpha_bar=level), by_row, rtol=1e-11, atol=1e-12)
    steps = [3, 0, 1, 1]
    by_row = [expected(row, LEVELS[step]) for row, step in zip(noised, steps)]
    np.testing.assert_allclose(denoiser.denoise(noised, steps), by_row, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "either a step"),
        ({"t": 0, "alpha_bar": 0.5}, "either a step"),
        ({"t": 4}, "from 0 to 3"),
        ({"t": -1}, "from 0 to 3"),
        ({"t": 0.5}, "whole numbers"),
        ({"t": [0, 1]}, "shape"),
        ({"alpha_bar": 1.0}, "above 0 and below 1"),
    ],
)
def test_a_noise_level_that_there_is_not_is_refused(arguments, said):
    denoiser = LinearDenoiser(schedule=LEVELS).fit(rows_of(10))
    with pytest.raises((ValueError, TypeError), match=said):
        denoiser.denoise(rows_of(3), **arguments)


@pytest.mark.parametrize("random_state", [0, np.random.default_rng(0), np.random.RandomState(0)])
def test_samples_have_the_mean_and_covariance_of_the_denoiser(random_state):
    denoiser, count = LinearDenoiser(ridge=0.1).fit(rows_of(30)), 20000
    drawn = denoiser.sample(count, random_state)
    variances = np.diag(denoiser.covariance_)
    far_mean = np.abs(drawn.mean(axis=0) - denoiser.mean_) / np.sqrt(variances / count)
    centred = drawn - denoiser.mean_
    deviation = np.sqrt((np.outer(variances, variances) + denoiser.covariance_**2) / count)
    far = np.abs(centred.T @ centred / count - denoiser.covariance_) / deviation
    # 6 means and 21 entries, three times
    bound = statistics.NormalDist().inv_cdf(1 - 1e-3 / (3 * 27) / 2)
    assert far_mean.max() < bound and far.max() < bound


def test_samples_with_one_seed_are_equal_and_without_rows_are_refused():
    denoiser = LinearDenoiser().fit(rows_of(30))
    np.testing.assert_array_equal(denoiser.sample(3, 5), denoiser.sample(3, 5))
    assert denoiser.sample().shape == (1, 6)
    with pytest.raises(ValueError, match="at least one row"):
        denoiser.sample(0)


def test_the_divergence_is_that_of_the_laws_in_nats_per_dimension():
    one, other = LinearDenoiser().fit(rows_of(30)), LinearDenoiser().fit(rows_of(40, seed=7))

    def expected(mp, cp, mq, cq):
        inverse, apart = np.linalg.inv(cq), mp - mq
        determinants = np.linalg.slogdet(cq)[1] - np.linalg.slogdet(cp)[1]
        return (np.trace(inverse @ cp) - 6 + determinants + apart @ inverse @ apart) / 12

    laws = [(one.mean_, one.covariance_), (other.mean_, other.covariance_)]
    np.testing.assert_allclose(one.kl(other), expected(*laws[0], *laws[1]), rtol=1e-10)
    np.testing.assert_allclose(other.kl(one), expected(*laws[1], *laws[0]), rtol=1e-10)
    np.testing.assert_allclose(one.kl(laws[1]), one.kl(other), rtol=1e-13)
    np.testing.assert_allclose(one.kl(np.eye(6)), expected(*laws[0], np.zeros(6), np.eye(6)), rtol=1e-10)
    assert abs(one.kl(one)) < 1e-12
    assert LinearDenoiser(ridge=0).fit(rows_of(30)).kl(LinearDenoiser(ridge=0).fit(rows_of(4))) == np.inf


# The ridge of a covariance


def test_the_covariance_has_the_ridge_of_the_denoiser_of_rows_with_the_mean_variance_one():
    rows = rows_of(30)
    unit = rows.var(axis=0).mean()
    denoiser = LinearDenoiser().fit(rows / np.sqrt(unit))
    found = DiffusionCovariance().fit(rows)
    np.testing.assert_allclose(found.ridge_, denoiser.ridge_ * unit, rtol=1e-5)
    np.testing.assert_allclose(found.loo_loss_, denoiser.loo_loss_, rtol=1e-10)
    np.testing.assert_allclose(found.covariance_, np.cov(rows.T, bias=True) + found.ridge_ * np.eye(6), rtol=1e-13)
    np.testing.assert_allclose(found.precision_, np.linalg.inv(found.covariance_), rtol=1e-8)


def test_the_forecast_with_the_ridge_of_the_covariance_has_its_loss():
    rows = np.column_stack([rows_of(30), np.full(30, 7.0)])
    found = DiffusionCovariance().fit(rows)
    unit = rows.var(axis=0).sum() / 6
    forecast = lindiff.forecast(rows, covariance_ridge=found.ridge_ / unit)
    np.testing.assert_allclose(found.loo_loss_, forecast.now.test_loss.value, rtol=1e-10)


def test_the_command_line_chooses_the_same_ridge(tmp_path):
    rows = rows_of(30)
    np.save(tmp_path / "rows.npy", rows)
    run = "import sys; from lindiff._lindiff import run_command; sys.exit(run_command(sys.argv[1:]))"
    words = ["forecast", str(tmp_path / "rows.npy"), "--covariance", "all", "--json"]
    told = subprocess.run([sys.executable, "-c", run, *words], check=True, capture_output=True, text=True).stdout
    compared = json.loads(told)["covariances"]["compared"]
    (of_command,) = (one for one in compared if one["name"] == "best-covariance-ridge")
    found = DiffusionCovariance().fit(rows).ridge_ / rows.var(axis=0).mean()
    # The program interpolates the loss, right to 1e-7: its minimum is known to the root of that.
    np.testing.assert_allclose(of_command["covariance_ridge"], found, rtol=3e-4)


@pytest.mark.parametrize("assume_centered", [False, True])
def test_the_covariance_moves_with_the_unit_of_the_rows_and_not_with_constant_columns(assume_centered):
    rows = rows_of(20)
    found = DiffusionCovariance(assume_centered=assume_centered).fit(rows)
    scaled = DiffusionCovariance(assume_centered=assume_centered).fit(1e-5 * rows)
    np.testing.assert_allclose(scaled.ridge_, 1e-10 * found.ridge_, rtol=1e-5)
    constant = 0.0 if assume_centered else 3.0
    wider = DiffusionCovariance(assume_centered=assume_centered).fit(np.column_stack([rows, np.full(20, constant)]))
    np.testing.assert_allclose(wider.ridge_, found.ridge_, rtol=1e-5)
    np.testing.assert_allclose(wider.covariance_[-1], [*np.zeros(6), wider.ridge_], atol=1e-12)


def test_a_known_mean_is_zero_and_its_ridge_is_that_of_the_denoiser():
    rows = rows_of(15)
    found = DiffusionCovariance(assume_centered=True).fit(rows)
    unit = np.mean(rows**2)
    denoiser = LinearDenoiser(mean="known").fit(rows / np.sqrt(unit))
    np.testing.assert_array_equal(found.location_, np.zeros(6))
    np.testing.assert_allclose(found.ridge_, denoiser.ridge_ * unit, rtol=1e-5)


def test_a_single_row_or_equal_rows_get_the_plain_rule():
    for rows in (rows_of(1), np.ones((5, 3))):
        found = DiffusionCovariance().fit(rows)
        assert (found.ridge_rule_, found.ridge_) == ("mean variance", 0.0)
        np.testing.assert_array_equal(found.precision_, 0 * found.covariance_)
    known = DiffusionCovariance(assume_centered=True).fit([[3.0, 4.0]])
    assert (known.ridge_rule_, known.ridge_) == ("mean variance", 12.5)
    single = LinearDenoiser(mean="known").fit([[3.0, 4.0]])
    assert (single.ridge_rule_, single.ridge_) == ("mean variance", 12.5)
    assert np.isnan(single.loo_loss_)
    assert LinearDenoiser().fit(rows_of(2)).ridge_rule_ == "leave-one-out"


def test_the_precision_is_made_when_it_is_asked_for_if_it_is_not_stored():
    found = DiffusionCovariance(store_precision=False).fit(rows_of(20))
    assert found.precision_ is None
    np.testing.assert_array_equal(found.get_precision(), DiffusionCovariance().fit(rows_of(20)).get_precision())


# Strange input


@pytest.mark.parametrize("make", [LinearDenoiser, DiffusionCovariance])
@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda rows: rows.tolist(),
        lambda rows: np.repeat(rows, 2, axis=1)[:, ::2],
        lambda rows: np.frombuffer(rows.tobytes()).reshape(rows.shape),
    ],
    ids=["fortran", "list", "view", "read-only"],
)
def test_rows_in_any_layout_give_the_same_numbers(make, convert):
    rows = rows_of(20)
    np.testing.assert_array_equal(make().fit(convert(rows)).covariance_, make().fit(rows).covariance_)


@pytest.mark.parametrize("make", [LinearDenoiser, DiffusionCovariance])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8, bool])
def test_rows_of_any_type_are_taken_as_doubles(make, dtype):
    rows = np.abs(10 * rows_of(20)).astype(dtype)
    found = make().fit(rows)
    assert found.covariance_.dtype == np.float64
    np.testing.assert_array_equal(found.covariance_, make().fit(rows.astype(np.float64)).covariance_)


@pytest.mark.parametrize("make", [LinearDenoiser, DiffusionCovariance])
def test_strange_rows_give_finite_numbers(make):
    rows = rows_of(20)
    constant = np.column_stack([rows, np.ones(20), np.zeros(20)])
    for strange in (constant, np.repeat(rows, 2, axis=0), rows[:, :1], rows[:3], 1e150 * rows, 1e-150 * rows):
        found = make().fit(strange)
        assert np.isfinite(found.covariance_).all() and np.isfinite(found.score(strange))


@pytest.mark.parametrize("make", [LinearDenoiser, DiffusionCovariance])
@pytest.mark.parametrize(("bad", "said"), [(np.nan, "contains NaN"), (np.inf, "infinity")])
def test_numbers_that_are_not_finite_are_refused(make, bad, said):
    rows = rows_of(20)
    rows[3, 2] = bad
    with pytest.raises(ValueError, match=said):
        make().fit(rows)
    with pytest.raises(ValueError, match=said):
        make().fit(rows_of(20)).score(rows)


@pytest.mark.parametrize("make", [LinearDenoiser, DiffusionCovariance])
def test_sparse_rows_are_refused(make):
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match="[Ss]parse"):
        make().fit(sparse.csr_matrix(rows_of(20)))


@pytest.mark.parametrize("make", [LinearDenoiser, DiffusionCovariance])
def test_names_of_columns_are_kept_and_compared(make):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(rows_of(20), columns=list("abcdef"))
    table["f"] = (10 * table["f"]).astype(int)
    found = make().fit(table)
    assert list(found.feature_names_in_) == list("abcdef")
    assert found.n_features_in_ == 6
    np.testing.assert_array_equal(found.covariance_, make().fit(table.to_numpy()).covariance_)
    with pytest.raises(ValueError, match="feature names"):
        found.score(table[list("fedcba")])
    with pytest.raises(ValueError, match="5 features"):
        make().fit(table.to_numpy()).score(table.to_numpy()[:, :5])


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"ridge": -1.0}, "0 or more"),
        ({"ridge": np.nan}, "0 or more"),
        ({"ridge": "best"}, "ridge = 'best'"),
        ({"target": "noise"}, "target = 'noise'"),
        ({"mean": "own"}, "mean = 'own'"),
        ({"mean": [0.0, 1.0]}, "6 finite numbers"),
        ({"covariance": "lasso"}, 'covariance = "lasso"'),
        ({"covariance": np.eye(5)}, "6 x 6"),
        ({"covariance": np.triu(np.ones((6, 6)))}, "not symmetric"),
        ({"covariance": -np.eye(6)}, "negative variance"),
        ({"schedule": [0.5, 0.9]}, "alpha_bar"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_by_fit(parameters, said):
    with pytest.raises(ValueError, match=said):
        LinearDenoiser(**parameters).fit(rows_of(20))


def test_a_denoiser_that_was_not_fitted_says_so():
    for call in ("score", "denoise", "sample", "kl"):
        with pytest.raises(ValueError, match="not fitted"):
            getattr(LinearDenoiser(), call)(rows_of(2))


@pytest.mark.parametrize("make", [LinearDenoiser, DiffusionCovariance])
def test_estimators_survive_pickling_and_copies(make):
    found = make(schedule=lindiff.Schedule.cosine(50)).fit(rows_of(20))
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert again.score(rows_of(5)) == found.score(rows_of(5))
        assert again.schedule == found.schedule
    assert make().set_params(schedule=[0.5]).get_params()["schedule"] == [0.5]
    assert "schedule=[0.5]" in repr(make(schedule=[0.5]))
    with pytest.raises(ValueError, match="Invalid parameter '?depth"):
        make().set_params(depth=3)


# With scikit-learn, and without


def test_nothing_of_scikit_learn_is_imported_with_the_package():
    code = "import lindiff, sys; lindiff.Schedule.linear(3); sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WITHOUT = """
import sys
import numpy as np
sys.modules["sklearn"] = None
import lindiff
rows, fresh = np.load(sys.argv[1])
numbers = []
for assume_centered in (False, True):
    found = lindiff.DiffusionCovariance(assume_centered=assume_centered).fit(rows)
    numbers += [found.score(fresh), *found.mahalanobis(fresh), *found.precision_.ravel(), found.loo_loss_]
    for norm in ("frobenius", "spectral"):
        for scaling in (False, True):
            for squared in (False, True):
                numbers.append(found.error_norm(np.eye(6), norm=norm, scaling=scaling, squared=squared))
    lazy = lindiff.DiffusionCovariance(store_precision=False, assume_centered=assume_centered).fit(rows[:3])
    numbers += [lazy.score(fresh), lazy.mahalanobis(fresh).sum()]
denoiser = lindiff.LinearDenoiser().fit(rows)
numbers += [denoiser.score(fresh), denoiser.ridge_]
print(repr(denoiser), file=sys.stderr)
for wrong in ([[np.nan]], np.zeros((0, 2)), np.zeros(3)):
    try:
        denoiser.fit(wrong)
    except ValueError:
        continue
    sys.exit("not refused")
np.save(sys.argv[2], numbers)
"""


def test_without_scikit_learn_the_numbers_are_the_same(tmp_path):
    pytest.importorskip("sklearn")
    rows, fresh = rows_of(20), rows_of(20, seed=8)
    np.save(tmp_path / "rows.npy", np.stack([rows, fresh]))
    texts = [WITHOUT, WITHOUT.replace('sys.modules["sklearn"] = None', "import sklearn")]
    for name, text in zip(("own", "theirs"), texts):
        call = [sys.executable, "-c", text, tmp_path / "rows.npy", tmp_path / f"{name}.npy"]
        subprocess.run(call, check=True)
    own, theirs = np.load(tmp_path / "own.npy"), np.load(tmp_path / "theirs.npy")
    np.testing.assert_allclose(own, theirs, rtol=1e-12)


def test_the_pseudo_inverse_is_scipys():
    linalg = pytest.importorskip("scipy.linalg")
    from lindiff._without_sklearn import pseudo_inverse

    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0]
    for eigenvalues in ([1, 0.5, 1e-3, 1e-4, 0], [1, 1e-2, -1e-3, 1e-18, 1e-18], np.zeros(5)):
        matrix = turn * eigenvalues @ turn.T
        np.testing.assert_allclose(pseudo_inverse(matrix), linalg.pinvh(matrix), rtol=1e-9, atol=1e-9)
