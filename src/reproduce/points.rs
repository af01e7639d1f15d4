//! The points of a figure. Each is a mean over repeats beside its prediction, and says whether the two agree.

use crate::report::{Series, Style};
use crate::text::statistics::{FAMILY_WISE, family_wise, mean_and_error};
use crate::theory::PredictedLosses;

use super::study::LossPair;

/// Theory holds in the limit of many dimensions: its own relative error is c/d, with c at most 1.6 in simulations.
const LIMIT_ERROR: f64 = 2.0;

/// The source of measured values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A data set.
    Data,
    /// Networks trained by descent.
    Descent,
    /// The training sets themselves: what an ideal network would learn.
    ClosedForm,
}

impl Origin {
    fn text(self) -> &'static str {
        match self {
            Origin::Data => "data",
            Origin::Descent => "descent",
            Origin::ClosedForm => "closed form",
        }
    }
}

/// A mean of a measurement over repeats, beside its prediction.
#[derive(Debug, Clone)]
struct MeasuredPoint {
    series: String,
    x: f64,
    origin: Origin,
    mean: f64,
    /// The standard error of the mean; `None` for fewer than two repeats and for infinite values.
    error: Option<f64>,
    repeats: usize,
    predicted: Option<f64>,
}

/// All points of a figure, in the order in which they were measured.
#[derive(Debug, Clone)]
pub(super) struct MeasuredPoints {
    points: Vec<MeasuredPoint>,
    /// The dimension of the data, on which the error of theory depends.
    dim: usize,
}

impl MeasuredPoints {
    pub fn new(dim: usize) -> Self {
        let points = Vec::new();
        Self { points, dim }
    }

    /// Adds the mean of the values of the repeats, as a point of a series at `x`.
    pub fn add(
        &mut self,
        series: impl Into<String>,
        x: f64,
        origin: Origin,
        values: &[f64],
        predicted: impl Into<Option<f64>>,
    ) {
        let (mean, error) = mean_and_error(values);
        self.points.push(MeasuredPoint {
            series: series.into(),
            x,
            origin,
            mean: mean.unwrap_or(f64::NAN),
            error,
            repeats: values.len(),
            predicted: predicted.into(),
        });
    }

    /// Adds train and test losses of networks trained by descent; `series` names the series of each.
    pub fn add_losses(
        &mut self,
        series: impl Fn(&str) -> String,
        x: f64,
        losses: &[LossPair],
        predicted: &PredictedLosses,
    ) {
        let train: Vec<f64> = losses.iter().map(|losses| losses.train_loss).collect();
        let test: Vec<f64> = losses.iter().map(|losses| losses.test_loss).collect();
        self.add(
            series("train"),
            x,
            Origin::Descent,
            &train,
            predicted.train_loss,
        );
        self.add(
            series("test"),
            x,
            Origin::Descent,
            &test,
            predicted.test_loss,
        );
    }

    fn of_series<'a>(&'a self, series: &'a str) -> impl Iterator<Item = &'a MeasuredPoint> {
        self.points.iter().filter(move |p| p.series == series)
    }

    /// The points `(x, mean)` of a series.
    pub fn means(&self, series: &str) -> Vec<(f64, f64)> {
        self.of_series(series).map(|p| (p.x, p.mean)).collect()
    }

    /// The points `(x, mean)` of all series whose names have this ending.
    pub fn means_of_all(&self, ending: &str) -> Vec<(f64, f64)> {
        let points = self.points.iter().filter(|p| p.series.ends_with(ending));
        points.map(|p| (p.x, p.mean)).collect()
    }

    /// How many points agree with their predictions.
    pub fn agreement(&self) -> Agreement {
        let tested = || self.points.iter().filter_map(MeasuredPoint::tested);
        let tests = tested().count();
        let outliers = tested().filter(|point| !point.agrees(tests, self.dim));
        Agreement {
            tests,
            outliers: outliers.map(|point| point.text()).collect(),
        }
    }

    /// The points of a series with bars of one standard error, and a line through the predictions.
    pub fn draw(&self, series: &str, name: &str, color: usize, style: Style) -> Vec<Series> {
        let points: Vec<&MeasuredPoint> = self.of_series(series).collect();
        let predicted = points.iter().filter_map(|p| Some((p.x, p.predicted?)));
        let predicted: Vec<(f64, f64)> = predicted.collect();
        // Without a prediction the points carry the name.
        let (of_line, of_points) = if predicted.is_empty() {
            ("", name)
        } else {
            (name, "")
        };
        let mut drawn = vec![
            Series::new(of_line, predicted, color, style),
            Series::new(of_points, self.means(series), color, Style::Points),
        ];
        drawn.extend(points.iter().filter_map(|point| {
            let (x, mean, error) = (point.x, point.mean, point.error?);
            let bar = vec![(x, mean - error), (x, mean + error)];
            Some(Series::new("", bar, color, Style::Line))
        }));
        drawn
    }

    /// The points as CSV.
    pub fn csv(&self) -> Vec<u8> {
        let tests = self.agreement().tests;
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = [
            "series",
            "x",
            "source",
            "measured",
            "standard_error",
            "repeats",
            "predicted",
            "agrees",
        ];
        writer.write_record(header).expect("written to memory");
        for point in &self.points {
            let agrees = point.tested().map(|point| point.agrees(tests, self.dim));
            let cells = [
                point.series.clone(),
                point.x.to_string(),
                point.origin.text().to_owned(),
                point.mean.to_string(),
                cell(point.error),
                point.repeats.to_string(),
                cell(point.predicted),
                cell(agrees),
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

impl MeasuredPoint {
    /// The point as a test of its prediction; `None` without a prediction or an error.
    fn tested(&self) -> Option<TestedPoint<'_>> {
        Some(TestedPoint {
            point: self,
            error: self.error?,
            predicted: self.predicted?,
        })
    }
}

/// A point that tests a prediction.
struct TestedPoint<'a> {
    point: &'a MeasuredPoint,
    error: f64,
    predicted: f64,
}

impl TestedPoint<'_> {
    /// Whether the mean is near its prediction, by the rule of [`Agreement::rule`].
    fn agrees(&self, tests: usize, dim: usize) -> bool {
        let allowed = family_wise(tests, self.point.repeats) * self.error
            + LIMIT_ERROR / dim as f64 * self.predicted.abs();
        (self.point.mean - self.predicted).abs() <= allowed
    }

    fn text(&self) -> String {
        let MeasuredPoint {
            series, x, mean, ..
        } = self.point;
        format!("{series} at {x:.4}: {mean:.5} for {:.5}", self.predicted)
    }
}

/// How many points of a figure agree with their predictions, and which do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreement {
    tests: usize,
    /// The points that disagree, in words.
    outliers: Vec<String>,
}

impl Agreement {
    pub fn is_full(&self) -> bool {
        self.outliers.is_empty()
    }

    /// A text such as `118 of 120 losses agree with theory (but for ...)`; `what` is the part between numbers and
    /// brackets.
    pub fn text(&self, what: &str) -> String {
        const NAMED: usize = 3;
        let (tests, outliers) = (self.tests, &self.outliers);
        let but = match &outliers[..] {
            [] => String::new(),
            few if few.len() <= NAMED => format!(" (but for {})", few.join("; ")),
            many => format!(
                " (but for {}; and {} more)",
                many[..NAMED].join("; "),
                many.len() - NAMED
            ),
        };
        format!("{} of {tests} {what}{but}", tests - outliers.len())
    }

    /// The rule by which a point agrees, in words.
    pub fn rule(&self) -> String {
        format!(
            "each mean within Student's quantile of its standard error, at {FAMILY_WISE:e} over all {} comparisons, and \
             {LIMIT_ERROR}/d of the prediction",
            self.tests
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 6] = [0.9, 1.0, 1.1, 1.05, 0.95, 1.0];

    #[test]
    fn a_prediction_far_from_the_mean_is_an_outlier_and_a_near_one_is_not() {
        let mut points = MeasuredPoints::new(1000);
        points.add("near", 1.0, Origin::Descent, &VALUES, 1.05);
        assert!(points.agreement().is_full());
        points.add("far", 2.0, Origin::Descent, &VALUES, 3.0);
        let agreement = points.agreement();
        assert!(!agreement.is_full());
        assert_eq!(
            agreement.text("values agree"),
            "1 of 2 values agree (but for far at 2.0000: 1.00000 for 3.00000)"
        );
    }

    #[test]
    fn a_mean_or_a_prediction_that_is_no_number_is_an_outlier() {
        let mut points = MeasuredPoints::new(1000);
        points.add("predicted", 1.0, Origin::Descent, &VALUES, f64::NAN);
        assert!(!points.agreement().is_full());
    }

    #[test]
    fn only_points_with_a_prediction_and_an_error_are_tests() {
        let mut points = MeasuredPoints::new(1000);
        points.add("no prediction", 1.0, Origin::Descent, &VALUES, None);
        points.add("one repeat", 1.0, Origin::Descent, &[1.0], 9.0);
        assert_eq!(points.agreement().text("agree"), "0 of 0 agree");
        let csv = String::from_utf8(points.csv()).unwrap();
        assert!(csv.lines().skip(1).all(|line| line.ends_with(',')), "{csv}");
    }

    #[test]
    fn at_most_three_outliers_are_named() {
        let mut points = MeasuredPoints::new(1000);
        for x in 1..=5 {
            points.add("far", f64::from(x), Origin::Descent, &VALUES, 3.0);
        }
        let text = points.agreement().text("values agree");
        assert!(text.starts_with("0 of 5 values agree (but for far at 1.0000"));
        assert!(text.ends_with("; and 2 more)"), "{text}");
    }
}
