//! What a figure found: a table of measurements beside predictions, charts, and a verdict with its test.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::report::{Chart, Series, Style};
use crate::sweep::mean_and_error;

/// The family-wise probability of a false alarm over all comparisons of a figure.
const FAMILY_WISE: f64 = 1e-3;
/// Theory is of the limit of many dimensions: a relative error of c/d is its own (the largest that simulations show is
/// 1.6/d).
const LIMIT_ERROR: f64 = 2.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    Holds,
    HoldsInPart,
    DoesNotHold,
}

impl Verdict {
    pub fn text(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::HoldsInPart => "holds in part",
            Verdict::DoesNotHold => "does not hold",
        }
    }

    /// Of a claim that was put to several tests.
    pub fn of(passed: usize, tests: usize) -> Self {
        match passed {
            0 => Verdict::DoesNotHold,
            all if all == tests => Verdict::Holds,
            _ => Verdict::HoldsInPart,
        }
    }
}

/// A figure, done.
#[derive(Debug, Clone)]
pub struct Finding {
    pub name: &'static str,
    /// What the paper claims, in a sentence.
    pub claim: &'static str,
    /// What was measured, with its numbers.
    pub measured: String,
    pub verdict: Verdict,
    /// The test behind the verdict.
    pub test: String,
    pub table: Comparisons,
    /// With the ending of its name, empty for the figure's own.
    pub charts: Vec<(&'static str, Chart)>,
    /// Further pictures, by file name.
    pub pictures: Vec<String>,
}

/// Measurements beside predictions.
#[derive(Debug, Clone, Default)]
pub struct Comparisons {
    rows: Vec<Comparison>,
    dim: usize,
}

/// One measurement beside its prediction.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub series: String,
    pub x: f64,
    /// Where the measured points come from.
    pub source: &'static str,
    pub mean: f64,
    /// Of the mean over repeats; none of fewer than two, or of infinite values.
    pub error: Option<f64>,
    pub repeats: usize,
    pub predicted: Option<f64>,
}

/// A point that disagrees, in words.
pub type Outlier = String;

impl Comparisons {
    pub fn new(dim: usize) -> Self {
        Self {
            rows: Vec::new(),
            dim,
        }
    }

    /// Adds the repeats' values of a series at x, from networks trained by descent.
    pub fn add(&mut self, series: impl Into<String>, x: f64, values: &[f64], predicted: f64) {
        self.push(series.into(), x, "descent", values, Some(predicted));
    }

    /// The same of what is no trained network, or has no prediction.
    pub fn push(
        &mut self,
        series: String,
        x: f64,
        source: &'static str,
        values: &[f64],
        predicted: Option<f64>,
    ) {
        let (mean, error) = mean_and_error(values);
        self.rows.push(Comparison {
            series,
            x,
            source,
            mean: mean.unwrap_or(f64::NAN),
            error,
            repeats: values.len(),
            predicted,
        });
    }

    pub fn rows(&self) -> &[Comparison] {
        &self.rows
    }

    fn tested(&self) -> impl Iterator<Item = &Comparison> {
        self.rows
            .iter()
            .filter(|row| row.predicted.is_some() && row.error.is_some())
    }

    /// How many comparisons agree, of how many, and which do not.
    pub fn agreement(&self) -> (usize, usize, Vec<Outlier>) {
        let tests = self.tested().count();
        let outliers: Vec<Outlier> = self
            .tested()
            .filter(|row| !row.agrees(tests, self.dim))
            .map(|row| {
                let (mean, predicted) = (row.mean, row.predicted.expect("tested"));
                format!(
                    "{} at {:.4}: {mean:.5} for {predicted:.5}",
                    row.series, row.x
                )
            })
            .collect();
        (tests - outliers.len(), tests, outliers)
    }

    /// The rule of [`Comparisons::agreement`], in words.
    pub fn rule(&self) -> String {
        format!(
            "each mean within Student's quantile of its standard error, at {FAMILY_WISE:e} over all {} comparisons, and \
             {LIMIT_ERROR}/d of the prediction",
            self.tested().count()
        )
    }

    /// The table as CSV.
    pub fn csv(&self) -> Vec<u8> {
        let tests = self.tested().count();
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
        for row in &self.rows {
            let shown = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
            let agrees = row
                .predicted
                .and(row.error)
                .map(|_| row.agrees(tests, self.dim));
            let cells = [
                row.series.clone(),
                row.x.to_string(),
                row.source.to_owned(),
                row.mean.to_string(),
                shown(row.error),
                row.repeats.to_string(),
                shown(row.predicted),
                agrees.map_or_else(String::new, |a| a.to_string()),
            ];
            writer.write_record(cells).expect("written to memory");
        }
        writer.into_inner().expect("written to memory")
    }

    /// The points of a series with bars of one standard error, and the prediction as a line through them.
    pub fn draw(&self, series: &str, name: &str, color: usize, style: Style) -> Vec<Series> {
        let rows: Vec<&Comparison> = self.rows.iter().filter(|r| r.series == series).collect();
        let predicted = rows.iter().filter_map(|r| Some((r.x, r.predicted?)));
        let predicted: Vec<(f64, f64)> = predicted.collect();
        // Without a prediction the points carry the name.
        let (of_line, of_points) = match predicted.is_empty() {
            true => ("", name),
            false => (name, ""),
        };
        let measured = rows.iter().map(|r| (r.x, r.mean)).collect();
        let mut drawn = vec![
            line(of_line, predicted, color, style),
            line(of_points, measured, color, Style::Points),
        ];
        drawn.extend(rows.iter().filter_map(|r| bar(r, color)));
        drawn
    }
}

fn bar(row: &Comparison, color: usize) -> Option<Series> {
    let error = row.error?;
    Some(Series {
        name: String::new(),
        points: vec![(row.x, row.mean - error), (row.x, row.mean + error)],
        style: Style::Line,
        color,
    })
}

impl Comparison {
    fn agrees(&self, tests: usize, dim: usize) -> bool {
        let (Some(predicted), Some(error)) = (self.predicted, self.error) else {
            return true;
        };
        let freedom = (self.repeats - 1) as f64;
        let students = StudentsT::new(0.0, 1.0, freedom).expect("at least two repeats");
        let quantile = students.inverse_cdf(1.0 - FAMILY_WISE / (2 * tests) as f64);
        let allowed = quantile * error + LIMIT_ERROR / dim as f64 * predicted.abs();
        (self.mean - predicted).abs() <= allowed
    }
}

/// A chart of curves.
pub fn chart(
    title: &str,
    x_label: &str,
    y_label: &str,
    log: (bool, bool),
    series: Vec<Series>,
) -> Chart {
    Chart {
        title: title.to_owned(),
        x_label: x_label.to_owned(),
        y_label: y_label.to_owned(),
        log_x: log.0,
        log_y: log.1,
        series,
        mark: None,
    }
}

/// A line.
pub fn line(name: &str, points: Vec<(f64, f64)>, color: usize, style: Style) -> Series {
    Series {
        name: name.to_owned(),
        points,
        style,
        color,
    }
}

/// Where a parabola through the lowest point and its neighbours, in the logarithm of x, has its minimum; the lowest point
/// itself at an end.
pub fn lowest(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let best = (0..points.len()).min_by(|&a, &b| points[a].1.total_cmp(&points[b].1))?;
    let (Some(left), Some(right)) = (best.checked_sub(1).map(|i| points[i]), points.get(best + 1))
    else {
        return Some(points[best]);
    };
    let (x, y) = points[best];
    let (a, b) = ((left.0 / x).ln(), (right.0 / x).ln());
    let (p, q) = ((left.1 - y) / a, (right.1 - y) / b);
    // y + slope u + bend u^2 through all three.
    let bend = (q - p) / (b - a);
    let slope = p - bend * a;
    match bend > 0.0 {
        true => Some((
            x * (-slope / (2.0 * bend)).exp(),
            y - slope * slope / (4.0 * bend),
        )),
        false => Some((x, y)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_point_of_a_parabola_in_the_logarithm_is_found() {
        let parabola = |x: f64| 2.0 + (x.ln() - 0.3).powi(2);
        let points = [0.5, 1.0, 2.0, 4.0].map(|x| (x, parabola(x)));
        let (x, y) = lowest(&points).unwrap();
        assert!((x.ln() - 0.3).abs() < 1e-12 && (y - 2.0).abs() < 1e-12);
        assert_eq!(lowest(&[(1.0, 1.0), (2.0, 2.0)]), Some((1.0, 1.0)));
    }

    #[test]
    fn a_prediction_far_from_the_mean_is_an_outlier_and_a_near_one_is_not() {
        let mut table = Comparisons::new(1000);
        let values = [0.9, 1.0, 1.1, 1.05, 0.95, 1.0];
        table.add("near", 1.0, &values, 1.05);
        assert_eq!(table.agreement().0, 1);
        table.add("far", 2.0, &values, 3.0);
        let (passed, tests, outliers) = table.agreement();
        assert_eq!((passed, tests, outliers.len()), (1, 2, 1));
        assert!(outliers[0].starts_with("far"));
    }
}
