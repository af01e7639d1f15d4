//! The plots of a run of networks that are not linear.

use std::fs;

use super::{NeuralSetup, NeuralSummary};
use crate::report::{Axis, Chart, ChartFiles, Dash, Hue, KeyOf, Quantity};
use crate::run::layout::PLOTS;
use crate::run::plots::{Metrics, against_epochs};
use crate::run::sheet::plot_neural_samples;
use crate::run::{RunDirectory, RunError};

/// Draws `losses` (against the epoch) and `levels` (against the step, at the end) and `samples` into the run's
/// folder of plots.
pub(super) fn plot_neural(
    setup: &NeuralSetup,
    directory: &RunDirectory,
    last: &NeuralSummary,
) -> Result<(), RunError> {
    let folder = directory.path(PLOTS);
    fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
    let name = &setup.experiment().name;
    let save = |chart: Chart, name: &str| ChartFiles::new(&folder.join(name), true)?.save(&chart);
    save(losses(&Metrics::read(directory)?, name), "losses")?;
    save(levels(last, name), "levels")?;
    plot_neural_samples(setup, directory, last.epoch)
}

fn losses(metrics: &Metrics, name: &str) -> Chart {
    let chart = against_epochs(format!("{name}: losses"), "loss per component");
    of_losses(chart, |column| metrics.points(column)).marked(metrics.best("test_loss"))
}

fn levels(last: &NeuralSummary, name: &str) -> Chart {
    let chart = Chart::new(
        format!("{name}: losses by noise level"),
        Axis::log("step of the schedule, from the least noise"),
        Axis::log("loss per component"),
    );
    of_losses(chart, |column| {
        let at = last.levels.iter().filter_map(|level| {
            let loss = &level.loss;
            let value = match column {
                "train_loss" => Some(loss.train_loss),
                "test_loss" => loss.test_loss,
                "linear_test_loss" => loss.linear_test_loss,
                _ => loss.oracle_loss,
            };
            Some((level.step as f64, value?))
        });
        at.collect()
    })
}

/// The losses of the networks, and those that they are compared with.
fn of_losses(chart: Chart, points: impl Fn(&str) -> Vec<(f64, f64)>) -> Chart {
    let own = |name: &str, column, hue| Quantity::new(name, hue).points(points(column)).joined();
    let other =
        |name: &str, column, hue, dash| Quantity::new(name, hue).line_as(dash, points(column));
    chart
        .with(other(
            "Wiener filter of the truth",
            "oracle_loss",
            Hue::Ink,
            Dash::Dotted,
        ))
        .with(other(
            "best linear network",
            "linear_test_loss",
            Hue::Gold,
            Dash::Dashed,
        ))
        .with(own("train", "train_loss", Hue::TRAIN))
        .with(own("test", "test_loss", Hue::TEST))
        .key(KeyOf::Points, "this run")
        .key(
            KeyOf::Line(Dash::Dashed),
            "test loss of the best linear network on these rows",
        )
}
