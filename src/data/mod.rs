//! What is the truth, and what does the training set say of it? Spectra, Gaussian sources, file formats and the
//! built-in digits: everything ends as moments and, where needed, rows.

mod moments;
mod tmp;
pub use tmp::*;

pub use moments::{Frame, Moments, Rows};

use crate::gaussian::Gaussian;

/// The laws of an experiment, in the coordinates that are trained in.
#[derive(Debug, Clone)]
pub struct Laws {
    /// The law that stands for the population; `None` with all rows of a file.
    pub truth: Option<Gaussian>,
    /// What was fitted to the training set: its mean (the truth's, where that is known) and the 1/N-covariance
    /// about it.
    pub train: Moments,
    /// Of the rows left over, with rows.
    pub test: Option<Moments>,
    /// How to return to the coordinates that were read.
    pub frame: Frame,
}

/// The laws, and the training set itself.
#[derive(Debug, Clone)]
pub struct Dataset {
    pub laws: Laws,
    /// The training rows, uncentred, in the coordinates that are trained in.
    pub train_rows: Rows,
    /// Directions of the truth that were dropped for their small variance.
    pub dropped: usize,
    /// What the user should know of these data.
    pub warnings: Vec<String>,
}

impl Laws {
    /// The dimension d that is trained in.
    pub fn dim(&self) -> usize {
        self.train.covariance.nrows()
    }
}
