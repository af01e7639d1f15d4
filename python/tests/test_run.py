"""Run directories, also while a run is written."""

import json

import numpy as np
import pytest

import lindiff

METRICS = """epoch,tau,train_loss,test_loss,oracle_loss,predicted_train_loss,predicted_test_loss,kl_true_sampled,kl_sampled_true,seconds
0,0,1,1,0.29,,,inf,12.5,0.001
10,1.25,0.4,0.5,0.29,0.41,0.52,0.3,0.2,1.5
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "metrics.csv").write_text(METRICS)
    (tmp_path / "losses_by_step.csv").write_text("epoch,step,alpha_bar,train_loss,test_loss,oracle_loss\n0,1,0.9,1,1,0.5\n")
    (tmp_path / "summary.json").write_text(json.dumps({"version": 3, "last": {"kl_true_sampled": "infinity"}}))
    (tmp_path / "config.toml").write_text("name = \"mine\"\n")
    return tmp_path


def test_the_tables_of_a_run_are_arrays(folder):
    run = lindiff.read_run(folder)
    assert run.metrics["epoch"].tolist() == [0, 10] and run.metrics["epoch"].dtype == np.int64
    assert run.metrics["kl_true_sampled"].tolist() == [np.inf, 0.3]
    assert np.isnan(run.metrics["predicted_test_loss"][0])
    assert run.by_step["alpha_bar"].tolist() == [0.9]
    assert run.summary["last"]["kl_true_sampled"] == np.inf
    frame = run.to_pandas()
    assert list(frame) == list(run.metrics) and frame.shape == (2, 10)
    assert lindiff.read_run(str(folder)) == run


def test_a_row_that_is_being_written_does_not_count(folder):
    for rest in ("20,2.5,0.3", "20,2.5,0.3,0.4,0.29,0.3,0.4,0.2,0.1,3."):
        (folder / "metrics.csv").write_text(METRICS + rest)
        assert lindiff.read_run(folder).metrics["epoch"].tolist() == [0, 10]
    (folder / "metrics.csv").write_text("")
    (folder / "summary.json").unlink()
    run = lindiff.read_run(folder)
    assert run.metrics == {} and run.summary is None


def test_another_folder_is_no_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="no run directory"):
        lindiff.read_run(tmp_path)
