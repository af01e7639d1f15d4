//! The plots of a run.

use std::fs;

use super::prediction::RunTheory;
use super::sheet::plot_samples;
use super::{RunDirectory, RunError, Setup};
use crate::gaussian::{Gaussian, numerical_floor, symmetric_eigen};
use crate::report::{Axis, Chart, ChartFiles, Dash, Hue, KeyOf, Quantity};
use crate::score::Snapshot;

/// Draws `losses`, `spectrum`, `divergence` and `samples` into the run's folder of plots.
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
    plot_samples(setup, directory, snapshot)
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
        let loss = |name: &str, column: &str, predicted: &str, hue| {
            self.with_prediction(Quantity::new(name, hue), column, predicted)
        };
        let mut train = loss("train", "train_loss", "predicted_train_loss", Hue::TRAIN);
        let mut test = loss("test", "test_loss", "predicted_test_loss", Hue::TEST);
        let band = theory.and_then(|theory| self.converged_band(theory));
        let has_band = band.is_some();
        if let Some([of_train, of_test]) = band {
            train = train.band(of_train);
            test = test.band(of_test);
        }
        let oracle = self.points("oracle_loss");
        let chart = against_epochs(format!("{name}: losses"), "loss per component")
            .with(Quantity::new("oracle", Hue::Ink).line_as(Dash::Dotted, oracle))
            .with(train)
            .with(test)
            .marked(self.best("test_loss"));
        let chart = match self.points("predicted_test_loss").is_empty() {
            true => chart,
            false => chart
                .key(KeyOf::Line(Dash::Solid), "theory")
                .key(KeyOf::Points, "this run"),
        };
        match has_band {
            true => chart.key(KeyOf::Band, "the optimum ± 1 sd over training sets"),
            false => chart,
        }
    }

    /// A measured column as points, with the predicted one as a line; joined by a line if there is no prediction.
    fn with_prediction(&self, quantity: Quantity, column: &str, predicted: &str) -> Quantity {
        let quantity = quantity.points(self.points(column));
        match self.points(predicted) {
            none if none.is_empty() => quantity.joined(),
            predicted => quantity.line(predicted),
        }
    }

    /// One standard deviation over training sets around the predicted losses of the optimum, train and test, if training
    /// came near it.
    fn converged_band(&self, theory: &RunTheory) -> Option<[Vec<(f64, f64, f64)>; 2]> {
        let (end, last) = *self.points("test_loss").last()?;
        let (loss, deviation) = theory.converged().ok()?;
        let deviation = deviation?;
        if loss.test_loss > 1.5 * last {
            return None;
        }
        let band = |loss: f64, deviation: f64| {
            let at = |x: f64| (x, loss - deviation, loss + deviation);
            vec![at(end / 4.0), at(end)]
        };
        Some([
            band(loss.train_loss, deviation.train_loss),
            band(loss.test_loss, deviation.test_loss),
        ])
    }

    fn divergence(&self, name: &str) -> Chart {
        let divergence = |name: &str, column: &str, hue| {
            Quantity::new(name, hue)
                .points(self.points(column))
                .joined()
        };
        against_epochs(
            format!("{name}: divergence of the samples"),
            "Kullback-Leibler divergence, nats per dimension",
        )
        .with(divergence(
            "KL(true||sampled)",
            "kl_true_sampled",
            Hue::Blue,
        ))
        .with(divergence("KL(sampled||true)", "kl_sampled_true", Hue::Red))
        .marked(self.best("kl_true_sampled"))
    }

    /// The epoch of the lowest value of a column.
    pub(super) fn best(&self, column: &str) -> Option<(f64, String)> {
        let points = self.points(column).into_iter();
        let best = points.min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some((best.0, format!("lowest, epoch {}", best.0 - 1.0)))
    }
}

/// A chart against epochs. The axis is logarithmic and epoch 0 should be visible.
pub(super) fn against_epochs(title: String, y_label: &str) -> Chart {
    Chart::new(title, Axis::log("epoch + 1"), Axis::log(y_label))
}

/// The eigenvalues of the truth, of the training set and of the samples, against their rank.
fn spectrum(
    setup: &Setup,
    sampled: &Gaussian,
    theory: Option<&RunTheory>,
) -> Result<Chart, RunError> {
    let ranked = |mut values: Vec<f64>| -> Vec<(f64, f64)> {
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        let points = values.into_iter().enumerate();
        points.map(|(i, v)| ((i + 1) as f64, v)).collect()
    };
    let (train, _) = symmetric_eigen(setup.laws().train.covariance.as_ref())?;
    // Rounding leaves eigenvalues of about 1e-16 where the training set has none.
    let floor = numerical_floor(train[0], train.len());
    let train = train.into_iter().filter(|v| *v > floor).collect();
    let mut chart = Chart::new(
        format!("{}: covariance spectrum", setup.experiment().name),
        Axis::log("rank"),
        Axis::log("eigenvalue"),
    );
    if let Some(truth) = setup.evaluator().truth() {
        chart = chart.with(Quantity::new("truth", Hue::Ink).line(ranked(truth.variances())));
    }
    let rows = Quantity::new("training set", Hue::Blue).points(ranked(train));
    chart = match theory {
        Some(theory) if theory.ensemble()?.row_weights().is_none() => {
            let typical = theory.ensemble()?.typical_eigenvalues()?;
            chart
                .with(rows.line(ranked(typical)))
                .key(KeyOf::Line(Dash::Solid), "truth and theory")
                .key(KeyOf::Points, "this run")
        }
        _ => chart.with(rows.joined()),
    };
    let sampled = ranked(sampled.variances());
    Ok(chart.with(Quantity::new("samples", Hue::Red).points(at_some_ranks(&sampled))))
}

/// At most so many points of a spectrum stand beside its line.
const RANKS: f64 = 36.0;

/// Points of a spectrum at ranks that are about even on a logarithmic axis: all would hide each other and the line.
pub(super) fn at_some_ranks(ranked: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let gap = (ranked.len() as f64).ln() / RANKS;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for &(rank, value) in ranked {
        if kept
            .last()
            .is_none_or(|(last, _)| (rank / last).ln() >= gap)
        {
            kept.push((rank, value));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_stand_for_a_long_spectrum_and_all_for_a_short_one() {
        let ranked =
            |count: u32| -> Vec<(f64, f64)> { (1..=count).map(|i| (f64::from(i), 1.0)).collect() };
        assert_eq!(at_some_ranks(&ranked(8)), ranked(8));
        let some = at_some_ranks(&ranked(3000));
        assert!((20..=37).contains(&some.len()), "{}", some.len());
        assert_eq!(some[0].0, 1.0);
        assert!(some.last().unwrap().0 > 2300.0);
    }
}
