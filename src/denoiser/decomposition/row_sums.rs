//! Means over draws with standard errors over rows.

use serde::Serialize;

/// A measured value and its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measured {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// Sums over rows of some quantities that the draws of each row add up to.
#[derive(Debug, Clone)]
pub(super) struct RowSums {
    rows: f64,
    draws: f64,
    /// The sum over rows of the squares of their numbers of draws.
    square_draws: f64,
    quantities: Vec<Quantity>,
}

/// Sums over rows of one quantity q of a row, which has n draws.
#[derive(Debug, Clone, Copy, Default)]
struct Quantity {
    /// `sum q`
    total: f64,
    /// `sum q^2`
    square: f64,
    /// `sum n q`
    counted: f64,
}

impl RowSums {
    pub fn new(quantities: usize) -> Self {
        Self {
            rows: 0.0,
            draws: 0.0,
            square_draws: 0.0,
            quantities: vec![Quantity::default(); quantities],
        }
    }

    /// Adds a row, with the sums of its draws.
    pub fn add(&mut self, draws: usize, sums: impl IntoIterator<Item = f64>) {
        let n = draws as f64;
        self.rows += 1.0;
        self.draws += n;
        self.square_draws += n * n;
        for (quantity, q) in self.quantities.iter_mut().zip(sums) {
            quantity.total += q;
            quantity.square += q * q;
            quantity.counted += n * q;
        }
    }

    pub fn merged(mut self, other: Self) -> Self {
        self.rows += other.rows;
        self.draws += other.draws;
        self.square_draws += other.square_draws;
        for (a, b) in self.quantities.iter_mut().zip(other.quantities) {
            a.total += b.total;
            a.square += b.square;
            a.counted += b.counted;
        }
        self
    }

    /// The number of draws.
    pub fn draws(&self) -> f64 {
        self.draws
    }

    /// The mean over the draws.
    pub fn mean(&self, index: usize) -> f64 {
        self.quantities[index].total / self.draws
    }

    /// The variance of the mean, if rows are independent, their draws are not, and `fitted` numbers were fitted:
    ///
    /// ```text
    /// (C/(C - 1)) ((n - 1)/(n - fitted)) sum_rows (q - n_row mean)^2/n^2,   C rows, n draws
    /// ```
    pub fn variance(&self, index: usize, fitted: f64) -> f64 {
        let Quantity {
            square, counted, ..
        } = self.quantities[index];
        let mean = self.mean(index);
        let squares = square - 2.0 * mean * counted + mean * mean * self.square_draws;
        let (rows, draws) = (self.rows, self.draws);
        let few = rows / (rows - 1.0) * (draws - 1.0) / (draws - fitted);
        few * squares.max(0.0) / (draws * draws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::statistics::mean_and_error;

    #[test]
    fn the_error_of_rows_with_one_draw_is_that_of_the_mean() {
        let values = [1.0, 2.0, 4.0, 5.0, 9.0];
        let mut sums = RowSums::new(1);
        values.iter().for_each(|&v| sums.add(1, [v]));
        let (mean, error) = mean_and_error(&values);
        assert_eq!(Some(sums.mean(0)), mean);
        assert!((sums.variance(0, 1.0).sqrt() - error.unwrap()).abs() < 1e-14);
    }

    #[test]
    fn equal_draws_of_a_row_count_as_one() {
        let values = [1.0, 2.0, 4.0, 5.0, 9.0];
        let (mut once, mut thrice) = (RowSums::new(1), RowSums::new(1));
        for v in values {
            once.add(1, [v]);
            thrice.add(3, [3.0 * v]);
        }
        assert!((once.mean(0) - thrice.mean(0)).abs() < 1e-15);
        assert!((once.variance(0, 1.0) - thrice.variance(0, 1.0)).abs() < 1e-14);
    }
}
