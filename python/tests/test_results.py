"""Results cannot be changed, and survive pickling and copies."""

import copy
import pickle

import numpy as np
import pytest

import lindiff


@pytest.fixture(scope="module")
def found():
    rows = np.random.default_rng(1).normal(size=(120, 6)) * np.arange(1, 7)
    return lindiff.forecast(rows, samples=[500], curve=True)


def test_a_result_cannot_be_changed(found):
    with pytest.raises(AttributeError):
        found.rows = 3
    with pytest.raises(ValueError, match="read-only"):
        lindiff.losses(dim=5, samples=[10, 20], alpha_bar=0.5).test_loss[0] = 1.0


def test_a_pickled_result_equals_the_first_and_its_arrays_stay_read_only(found):
    again = pickle.loads(pickle.dumps(found))
    assert again == found and again is not found
    report = pickle.loads(pickle.dumps(lindiff.spectrum(np.eye(4))))
    assert report == lindiff.spectrum(np.eye(4))
    assert not report.eigenvalues.flags.writeable
    assert copy.copy(found) is found and copy.deepcopy(found) is found


def test_a_schedule_is_pickled_by_how_it_was_made_with_all_digits():
    for schedule in (
        lindiff.Schedule.linear(50).keep(7),
        lindiff.Schedule.cosine(20),
        lindiff.Schedule.from_alpha_bar([0.9, 0.5]),
    ):
        again = pickle.loads(pickle.dumps(schedule))
        assert again == schedule and hash(again) == hash(schedule)
        assert np.array_equal(again.noise_variance, schedule.noise_variance)


def test_the_shown_text_has_the_verdict_and_html_escapes_names(found):
    assert found.verdict[0] in repr(found)
    rows = np.random.default_rng(2).normal(size=(20, 2))
    assert "<b>" not in lindiff.forecast(rows, source="<b>")._repr_html_()
