"""The Fréchet distance against the command line, and against scipy for laws that are known."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

import lindiff
from conftest import unlike


@pytest.fixture(scope="module")
def features():
    random = np.random.default_rng(5)
    a = random.standard_t(6, size=(80, 6)) * np.arange(1, 7)
    b = random.standard_t(6, size=(60, 6)) * np.arange(6, 0, -1) + 0.5
    return a, b


def test_a_distance_is_the_document_of_the_command(command, features, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in zip("ab", features):
        np.save(f"{name}.npy", rows)
    expected = command("distance", "a.npy", "b.npy", "--seed", 4)
    del expected["version"]
    found = lindiff.frechet_distance(*features, seed=4, names=("a.npy", "b.npy"))
    assert unlike(found.to_dict(), expected) == []
    assert float(found) == found.value and found.difference_seen


def test_two_known_laws_have_the_distance_of_the_formula(features):
    (m, p), (n, q) = ((rows.mean(0), np.cov(rows.T)) for rows in features)
    root = sqrtm(p)
    expected = np.sum((m - n) ** 2) + np.trace(p + q - 2 * np.real(sqrtm(root @ q @ root)))
    found = lindiff.frechet_distance((m, p), (n, q))
    assert found.value == pytest.approx(expected, rel=1e-9) and found.low is None
    assert lindiff.frechet_distance(*features).plain == pytest.approx(expected, rel=1e-9)
    one_known = lindiff.frechet_distance(features[0], (n, q))
    assert one_known.b.rows is None and one_known.low < one_known.value < one_known.high


def test_groups_are_left_out_whole_and_what_is_no_set_of_features_is_refused(features):
    a, b = features
    grouped = lindiff.frechet_distance(a, b, groups_x=np.repeat(list("abcdefgh"), 10))
    assert grouped.a.groups == 8 and grouped.b.groups is None
    for wrong in ((a, b[:, :5]), (a[:8], b), (np.where(a > 3, np.nan, a), b)):
        with pytest.raises(ValueError):
            lindiff.frechet_distance(*wrong)
    with pytest.raises(ValueError, match="no groups"):
        lindiff.frechet_distance((np.zeros(6), np.eye(6)), b, groups_x=[1])
    with pytest.raises(ValueError, match="20 groups for 80 rows"):
        lindiff.frechet_distance(a, b, groups_x=range(20))
