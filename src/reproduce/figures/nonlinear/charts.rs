//! The points, the charts and the sentences of the figure.

use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Quantity};
use crate::reproduce::points::{MeasuredPoints, Origin};

use super::plan::ENDS;
use super::results::{Cell, Data, GROUPS, Model, Moment, Results, distinct, split_means};

/// The quantities, as parts of the names of series.
pub(super) const AFFINE: &str = "affine excess";
const NONLINEAR: &str = "non-linear term";
pub(super) const SHRINKAGE: &str = "shrinkage of the four leading directions";
pub(super) const OVERLAP: &str = "overlap";
const TEST_LOSS: &str = "test loss";
const DISTANCE: &str = "distance to the linear optimum";
/// The noise level of the charts against N.
const SIGMA: f64 = 1.0;

/// The endings of the charts' names.
pub(super) const NAMES: [&str; 12] = [
    "",
    "-5-16",
    "-17-40",
    "-41-64",
    "-gaussian",
    "-gaussian-5-16",
    "-gaussian-17-40",
    "-gaussian-41-64",
    "-shrinkage",
    "-overlap",
    "-distance",
    "-training",
];

/// The quantity along a group of directions.
pub(super) fn along(quantity: &str, group: &str) -> String {
    format!("{quantity}, directions {group}")
}

fn series(data: Data, model: Model, quantity: &str) -> String {
    format!("{}, {}, {quantity}", data.name(), model.name())
}

/// The series of a prediction.
pub(super) fn series_of_theory(data: Data, quantity: &str) -> String {
    format!("{}, linear theory, {quantity}", data.name())
}

/// A quantity in training, of a network with so many rows.
fn in_training(quantity: &str, samples: usize, sigma: f64) -> String {
    format!("{quantity}, N = {samples}, sigma = {sigma}")
}

/// Adds what was measured: the repeats are the splits.
pub(super) fn add(results: &Results, points: &mut MeasuredPoints) {
    let mut add = |data, model: Model, quantity: &str, x: f64, values: &[f64]| {
        let origin = match model {
            Model::Mlp | Model::UNet => Origin::Descent,
            Model::Linear | Model::Copying => Origin::ClosedForm,
        };
        if !values.is_empty() {
            points.add(series(data, model, quantity), x, origin, values, None);
        }
    };
    for data in [Data::Digits, Data::Gaussian] {
        for model in Model::ALL {
            for samples in results.samples(data, model) {
                let x = samples as f64;
                for sigma in results.sigmas() {
                    let mean = |value: &dyn Fn(&Cell) -> f64| {
                        results.by_split((data, model), samples, sigma, value)
                    };
                    let named = |quantity: &str| match sigma == SIGMA {
                        true => quantity.to_owned(),
                        false => format!("{quantity}, sigma = {sigma}"),
                    };
                    for (g, (_, group)) in GROUPS.iter().enumerate() {
                        let affine = mean(&|cell| cell.groups[g].0);
                        add(data, model, &named(&along(AFFINE, group)), x, &affine);
                        let term = mean(&|cell| cell.groups[g].1);
                        add(data, model, &named(&along(NONLINEAR, group)), x, &term);
                    }
                    let shrinkage = mean(&|cell| cell.shrinkage);
                    add(data, model, &named(SHRINKAGE), x, &shrinkage);
                    let loss = mean(&|cell| cell.test_loss);
                    add(data, model, &named(TEST_LOSS), x, &loss);
                }
            }
            let own = results.overlaps.iter();
            let own = own.filter(|o| (o.place.data, o.place.model) == (data, model));
            for samples in distinct(own.clone().map(|o| o.place.samples)) {
                let here = own.clone().filter(|o| o.place.samples == samples);
                let values = split_means(here.map(|o| (o.place.split, o.overlap)));
                add(data, model, OVERLAP, samples as f64, &values);
            }
        }
        let own = results.moments.iter().filter(|m| m.place.data == data);
        let places = distinct(
            own.clone()
                .map(|m| (m.place.model, m.place.samples, m.sigma, m.step)),
        );
        for (model, samples, sigma, step) in places {
            let here = own.clone().filter(|m| {
                (m.place.model, m.place.samples, m.sigma, m.step) == (model, samples, sigma, step)
            });
            let mean = |value: fn(&Moment) -> f64| {
                split_means(here.clone().map(|m| (m.place.split, value(m))))
            };
            let mut add = |quantity, values: Vec<f64>| {
                let quantity = in_training(quantity, samples, sigma);
                add(data, model, &quantity, step as f64, &values);
            };
            add(DISTANCE, mean(|m| m.distance));
            add(TEST_LOSS, mean(|m| m.test_loss));
        }
    }
}

pub(super) fn charts(points: &MeasuredPoints) -> Vec<Chart> {
    let mut charts = Vec::new();
    for data in [Data::Digits, Data::Gaussian] {
        charts.extend(GROUPS.iter().map(|(_, group)| parts(points, data, group)));
    }
    charts.push(against_rows(points, SHRINKAGE, "1 - gain/(Wiener's gain)"));
    charts.push(against_rows(
        points,
        OVERLAP,
        "overlap of samples of two models",
    ));
    charts.push(against_time(points, DISTANCE, "E|D - D_linear|^2/Var D"));
    charts.push(against_time(points, TEST_LOSS, "test loss"));
    charts
}

/// Means over splits, and linear theory in ink.
fn against(title: String, x_label: &str, y: Axis) -> Chart {
    Chart::new(title, Axis::log(x_label), y)
        .key(KeyOf::Bars, "mean over splits, ± 1 standard error")
}

/// Linear theory, and a quantity of each model.
fn by_model(chart: Chart, points: &MeasuredPoints, data: Data, quantity: &str) -> Chart {
    let theory = points.means(&series_of_theory(data, quantity));
    let theory = Quantity::new("linear theory", Hue::Ink).line(theory);
    let models = Model::ALL.into_iter().enumerate().map(|(index, model)| {
        let of = series(data, model, quantity);
        points.draw(&of, model.name(), Hue::nth(index), Dash::Solid)
    });
    chart.with(theory).with_all(models)
}

/// Both parts of the loss along a group of directions.
fn parts(points: &MeasuredPoints, data: Data, group: &str) -> Chart {
    let panel = |what: &str| {
        let title = format!("{}, directions {group}, sigma = 1: {what}", data.name());
        let chart = against(title, "rows N", Axis::linear("over Wiener's loss"));
        by_model(chart, points, data, &along(what, group))
    };
    panel(AFFINE).above(panel(NONLINEAR))
}

/// A quantity of all models on digits against N.
fn against_rows(points: &MeasuredPoints, quantity: &str, label: &str) -> Chart {
    let data = Data::Digits;
    let title = format!("{}: {quantity}", data.name());
    let chart = against(title, "rows N", Axis::linear(label));
    by_model(chart, points, data, quantity)
}

/// A quantity of the MLP on digits against the steps of training.
fn against_time(points: &MeasuredPoints, quantity: &str, label: &str) -> Chart {
    let places = ENDS.into_iter().flat_map(|n| [0.3, SIGMA].map(|s| (n, s)));
    let drawn = places.enumerate().map(|(index, (samples, sigma))| {
        let of = series(
            Data::Digits,
            Model::Mlp,
            &in_training(quantity, samples, sigma),
        );
        let name = format!("N = {samples}, sigma = {sigma}");
        points.draw(&of, &name, Hue::nth(index), Dash::Solid)
    });
    let title = format!("digits, MLP: {quantity}");
    against(title, "steps of training", Axis::log(label)).with_all(drawn)
}

/// What was found, with numbers, at sigma = 1.
pub(super) fn sentences(results: &Results, points: &MeasuredPoints) -> String {
    let at = |series: &str, samples: usize| {
        let means = points.means(series).into_iter();
        let mut here = means.filter(|(x, _)| *x == samples as f64);
        here.next().map(|(_, value)| value)
    };
    let models = |quantity: &str, samples: usize| {
        let values = Model::ALL.into_iter().filter_map(|model| {
            let value = at(&series(Data::Digits, model, quantity), samples)?;
            Some(format!("{} {value:.3}", model.name()))
        });
        values.collect::<Vec<_>>().join(", ")
    };
    let mut text = String::from("Digits, sigma = 1.");
    for samples in ENDS {
        text += &format!(
            " N = {samples}: test loss {}; excess of the affine part over Wiener's loss in directions 1-4 {}; non-linear \
             term there {}; shrinkage there {}.",
            models(TEST_LOSS, samples),
            models(&along(AFFINE, GROUPS[0].1), samples),
            models(&along(NONLINEAR, GROUPS[0].1), samples),
            models(SHRINKAGE, samples),
        );
        if !results.overlaps.is_empty() {
            text += &format!(" Overlap {}.", models(OVERLAP, samples));
        }
    }
    text
}
