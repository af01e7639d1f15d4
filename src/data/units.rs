//! The units of rows in memory: those of the file, one common factor, or a unit for each column.

use super::{DataError, ReadRows, Table, Values};
use crate::config::{RealData, RowsOrigin, Scale};
use crate::memory::{self, bytes};

/// Numbers up to this size have fourth powers, and sums of them, far from infinity and from 0.
const LARGE: f64 = 1e60;
const SMALL: f64 = 1e-60;

/// The relation between the numbers in memory and those that were read.
#[derive(Debug, Clone, PartialEq)]
pub enum Units {
    /// All numbers are multiplied by one factor. It is 1 unless their squares would leave the range of a double.
    All(f64),
    /// Each column has its own unit and zero.
    Columns(Vec<Column>),
}

/// A column in memory is `(x - zero) unit`, where x was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// The factor.
    pub unit: f64,
    /// The subtracted number.
    pub zero: f64,
}

impl Units {
    /// The unit and zero of a column.
    pub fn of(&self, column: usize) -> Column {
        match self {
            Units::All(unit) => Column {
                unit: *unit,
                zero: 0.0,
            },
            Units::Columns(columns) => columns[column],
        }
    }
}

impl Column {
    /// The number that was read, from one in memory.
    pub fn read(self, x: f64) -> f64 {
        x / self.unit + self.zero
    }
}

/// The rows in the units that `scale` asks for. With [`Scale::Columns`] each column that varies has the mean 0 and
/// the variance 1 (1/P); a mean of many deviations would outlast the noise of the last step. Otherwise the rows stay
/// as they are, or are multiplied by a power of two, which loses no digit, if the largest number is far from 1.
///
/// # Errors
/// Numbers whose variances overflow although their own scale is asked for; a deviation below all doubles; more memory
/// than there is.
pub fn in_units(rows: ReadRows, scale: Scale) -> Result<(ReadRows, Units), DataError> {
    match scale {
        Scale::Columns => in_own_units(&rows),
        Scale::Trace | Scale::None => {
            let (rows, unit) = in_range(rows, scale)?;
            Ok((rows, Units::All(unit)))
        }
    }
}

fn in_own_units(rows: &ReadRows) -> Result<(ReadRows, Units), DataError> {
    let (count, dim) = (rows.count(), rows.dim());
    let what = format!("{count} rows of {dim} doubles");
    memory::check(bytes([8, 2, count, dim]), &what, || {
        "choose fewer rows or columns".to_owned()
    })?;
    let spreads = spreads(rows);
    let fits = |spread: &Spread| spread.deviation == 0.0 || (1.0 / spread.absolute()).is_finite();
    if let Some(column) = spreads.iter().position(|spread| !fits(spread)) {
        let problem = format!(
            "\"columns\": the numbers of column {column} differ by too little for a double"
        );
        return Err(DataError::setting("data.scale", problem));
    }
    let mut values = Vec::with_capacity(count * dim);
    for i in 0..count {
        values.extend(
            rows.row(i)
                .iter()
                .zip(&spreads)
                .map(|(x, spread)| spread.own(*x)),
        );
    }
    let columns = spreads.iter().map(Spread::column).collect();
    Ok((
        ReadRows::new(Values::Doubles(values), dim),
        Units::Columns(columns),
    ))
}

/// The mean and standard deviation (1/P) of a column in units of its largest number, so that any finite numbers have
/// them. The deviation is exactly 0 if all numbers are equal.
#[derive(Debug, Clone, Copy, Default)]
struct Spread {
    largest: f64,
    mean: f64,
    deviation: f64,
}

impl Spread {
    fn absolute(&self) -> f64 {
        self.largest * self.deviation
    }

    fn column(&self) -> Column {
        match self.deviation {
            0.0 => Column {
                unit: 1.0,
                zero: 0.0,
            },
            _ => Column {
                unit: 1.0 / self.absolute(),
                zero: self.largest * self.mean,
            },
        }
    }

    /// A number in the column's own unit.
    fn own(&self, x: f64) -> f64 {
        match self.deviation {
            0.0 => x,
            deviation => (x / self.largest - self.mean) / deviation,
        }
    }
}

fn spreads(rows: &ReadRows) -> Vec<Spread> {
    let (count, dim) = (rows.count() as f64, rows.dim());
    let mut spreads = vec![Spread::default(); dim];
    let mut varies = vec![false; dim];
    let first = rows.row(0);
    for i in 0..rows.count() {
        for (j, x) in rows.row(i).iter().enumerate() {
            spreads[j].largest = spreads[j].largest.max(x.abs());
            varies[j] |= *x != first[j];
        }
    }
    for i in 0..rows.count() {
        for (j, x) in rows.row(i).iter().enumerate().filter(|(j, _)| varies[*j]) {
            spreads[j].mean += x / spreads[j].largest / count;
        }
    }
    for i in 0..rows.count() {
        for (j, x) in rows.row(i).iter().enumerate().filter(|(j, _)| varies[*j]) {
            let apart = x / spreads[j].largest - spreads[j].mean;
            spreads[j].deviation += apart * apart / count;
        }
    }
    for spread in &mut spreads {
        spread.deviation = spread.deviation.sqrt();
    }
    spreads
}

/// The warning that the columns of a table have so different units that the largest alone decide the losses. Pixels
/// of pictures share one unit, so their variances may differ.
pub fn different_units(table: &Table, real: &RealData) -> Option<String> {
    let pictures = table.image.is_some() || real.origin == RowsOrigin::Digits;
    (!pictures).then(|| far_apart(&table.rows, real.scale))?
}

/// The warning of [`different_units`], for rows that are not pictures.
pub fn far_apart(rows: &ReadRows, scale: Scale) -> Option<String> {
    /// From this ratio of variances on the warning is given.
    const FAR_APART: f64 = 100.0;
    // Bytes are pixels.
    if scale == Scale::Columns || matches!(rows.values(), Values::Bytes(_)) {
        return None;
    }
    let deviations: Vec<f64> = spreads(rows).iter().map(Spread::absolute).collect();
    let varying = || {
        deviations
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, d)| *d > 0.0)
    };
    let by_size = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
    let ((small, least), (large, most)) = (varying().min_by(by_size)?, varying().max_by(by_size)?);
    let ratio = (most / least).powi(2);
    (ratio > FAR_APART).then(|| {
        format!(
            "the variances of the columns differ by a factor of {ratio:.0e} (column {large} against column {small}): the \
             largest decide the losses, and little is learned of the others. For each column to count as much: --set \
             data.scale=columns"
        )
    })
}

/// The rows times a power of two that brings the largest number near 1, and that factor. No digit is lost. Rows that
/// do not need it stay as they are, with the factor 1.
///
/// # Errors
/// Such numbers although their own scale is asked for: their variances overflow.
fn in_range(rows: ReadRows, scale: Scale) -> Result<(ReadRows, f64), DataError> {
    let Values::Doubles(doubles) = rows.values() else {
        return Ok((rows, 1.0));
    };
    let largest = doubles.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    if largest == 0.0 || (SMALL..=LARGE).contains(&largest) {
        return Ok((rows, 1.0));
    }
    if scale == Scale::None {
        let problem = format!(
            "\"none\": the squares of numbers as {largest:.1e} are beyond what a double holds: use \"trace\""
        );
        return Err(DataError::setting("data.scale", problem));
    }
    let unit = 2f64.powi(-(largest.log2().floor().max(-1000.0) as i32));
    let scaled = doubles.iter().map(|x| x * unit).collect();
    let dim = rows.dim();
    Ok((ReadRows::new(Values::Doubles(scaled), dim), unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(numbers: &[f64]) -> (Vec<f64>, f64) {
        let rows = ReadRows::new(Values::Doubles(numbers.to_vec()), 1);
        let (rows, unit) = in_range(rows, Scale::Trace).unwrap();
        (rows.values().clone().into_doubles(), unit)
    }

    #[test]
    fn numbers_come_near_one_and_back_to_the_last_digit() {
        for size in [1.7e308, 3e300, 1e61, 1e-61, 3e-300, 7e-310] {
            let numbers = [size, -size / 3.0, 0.0];
            let (near, unit) = scaled(&numbers);
            assert!(near[0] >= 1e-9 && near[0] < 2.0, "{size}: {near:?}");
            let back: Vec<f64> = near.iter().map(|x| x / unit).collect();
            assert_eq!(back, numbers);
        }
    }

    #[test]
    fn ordinary_numbers_stay_as_they_are() {
        for numbers in [[1e60, 2.0], [1e-60, 0.0], [0.0, 0.0], [255.0, -1.0]] {
            assert_eq!(scaled(&numbers), (numbers.to_vec(), 1.0));
        }
    }

    fn columns(rows: &[[f64; 3]]) -> ReadRows {
        ReadRows::new(Values::Doubles(rows.concat()), 3)
    }

    #[test]
    fn each_column_has_variance_one_and_comes_back_whatever_its_size() {
        for size in [1.0, 1e300, 1e-300, 3e-160, 1e150] {
            let read = columns(&[[1.0, size, 7.0], [2.0, -size, 7.0], [6.0, size / 2.0, 7.0]]);
            let (rows, units) = in_units(read.clone(), Scale::Columns).unwrap();
            for j in 0..3 {
                let column: Vec<f64> = (0..3).map(|i| rows.row(i)[j]).collect();
                let mean = column.iter().sum::<f64>() / 3.0;
                let variance = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 3.0;
                let expected = if j == 2 { 0.0 } else { 1.0 };
                assert!(
                    (variance - expected).abs() < 1e-12,
                    "{size}, column {j}: {variance}"
                );
                for (i, x) in column.iter().enumerate() {
                    let (back, was) = (units.of(j).read(*x), read.row(i)[j]);
                    assert!(
                        (back - was).abs() <= 4.0 * f64::EPSILON * was.abs(),
                        "{back} {was}"
                    );
                }
            }
        }
    }

    #[test]
    fn columns_whose_variances_differ_by_more_than_a_hundred_are_warned_of_with_the_line_to_paste()
    {
        let of = |factor: f64| {
            columns(&[
                [1.0, factor, 5.0],
                [2.0, 2.0 * factor, 5.0],
                [4.0, 4.0 * factor, 5.0],
            ])
        };
        for (factor, warned) in [
            (1.0, false),
            (9.9, false),
            (10.1, true),
            (0.099, true),
            (0.11, false),
            (1e200, true),
        ] {
            let warning = far_apart(&of(factor), Scale::Trace);
            assert_eq!(warning.is_some(), warned, "{factor}");
            assert!(warning.is_none_or(|w| w.contains("--set data.scale=columns")));
            assert!(far_apart(&of(factor), Scale::Columns).is_none());
        }
        let pixels = ReadRows::new(Values::Bytes(vec![0, 0, 1, 255]), 2);
        assert!(far_apart(&pixels, Scale::Trace).is_none());
    }
}
