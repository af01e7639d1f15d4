//! What a distance is asked of: rows, or a mean and a covariance.

use faer::{ColRef, MatRef};

use super::{DistanceError, Settings, rows_needed};
use crate::memory::{self, bytes};

/// One of two sets of features.
#[derive(Debug, Clone, Copy)]
pub enum Features<'a> {
    /// Rows, each an independent draw of the features.
    Rows {
        /// The rows `[N, d]`.
        rows: MatRef<'a, f64>,
        /// The group of each row `[N]`, as a number from 0, if rows of one group belong together.
        groups: Option<&'a [usize]>,
    },
    /// A law that is known: nothing is uncertain in it.
    Statistics {
        /// The mean `[d]`.
        mean: ColRef<'a, f64>,
        /// The covariance `[d, d]`. From rows it is the one divided by N - 1, as in `numpy.cov`.
        covariance: MatRef<'a, f64>,
    },
}

impl<'a> Features<'a> {
    /// Rows `[N, d]`, independent of each other.
    pub fn rows(rows: MatRef<'a, f64>) -> Self {
        let groups = None;
        Self::Rows { rows, groups }
    }

    /// Rows `[N, d]` in groups `[N]`, numbered from 0, that are left out whole for the interval.
    pub fn grouped(rows: MatRef<'a, f64>, groups: &'a [usize]) -> Self {
        let groups = Some(groups);
        Self::Rows { rows, groups }
    }

    /// A mean `[d]` and a covariance `[d, d]`.
    pub fn statistics(mean: ColRef<'a, f64>, covariance: MatRef<'a, f64>) -> Self {
        Self::Statistics { mean, covariance }
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        match self {
            Self::Rows { rows, .. } => rows.ncols(),
            Self::Statistics { mean, .. } => mean.nrows(),
        }
    }

    /// Which columns vary.
    fn varying(&self) -> Vec<bool> {
        match self {
            Self::Rows { rows, .. } => {
                let mut varies = vec![false; rows.ncols()];
                for row in rows.row_iter().skip(1) {
                    let pairs = row.iter().zip(rows.row(0).iter());
                    let differs = pairs.map(|(x, first)| x != first);
                    varies.iter_mut().zip(differs).for_each(|(v, d)| *v |= d);
                }
                varies
            }
            Self::Statistics { covariance, .. } => {
                let variances = (0..covariance.nrows()).map(|j| covariance[(j, j)]);
                variances.map(|variance| variance > 0.0).collect()
            }
        }
    }
}

/// The number of columns that vary in either set, and of the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dimensions {
    pub dim: usize,
    pub constant: usize,
}

/// Refuses features of which there is no distance.
pub(super) fn checked(
    a: &Features<'_>,
    b: &Features<'_>,
    settings: &Settings,
) -> Result<Dimensions, DistanceError> {
    let [name_a, name_b] = &settings.names;
    check(a, name_a)?;
    check(b, name_b)?;
    if a.columns() != b.columns() {
        return Err(DistanceError::Columns {
            a: name_a.clone(),
            a_columns: a.columns(),
            b: name_b.clone(),
            b_columns: b.columns(),
        });
    }
    let varying = a.varying().into_iter().zip(b.varying());
    let dim = varying.filter(|(in_a, in_b)| *in_a || *in_b).count();
    if dim == 0 {
        let (a, b) = (name_a.clone(), name_b.clone());
        return Err(DistanceError::Constant { a, b });
    }
    for (features, name) in [(a, name_a), (b, name_b)] {
        let Features::Rows { rows, .. } = features else {
            continue;
        };
        if rows.nrows() < rows_needed(dim) {
            return Err(DistanceError::FewRows {
                name: name.clone(),
                rows: rows.nrows(),
                dim,
                needed: rows_needed(dim),
            });
        }
    }
    check_memory(a.columns())?;
    Ok(Dimensions {
        dim,
        constant: a.columns() - dim,
    })
}

/// Roots of both covariances for each fifth, and the matrices of one decomposition.
fn check_memory(columns: usize) -> Result<(), DistanceError> {
    const MATRICES: usize = 30;
    let needed = bytes([8, MATRICES, columns, columns]);
    let what = format!("a distance between features in {columns} columns");
    let advice = || "choose fewer columns (data.columns)".to_owned();
    Ok(memory::check(needed, &what, advice)?)
}

fn check(features: &Features<'_>, name: &str) -> Result<(), DistanceError> {
    match *features {
        Features::Rows { rows, .. } => check_finite(rows, name),
        Features::Statistics { mean, covariance } => check_statistics(mean, covariance, name),
    }
}

fn check_finite(rows: MatRef<'_, f64>, name: &str) -> Result<(), DistanceError> {
    for (row, numbers) in rows.row_iter().enumerate() {
        let wrong = numbers.iter().position(|x| !x.is_finite());
        if let Some(column) = wrong {
            let (name, value) = (name.to_owned(), numbers[column]);
            return Err(DistanceError::NotFinite {
                name,
                row,
                column,
                value,
            });
        }
    }
    Ok(())
}

fn check_statistics(
    mean: ColRef<'_, f64>,
    covariance: MatRef<'_, f64>,
    name: &str,
) -> Result<(), DistanceError> {
    /// Covariances in f32 are symmetric to this share of the largest entry.
    const ROUNDING: f64 = 1e-6;
    let dim = mean.nrows();
    let wrong = |what, problem: String| {
        let name = name.to_owned();
        Err(DistanceError::Statistics {
            name,
            what,
            problem,
        })
    };
    let (rows, columns) = (covariance.nrows(), covariance.ncols());
    if dim == 0 || (rows, columns) != (dim, dim) {
        return wrong(
            "the covariance",
            format!("has the shape [{rows}, {columns}], where the mean has {dim} numbers"),
        );
    }
    if mean.iter().any(|m| !m.is_finite()) {
        return wrong("the mean", "has numbers that are not finite".to_owned());
    }
    check_finite(covariance, &format!("{name}, covariance"))?;
    let largest = covariance.norm_max();
    let asymmetry = (covariance - covariance.transpose()).norm_max();
    if asymmetry > ROUNDING * largest {
        return wrong("the covariance", "is not symmetric".to_owned());
    }
    Ok(())
}
