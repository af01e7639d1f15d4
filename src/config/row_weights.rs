//! The weights of drawn rows.

use super::names::named;

/// The law of the weights w of drawn rows `x = m + sqrt(w) Sigma^(1/2) z`, z standard Gaussian. The mean of w is 1, so
/// that Sigma stays the covariance of the truth, and only the tails change.
///
/// | word | w | parameter, default | mean of w^2 |
/// |---|---|---|---|
/// | `none` | 1: Gaussian rows | | 1 |
/// | `two-point` | h with probability 1/(1+h), else 1/h | h, 2 | h - 1 + 1/h |
/// | `log-normal` | exp(s xi - s^2/2), xi standard Gaussian | s, 0.8 | exp(s^2) |
/// | `student` | (nu - 2)/chi^2_nu: rows follow Student's law | nu, 5 | (nu-2)/(nu-4); infinite for nu <= 4 |
///
/// [`gaussian::RowWeights`](crate::gaussian::RowWeights) is the law itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RowWeights {
    /// Gaussian rows.
    None,
    /// A higher weight for few rows, and a lower one for the others.
    TwoPoint {
        /// The higher weight, above 1.
        higher: f64,
    },
    /// Weights whose logarithm is Gaussian.
    LogNormal {
        /// The standard deviation of the logarithm, above 0 and at most 10.
        deviation: f64,
    },
    /// Rows of Student's law.
    Student {
        /// The degrees of freedom, above 2 and at most 1e6.
        degrees: f64,
    },
}

named!(RowWeights {
    "none": RowWeights::None,
    "two-point": RowWeights::TwoPoint { higher: 2.0 },
    "log-normal": RowWeights::LogNormal { deviation: 0.8 },
    "student": RowWeights::Student { degrees: 5.0 },
});

impl RowWeights {
    /// The parameter of the law.
    pub fn parameter(&self) -> Option<f64> {
        match *self {
            RowWeights::None => None,
            RowWeights::TwoPoint { higher } => Some(higher),
            RowWeights::LogNormal { deviation } => Some(deviation),
            RowWeights::Student { degrees } => Some(degrees),
        }
    }

    #[cfg(feature = "files")]
    pub(super) fn parameter_mut(&mut self) -> Option<&mut f64> {
        match self {
            RowWeights::None => None,
            RowWeights::TwoPoint { higher } => Some(higher),
            RowWeights::LogNormal { deviation } => Some(deviation),
            RowWeights::Student { degrees } => Some(degrees),
        }
    }

    /// What is wrong with the parameter.
    #[cfg(feature = "files")]
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let (right, needs) = match *self {
            RowWeights::None => return None,
            RowWeights::TwoPoint { higher } => {
                (higher > 1.0, "the higher of two weights must be above 1")
            }
            RowWeights::LogNormal { deviation } => (
                deviation > 0.0 && deviation <= 10.0,
                "the standard deviation of the logarithm of the weights must be above 0 and at most 10",
            ),
            RowWeights::Student { degrees } => (
                degrees > 2.0 && degrees <= 1e6,
                "the degrees of freedom must be above 2, or rows have no covariance, and at most 1e6",
            ),
        };
        (!right).then_some(needs)
    }
}
