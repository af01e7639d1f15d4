"""Pictures can be drawn of each result."""

import numpy as np
import pytest

import lindiff

pytest.importorskip("matplotlib").use("Agg")


def lines(ax):
    return {text.get_text() for text in ax.get_legend().get_texts()}


def test_each_result_draws_its_lines_on_the_given_axes(tmp_path):
    import matplotlib.pyplot as plt

    rows = np.random.default_rng(1).normal(size=(60, 5)) * [4, 2, 1, 1, 0.5]
    ax = plt.subplots()[1]
    assert lindiff.forecast(rows, curve=True).plot(ax) is ax
    assert {"test loss", "95 %", "Gaussian rows", "oracle"} <= lines(ax)
    assert "eigenvalues" in lines(lindiff.spectrum(rows).plot())
    found = lindiff.predict(dim=20, samples=[10, 20, 40, 80])
    assert {"train loss", "test loss", "oracle"} <= lines(found.plot())
    grid = lindiff.predict(dim=20, samples=[[10], [40]], ridge=[0.0, 0.1, 1.0], alpha_bar=0.5)
    assert len([line for line in grid.plot().lines if line.get_linestyle() == "-"]) == 6
    assert lindiff.leave_one_out(rows, schedule=[0.9, 0.5]).plot().get_ylabel()
    random = np.random.default_rng(2)
    clean, noise = random.normal(size=(2, 300, 2))
    x_t = np.sqrt(0.5) * (clean + noise)
    assert "+ non-linear = test loss" in lines(lindiff.probe(x_t, x_t * np.sqrt(0.5), 0.5, clean).plot())
    (tmp_path / "metrics.csv").write_text("epoch,tau,train_loss,test_loss\n0,0,1,1\n5,2,0.5,0.6\n")
    assert "test loss" in lines(lindiff.read_run(tmp_path).plot())
    plt.close("all")


def test_one_number_is_no_picture():
    with pytest.raises(ValueError, match="several values"):
        lindiff.predict(dim=20, samples=10).plot()


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        ((5e-4, 5e4), ["0.001", "0.01", "0.1", "1", "10", "100", "1000", "10000"]),
        ((5e-5, 5), [r"$\mathdefault{10^{-4}}$", r"$\mathdefault{10^{-1}}$", r"$\mathdefault{10^{0}}$"]),
        ((500, 5e5), [r"$\mathdefault{10^{3}}$", r"$\mathdefault{10^{5}}$"]),
        ((0.15, 7), ["0.2", "0.5", "1", "2", "5"]),
        ((1.5e-5, 7e-4), ["$\\mathdefault{2\u00b710^{-5}}$", r"$\mathdefault{10^{-4}}$"]),
    ],
)
def test_a_logarithmic_axis_has_one_notation_plain_from_a_thousandth_to_ten_thousand(ends, shown):
    import matplotlib.pyplot as plt
    from lindiff._plots import _labelled

    ax = plt.subplots()[1]
    ax.set(xscale="log", xlim=ends)
    _labelled(ax, "", "", "")
    ax.figure.canvas.draw()
    places = zip(ax.get_xticks(), ax.get_xticklabels()), zip(ax.get_xticks(minor=True), ax.get_xticklabels(minor=True))
    texts = [text.get_text() for each in places for place, text in each if ends[0] <= place <= ends[1] and text.get_text()]
    assert set(shown) <= set(texts)
    assert len({"10^" in text for text in texts}) == 1, texts
    plt.close("all")
