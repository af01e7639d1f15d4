//! What is known of a distance.

use serde::Serialize;

/// The Fréchet distance of two sets of features; its fields are the keys of the JSON document.
///
/// All squares have the unit of the features, squared, and are totals over dimensions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrechetDistance {
    /// The squared distance without bias. It may be negative: then no difference is seen.
    pub value: f64,
    /// Its standard error, by a jackknife over five groups of rows; none if both laws are known.
    pub standard_error: Option<f64>,
    /// The lower end of its 95 % interval (Student's, of five groups).
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The plain squared distance of the means and covariances (1/(N - 1)) of the rows, which is FID.
    pub plain: f64,
    /// The bias of the plain value, `plain - value`.
    pub bias: f64,
    /// The plain value without its bias to first order in 1/N, by the same jackknife: a second opinion.
    pub jackknife: Option<f64>,
    /// The part of the means: their squared distance without its bias, `|m_a - m_b|^2 - tr S_a/N_a - tr S_b/N_b`.
    pub mean_difference: f64,
    /// `tr (Sigma_a Sigma_b)^(1/2)` without bias.
    pub trace_root: f64,
    /// The dimension d: the number of columns that vary in either set.
    pub dim: usize,
    /// The number of columns that vary in neither.
    pub constant: usize,
    /// What is known of A.
    pub a: DistanceSide,
    /// What is known of B.
    pub b: DistanceSide,
    /// Whether the interval lies above 0.
    pub difference_seen: bool,
    /// The number of rows, in each set of rows, from which on the bias of the plain value is about 5 % of the distance or
    /// less; none where no difference is seen or both laws are known.
    pub plain_rows: Option<usize>,
    /// The number of rows of B that also stand in A, if there are more than chance would give.
    pub shared_rows: Option<usize>,
    /// Sentences that answer.
    pub verdict: Vec<String>,
    /// What speaks against the features.
    pub warnings: Vec<String>,
    /// How the features were read.
    pub notes: Vec<String>,
}

/// One of the two sets of a distance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DistanceSide {
    /// Its name.
    pub source: String,
    /// The number of rows; none for a mean and a covariance.
    pub rows: Option<usize>,
    /// The number of groups of rows, if they were given.
    pub groups: Option<usize>,
    /// The trace of the covariance (1/(N - 1)).
    pub trace: f64,
}

impl FrechetDistance {
    /// With [`plain_rows`](Self::plain_rows): the bias falls as 1/N.
    pub(super) fn with_plain_rows(mut self) -> Self {
        /// The share of the distance that the bias may be.
        const SHARE: f64 = 0.05;
        let counts = [self.a.rows, self.b.rows].into_iter().flatten();
        let inverse: Vec<f64> = counts.map(|rows| 1.0 / rows as f64).collect();
        if !inverse.is_empty() && self.difference_seen {
            let rows = inverse.len() as f64 / inverse.iter().sum::<f64>();
            let needed = rows * self.bias / (SHARE * self.value);
            self.plain_rows = Some(needed.max(1.0).ceil() as usize);
        }
        self
    }
}
