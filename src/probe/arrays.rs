//! What a network said of noised rows at several noise levels.

use super::ProbeError;
use crate::data::Rows;

/// Noised rows `x_t = sqrt(ab) x_0 + sqrt(1 - ab) eps`, what a network predicted of each, its `alpha_bar`, and the clean
/// row `x_0` that it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrays {
    pub(super) x_t: Rows,
    pub(super) prediction: Rows,
    pub(super) alpha_bar: Vec<f64>,
    pub(super) row: Option<Vec<usize>>,
}

impl Arrays {
    /// Takes the noised rows `x_t` `[n, d]`, the predictions `[n, d]` and the `alpha_bar` `[n]` of each draw. Draw i is
    /// of the clean row i, unless [`Arrays::of_rows`] says otherwise.
    ///
    /// # Errors
    /// Other shapes; numbers that are not finite, with their place; an `alpha_bar` that is not between 0 and 1.
    pub fn new(x_t: Rows, prediction: Rows, alpha_bar: Vec<f64>) -> Result<Self, ProbeError> {
        let shape = |rows: &Rows| vec![rows.count() as u64, rows.dim() as u64];
        if shape(&prediction) != shape(&x_t) {
            return Err(ProbeError::Shape {
                array: "prediction",
                found: shape(&prediction),
                expected: format!("{:?}, that of x_t,", shape(&x_t)),
            });
        }
        if alpha_bar.len() != x_t.count() {
            return Err(ProbeError::Shape {
                array: "alpha_bar",
                found: vec![alpha_bar.len() as u64],
                expected: format!("[{}], a number for each row of x_t,", x_t.count()),
            });
        }
        check_finite("x_t", &x_t)?;
        check_finite("prediction", &prediction)?;
        let wrong = alpha_bar.iter().position(|ab| !(*ab > 0.0 && *ab < 1.0));
        if let Some(draw) = wrong {
            let value = alpha_bar[draw];
            return Err(ProbeError::AlphaBar { draw, value });
        }
        Ok(Self {
            x_t,
            prediction,
            alpha_bar,
            row: None,
        })
    }

    /// Says which clean row each draw was made from, counted from 0.
    ///
    /// # Errors
    /// A list of another length.
    pub fn of_rows(mut self, row: Vec<usize>) -> Result<Self, ProbeError> {
        if row.len() != self.count() {
            return Err(ProbeError::Shape {
                array: "row",
                found: vec![row.len() as u64],
                expected: format!("[{}], a number for each row of x_t,", self.count()),
            });
        }
        self.row = Some(row);
        Ok(self)
    }

    /// The number n of draws.
    pub fn count(&self) -> usize {
        self.x_t.count()
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.x_t.dim()
    }

    /// The clean row of each draw, of `clean` rows.
    pub(super) fn rows_of(&self, clean: usize) -> Result<Vec<usize>, ProbeError> {
        match &self.row {
            None if self.count() <= clean => Ok((0..self.count()).collect()),
            None => Err(ProbeError::RowsMissing {
                draws: self.count(),
                rows: clean,
            }),
            Some(row) => match row.iter().position(|&row| row >= clean) {
                None => Ok(row.clone()),
                Some(draw) => Err(ProbeError::Row {
                    draw,
                    row: row[draw],
                    rows: clean,
                }),
            },
        }
    }
}

/// # Errors
/// A number that is not finite, with its place.
pub(super) fn check_finite(array: &'static str, rows: &Rows) -> Result<(), ProbeError> {
    match rows.values().iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(place) => Err(ProbeError::NotFinite {
            array,
            row: place / rows.dim(),
            column: place % rows.dim(),
            value: rows.values()[place],
        }),
    }
}
