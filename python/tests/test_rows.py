"""Forecasts, spectra and leave-one-out losses of rows: against numpy, scikit-learn and the command line."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import lindiff
from conftest import unlike


def test_a_forecast_is_the_document_of_the_command(command, table, tmp_path):
    np.save(tmp_path / "rows.npy", table)
    expected = command("forecast", tmp_path / "rows.npy", "--samples", "100,2000")
    del expected["version"]
    found = lindiff.forecast(table, samples=[100, 2000], source="rows").to_dict()
    assert unlike(found, expected) == []


def test_settings_of_a_forecast_are_those_of_the_command(command, table, tmp_path):
    np.save(tmp_path / "rows.npy", table)
    sets = {
        "data.scale": "columns",
        "schedule.kind": "cosine",
        "schedule.steps": 50,
        "training.ridge": 0.1,
        "sampling.kind": "ddim",
        "model.init": 0.5,
        "seed": 9,
    }
    words = [word for key, value in sets.items() for word in ("--set", f"{key}={value}")]
    expected = command("forecast", tmp_path / "rows.npy", *words)
    del expected["version"]
    found = lindiff.forecast(
        table,
        source="rows",
        scale="columns",
        schedule=lindiff.Schedule.cosine(50),
        ridge=0.1,
        sampler="ddim",
        init=0.5,
        seed=9,
    )
    assert unlike(found.to_dict(), expected) == []


def test_groups_are_those_of_a_column_of_the_command(command, table, tmp_path):
    names = np.array([f"person {i // 3}" for i in range(len(table))])
    frame = pd.DataFrame(table, columns=list("abcdefgh")).assign(who=names)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    expected = command("forecast", tmp_path / "rows.csv", "--set", "data.group=8")
    found = lindiff.forecast(frame.drop(columns="who"), groups=names, source="rows").to_dict()
    del expected["version"], expected["notes"], found["notes"]
    assert unlike(found, expected) == []
    assert found["checks"]["groups_left_out"]["groups"] == 50


def test_a_spectrum_is_the_document_of_the_command(command, table, tmp_path):
    np.save(tmp_path / "rows.npy", table)
    expected = command("spectrum", tmp_path / "rows.npy")
    del expected["version"]
    found = lindiff.spectrum(table, source="rows")
    assert unlike(found.to_dict(), expected) == []
    covariance = np.cov(np.delete(table, 3, axis=1).T, bias=True)
    values = np.linalg.eigvalsh(covariance)[::-1]
    np.testing.assert_allclose(found.eigenvalues, values * 7 / values.sum(), rtol=1e-10)


def test_bytes_give_what_the_command_makes_of_a_file_of_bytes(command, tmp_path):
    pixels = np.random.default_rng(3).integers(0, 256, size=(60, 12), dtype=np.uint8)
    np.save(tmp_path / "rows.npy", pixels)
    expected = command("forecast", tmp_path / "rows.npy")
    del expected["version"]
    assert unlike(lindiff.forecast(pixels).to_dict(), expected) == []


def left_out_naively(rows, alpha_bar, gamma, groups):
    """The loss on each row of the optimum on the rows of other groups, by inverting matrices."""
    losses = np.zeros((len(rows), len(alpha_bar)))
    dim = rows.shape[1]
    for group in np.unique(groups):
        others = rows[groups != group]
        mean, covariance = others.mean(0), np.cov(others.T, bias=True)
        for t, ab in enumerate(alpha_bar):
            weight = np.sqrt(1 - ab) * np.linalg.inv(ab * covariance + (1 - ab + gamma[t]) * np.eye(dim))
            own = np.trace(np.eye(dim) - 2 * np.sqrt(1 - ab) * weight + (1 - ab) * weight @ weight.T)
            moved = np.sqrt(ab) * (rows[groups == group] - mean) @ weight.T
            losses[groups == group, t] = (own + np.sum(moved**2, 1)) / dim
    return losses


@pytest.mark.parametrize("grouped", [False, True])
def test_rows_left_out_have_the_losses_of_networks_of_the_others(grouped):
    rows = np.random.default_rng(4).standard_t(4, size=(24, 30))
    groups = np.arange(24) // 3 if grouped else np.arange(24)
    schedule = lindiff.Schedule.from_alpha_bar([0.95, 0.6, 0.1])
    found = lindiff.leave_one_out(
        rows, ridge=0.3, covariance_ridge=0.2, schedule=schedule, groups=groups if grouped else None
    )
    expected = left_out_naively(rows, schedule.alpha_bar, 0.3 + 0.2 * schedule.alpha_bar, groups)
    np.testing.assert_allclose(found.by_row, expected.mean(1), rtol=1e-11)
    np.testing.assert_allclose(found.by_step, expected.mean(0), rtol=1e-11)
    assert found.test_loss == pytest.approx(expected.mean(), rel=1e-12)


def test_the_best_ridge_has_a_lower_loss_than_its_neighbours():
    rows = np.random.default_rng(4).normal(size=(40, 30))
    best = lindiff.leave_one_out(rows, ridge="best", schedule=[0.9, 0.5])
    for factor in (0, 0.5, 0.98, 1.02, 2):
        other = lindiff.leave_one_out(rows, ridge=best.ridge * factor, schedule=[0.9, 0.5])
        assert other.test_loss > best.test_loss
    # The forecast looks for it in the same way.
    forecast = lindiff.forecast(rows, scale="none", schedule=[0.9, 0.5])
    assert forecast.best_ridge.ridge == pytest.approx(best.ridge, rel=1e-12)
    assert forecast.now.test_loss.value == pytest.approx(forecast.best_ridge.test_loss_without, rel=1e-12)


def test_divergences_are_those_of_the_formulas():
    from scipy.linalg import sqrtm
    from scipy.stats import wishart

    p, q = wishart.rvs(df=9, scale=np.eye(4) / 9, size=2, random_state=1)
    m, n = np.arange(4.0) / 4, np.ones(4)
    inverse = np.linalg.inv(q)
    of_mean = (m - n) @ inverse @ (m - n)
    logarithm = np.linalg.slogdet(q)[1] - np.linalg.slogdet(p)[1]
    found = lindiff.kl((m, p), (n, q))
    assert found.kl_true_sampled == pytest.approx((np.trace(inverse @ p) - 4 + logarithm + of_mean) / 8, rel=1e-12)
    assert found.kl_of_mean == pytest.approx(of_mean / 8, rel=1e-12)
    assert found.kl_sampled_true == pytest.approx(lindiff.kl((n, q), (m, p)).kl_true_sampled, rel=1e-12)
    root = sqrtm(p)
    squared = np.sum((m - n) ** 2) + np.trace(p + q - 2 * np.real(sqrtm(root @ q @ root)))
    assert lindiff.wasserstein((m, p), (n, q)) == pytest.approx(np.sqrt(squared / 4), rel=1e-9)
    nothing = lindiff.kl(np.eye(2), np.diag([1.0, 0.0]))
    assert nothing.kl_true_sampled == np.inf and "no variance in 1 directions" in nothing.reason


def test_an_estimator_of_scikit_learn_is_a_law(table):
    from sklearn.covariance import EmpiricalCovariance, LedoitWolf

    rows = np.delete(table, 3, axis=1)
    one, other = EmpiricalCovariance().fit(rows), LedoitWolf().fit(rows)
    expected = lindiff.kl((one.location_, one.covariance_), (other.location_, other.covariance_))
    assert lindiff.kl(one, other) == expected
    # error_norm of scikit-learn knows covariances alone, as a matrix does.
    assert lindiff.kl(one.covariance_, other.covariance_).kl_of_mean == 0


TYPES = ["f2", "f4", "f8", ">f8", "i1", "i4", "u2", "u8", "bool"]


@settings(max_examples=25, deadline=None)
@given(
    rows=arrays(np.int8, st.tuples(st.integers(12, 16), st.integers(1, 4)), elements=st.integers(0, 1), unique=False),
    kind=st.sampled_from(TYPES),
    order=st.sampled_from("CF"),
)
def test_rows_of_any_type_and_order_are_the_same_rows(rows, kind, order):
    rows = rows + 0
    rows[0], rows[1] = 0, 1  # no column is constant
    expected = lindiff.leave_one_out(rows.astype(float), schedule=[0.5])
    other = np.array(rows, dtype=kind, order=order)
    assert lindiff.leave_one_out(other, schedule=[0.5]) == expected
    other.flags.writeable = False
    assert lindiff.leave_one_out(other, schedule=[0.5]) == expected
    assert lindiff.leave_one_out(np.repeat(other, 2, axis=0)[::2], schedule=[0.5]) == expected
    assert lindiff.leave_one_out(other.tolist(), schedule=[0.5]) == expected


def test_tables_of_pandas_are_rows():
    frame = pd.DataFrame({"a": range(20), "b": np.linspace(0, 1, 20) ** 2, "c": [True, False] * 10})
    expected = lindiff.forecast(frame.to_numpy(dtype=float), scale="columns")
    assert lindiff.forecast(frame, scale="columns") == expected
    nullable = frame.astype({"a": "Int64", "b": "Float64", "c": "boolean"})
    assert lindiff.forecast(nullable, scale="columns") == expected


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (np.zeros((0, 3)), ValueError, "at least one row"),
        (np.zeros((12, 0)), ValueError, "at least one row and one column"),
        (np.zeros(12), ValueError, "X.reshape(-1, 1)"),
        (np.zeros((12, 2, 2)), ValueError, "X.reshape(len(X), -1)"),
        (np.float64(1), ValueError, "shape ()"),
        (np.where(np.eye(12), np.nan, 1.0), ValueError, "row 0"),
        (np.where(np.eye(12), np.inf, 1.0), ValueError, "inf"),
        (np.ones((12, 2)), ValueError, "all alike"),
        (np.eye(11), ValueError, "at least 12"),
        (np.eye(12) * 1j, TypeError, "complex128"),
        (np.full((12, 2), "one"), TypeError, "real numbers"),
        (np.full((12, 2), object()), TypeError, "not numbers"),
        (np.ma.masked_less(np.eye(12), 0.5), ValueError, "masked"),
        ([[1, 2], [3]], ValueError, "not an array"),
        (pd.DataFrame({"a": range(12), "name": ["x"] * 12}), ValueError, "'name' has 'x'"),
        (pd.DataFrame({"a": pd.array([1, None] * 6, dtype="Int64")}), ValueError, "NaN"),
        (np.array([["2020-01-01"]] * 12, dtype="datetime64[D]"), TypeError, "datetime64"),
    ],
)
def test_what_is_not_rows_is_refused_with_the_reason(rows, error, message):
    with pytest.raises(error) as refused:
        lindiff.forecast(rows)
    assert message in str(refused.value)


def test_sparse_rows_are_refused_with_the_call_that_helps():
    from scipy.sparse import csr_array

    with pytest.raises(TypeError, match="toarray"):
        lindiff.forecast(csr_array(np.eye(12)))


def test_settings_out_of_range_are_refused():
    rows = np.random.default_rng(1).normal(size=(20, 2))
    for message, asked in {
        "ridge = -1": dict(ridge=-1.0),
        "samples: at least 3 rows": dict(samples=2),
        "whole numbers": dict(samples=2.5),
        'scale = "rows"': dict(scale="rows"),
        "21 groups for 20 rows": dict(groups=range(21)),
        "none can be left out; groups should have several labels": dict(groups=[1] * 20),
        "alpha_bar_2 = 0.9": dict(schedule=[0.5, 0.9]),
        "at least 1 step": dict(schedule=0),
    }.items():
        with pytest.raises(ValueError) as refused:
            lindiff.forecast(rows, **asked)
        assert message in str(refused.value)
    for asked in (dict(seed="one"), dict(ridge=None), dict(curve="yes"), dict(progress=3)):
        with pytest.raises(TypeError):
            lindiff.forecast(rows, **asked)


def test_compared_covariances_are_those_of_the_command(command, table, tmp_path):
    rows = np.delete(table, 3, axis=1)
    own = np.cov(rows.T) + np.eye(7)
    np.save(tmp_path / "rows.npy", rows)
    np.save(tmp_path / "own.npy", own)
    expected = command("forecast", tmp_path / "rows.npy", "--covariance", f"all,{tmp_path / 'own.npy'}")
    found = lindiff.forecast(rows, covariance=["all", {"own.npy": own}])
    assert unlike(found.covariances.to_dict(), expected["covariances"]) == []
    assert [one.name for one in found.covariances.compared][-1] == "own.npy"
    assert lindiff.forecast(rows, covariance=own).covariances.compared[-1].test_loss == pytest.approx(
        found.covariances.compared[-1].test_loss, rel=1e-12
    )


def test_shrunk_covariances_are_those_of_scikit_learn(table):
    from sklearn.covariance import OAS, EmpiricalCovariance, LedoitWolf

    rows = np.delete(table, 3, axis=1)[:20]
    for name, estimator in (("empirical", EmpiricalCovariance()), ("ledoit-wolf", LedoitWolf()), ("oas", OAS())):
        expected, found = estimator.fit(rows), lindiff.covariance(rows, name)
        largest = np.abs(expected.covariance_).max()
        np.testing.assert_allclose(found.covariance, expected.covariance_, rtol=0, atol=1e-12 * largest)
        np.testing.assert_allclose(found.mean, expected.location_, rtol=1e-12)
        if name == "empirical":
            assert found.shrinkage is None
        else:
            assert found.shrinkage == pytest.approx(expected.shrinkage_, rel=1e-12)
    with pytest.raises(ValueError, match="must be one of"):
        lindiff.covariance(rows, "ledoit")
    for wrong in ("ledoit", np.eye(3), -np.eye(7), np.triu(np.ones((7, 7)))):
        with pytest.raises(ValueError):
            lindiff.forecast(rows, covariance=wrong)
    with pytest.raises(ValueError, match="not all different"):
        lindiff.forecast(rows, covariance=[np.eye(7), np.eye(7)])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"Unnamed: 0": range(30), "x": np.arange(30.0) ** 2}), "index_col=0"),
        (pd.DataFrame({"rownames": range(1, 31), "x": np.arange(30.0) ** 2}), "has the numbers of the rows"),
        (pd.DataFrame({"a;b": np.arange(30.0) ** 2}), 'sep=";", and with decimal=","'),
        (pd.DataFrame({"a": [1.0, np.nan] * 15}, index=list("ab" * 15)), "'a' is NaN in 15 of 30 rows, first in row 'b'"),
        (pd.DataFrame({"a": [1.0, 2.0, np.nan] * 10}, index=np.arange(3, 33)), "first in row 5: "),
    ],
)
def test_a_table_that_was_read_wrongly_is_refused_with_what_to_do(table, message):
    for question in (lindiff.forecast, lindiff.spectrum, lindiff.leave_one_out):
        with pytest.raises(ValueError, match=message.replace("(", "\\(")):
            question(table)


def test_a_column_that_counts_under_a_name_of_its_own_is_a_coordinate():
    steps = pd.DataFrame({"time": np.arange(30.0), "x": np.arange(30.0) ** 2})
    assert lindiff.spectrum(steps).dim == 2


def test_what_is_no_table_no_ridge_and_no_group_is_refused(table):
    with pytest.raises(TypeError, match="X is text"):
        lindiff.forecast("rows.csv")
    with pytest.raises(TypeError, match="as best_ridge"):
        lindiff.forecast(table, ridge="best")
    for label in (np.nan, None, pd.NA, pd.NaT):
        groups = ["a"] * (len(table) - 1) + [label]
        with pytest.raises(ValueError, match="1 of 150 rows have no group"):
            lindiff.forecast(table, groups=groups)


def test_warnings_name_the_columns_of_a_table_and_the_arguments_of_python(table):
    rows = pd.DataFrame(np.delete(table, 3, axis=1) * [1, 1e3, 1, 1, 1, 1, 1e-3], columns=list("abcdefg"))
    expected = "(column 'b' against column 'g')"
    for question in (lindiff.forecast, lindiff.spectrum):
        [warning] = [each for each in question(rows).warnings if "variances of the columns" in each]
        assert expected in warning
        assert warning.endswith('For each column to count as much: scale="columns"')
        assert "(column 1 against column 6)" in str(question(rows.to_numpy()).warnings)
    copies = np.repeat(np.random.default_rng(7).normal(size=(40, 30)), 3, axis=0)
    copies = lindiff.forecast(copies).warnings
    assert any(each.endswith("give copies one group (groups)") for each in copies), copies


def test_what_is_to_be_pasted_into_the_command_keeps_its_words(table):
    few = np.random.default_rng(1).normal(size=(20, 30))  # fewer rows than dimensions: two settings
    found = lindiff.forecast(few)
    assert found.best_ridge.set.startswith("--set training.ridge=")
    assert found.best_ridge.set.endswith(" --set data.min_variance=0")
    for setting in (found.best_ridge.set, found.best_time.set):
        assert any(sentence.endswith(f": {setting}") for sentence in found.verdict), found.verdict


def test_a_number_is_a_schedule_of_so_many_steps(table):
    ten = lindiff.forecast(table, schedule=10)
    assert ten == lindiff.forecast(table, schedule=lindiff.Schedule.linear(10))
    assert ten != lindiff.forecast(table)
