//! The points of a figure. Each is a mean over repeats, most beside a prediction and a control.

use serde::{Deserialize, Serialize};

use crate::report::{Dash, Hue, Measured, Quantity};
use crate::text::number;
use crate::text::statistics::{mean_and_error, worst};
use crate::theory::PredictedLosses;

use super::agreement::Compared;
use super::group::{Against, Group, Regime};
use super::loss_pair::LossPair;
use super::measurements::Measurements;

/// The source of measured values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Origin {
    /// A data set.
    Data,
    /// Networks trained by descent.
    Descent,
    /// The training sets themselves: what an ideal network would learn.
    ClosedForm,
    /// A prediction without a measurement.
    Theory,
}

impl Origin {
    fn text(self) -> &'static str {
        match self {
            Origin::Data => "data",
            Origin::Descent => "descent",
            Origin::ClosedForm => "closed form",
            Origin::Theory => "theory",
        }
    }
}

/// A measurement of every repeat, and what it is compared with.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct MeasuredPoint {
    series: String,
    x: f64,
    origin: Origin,
    values: Vec<f64>,
    against: Option<Against>,
}

impl MeasuredPoint {
    fn mean(&self) -> f64 {
        mean_and_error(&self.values).0.unwrap_or(f64::NAN)
    }

    /// The standard error of the mean; `None` for fewer than two repeats and for infinite values.
    fn error(&self) -> Option<f64> {
        mean_and_error(&self.values).1
    }

    fn predicted(&self) -> Option<f64> {
        self.against.as_ref().map(|against| against.predicted)
    }

    /// The point as a test of its prediction; `None` without a prediction, for an infinite one, and for one repeat.
    fn compared(&self) -> Option<Compared> {
        let against = self.against.clone()?;
        let Against {
            group,
            predicted,
            control,
        } = against;
        (!predicted.is_infinite() && self.values.len() > 1).then(|| Compared {
            group,
            series: self.series.clone(),
            x: self.x,
            measured: self.values.clone(),
            predicted,
            control,
        })
    }
}

/// Train and test losses that are predicted, and those that a control predicts.
#[derive(Debug, Clone, Copy)]
pub(super) struct LossesAgainst {
    pub regime: Regime,
    pub predicted: PredictedLosses,
    pub control: PredictedLosses,
    /// What is wrong with the control.
    pub control_is: &'static str,
}

/// All points of a figure, in the order in which they were measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct MeasuredPoints {
    points: Vec<MeasuredPoint>,
    /// Theory between the points, for smooth lines: the series, x and y.
    theory: Vec<(String, f64, f64)>,
    departures: Vec<f64>,
}

impl MeasuredPoints {
    /// Adds the points of another part.
    pub fn append(&mut self, mut other: Self) {
        self.points.append(&mut other.points);
        self.theory.append(&mut other.theory);
        self.departures.append(&mut other.departures);
    }

    /// Adds the values of the repeats, as a point of a series at `x`.
    pub fn add(
        &mut self,
        series: impl Into<String>,
        x: f64,
        origin: Origin,
        values: &[f64],
        against: impl Into<Option<Against>>,
    ) {
        self.points.push(MeasuredPoint {
            series: series.into(),
            x,
            origin,
            values: values.to_vec(),
            against: against.into(),
        });
    }

    /// Adds train and test losses of networks trained by descent; `series` names the series of each.
    pub fn add_losses(
        &mut self,
        series: impl Fn(&str) -> String,
        x: f64,
        losses: &[LossPair],
        against: &LossesAgainst,
    ) {
        let LossesAgainst {
            regime,
            predicted,
            control,
            control_is,
        } = against;
        let mut add = |what: &str, of: fn(&LossPair) -> f64, predicted: f64, control: f64| {
            let values: Vec<f64> = losses.iter().map(of).collect();
            let group = Group::new(&format!("{what} loss"), *regime, control_is);
            let against = group.at(predicted, control);
            self.add(series(what), x, Origin::Descent, &values, against);
        };
        let (p, c) = (predicted, control);
        add("train", |l| l.train_loss, p.train_loss, c.train_loss);
        add("test", |l| l.test_loss, p.test_loss, c.test_loss);
    }

    /// Adds a value of theory at any place, for the line of a series.
    pub fn add_theory(&mut self, series: impl Into<String>, x: f64, y: f64) {
        self.theory.push((series.into(), x, y));
    }

    /// Adds train and test losses of theory, for the lines of the series that `series` names.
    pub fn add_theory_of_losses(
        &mut self,
        series: impl Fn(&str) -> String,
        x: f64,
        losses: &PredictedLosses,
    ) {
        self.add_theory(series("train"), x, losses.train_loss);
        self.add_theory(series("test"), x, losses.test_loss);
    }

    /// Records how far trained networks are from the exact law of descent.
    pub fn add_departure(&mut self, departure: Option<f64>) {
        self.departures.extend(departure);
    }

    /// The largest departure of a trained network from the exact law of descent; `None` if none was trained.
    pub fn departure(&self) -> Option<f64> {
        (!self.departures.is_empty()).then(|| worst(self.departures.iter().copied()))
    }

    fn of_series<'a>(&'a self, series: &'a str) -> impl Iterator<Item = &'a MeasuredPoint> {
        self.points.iter().filter(move |p| p.series == series)
    }

    /// The points `(x, mean)` of a series.
    pub fn means(&self, series: &str) -> Vec<(f64, f64)> {
        self.of_series(series).map(|p| (p.x, p.mean())).collect()
    }

    /// The points, with bars of one standard error, of all series whose names have this ending.
    pub fn measured_of_all(&self, ending: &str) -> Vec<Measured> {
        let points = self.points.iter().filter(|p| p.series.ends_with(ending));
        points
            .map(|p| Measured::new(p.x, p.mean(), p.error()))
            .collect()
    }

    /// The predictions `(x, y)` for all series whose names have this ending.
    pub fn predicted_of_all(&self, ending: &str) -> Vec<(f64, f64)> {
        let points = self.points.iter().filter(|p| p.series.ends_with(ending));
        points.filter_map(|p| Some((p.x, p.predicted()?))).collect()
    }

    /// The points that are compared with theory.
    pub fn measurements(&self) -> Measurements {
        let compared = self.points.iter().filter_map(MeasuredPoint::compared);
        Measurements::new(compared.collect())
    }

    /// A series as a quantity: points with bars of one standard error, and a line through theory, at the points and
    /// between them.
    pub fn draw(&self, series: &str, name: &str, hue: Hue, dash: Dash) -> Quantity {
        let points: Vec<&MeasuredPoint> = self.of_series(series).collect();
        let between = self.theory.iter().filter(|(own, _, _)| own == series);
        let mut line: Vec<(f64, f64)> = between.map(|(_, x, y)| (*x, *y)).collect();
        line.extend(
            points
                .iter()
                .filter_map(|point| Some((point.x, point.predicted()?))),
        );
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
        let drawn = Quantity::new(name, hue).measured(
            points
                .iter()
                .map(|point| Measured::new(point.x, point.mean(), point.error())),
        );
        let drawn = match line[..] {
            [] => drawn.joined(),
            _ => drawn.line_as(dash, line),
        };
        match dash {
            Dash::Solid => drawn,
            _ => drawn.hollow(),
        }
    }

    /// The titles of [`Self::table`].
    pub const TITLES: [&str; 5] = ["series", "x", "measured", "standard error", "predicted"];

    /// The points for a reader, one in each row, with four digits.
    pub fn table(&self) -> Vec<[String; 5]> {
        let digits = |value: Option<f64>| value.map_or_else(String::new, number);
        let row = |point: &MeasuredPoint| {
            [
                point.series.clone(),
                number(point.x),
                number(point.mean()),
                digits(point.error()),
                digits(point.predicted()),
            ]
        };
        self.points.iter().map(row).collect()
    }

    /// The points as CSV, one in each row.
    pub fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = [
            "series",
            "x",
            "source",
            "measured",
            "standard_error",
            "repeats",
            "quantity",
            "regime",
            "predicted",
            "control",
        ];
        writer.write_record(header).expect("written to memory");
        for point in &self.points {
            let against = point.against.as_ref();
            let cells = [
                point.series.clone(),
                point.x.to_string(),
                point.origin.text().to_owned(),
                point.mean().to_string(),
                cell(point.error()),
                point.values.len().to_string(),
                cell(against.map(|against| &against.group.quantity)),
                cell(against.map(|against| against.group.regime.text())),
                cell(point.predicted()),
                cell(against.map(|against| against.control)),
            ];
            writer.write_record(cells).expect("written to memory");
        }
        writer.into_inner().expect("written to memory")
    }
}

/// An empty cell where there is no value.
fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 6] = [0.9, 1.0, 1.1, 1.05, 0.95, 1.0];

    #[test]
    fn only_points_with_a_finite_prediction_and_repeats_are_compared() {
        let group = Group::new("test loss", Regime::Few, "twice the loss");
        let mut points = MeasuredPoints::default();
        points.add("no prediction", 1.0, Origin::Descent, &VALUES, None);
        let against = |predicted| group.at(predicted, 2.0);
        points.add("one repeat", 1.0, Origin::Descent, &[1.0], against(9.0));
        let infinite = against(f64::INFINITY);
        points.add("infinite", 1.0, Origin::Descent, &VALUES, infinite);
        assert!(points.measurements().agreement().is_none());
        points.add("compared", 1.0, Origin::Descent, &VALUES, against(1.0));
        points.add("lost", 1.0, Origin::Descent, &VALUES, against(f64::NAN));
        assert_eq!(points.measurements().points().len(), 2);
        let csv = String::from_utf8(points.csv()).unwrap();
        assert!(csv.lines().nth(1).unwrap().ends_with(",6,,,,"), "{csv}");
    }
}
