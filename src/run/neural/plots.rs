//! The plots of a run of networks that are not linear.

use std::fs;

use super::{NeuralSetup, NeuralSummary};
use crate::report::{Chart, ChartFiles, Series, Style};
use crate::run::layout::PLOTS;
use crate::run::plots::Metrics;
use crate::run::{RunDirectory, RunError};

/// Draws `losses` (against the epoch) and `levels` (against the step, at the end) into the run's folder of plots.
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
    Ok(())
}

fn losses(metrics: &Metrics, name: &str) -> Chart {
    let series =
        |label, column, color, style| Series::new(label, metrics.points(column), color, style);
    let all = vec![
        series("train", "train_loss", 0, Style::Line),
        series("test", "test_loss", 1, Style::Line),
        series(
            "test, best linear network on these rows",
            "linear_test_loss",
            5,
            Style::Dashed,
        ),
        series(
            "test, Wiener filter of the truth",
            "oracle_loss",
            6,
            Style::Dotted,
        ),
    ];
    let title = format!("{name}: losses");
    Chart {
        mark: metrics.best("test_loss"),
        ..Chart::log_log(title, "epoch + 1", "loss per component", all)
    }
}

fn levels(last: &NeuralSummary, name: &str) -> Chart {
    let series = |label, loss: &dyn Fn(usize) -> Option<f64>, color, style| {
        let levels = last.levels.iter().enumerate();
        let points = levels.filter_map(|(i, level)| Some((level.step as f64, loss(i)?)));
        Series::new(label, points.collect(), color, style)
    };
    let at = |i: usize| &last.levels[i].loss;
    let all = vec![
        series("train", &|i| Some(at(i).train_loss), 0, Style::Line),
        series("test", &|i| at(i).test_loss, 1, Style::Line),
        series(
            "test, best linear network on these rows",
            &|i| at(i).linear_test_loss,
            5,
            Style::Dashed,
        ),
        series(
            "test, Wiener filter of the truth",
            &|i| at(i).oracle_loss,
            6,
            Style::Dotted,
        ),
    ];
    let title = format!("{name}: losses by noise level");
    Chart::log_log(title, "step of the schedule", "loss per component", all)
}
