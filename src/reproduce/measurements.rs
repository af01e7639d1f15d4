//! `NAME-repeats.csv`: the measurements of a figure beside their predictions, so that they can be judged again.

use std::io;

use serde::{Deserialize, Serialize};

use super::agreement::{Agreement, Compared};
use super::group::{Group, Regime};

/// Why measurements could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum MeasurementsError {
    #[error(transparent)]
    Csv(#[from] csv::Error),
    #[error("row {row} has repeat {repeat}: the repeats of a point are in order, from 1")]
    Repeat { row: usize, repeat: usize },
    #[error(
        "{quantity}, {}: points with {} and with {} repeats cannot be pooled",
        .regime.text(), .numbers[0], .numbers[1]
    )]
    Repeats {
        quantity: String,
        regime: Regime,
        numbers: [usize; 2],
    },
}

/// A repeat of a point: a row of the file.
#[derive(Serialize, Deserialize)]
struct Row {
    quantity: String,
    regime: Regime,
    series: String,
    x: f64,
    repeat: usize,
    measured: f64,
    predicted: f64,
    control: f64,
    control_is: String,
    margin: f64,
}

impl Row {
    fn point(self) -> Compared {
        Compared {
            group: Group {
                quantity: self.quantity,
                regime: self.regime,
                margin: self.margin,
                control: self.control_is,
            },
            series: self.series,
            x: self.x,
            measured: vec![self.measured],
            predicted: self.predicted,
            control: self.control,
        }
    }
}

/// The measurements that a figure compares with theory.
///
/// ```
/// use lindiff::reproduce::{Measurements, Verdict};
///
/// let table = "quantity,regime,series,x,repeat,measured,predicted,control,control_is,margin
/// test loss,N < d,k = 1,0.5,1,0.999,1,2,another law,0.02
/// test loss,N < d,k = 1,0.5,2,1.001,1,2,another law,0.02
/// test loss,N < d,k = 1,0.5,3,1.000,1,2,another law,0.02
/// ";
/// let measurements = Measurements::read(table.as_bytes())?;
/// assert_eq!(measurements.agreement().unwrap().verdict(), Verdict::Holds);
/// let wrong = measurements.with_predictions_times(1.05);
/// assert_eq!(wrong.agreement().unwrap().verdict(), Verdict::DoesNotHold);
/// # Ok::<(), lindiff::reproduce::MeasurementsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Measurements(Vec<Compared>);

impl Measurements {
    pub(super) fn new(points: Vec<Compared>) -> Self {
        Self(points)
    }

    /// Reads a file `NAME-repeats.csv`.
    ///
    /// # Errors
    /// A table with other columns or cells; repeats that are not in order; points of a group with different numbers of
    /// repeats.
    pub fn read(csv: impl io::Read) -> Result<Self, MeasurementsError> {
        let mut points: Vec<Compared> = Vec::new();
        for (index, row) in csv::Reader::from_reader(csv).deserialize().enumerate() {
            let row: Row = row?;
            let repeat = row.repeat;
            if repeat == 1 {
                points.push(row.point());
                continue;
            }
            let last = points.last_mut();
            let last = last.filter(|point| point.measured.len() + 1 == repeat);
            let wrong = MeasurementsError::Repeat {
                row: index + 1,
                repeat,
            };
            last.ok_or(wrong)?.measured.push(row.measured);
        }
        check_repeats(&points)?;
        Ok(Self(points))
    }

    /// The content of the file.
    pub(super) fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for point in &self.0 {
            for (index, measured) in point.measured.iter().enumerate() {
                let row = Row {
                    quantity: point.group.quantity.clone(),
                    regime: point.group.regime,
                    series: point.series.clone(),
                    x: point.x,
                    repeat: index + 1,
                    measured: *measured,
                    predicted: point.predicted,
                    control: point.control,
                    control_is: point.group.control.clone(),
                    margin: point.group.margin,
                };
                writer.serialize(row).expect("written to memory");
            }
        }
        writer.into_inner().expect("written to memory")
    }

    /// The points.
    pub fn points(&self) -> &[Compared] {
        &self.0
    }

    /// The measurements beside predictions that are wrong by a factor. The controls stay.
    #[must_use]
    pub fn with_predictions_times(mut self, factor: f64) -> Self {
        for point in &mut self.0 {
            point.predicted *= factor;
        }
        self
    }

    /// How the measurements agree with theory; `None` if there are none.
    pub fn agreement(&self) -> Option<Agreement> {
        Agreement::of(&self.0)
    }
}

/// Refuses a group whose points have different numbers of repeats.
fn check_repeats(points: &[Compared]) -> Result<(), MeasurementsError> {
    for (index, point) in points.iter().enumerate() {
        let mut before = points[..index].iter();
        let first = before.find(|before| before.group == point.group);
        let numbers = [first.unwrap_or(point), point].map(|point| point.measured.len());
        if numbers[0] != numbers[1] {
            return Err(MeasurementsError::Repeats {
                quantity: point.group.quantity.clone(),
                regime: point.group.regime,
                numbers,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<Compared> {
        let point = |x: f64, measured: &[f64]| Compared {
            group: Group {
                quantity: "test loss".to_owned(),
                regime: Regime::Near,
                margin: 0.02,
                control: "a known mean, \"quoted\"".to_owned(),
            },
            series: "k = 1, gamma = 0".to_owned(),
            x,
            measured: measured.to_vec(),
            predicted: 1.0 / 3.0,
            control: 0.4,
        };
        vec![
            point(1.0, &[0.1 + 0.2, 1e-300]),
            point(2.0, &[0.3, f64::INFINITY]),
        ]
    }

    #[test]
    fn measurements_are_read_as_they_were_written() {
        let written = Measurements::new(points());
        assert_eq!(Measurements::read(&written.csv()[..]).unwrap(), written);
    }

    #[test]
    fn a_table_with_a_row_or_a_repeat_missing_is_refused() {
        let whole = String::from_utf8(Measurements::new(points()).csv()).unwrap();
        let without = |left_out: usize| {
            let lines = whole.lines().enumerate();
            let kept = lines.filter(|(i, _)| *i != left_out);
            kept.map(|(_, line)| format!("{line}\n"))
                .collect::<String>()
        };
        let error = |left_out: usize| Measurements::read(without(left_out).as_bytes()).unwrap_err();
        assert!(error(0).to_string().contains("quantity"), "{}", error(0));
        assert!(matches!(error(1), MeasurementsError::Repeat { row: 1, .. }));
        assert!(matches!(
            error(4),
            MeasurementsError::Repeats {
                numbers: [2, 1],
                ..
            }
        ));
    }
}
