//! What can be wrong with noised rows, in words.

use std::fmt;

/// What is wrong with noised rows.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Mismatch {
    /// They hold little or nothing of their clean rows.
    OtherRows {
        /// The slope of `x_t` on `x_0`.
        slope: f64,
        /// `sqrt(ab)`, what it should be.
        expected: f64,
    },
    /// `x_t` and `prediction` are exchanged.
    Swapped,
    /// They are `x_0 + sigma eps`.
    NotScaled,
    /// They were made from other multiples of the clean rows.
    Scale {
        /// How many times larger the rows in `x_t` are.
        times: f64,
    },
    /// They were made at another noise level.
    Level {
        /// The `alpha_bar` that they have.
        found: f64,
    },
    /// They were made from rows with another mean.
    Shift {
        /// How far, as a share of the standard deviation of the clean rows.
        share: f64,
    },
    /// The noise has another variance.
    Noise {
        /// The variance of `x_t - sqrt(ab) x_0`, per component.
        found: f64,
        /// `1 - ab`, what it should be.
        expected: f64,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherRows { slope, expected } => write!(
                f,
                "x_t does not hold its clean rows: its slope on them is {slope:.3}, where sqrt(alpha_bar) = {expected:.3} \
                 is expected. Are the numbers in row those of the rows of --clean, counted from 0, and is alpha_bar the \
                 product of all 1 - beta?"
            ),
            Self::Swapped => write!(
                f,
                "x_t and prediction are exchanged: prediction is the noised row"
            ),
            Self::NotScaled => write!(
                f,
                "x_t is x0 + sigma eps: save sqrt(alpha_bar) times it, with alpha_bar = 1/(1 + sigma^2)"
            ),
            Self::Scale { times } => write!(
                f,
                "x_t was made from rows {times:.4} times as large as those of --clean: give the rows that the network \
                 was given, in its units"
            ),
            Self::Level { found } => write!(
                f,
                "x_t has the noise of alpha_bar = {found:.6}. Is alpha_bar the product of all 1 - beta, and not its root?"
            ),
            Self::Shift { share } => write!(
                f,
                "x_t was made from rows with another mean: they are {share:.2} standard deviations from those of \
                 --clean. Centre both or none"
            ),
            Self::Noise { found, expected } => write!(
                f,
                "the variance of x_t - sqrt(alpha_bar) x0 is {found:.4} a component, where 1 - alpha_bar = {expected:.4} \
                 is expected: row, alpha_bar or the scale of --clean is wrong"
            ),
        }
    }
}
