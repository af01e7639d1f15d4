"""Estimators where scikit-learn is installed: its own checks, its tools, its covariances."""

import warnings

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.covariance import OAS, EmpiricalCovariance, LedoitWolf  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from lindiff import DiffusionCovariance, LinearDenoiser, Schedule  # noqa: E402

FAST = Schedule.linear().keep(20)


@parametrize_with_checks([LinearDenoiser(), DiffusionCovariance()])
def test_scikit_learns_own_checks_pass(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


def rows_of(count, seed=1):
    return np.random.default_rng(seed).normal(size=(count, 5)) * [3, 2, 1, 0.5, 0.1] + 1


def test_a_grid_search_finds_the_best_ridge_and_covariance_of_a_pipeline():
    grid = {
        "lineardenoiser__ridge": [0.0, 0.01, 1.0, "loo"],
        "lineardenoiser__covariance": ["empirical", "oas", np.eye(5)],
    }
    search = GridSearchCV(make_pipeline(StandardScaler(), LinearDenoiser(schedule=FAST)), grid, cv=3)
    search.fit(rows_of(30))
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all() and search.best_score_ == scores.max()
    assert search.best_estimator_[-1].covariance_.shape == (5, 5)
    assert np.isfinite(search.score(rows_of(10, seed=2)))


def test_a_clone_is_not_fitted_and_has_the_same_parameters():
    fitted = LinearDenoiser(schedule=FAST, covariance=np.eye(5)).fit(rows_of(20))
    again = clone(fitted)
    assert again.schedule == FAST and not hasattr(again, "covariance_")
    np.testing.assert_array_equal(again.fit(rows_of(20)).covariance_, fitted.covariance_)


def test_the_covariance_is_one_of_scikit_learns():
    found = DiffusionCovariance().fit(rows_of(20))
    assert isinstance(found, EmpiricalCovariance)
    assert cross_val_score(DiffusionCovariance(schedule=FAST), rows_of(40)).shape == (5,)
    plain = EmpiricalCovariance().fit(rows_of(20))
    np.testing.assert_allclose(found.covariance_ - found.ridge_ * np.eye(5), plain.covariance_, atol=1e-14)
    np.testing.assert_allclose(found.location_, plain.location_, rtol=1e-14)


@pytest.mark.parametrize("mean", ["fitted", "known"])
@pytest.mark.parametrize(("name", "theirs"), [("ledoit-wolf", LedoitWolf), ("oas", OAS)])
def test_shrunk_covariances_are_scikit_learns(name, theirs, mean):
    rows = rows_of(20)
    expected = theirs(assume_centered=mean == "known").fit(rows).covariance_
    found = LinearDenoiser(schedule=FAST, covariance=name, mean=mean, ridge=0.0).fit(rows).covariance_
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


def test_held_out_digits_are_likelier_than_by_ledoit_wolf_and_oas():
    rows = load_digits().data
    rows = rows[:, rows.std(axis=0) > 0][np.random.default_rng(0).permutation(len(rows))]
    train, test = rows[:200], rows[200:]
    scores = [make().fit(train).score(test) for make in (DiffusionCovariance, LedoitWolf, OAS)]
    assert scores[0] > max(scores[1:])
