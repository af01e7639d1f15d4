//! The plots of a run.

use std::fs;

use super::prediction::RunTheory;
use super::{RunDirectory, RunError, Setup};
use crate::gaussian::{Gaussian, numerical_floor, symmetric_eigen};
use crate::report::ChartFiles;
use crate::report::{Chart, Series, Style};
use crate::score::Snapshot;

/// Draws `losses`, `spectrum` and `divergence` into the run's folder of plots.
pub fn plot_run(
    setup: &Setup,
    directory: &RunDirectory,
    snapshot: &Snapshot,
    theory: Option<&RunTheory>,
) -> Result<(), RunError> {
    let folder = directory.path("plots");
    fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
    let metrics = Metrics::read(directory)?;
    let name = &setup.experiment().name;
    let save = |chart: Chart, name: &str| ChartFiles::new(&folder.join(name), true)?.save(&chart);
    save(metrics.losses(name, theory), "losses")?;
    save(metrics.divergence(name), "divergence")?;
    let sampled = setup
        .evaluator()
        .sampled(&snapshot.denoiser(setup.schedule())?)?;
    save(spectrum(setup, &sampled, theory)?, "spectrum")?;
    Ok(())
}

/// The columns of `metrics.csv`, each against the epoch.
pub(super) struct Metrics {
    header: Vec<String>,
    rows: Vec<Vec<Option<f64>>>,
}

impl Metrics {
    pub(super) fn read(directory: &RunDirectory) -> Result<Self, RunError> {
        let path = directory.path("metrics.csv");
        let broken = |e: csv::Error| RunError::Data {
            path: path.clone(),
            problem: e.to_string(),
        };
        let mut reader = csv::Reader::from_path(&path).map_err(broken)?;
        let header = reader.headers().map_err(broken)?;
        let header = header.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(broken)?;
            rows.push(record.iter().map(|cell| cell.parse().ok()).collect());
        }
        Ok(Self { header, rows })
    }

    /// Points of epoch + 1 against a column: the axis is logarithmic, and epoch 0 should be visible.
    pub(super) fn points(&self, column: &str) -> Vec<(f64, f64)> {
        let Some(index) = self.header.iter().position(|name| name == column) else {
            return Vec::new();
        };
        let point = |row: &Vec<Option<f64>>| Some((row[0]? + 1.0, row[index]?));
        self.rows.iter().filter_map(point).collect()
    }

    fn losses(&self, name: &str, theory: Option<&RunTheory>) -> Chart {
        let series =
            |name, column, color, style| Series::new(name, self.points(column), color, style);
        let mut all = vec![
            series("train", "train_loss", 0, Style::Line),
            series("test", "test_loss", 1, Style::Line),
            series("train, predicted", "predicted_train_loss", 4, Style::Dashed),
            series("test, predicted", "predicted_test_loss", 5, Style::Dashed),
            series("oracle", "oracle_loss", 6, Style::Dotted),
        ];
        all.extend(theory.map_or_else(Vec::new, |theory| self.converged_band(theory)));
        let title = format!("{name}: losses");
        Chart {
            mark: self.best("test_loss"),
            ..Chart::log_log(title, "epoch + 1", "loss per component", all)
        }
    }

    /// One standard deviation over training sets around the predicted loss of the optimum, if training came near it.
    fn converged_band(&self, theory: &RunTheory) -> Vec<Series> {
        let measured = self.points("test_loss");
        let (Some(last), Ok((loss, Some(deviation)))) = (measured.last(), theory.converged())
        else {
            return Vec::new();
        };
        if loss.test_loss > 1.5 * last.1 {
            return Vec::new();
        }
        let line = |name, y: f64, color| {
            let points = vec![(last.0 / 4.0, y), (last.0, y)];
            Series::new(name, points, color, Style::Dotted)
        };
        vec![
            line(
                "optimum, predicted ± 1 sd",
                loss.test_loss + deviation.test_loss,
                5,
            ),
            line("", loss.test_loss - deviation.test_loss, 5),
            line("", loss.train_loss + deviation.train_loss, 4),
            line("", loss.train_loss - deviation.train_loss, 4),
        ]
    }

    fn divergence(&self, name: &str) -> Chart {
        let series =
            |name, column, color| Series::new(name, self.points(column), color, Style::Line);
        let all = vec![
            series("KL(true || sampled)", "kl_true_sampled", 0),
            series("KL(sampled || true)", "kl_sampled_true", 1),
        ];
        let title = format!("{name}: divergence of the samples");
        let y_label = "Kullback-Leibler, nats per dimension";
        Chart {
            mark: self.best("kl_true_sampled"),
            ..Chart::log_log(title, "epoch + 1", y_label, all)
        }
    }

    /// The epoch of the lowest value of a column.
    pub(super) fn best(&self, column: &str) -> Option<(f64, String)> {
        let points = self.points(column).into_iter();
        let best = points.min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some((best.0, format!("lowest, epoch {}", best.0 - 1.0)))
    }
}

/// The eigenvalues of the truth, of the training set and of the samples, against their rank.
fn spectrum(
    setup: &Setup,
    sampled: &Gaussian,
    theory: Option<&RunTheory>,
) -> Result<Chart, RunError> {
    let ranked = |mut values: Vec<f64>| {
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        let points = values.into_iter().enumerate();
        points.map(|(i, v)| ((i + 1) as f64, v)).collect()
    };
    let (train, _) = symmetric_eigen(setup.laws().train.covariance.as_ref())?;
    // Rounding leaves eigenvalues of about 1e-16 where the training set has none.
    let floor = numerical_floor(train[0], train.len());
    let train = train.into_iter().filter(|v| *v > floor).collect();
    let mut series = Vec::new();
    let mut add = |name, values, color, style| {
        series.push(Series::new(name, ranked(values), color, style));
    };
    if let Some(truth) = setup.evaluator().truth() {
        add("truth", truth.variances(), 6, Style::Line);
    }
    add("training set", train, 0, Style::Dashed);
    if let Some(theory) = theory
        && theory.ensemble()?.row_weights().is_none()
    {
        add(
            "training set, predicted",
            theory.ensemble()?.typical_eigenvalues()?,
            2,
            Style::Dotted,
        );
    }
    add("sampled", sampled.variances(), 1, Style::Points);
    let title = format!("{}: covariance spectrum", setup.experiment().name);
    Ok(Chart::log_log(title, "rank", "eigenvalue", series))
}
