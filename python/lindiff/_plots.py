"""Pictures of results, in the style of the program's charts. matplotlib is needed only here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._forecast import Forecast, LeftOutLosses, SpectrumReport
    from ._predict import Prediction
    from ._probe import Probe
    from ._run import Run

#: Blue, red, green, purple, sky, gold and ink of docs/style-of-charts.md, which colour-blind people can tell apart.
COLORS = ("#0067a8", "#c8400a", "#00795a", "#b0468a", "#3a9bd8", "#bd8a00", "#22262b")
GRID = "#e3e6ea"


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError('plots need matplotlib: pip install "lindiff[plots]"') from None
    return plt.subplots(figsize=(7, 4.5), layout="constrained")[1]


class _Numbers:
    """The numbers of a logarithmic axis in the one notation of the program's charts: plain from 0.001 to 10000, else powers."""

    def __init__(self, axis: Any) -> None:
        low, high = np.log10(axis.get_view_interval())
        first, last = np.ceil(low), np.floor(high)
        few = last - first < 1
        self._is_plain = -3 <= np.floor(low) < 4 if few else first >= -3 and last <= 4
        # Between the powers of ten 2 and 5 are named where there are fewer than two powers, and all on a short axis.
        self._between = "123456789" if high - low < 0.7 else "25" if few else ""

    def power(self, value: float, _place: Any = None) -> str:
        if self._is_plain:
            return f"{value:g}"
        factor, exponent = f"{value:e}".split("e")
        factor = "" if float(factor) == 1 else f"{float(factor):g}\u00b7"
        return f"$\\mathdefault{{{factor}10^{{{int(exponent)}}}}}$"

    def between(self, value: float, _place: Any = None) -> str:
        return self.power(value) if f"{value:e}"[0] in self._between else ""


def _labelled(ax: Any, title: str, x: str, y: str) -> Any:
    ax.set(title=title, xlabel=x, ylabel=y)
    ax.grid(True, which="major", color=GRID)
    ax.set_axisbelow(True)
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log":
            numbers = _Numbers(axis)
            axis.set_major_formatter(numbers.power)
            axis.set_minor_formatter(numbers.between)
    if ax.get_legend_handles_labels()[0]:
        ax.legend()
    return ax


def forecast(found: Forecast, ax: Any) -> Any:
    ax = _axes(ax)
    ax.set(xscale="log", yscale="log")
    ax.axhline(found.oracle_loss.value, color=COLORS[6], linestyle=":", label="oracle")
    if found.curve:
        samples = [point.samples for point in found.curve]
        loss = [point.test_loss for point in found.curve]
        gaussian = [point.gaussian for point in found.curve]
        ax.plot(samples, gaussian, "--", color=COLORS[0], label="Gaussian rows")
        ax.fill_between(samples, [x.low for x in loss], [x.high for x in loss], color=COLORS[1], alpha=0.15, label="95 %")
        ax.plot(samples, [x.value for x in loss], color=COLORS[1], label="test loss")
    for basis, face, label in (
        ("identified", COLORS[1], "measured, or identified"),
        ("extrapolated", "white", "extrapolated"),
    ):
        some = [with_ for with_ in (found.now, *found.with_samples) if with_.test_loss.basis == basis]
        if some:
            value = np.array([with_.test_loss.value for with_ in some])
            low = value - [with_.test_loss.low for with_ in some]
            high = np.array([with_.test_loss.high for with_ in some]) - value
            ax.errorbar([with_.samples for with_ in some], value, (low, high), fmt="o", color=COLORS[1], mfc=face, label=label)
    return _labelled(ax, f"{found.source}: forecast", "number of rows", "test loss per component")


def spectrum(found: SpectrumReport, ax: Any) -> Any:
    ax = _axes(ax)
    ax.set(xscale="log", yscale="log")
    values = found.eigenvalues[: found.rank]
    rank = np.arange(1, len(values) + 1)
    ax.plot(rank, values, ".", color=COLORS[0], label="eigenvalues")
    if found.power_law is not None:
        log_line = np.mean(np.log(values)) - found.power_law.exponent * (np.log(rank) - np.mean(np.log(rank)))
        label = f"power law, k = {found.power_law.exponent:.2f}"
        ax.plot(rank, np.exp(log_line), "--", color=COLORS[1], label=label)
    return _labelled(ax, f"{found.source}: covariance spectrum", "rank", "eigenvalue")


def prediction(found: Prediction, ax: Any) -> Any:
    names = ("samples", "ridge", "covariance_ridge", "alpha_bar", "tau", "row_weights_parameter")
    inputs = {name: getattr(found.inputs, name) for name in names}
    varied = [(name, np.ravel(x)) for name, x in inputs.items() if x is not None and np.ptp(x) > 0]
    if not varied:
        raise ValueError("nothing to draw: an input with several values is needed, as samples=[50, 100, 200]")
    (name, x), others = varied[0], varied[1:]
    ax = _axes(ax)
    ax.set(xscale="log" if np.all(x > 0) else "symlog", yscale="log")
    curves = (
        ("train_loss", "train_loss_deviation", "train loss", 0, "-"),
        ("test_loss", "test_loss_deviation", "test loss", 1, "-"),
        ("oracle_loss", None, "oracle", 6, ":"),
        ("kl_true_sampled", "kl_true_sampled_deviation", "KL(true || sampled)", 2, "--"),
        ("kl_sampled_true", "kl_sampled_true_deviation", "KL(sampled || true)", 3, "--"),
    )
    # One line for each combination of the other inputs.
    keys = np.column_stack([values for _, values in others]) if others else np.zeros((len(x), 1))
    lines, line_of = np.unique(keys, axis=0, return_inverse=True)
    for attribute, deviation, label, color, style in curves:
        values = getattr(found, attribute)
        if values is None:
            continue
        y = np.where(np.isfinite(np.ravel(values)), np.ravel(values), np.nan)
        spread = None if deviation is None else getattr(found, deviation)
        for index in range(len(lines)):
            here = np.flatnonzero(np.ravel(line_of) == index)
            here = here[np.argsort(x[here], kind="stable")]
            ax.plot(x[here], y[here], style, color=COLORS[color], label=label if index == 0 else None)
            if spread is not None:
                half = np.ravel(spread)[here]
                ax.fill_between(x[here], y[here] - half, y[here] + half, color=COLORS[color], alpha=0.15, linewidth=0)
    return _labelled(ax, "predicted", name.replace("_", " "), "loss per component; nats per dimension")


def probe(found: Probe, ax: Any) -> Any:
    ax = _axes(ax)
    ax.set(xscale="log")
    sigma = np.array([level.sigma for level in found.levels])
    wiener = np.array([level.wiener for level in found.levels])
    affine = 1 + np.array([level.affine_excess for level in found.levels]) / wiener
    test = np.array([level.test_loss for level in found.levels]) / wiener
    error = 1.96 * np.array([level.standard_errors.test_loss for level in found.levels]) / wiener
    ax.axhline(1.0, color=COLORS[6], linestyle="--", label="Wiener: best linear map")
    ax.plot(sigma, affine, color=COLORS[0], label="+ affine excess")
    ax.errorbar(sigma, test, error, fmt="o-", color=COLORS[1], label="+ non-linear = test loss")
    trained = [(x.sigma, float(x.training.train_loss) / x.wiener) for x in found.levels if x.training and x.training.train_loss]
    if trained:
        ax.plot(*zip(*trained), "s", color=COLORS[2], label="train loss")
    return _labelled(
        ax,
        f"{found.source}: what the network has learned",
        "sigma, the noise in x0 + sigma eps",
        "loss of x0 over that of Wiener's filter",
    )


def run(found: Run, ax: Any) -> Any:
    ax = _axes(ax)
    metrics = found.metrics
    time = metrics.get("tau")
    timed = time is not None and bool(np.isfinite(time).any())
    x = time if timed and time is not None else metrics["epoch"]
    ax.set(xscale="symlog" if np.any(x == 0) else "log", yscale="log")
    for name, label, color, style in (
        ("predicted_train_loss", "train loss, predicted", 0, "--"),
        ("predicted_test_loss", "test loss, predicted", 1, "--"),
        ("linear_test_loss", "test loss of linear networks", 3, "--"),
        ("train_loss", "train loss", 0, "o-"),
        ("test_loss", "test loss", 1, "o-"),
        ("oracle_loss", "oracle", 6, ":"),
    ):
        if name in metrics and np.isfinite(metrics[name]).any():
            ax.plot(x, metrics[name], style, color=COLORS[color], label=label, markersize=3)
    label = "training time tau" if timed else "epoch"
    return _labelled(ax, f"{found.path}: losses", label, "loss per component")


def left_out(found: LeftOutLosses, ax: Any) -> Any:
    ax = _axes(ax)
    ax.set(xscale="log", yscale="log")
    noise = np.sqrt((1 - found.alpha_bar) / found.alpha_bar)
    ax.plot(noise, found.by_step, ".-", color=COLORS[1], label="test loss, each row left out")
    return _labelled(ax, "leave-one-out", "sigma, the noise in x0 + sigma eps", "loss of the noise per component")
