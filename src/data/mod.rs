//! What is the truth, and what does the training set say of it? Spectra, Gaussian sources, file formats and the
//! built-in digits: everything ends as moments and, where needed, rows.

mod moments;

pub use moments::{Frame, Moments, Rows};

use crate::gaussian::Gaussian;

/// A truth, a training set and a test set, in the coordinates that are trained in.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The law that stands for the population; `None` with all rows of a file.
    pub truth: Option<Gaussian>,
    /// What was fitted to the training set: its mean (the truth's, where that is known) and the 1/N-covariance
    /// about it.
    pub train: Moments,
    /// Of the rows left over, with rows.
    pub test: Option<Moments>,
    /// The training rows themselves, uncentred.
    pub train_rows: Rows,
    /// How to return to the coordinates that were read.
    pub frame: Frame,
    /// Directions of the truth that were dropped for their small variance.
    pub dropped: usize,
    /// What the user should know of these data.
    pub warnings: Vec<String>,
}
