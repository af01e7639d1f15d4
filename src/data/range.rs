//! Numbers so large or so small that their squares are beyond what a double holds.

use super::{DataError, ReadRows, Values};
use crate::config::Scale;

/// Sizes of numbers whose fourth powers, and sums of those, stay far from infinity and from 0.
const LARGE: f64 = 1e60;
const SMALL: f64 = 1e-60;

/// The rows times a power of two, which loses no digit, so that the largest number is near 1; as they are where that is not
/// needed, with 1.
///
/// # Errors
/// Such numbers where their own scale is to be kept: variances cannot be said in it.
pub fn in_range(rows: ReadRows, scale: Scale) -> Result<(ReadRows, f64), DataError> {
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
}
