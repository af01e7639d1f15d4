"""Probes against the command line and against networks whose answer is known."""

import numpy as np
import pytest

import lindiff
from conftest import unlike


@pytest.fixture(scope="module")
def draws():
    """A linear network of 80 training rows, its draws of other rows and of training rows at two levels."""
    random = np.random.default_rng(3)
    scale = np.array([3.0, 2.0, 1.0, 0.7, 0.5])
    clean = random.normal(size=(400, 5)) * scale
    train = clean[:80]
    levels = np.repeat([0.8, 0.3], 20 * 400)
    row = np.tile(np.arange(400), 40)
    ab = levels[:, None]
    x_t = np.sqrt(ab) * clean[row] + np.sqrt(1 - ab) * random.normal(size=(len(row), 5))
    network = lindiff.Denoiser.optimum((train.mean(0), np.cov(train.T, bias=True)), schedule=[0.8, 0.3])
    half = len(row) // 2
    eps = np.concatenate([network.predict_noise(x_t[:half], 0), network.predict_noise(x_t[half:], 1)])
    return dict(x_t=x_t, prediction=eps, alpha_bar=levels, row=row, clean=clean, train=train)


def test_a_probe_is_the_document_of_the_command(command, draws, tmp_path):
    arrays = {name: draws[name] for name in ("x_t", "prediction", "alpha_bar", "row")}
    np.savez(tmp_path / "arrays.npz", **arrays)
    np.save(tmp_path / "clean.npy", draws["clean"])
    np.save(tmp_path / "train.npy", draws["train"])
    samples = draws["train"][:10] + 1e-3
    np.save(tmp_path / "samples.npy", samples)
    files = {f"--{name}": tmp_path / f"{name}.npy" for name in ("clean", "train", "samples")}
    expected = command("probe", tmp_path / "arrays.npz", *(word for pair in files.items() for word in pair))
    del expected["version"]
    found = lindiff.probe(**draws, samples=samples)
    assert unlike(without_infinite(found.to_dict()), expected) == []
    assert found.samples.copies.value == 1
    assert found.training.ended


def without_infinite(value):
    """JSON writes an upper end that is infinite as null."""
    if isinstance(value, dict):
        return {key: without_infinite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_infinite(item) for item in value]
    return None if value == np.inf else value


def test_the_effective_samples_of_a_linear_network_are_those_of_the_probe(draws):
    test = draws["row"] >= 80
    first = test & (draws["alpha_bar"] == 0.8)
    ab = 0.8
    x_t = draws["x_t"][first]
    denoised = (x_t - np.sqrt(1 - ab) * draws["prediction"][first]) / np.sqrt(ab)
    found = lindiff.effective_samples(x_t, denoised, ab, draws["clean"][80:], row=draws["row"][first] - 80)
    probed = lindiff.probe(**draws).levels[0]
    assert float(found.samples) == pytest.approx(float(probed.effective_samples), rel=1e-9)
    # It is the linear optimum of its rows, and the number of that optimum is found from the same draws.
    assert probed.training.from_linear_optimum < 1e-20
    assert float(probed.training.linear_effective_samples) == pytest.approx(float(found.samples), rel=1e-9)
    assert found.samples.low < float(found.samples) < found.samples.high
    assert found.against_truth.excess.value > 0


def test_images_are_flattened_and_one_level_is_a_number(draws):
    one = draws["alpha_bar"] == 0.8
    flat = lindiff.probe(draws["x_t"][one], draws["prediction"][one], 0.8, draws["clean"], row=draws["row"][one])
    shaped = lindiff.probe(
        draws["x_t"][one].reshape(-1, 5, 1),
        draws["prediction"][one].reshape(-1, 1, 5),
        0.8,
        draws["clean"].reshape(-1, 5, 1),
        row=draws["row"][one],
    )
    assert shaped == flat


def test_exchanged_arrays_and_other_targets_are_refused(draws):
    for message, changed in {
        "prediction": dict(prediction=draws["prediction"][:-1]),
        "alpha_bar": dict(alpha_bar=1.5),
        "row": dict(row=draws["row"] + 1),
        "v": dict(target="v"),
        "give train": dict(train=None, samples=draws["train"]),
    }.items():
        with pytest.raises(ValueError) as refused:
            lindiff.probe(**{**draws, **changed})
        assert message in str(refused.value)
    with pytest.raises(ValueError):
        lindiff.probe(draws["prediction"], draws["x_t"], draws["alpha_bar"], draws["clean"], row=draws["row"])
